import type { LinkedModule } from 'tidemark';

/** programs/program.c on Tidemark's malloc or on Emscripten's own, as `cmake --build --preset wasm` leaves it. */
export type Program = LinkedModule & { _hold(byteCount: number): number; _let_go(block: number): void };

export async function loadProgram(name: 'linked' | 'unlinked'): Promise<Program> {
  const url = new URL(`../../build/wasm/web/${name}.mjs`, import.meta.url);
  const { default: create } = (await import(url.href)) as { default: () => Promise<Program> };
  return create();
}

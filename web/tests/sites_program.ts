import { attach } from 'tidemark/attach';
import type { TidemarkApi } from 'tidemark';
import type { SimulatedClock } from '../../tests/support/simulated_clock.mjs';

/** programs/sites.cpp, as `cmake --build --preset wasm` leaves it. */
export interface SitesProgram {
  _load_meshes(count: number, bytes: number): void;
  _load_textures(count: number, bytes: number): void;
  _load_level(count: number, bytes: number): void;
  _format_text(count: number, bytes: number): void;
  _grow_buffer(steps: number, bytes: number): void;
  _try_block(bytes: number): number;
  _let_go(): void;
}

export async function startSites(clock?: SimulatedClock): Promise<{ program: SitesProgram; api: TidemarkApi }> {
  const url = new URL('../../build/wasm/web/sites.mjs', import.meta.url);
  const { default: create } = (await import(url.href)) as { default: () => Promise<SitesProgram> };
  const program = await create();
  return { program, api: attach({ id: 'sites', module: program, ...(clock && { clock }) }) };
}

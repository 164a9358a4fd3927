import { compileEngine, type EngineCode } from '../load_engine.js';

export { readCode } from './fetched.js';

/**
 * The code of the packaged engine, which lies beside this file: Vite and webpack know this form and take it along.
 * Where a bundler left it behind, the copy in a module of its own is loaded instead.
 */
export async function engineSource(): Promise<EngineCode> {
  try {
    return await compileEngine(await fetch(new URL('./tidemark.wasm', import.meta.url)));
  } catch {
    return (await import('./embedded.js')).embeddedEngine();
  }
}

import { readFile } from 'node:fs/promises';
import type { EngineCode } from '../load_engine.js';

/** fetch() reads no files in Node. */
export const readCode = (url: URL): Promise<EngineCode> => (url.protocol === 'file:' ? readFile(url) : fetch(url));

/**
 * The code of the packaged engine, which lies beside this file. Where a bundler left it behind, the copy in a module of
 * its own is loaded instead.
 */
export async function engineSource(): Promise<EngineCode> {
  try {
    return await readFile(new URL('./tidemark.wasm', import.meta.url));
  } catch {
    return (await import('./embedded.js')).embeddedEngine();
  }
}

import { readFile } from 'node:fs/promises';

/** The code of the packaged engine, which lies beside this file. */
export function engineSource(): Promise<BufferSource> {
  return readFile(new URL('./tidemark.wasm', import.meta.url));
}

import bytes from './tidemark.wasm';

/** The code of the packaged engine, in the program itself. */
export function engineSource(): Promise<BufferSource> {
  return Promise.resolve(bytes);
}

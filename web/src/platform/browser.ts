/** The code of the packaged engine, which lies beside this file; bundlers know this form. */
export function engineSource(): Promise<Response> {
  return fetch(new URL('./tidemark.wasm', import.meta.url));
}

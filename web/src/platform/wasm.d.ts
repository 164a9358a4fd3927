/** build/wasm/web/tidemark.wasm, which web/build.mjs gzips, as base64. */
declare module '*.wasm.gz' {
  const packed: string;
  export default packed;
}

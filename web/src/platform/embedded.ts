import packed from './tidemark.wasm.gz';

/** The code of the packaged engine, where it is a part of the program: gzipped, since it is downloaded as base64. */
export function embeddedEngine(): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}

// The gzip envelope (RFC 1952) around what isn't compressed: readers of profiles ask for it, and a compressor would be a
// twentieth of the package.

const mostStored = 65_535; // in one block of RFC 1951, 3.2.4

export function gzipStored(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.max(1, Math.ceil(content.length / mostStored));
  const file = new Uint8Array(10 + 5 * blocks + content.length + 8);
  const view = new DataView(file.buffer);
  file.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]); // deflate, no name, no time, made by no system in particular
  let at = 10;
  for (let block = 0; block < blocks; ++block) {
    const stored = content.subarray(block * mostStored, (block + 1) * mostStored);
    view.setUint8(at, block === blocks - 1 ? 1 : 0);
    view.setUint16(at + 1, stored.length, true);
    view.setUint16(at + 3, ~stored.length, true);
    file.set(stored, at + 5);
    at += 5 + stored.length;
  }
  view.setUint32(at, crc32(content), true);
  view.setUint32(at + 4, content.length, true);
  return file;
}

function crc32(bytes: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; ++bit) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    return rest;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
}

// gzip (RFC 1952) with the fixed codes of deflate (RFC 1951, 3.2.6), and matches with where the same three bytes were last. A
// profile is a third larger so than by zlib; but a library takes five times as much code in every program that imports the
// package, and CompressionStream gives nothing at once.

const farthest = 32_768;
const longest = 257; // 258 would have a code of its own

export function gzip(bytes: Uint8Array): Uint8Array {
  const out = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
  let held = 0;
  let count = 0;
  const put = (value: number, bits: number): void => {
    held |= value << count;
    for (count += bits; count >= 8; count -= 8, held >>>= 8) out.push(held & 0xff);
  };
  /** Codes have their highest bit first, unlike numbers. */
  const putCode = (code: number, bits: number): void => {
    for (let bit = bits; bit-- > 0;) put((code >> bit) & 1, 1);
  };
  const putSymbol = (symbol: number): void => {
    if (symbol < 144) putCode(0x30 + symbol, 8);
    else if (symbol < 256) putCode(0x190 + symbol - 144, 9);
    else if (symbol < 280) putCode(symbol - 256, 7);
    else putCode(0xc0 + symbol - 280, 8);
  };

  const last = new Int32Array(1 << 15).fill(-1); // by a hash of three bytes
  put(3, 3); // the last block, with the fixed codes
  for (let at = 0; at < bytes.length;) {
    const at3 = byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16);
    const hash = Math.imul(at3, 0x9e3779b1) >>> 17;
    const before = last[hash] ?? -1;
    last[hash] = at;
    let length = 0;
    if (before >= 0 && at - before <= farthest) {
      const most = Math.min(longest, bytes.length - at);
      while (length < most && bytes[before + length] === bytes[at + length]) ++length;
    }
    if (length < 3) {
      putSymbol(byteAt(bytes, at++));
      continue;
    }
    const [lengthBits, far] = [Math.max(0, 29 - Math.clz32(length - 3)), at - before - 1];
    putSymbol(257 + 4 * lengthBits + ((length - 3) >> lengthBits));
    put((length - 3) & (2 ** lengthBits - 1), lengthBits);
    const farBits = Math.max(0, 30 - Math.clz32(far));
    putCode(2 * farBits + (far >> farBits), 5);
    put(far & (2 ** farBits - 1), farBits);
    at += length;
  }
  putSymbol(256);
  put(0, 7); // to the end of the byte
  for (const word of [checksum(bytes), bytes.length]) for (let i = 0; i < 32; i += 8) out.push((word >>> i) & 0xff);
  return Uint8Array.from(out);
}

const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;

/** CRC-32. */
function checksum(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; ++bit) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum;
}

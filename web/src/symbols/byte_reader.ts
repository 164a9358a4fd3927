/** Reads numbers and strings of little-endian bytes, as WebAssembly and DWARF write them, one after another. */
export class ByteReader {
  readonly #view: DataView;

  /** @param end  where what is read ends: reading further throws a RangeError */
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    readonly end = bytes.length,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, end);
  }

  get atEnd(): boolean {
    return this.at >= this.end;
  }

  u8(): number {
    return this.#view.getUint8(this.at++);
  }

  i8(): number {
    return this.#view.getInt8(this.at++);
  }

  u16(): number {
    return this.#view.getUint16((this.at += 2) - 2, true);
  }

  u24(): number {
    return this.u16() + this.u8() * 65536;
  }

  u32(): number {
    return this.#view.getUint32((this.at += 4) - 4, true);
  }

  /** Exact up to 2^53. */
  u64(): number {
    return this.u32() + this.u32() * 2 ** 32;
  }

  /** `size` is 1, 2, 4 or 8 bytes. */
  unsigned(size: number): number {
    return size === 8 ? this.u64() : size === 4 ? this.u32() : size === 2 ? this.u16() : this.u8();
  }

  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  sleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return byte & 64 ? value - scale * 128 : value;
    }
  }

  /** A string that ends with a 0. */
  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    const text = utf8.decode(this.bytes.subarray(this.at, end < 0 ? this.end : end));
    this.at = end < 0 ? this.end : end + 1;
    return text;
  }

  skip(count: number): void {
    this.at += count;
  }
}

const utf8 = new TextDecoder();

/** The string at an offset of a section of strings. */
export function textAt(section: Uint8Array | undefined, offset: number): string {
  return section === undefined || offset >= section.length ? '' : new ByteReader(section, offset).text();
}

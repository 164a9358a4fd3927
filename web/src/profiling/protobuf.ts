// Messages of Protocol Buffers (protobuf.dev/programming-guides/encoding), as far as pprof's format needs them: numbers,
// texts, messages and packed numbers. Zeros are left out, as proto3 does.

export type Message = (readonly [field: number, value: Value])[];
type Value = number | bigint | string | readonly (number | bigint)[] | Message;

class Writer {
  #bytes = new Uint8Array(1024);
  #length = 0;

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bytes = new Uint8Array(2 * (this.#length + more));
    bytes.set(this.written);
    this.#bytes = bytes;
  }

  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  number(value: number | bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, typeof value === 'bigint' ? value : BigInt(Math.round(value)));
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(rest);
  }

  run(field: number, bytes: Uint8Array): void {
    this.number((field << 3) | 2);
    this.number(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}

const isMessage = (value: readonly unknown[]): value is Message => value.every((entry) => Array.isArray(entry));

/** The bytes of a message: of (field, value) pairs, in their order. */
export function encode(message: Message): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  for (const [field, value] of message) {
    if (typeof value === 'string') writer.run(field, new TextEncoder().encode(value));
    else if (typeof value === 'object') {
      if (isMessage(value)) writer.run(field, encode(value));
      else {
        const packed = new Writer();
        for (const number of value) packed.number(number);
        writer.run(field, packed.written);
      }
    } else if (Number(value) !== 0) {
      writer.number(field << 3);
      writer.number(value);
    }
  }
  return writer.written;
}

// Protocol buffers (protobuf.dev/programming-guides/encoding), written: what a profile needs of them, which is a fraction of
// what a library of theirs takes in every program that imports the package.

/** Fields by their numbers. A number is a varint, and left out where it is 0; an array of numbers is packed. */
export interface Message {
  readonly [field: number]:
    number | bigint | string | Message | readonly number[] | readonly string[] | readonly Message[];
}

export function encode(message: Message): Uint8Array {
  const bytes: number[] = [];
  for (const [field, value] of Object.entries(message)) {
    const all: readonly Message[number][] = Array.isArray(value) && typeof value[0] !== 'number' ? value : [value];
    for (const each of all) write(bytes, Number(field), each);
  }
  return Uint8Array.from(bytes);
}

function write(bytes: number[], field: number, value: Message[number]): void {
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (Number(value) === 0) return;
    varint(bytes, field << 3);
    varint(bytes, value);
    return;
  }
  const content =
    typeof value === 'string' ? new TextEncoder().encode(value) : isPacked(value) ? packed(value) : encode(value);
  varint(bytes, (field << 3) | 2);
  varint(bytes, content.length);
  for (const byte of content) bytes.push(byte);
}

const isPacked = (value: object): value is readonly number[] => Array.isArray(value);

function packed(values: readonly number[]): number[] {
  const bytes: number[] = [];
  for (const value of values) varint(bytes, value);
  return bytes;
}

/** Seven bits a byte, the lowest first; of what is negative, all 64. */
function varint(bytes: number[], value: number | bigint): void {
  let rest = value;
  if (typeof rest === 'bigint' || rest < 0) {
    let wide = BigInt.asUintN(64, BigInt(rest));
    for (; wide > 127n; wide >>= 7n) bytes.push(Number(wide & 127n) | 128);
    rest = Number(wide);
  }
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}

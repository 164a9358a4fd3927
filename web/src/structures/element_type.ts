// The types that keys, values and elements can be fixed to.
import { refuse } from '../checks.js';

export type NumberType = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64';

export const numberTypes: readonly NumberType[] = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'f64'];

export const elementBytes: Readonly<Record<NumberType, number>> = {
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  f32: 4,
  f64: 8,
};

export const isNumberType = (type: unknown): type is NumberType => numberTypes.includes(type as NumberType);

/** How numbers of a type lie in a table, where integers of 32 bits take 4 bytes and all others 8. */
export interface Codec {
  /** What is stored is the number itself. */
  readonly isPlain: boolean;
  encode(value: number): number;
  decode(stored: number): number;
}

const word = new Int32Array(1);
const float = new Float32Array(word.buffer);
const same = (value: number): number => value;
const narrow = (view: Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array): Codec => ({
  isPlain: false,
  encode: (value) => ((view[0] = value), view[0]),
  decode: same,
});

const codecs: Readonly<Record<NumberType, Codec>> = {
  i8: narrow(new Int8Array(1)),
  u8: narrow(new Uint8Array(1)),
  i16: narrow(new Int16Array(1)),
  u16: narrow(new Uint16Array(1)),
  i32: narrow(new Int32Array(1)),
  u32: { isPlain: false, encode: (value) => value | 0, decode: (stored) => stored >>> 0 },
  f32: {
    isPlain: false,
    encode: (value) => ((float[0] = value), word[0] as number),
    decode: (stored) => ((word[0] = stored), float[0] as number),
  },
  f64: { isPlain: true, encode: same, decode: same },
};

/** -0 is the key 0, and NaN is one key: floats are keys as doubles. */
const keyCodecs: Readonly<Record<NumberType, Codec>> = {
  ...codecs,
  f32: { isPlain: false, encode: Math.fround, decode: same },
};

/**
 * The codec of a column; null where any value may come.
 *
 * @throws {TidemarkError} `'invalid-config'`
 */
export function codecOf(what: string, type: unknown, isKey: boolean): Codec | null {
  if (type === undefined || type === 'any') return null;
  if (isNumberType(type)) return (isKey ? keyCodecs : codecs)[type];
  return refuse(what, type, `one of ${[...numberTypes, 'any'].join(', ')}`, 'invalid-config');
}

/** @throws {TidemarkError} `'invalid-argument'` */
export function requireNumber(what: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') refuse(what, value, 'a number, since its type is fixed,');
}

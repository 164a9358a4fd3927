// Boxes: 64 bits that are a number, or say what else the value is (src/structures/operand.h).
export const special = 0xfff90000; // payload: 0 undefined, 1 null, 2 false, 3 true
export const textTag = 0xfffa0000; // payload: where the record begins
export const reference = 0xfffb0000; // payload: its number among the references

const specials = [undefined, null, false, true] as const;

export const specialOf = (payload: number): unknown => specials[payload];

/** The payload of undefined, null, false and true; -1 for any other value. */
export function payloadOfSpecial(value: unknown): number {
  switch (value) {
    case undefined:
      return 0;
    case null:
      return 1;
    case false:
      return 2;
    case true:
      return 3;
  }
  return -1;
}

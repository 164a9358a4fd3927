// Keys and values on their way into the engine, and out of it: bindings/structures_operand.h.
import { payloadOfSpecial, reference, special, specialOf, textTag } from './boxes.js';
import { References } from './references.js';
import type { StructureMemory } from './structure_memory.js';

export const asNumber = 0;
export const asText = 1;
export const asBox = 2;

/** Of an outcome: what it was; references were dropped. */
export const outcomeBits = 3;
export const released = 8;

export class Operands {
  readonly references = new References();
  // The operand that was prepared last.
  kind = asNumber;
  high = 0;
  low = 0;

  constructor(readonly memory: StructureMemory) {}

  /** False where it can't be a key of the table; when it is `forPut`, it then becomes one. */
  prepareKey(key: unknown, forPut: boolean): boolean {
    if (typeof key === 'number') {
      this.kind = asNumber;
      this.high = this.low = 0;
    } else if (typeof key === 'string') {
      this.#text(this.memory.writeText(0, key));
    } else {
      this.kind = asBox;
      this.low = payloadOfSpecial(key);
      this.high = special;
      if (this.low === -1) {
        this.high = reference;
        this.low = this.references.find(key);
        if (this.low === -1) {
          if (!forPut) return false;
          this.low = this.references.addKey(key);
        }
      }
    }
    return true;
  }

  prepareValue(value: unknown): void {
    if (typeof value === 'number') {
      this.kind = asNumber;
      this.high = this.low = 0;
    } else if (typeof value === 'string') {
      this.#text(this.memory.writeText(1, value));
    } else if (value instanceof Uint8Array && value.constructor === Uint8Array) {
      this.#text(this.memory.writeBytes(1, value));
    } else {
      this.kind = asBox;
      this.low = payloadOfSpecial(value);
      this.high = special;
      if (this.low === -1) {
        this.high = reference;
        this.low = this.references.add(value);
      }
    }
  }

  get isReference(): boolean {
    return this.kind === asBox && this.high === reference;
  }

  /** The value whose cell is at `at`, as value_location() gives it. */
  read(at: number): unknown {
    const { views } = this.memory;
    if ((at & 1) === 0) return views.i32[at >>> 2];
    const number = views.f64[at >>> 3] as number;
    if (number === number) return number;
    return this.open(views.u32[(at >>> 2) + 1] as number, views.u32[at >>> 2] as number, this.memory.texts);
  }

  /** The value that a box is, which is no number or NaN. */
  open(high: number, low: number, texts: number): unknown {
    switch (high) {
      case special:
        return specialOf(low);
      case textTag:
        return this.memory.readText(texts + low);
      case reference:
        return this.references.get(low);
    }
    return NaN;
  }

  /** The value that any box is. */
  openAny(high: number, low: number, texts: number): unknown {
    scratchWords[0] = low;
    scratchWords[1] = high;
    const number = scratch[0] as number;
    return number === number ? number : this.open(high, low, texts);
  }

  /** After a change that dropped references. */
  drop(): void {
    const { releasedKey, releasedValue } = this.memory;
    if (releasedKey !== -1) this.references.dropKey(releasedKey);
    if (releasedValue !== -1) this.references.drop(releasedValue);
  }

  #text(bytes: number): void {
    this.kind = asText;
    this.high = bytes;
    this.low = this.memory.form;
  }
}

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

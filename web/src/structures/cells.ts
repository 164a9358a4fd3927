// Elements of any kind in a column of boxes: numbers as they are, and what is no number as boxes.ts says. As long as there
// are numbers only, nothing else is looked at.
import type { Context } from '../context.js';
import { payloadOfSpecial, reference, special, specialOf, textTag } from './boxes.js';
import { Column } from './column.js';
import { References } from './references.js';
import { orDispose } from './structure.js';

const nanHigh = 0x7ff80000;
const headBytes = 5; // the longest head of a text's record
const worthRewriting = 4096;

export class Cells {
  readonly column: Column;
  readonly #texts: Column;
  readonly #references = new References();
  #textUsed = 0;
  #textDead = 0;
  #mixed = false;

  constructor(name: string, context: Context) {
    this.column = new Column(name, 'f64', context);
    this.#texts = orDispose(this.column, () => new Column(name, 'u8', context));
  }

  /** Whether there is, or was, something other than numbers. */
  get isMixed(): boolean {
    return this.#mixed;
  }

  read(index: number): unknown {
    if (!this.column.isCurrent) this.column.refresh();
    const number = this.column.view[index] as number;
    return number === number || !this.#mixed ? number : this.#open(index);
  }

  /** `count` elements are there, this one among them unless it is the next. */
  write(index: number, value: unknown, count: number): void {
    if (typeof value === 'number' && !this.#mixed) {
      if (!this.column.isCurrent) this.column.refresh();
      this.column.view[index] = value;
      return;
    }
    const box = this.#box(value, count);
    if (!this.#mixed) this.#mix(count);
    if (index < count) this.release(index);
    this.#set(index, box[0], box[1]);
  }

  /** What the element names is nobody's from now on. */
  release(index: number): void {
    if (!this.#mixed) return;
    const words = this.#words();
    const high = words[2 * index + 1] as number;
    const low = words[2 * index] as number;
    if (high === reference) this.#references.drop(low);
    else if (high === textTag) this.#textDead += this.#recordBytes(low);
  }

  /** The element at `order[i]` goes to `i`. Moved by their bits: an engine may change those of a NaN that it reads. */
  permute(order: readonly number[]): void {
    if (!this.column.isCurrent) this.column.refresh();
    const { buffer, byteOffset } = this.column.view;
    const boxes = new BigUint64Array(buffer, byteOffset, order.length);
    const old = boxes.slice();
    order.forEach((from, to) => {
      boxes[to] = old[from] as bigint;
    });
  }

  clear(): void {
    this.#references.clear();
    this.#textUsed = this.#textDead = 0;
    this.#mixed = false;
    this.#texts.trim(0);
    this.column.trim(0);
  }

  trim(count: number): void {
    if (this.#textDead > 0) this.#rewriteTexts(count, 0);
    this.#texts.trim(this.#textUsed);
    this.column.trim(count);
  }

  get bytes(): number {
    return this.column.bytes + this.#texts.bytes;
  }

  dispose(): void {
    this.#references.clear();
    this.#texts.dispose();
    this.column.dispose();
  }

  #words(): Uint32Array {
    if (!this.column.isCurrent) this.column.refresh();
    const { view } = this.column;
    return new Uint32Array(view.buffer, view.byteOffset, 2 * view.length);
  }

  #set(index: number, high: number, low: number): void {
    const words = this.#words();
    words[2 * index] = low;
    words[2 * index + 1] = high;
  }

  /** From here on, what is no number may be there: every NaN has to be the one that no box is. */
  #mix(count: number): void {
    const words = this.#words();
    for (let i = 0; i < count; ++i) {
      if (Number.isNaN(this.column.view[i])) {
        words[2 * i] = 0;
        words[2 * i + 1] = nanHigh;
      }
    }
    this.#mixed = true;
  }

  #box(value: unknown, count: number): [high: number, low: number] {
    if (typeof value === 'number') {
      if (Number.isNaN(value)) return [nanHigh, 0];
      scratch[0] = value;
      return [scratchWords[1] as number, scratchWords[0] as number];
    }
    if (typeof value === 'string' || (value instanceof Uint8Array && value.constructor === Uint8Array)) {
      return [textTag, this.#addText(value, count)];
    }
    const payload = payloadOfSpecial(value);
    return payload === -1 ? [reference, this.#references.add(value)] : [special, payload];
  }

  #open(index: number): unknown {
    const words = this.#words();
    const low = words[2 * index] as number;
    switch (words[2 * index + 1]) {
      case special:
        return specialOf(low);
      case textTag:
        return this.column.memory.readText(this.#texts.address + low);
      case reference:
        return this.#references.get(low);
    }
    return NaN;
  }

  #addText(text: string | Uint8Array, count: number): number {
    const { memory } = this.column;
    try {
      const bytes = typeof text === 'string' ? memory.writeText(0, text) : memory.writeBytes(0, text);
      const { form } = memory;
      const room = bytes + headBytes;
      if (this.#textDead > this.#textUsed / 2 && this.#textDead > worthRewriting) this.#rewriteTexts(count, room);
      this.#texts.reserve(this.#textUsed + room, this.#textUsed);
      const offset = this.#textUsed;
      const { u8 } = memory.views;
      let at = this.#texts.address + offset;
      const begin = at;
      if (bytes < 60) {
        u8[at++] = (bytes << 2) | form;
      } else {
        const lengthBytes = bytes < 1 << 8 ? 1 : bytes < 1 << 16 ? 2 : bytes < 1 << 24 ? 3 : 4;
        u8[at++] = ((59 + lengthBytes) << 2) | form;
        for (let i = 0; i < lengthBytes; ++i) u8[at++] = bytes >>> (8 * i);
      }
      const from = memory.scratchAddress(0);
      u8.copyWithin(at, from, from + bytes);
      this.#textUsed += at - begin + bytes;
      return offset;
    } finally {
      memory.releaseTexts();
    }
  }

  #recordBytes(offset: number): number {
    const { u8 } = this.column.memory.views;
    const at = this.#texts.address + offset;
    let bytes = (u8[at] as number) >>> 2;
    if (bytes < 60) return 1 + bytes;
    const lengthBytes = bytes - 59;
    bytes = 0;
    for (let i = 1; i <= lengthBytes; ++i) bytes += (u8[at + i] as number) * 2 ** (8 * (i - 1));
    return 1 + lengthBytes + bytes;
  }

  /** Leaves dead texts out, and makes room for more. */
  #rewriteTexts(count: number, room: number): void {
    const words = this.#words();
    const old = new Uint8Array(this.#textUsed);
    const from = this.#texts.address;
    old.set(this.column.memory.views.u8.subarray(from, from + this.#textUsed));
    let used = 0;
    for (let i = 0; i < count; ++i) {
      if (words[2 * i + 1] !== textTag) continue;
      const offset = words[2 * i] as number;
      const bytes = this.#recordBytes(offset);
      // Elements may have been moved about: texts are copied from what they were.
      words[2 * i] = used;
      moves.push(offset, bytes, used);
      used += bytes;
    }
    const { u8 } = this.column.memory.views;
    for (let i = 0; i < moves.length; i += 3) {
      const offset = moves[i] as number;
      u8.set(old.subarray(offset, offset + (moves[i + 1] as number)), from + (moves[i + 2] as number));
    }
    moves.length = 0;
    this.#textUsed = used;
    this.#textDead = 0;
    if (room > 0) this.#texts.reserve(used + room, used);
  }
}

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);
const moves: number[] = [];

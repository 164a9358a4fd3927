// A row of numbers of one type in one block of linear memory, read and written through a view.
//
// The view is good as long as the epoch that was seen when it was made stands where it stood: growth detaches the view of
// the epoch, which then reads undefined, shrink poisons the old memory's, and compaction counts it up. So one compare tells.
import type { Context } from '../context.js';
import { elementBytes, type NumberType } from './element_type.js';
import { Structure } from './structure.js';
import { outOfMemory, structureMemory, type StructureMemory } from './structure_memory.js';

declare module '../engine.js' {
  interface EngineExports {
    tidemark_array_create(): number;
    tidemark_array_destroy(array: number): void;
    tidemark_array_resize(array: number, bytes: number, keptBytes: number): number;
    tidemark_array_address(array: number): number;
    tidemark_array_bytes(array: number): number;
  }
}

export type NumberView =
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

const viewOf = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** Of no elements; one for each type. */
export const emptyViews: Readonly<Record<NumberType, NumberView>> = {
  i8: new Int8Array(0),
  u8: new Uint8Array(0),
  i16: new Int16Array(0),
  u16: new Uint16Array(0),
  i32: new Int32Array(0),
  u32: new Uint32Array(0),
  f32: new Float32Array(0),
  f64: new Float64Array(0),
};

const firstElements = 8;
const nothing = new Uint32Array(0);

export class Column extends Structure {
  readonly memory: StructureMemory;
  capacity = 0;
  /** Of all elements that there is room for; see {@link isCurrent}. */
  view: NumberView;
  #epochs: Uint32Array = nothing;
  #epoch = 0;
  readonly #array: { address: number };
  readonly #name: string;

  constructor(
    name: string,
    readonly type: NumberType,
    context: Context,
  ) {
    const memory = structureMemory(context);
    const array = { address: memory.exports.tidemark_array_create() >>> 0 };
    if (array.address === 0) throw outOfMemory(name);
    super(
      name,
      () => {
        memory.exports.tidemark_array_destroy(array.address);
        array.address = 0;
      },
      context,
    );
    this.#name = name;
    this.#array = array;
    this.memory = memory;
    this.view = emptyViews[type];
  }

  get isCurrent(): boolean {
    return this.#epochs[0] === this.#epoch;
  }

  /** Makes the view anew. */
  refresh(): void {
    const { memory } = this;
    const array = this.#array.address;
    if (array === 0) throw this.disposedError();
    const address = memory.exports.tidemark_array_address(array) >>> 0;
    this.#epoch = memory.epochNow();
    this.#epochs = memory.epoch;
    this.view = new viewOf[this.type](memory.views.u8.buffer, address, this.capacity);
  }

  /** Where it begins, until the next call of the engine. */
  get address(): number {
    if (this.#array.address === 0) throw this.disposedError();
    return this.memory.exports.tidemark_array_address(this.#array.address) >>> 0;
  }

  /** Room for `count` elements, and a 16th more, of which `used` are kept. */
  reserve(count: number, used: number): void {
    if (count <= this.capacity) return;
    if (!this.#resize(Math.max(count + (count >>> 4), firstElements), used) && !this.#resize(count, used)) {
      throw outOfMemory(`${this.#name}: ${count} elements`);
    }
  }

  /** Exactly `used` elements; where there is no memory for the copy, it stays as it is. */
  trim(used: number): void {
    if (used !== this.capacity) this.#resize(used, used);
  }

  get bytes(): number {
    if (this.#array.address === 0) throw this.disposedError();
    return this.memory.exports.tidemark_array_bytes(this.#array.address) >>> 0;
  }

  protected override onDispose(): void {
    this.#epochs = nothing;
    this.capacity = 0;
    this.view = emptyViews[this.type];
  }

  #resize(capacity: number, used: number): boolean {
    const array = this.#array.address;
    if (array === 0) throw this.disposedError();
    const bytes = elementBytes[this.type];
    if (capacity * bytes > 0xffff_fff0) return false;
    if (this.memory.exports.tidemark_array_resize(array, capacity * bytes, used * bytes) === 0) return false;
    this.capacity = capacity;
    this.refresh();
    return true;
  }
}

// CompactArray for each type of numbers. What V8 learns of at() and set() it learns a function, and a view of another type
// makes both slower: so each type has its own.
import { CompactArray } from './compact_array.js';
import type { NumberType } from './element_type.js';

class I8Array<T> extends CompactArray<T> {
  override at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) place = this.place(index) >>> 0;
    return this.view[place] as T;
  }

  override set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }
}

class U8Array<T> extends CompactArray<T> {
  override at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) place = this.place(index) >>> 0;
    return this.view[place] as T;
  }

  override set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }
}

class I16Array<T> extends CompactArray<T> {
  override at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) place = this.place(index) >>> 0;
    return this.view[place] as T;
  }

  override set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }
}

class U16Array<T> extends CompactArray<T> {
  override at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) place = this.place(index) >>> 0;
    return this.view[place] as T;
  }

  override set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }
}

class I32Array<T> extends CompactArray<T> {
  override at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) place = this.place(index) >>> 0;
    return this.view[place] as T;
  }

  override set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }
}

class U32Array<T> extends CompactArray<T> {
  override at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) place = this.place(index) >>> 0;
    return this.view[place] as T;
  }

  override set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }
}

class F32Array<T> extends CompactArray<T> {
  override at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) place = this.place(index) >>> 0;
    return this.view[place] as T;
  }

  override set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }
}

class F64Array<T> extends CompactArray<T> {
  override at(index: number): T | undefined {
    let place = index < 0 ? index + this.ready : index;
    if (place >>> 0 !== place || place >= this.ready) place = this.place(index) >>> 0;
    return this.view[place] as T;
  }

  override set(index: number, value: T): this {
    if (typeof value !== 'number' || index >>> 0 !== index || index >= this.ready) this.setAnyIndex(index, value);
    else this.view[index] = value;
    return this;
  }
}

export const typedArrays: Readonly<Record<NumberType, typeof CompactArray>> = {
  i8: I8Array,
  u8: U8Array,
  i16: I16Array,
  u16: U16Array,
  i32: I32Array,
  u32: U32Array,
  f32: F32Array,
  f64: F64Array,
};

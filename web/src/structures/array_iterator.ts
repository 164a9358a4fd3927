// Iteration over CompactArray, as over Array: what is added meanwhile comes too, and the end is for good.
import type { CompactArray } from './compact_array.js';
import { iteratorPrototype } from './table_cursor.js';

class CompactArrayIterator<T> {
  #array: CompactArray<T> | null;
  #next = 0;

  constructor(array: CompactArray<T>) {
    this.#array = array;
  }

  next(): IteratorResult<T, undefined> {
    const array = this.#array;
    if (array !== null && this.#next < array.length) return { value: array.at(this.#next++) as T, done: false };
    this.#array = null;
    return { value: undefined, done: true };
  }

  get [Symbol.toStringTag](): string {
    return 'Compact Iterator';
  }
}
Object.setPrototypeOf(CompactArrayIterator.prototype, iteratorPrototype);

export const arrayIterator = <T>(array: CompactArray<T>): ArrayIterator<T> =>
  new CompactArrayIterator(array) as unknown as ArrayIterator<T>;

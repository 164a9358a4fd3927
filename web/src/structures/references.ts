// Values that can't live in linear memory: kept here, and there by their number.

export class References {
  readonly #values: unknown[] = [];
  readonly #free: number[] = [];
  /** Of keys, which are looked up: as Map compares them. */
  readonly #numbers = new Map<unknown, number>();

  get count(): number {
    return this.#values.length - this.#free.length;
  }

  add(value: unknown): number {
    const number = this.#free.pop() ?? this.#values.length;
    this.#values[number] = value;
    return number;
  }

  /** -1 where it is no key. */
  find(key: unknown): number {
    return this.#numbers.get(key) ?? -1;
  }

  addKey(key: unknown): number {
    const number = this.add(key);
    this.#numbers.set(key, number);
    return number;
  }

  get(number: number): unknown {
    return this.#values[number];
  }

  drop(number: number): void {
    this.#values[number] = undefined;
    this.#free.push(number);
  }

  dropKey(number: number): void {
    this.#numbers.delete(this.#values[number]);
    this.drop(number);
  }

  clear(): void {
    this.#values.length = this.#free.length = 0;
    this.#numbers.clear();
  }
}

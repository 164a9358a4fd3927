// One cache of the engine (src/structures/cache.h): keys and values of any kind, in the order of use, with times.
import type { Context } from '../context.js';
import { asNumber, Operands, outcomeBits, released } from './operands.js';
import { Structure } from './structure.js';
import { outOfMemory, structureMemory, type StructureMemory } from './structure_memory.js';

declare module '../engine.js' {
  interface EngineExports {
    tidemark_cache_create(withSizes: number): number;
    tidemark_cache_destroy(cache: number): void;
    tidemark_cache_get(
      cache: number,
      kind: number,
      number: number,
      high: number,
      low: number,
      now: number,
      touch: number,
      expires: number,
    ): number;
    tidemark_cache_get_number(cache: number, key: number, now: number, expires: number): number;
    tidemark_cache_put(
      cache: number,
      keyKind: number,
      keyNumber: number,
      keyHigh: number,
      keyLow: number,
      valueKind: number,
      valueNumber: number,
      valueHigh: number,
      valueLow: number,
      expires: number,
      size: number,
    ): number;
    tidemark_cache_erase(cache: number, entry: number): number;
    tidemark_cache_clear(cache: number): void;
    tidemark_cache_oldest(cache: number): number;
    tidemark_cache_newest(cache: number): number;
    tidemark_cache_newer(cache: number, entry: number): number;
    tidemark_cache_older(cache: number, entry: number): number;
    tidemark_cache_next_expired(cache: number, entry: number, now: number): number;
    tidemark_cache_entry(cache: number, entry: number): number;
    tidemark_cache_bytes(cache: number): number;
  }
}

export const noEntry = -1;
export const missing = 0;
export const found = 1;
export const expired = 2;

/** What is known of an entry. */
export interface CacheEntry {
  key: unknown;
  value: unknown;
  expires: number;
  size: number;
}

export class CacheEngine extends Structure {
  readonly memory: StructureMemory;
  readonly #cache: { address: number };
  readonly #operands: Operands;
  size = 0;
  /** How often entries came or went, and how often all of them did: numbers from before are nobody's then. */
  changes = 0;
  clears = 0;

  constructor(context: Context, withSizes: boolean) {
    const memory = structureMemory(context);
    const cache = { address: memory.exports.tidemark_cache_create(withSizes ? 1 : 0) >>> 0 };
    if (cache.address === 0) throw outOfMemory('MemoryEfficientCache');
    super(
      'MemoryEfficientCache',
      () => {
        memory.exports.tidemark_cache_destroy(cache.address);
        cache.address = 0;
      },
      context,
    );
    this.#cache = cache;
    this.memory = memory;
    this.#operands = new Operands(memory);
  }

  get address(): number {
    const { address } = this.#cache;
    if (address === 0) throw this.disposedError();
    return address;
  }

  /** `missing`, `found` or `expired`; what is found becomes the newest, if `touch`, and gets a new time, if `expires` is not 0. */
  get(key: unknown, now: number, touch: boolean, expires: number): number {
    const { address, memory } = this;
    const { exports } = memory;
    if (typeof key === 'number') {
      return exports.tidemark_cache_get(address, asNumber, key, 0, 0, now, touch ? 1 : 0, expires);
    }
    const operands = this.#operands;
    if (!operands.prepareKey(key, false)) return missing;
    const { kind, high, low } = operands;
    const outcome = exports.tidemark_cache_get(address, kind, 0, high, low, now, touch ? 1 : 0, expires);
    memory.releaseTexts();
    return outcome;
  }

  /** As get() of such a key, to touch: the value, where it is a number and no NaN; else NaN, and then {@link outcome} is what get() says. */
  getNumber(key: number, now: number, expires: number): number {
    return this.memory.exports.tidemark_cache_get_number(this.address, key, now, expires);
  }
  get outcome(): number {
    return this.memory.outcome;
  }

  /** Value and number of what was found. */
  foundValue(): unknown {
    return this.#operands.read(this.memory.value);
  }
  foundEntry(): number {
    return this.memory.entry | 0;
  }

  put(key: unknown, value: unknown, expires: number, size: number): void {
    const { address, memory } = this;
    const operands = this.#operands;
    if (typeof key === 'number' && typeof value === 'number') {
      const outcome = memory.exports.tidemark_cache_put(
        address,
        asNumber,
        key,
        0,
        0,
        asNumber,
        value,
        0,
        0,
        expires,
        size,
      );
      this.#told(outcome);
      return;
    }
    operands.prepareKey(key, true);
    const { kind, high, low, isReference } = operands;
    const forgetKey = (): void => {
      if (!isReference) return;
      if (memory.exports.tidemark_cache_get(address, kind, 0, high, low, 0, 0, 0) === missing) {
        operands.references.dropKey(low);
      }
    };
    try {
      operands.prepareValue(value);
    } catch (error) {
      forgetKey();
      throw error;
    }
    const outcome = memory.exports.tidemark_cache_put(
      address,
      kind,
      kind === asNumber ? (key as number) : 0,
      high,
      low,
      operands.kind,
      operands.kind === asNumber ? (value as number) : 0,
      operands.high,
      operands.low,
      expires,
      size,
    );
    memory.releaseTexts();
    if ((outcome & outcomeBits) === 0) {
      if (operands.isReference) operands.references.drop(operands.low);
      forgetKey();
    }
    this.#told(outcome);
  }

  #told(outcome: number): void {
    if ((outcome & outcomeBits) === 0) throw outOfMemory('MemoryEfficientCache');
    ++this.changes;
    if ((outcome & released) !== 0) this.#operands.drop();
    if ((outcome & outcomeBits) === 2) ++this.size;
  }

  erase(entry: number): void {
    if ((this.memory.exports.tidemark_cache_erase(this.address, entry) & released) !== 0) this.#operands.drop();
    --this.size;
    ++this.changes;
  }

  clear(): void {
    this.memory.exports.tidemark_cache_clear(this.address);
    this.#operands.references.clear();
    this.size = 0;
    ++this.changes;
    ++this.clears;
  }

  /** Of one that was there, since the last clear(): whether it, or another one in its place, is. */
  isLive(entry: number): boolean {
    return this.newer(entry) !== entry;
  }

  entry(entry: number): CacheEntry {
    const at = this.memory.exports.tidemark_cache_entry(this.address, entry) >>> 2;
    const { u32 } = this.memory.views;
    const word = (index: number): number => u32[at + index] as number;
    const texts = word(4);
    return {
      key: this.#operands.openAny(word(1), word(0), texts),
      value: this.#operands.openAny(word(3), word(2), texts),
      expires: word(5),
      size: word(6),
    };
  }

  oldest(): number {
    return this.memory.exports.tidemark_cache_oldest(this.address) | 0;
  }
  newest(): number {
    return this.memory.exports.tidemark_cache_newest(this.address) | 0;
  }
  newer(entry: number): number {
    return this.memory.exports.tidemark_cache_newer(this.address, entry) | 0;
  }
  older(entry: number): number {
    return this.memory.exports.tidemark_cache_older(this.address, entry) | 0;
  }
  nextExpired(entry: number, now: number): number {
    return this.memory.exports.tidemark_cache_next_expired(this.address, entry, now) | 0;
  }

  get bytes(): number {
    return this.memory.exports.tidemark_cache_bytes(this.address) >>> 0;
  }

  protected override onDispose(): void {
    this.#operands.references.clear();
    this.size = 0;
  }
}

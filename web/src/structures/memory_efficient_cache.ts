// MemoryEfficientCache: a cache of what was used last, each for its time, in linear memory.
import {
  aFlag,
  aFunction,
  aNumber,
  anObject,
  checkOptions,
  isObject,
  notNegative,
  oneOf,
  refuse,
  required,
} from '../checks.js';
import { defaultContext, type Context } from '../context.js';
import { collectablesOf } from '../collectables.js';
import { symbolDispose } from '../disposable.js';
import { TidemarkError } from '../errors.js';
import { CacheClock, maxTick } from './cache_clock.js';
import { CacheEngine, expired, found, missing, noEntry, type CacheEntry } from './cache_engine.js';
import { anIterable } from './given.js';

/** Why an entry left the cache. */
export type DisposeReason = 'evict' | 'expire' | 'delete' | 'set' | 'clear';

export interface CacheOptions<K, V> {
  /** How many entries there may be; without end by default. */
  max?: number;
  /** What the sizes of all entries may add up to; needs `sizeCalculation`. */
  maxSize?: number;
  /** The size of an entry: a whole number above 0. */
  sizeCalculation?: (value: V, key: K) => number;
  /** How many bytes of linear memory it may hold. */
  maxBytes?: number;
  /** Milliseconds that an entry is good for; 0, the default, is for ever. */
  ttl?: number;
  /**
   * Milliseconds that times are rounded up to. Whoever gives it can do without the exact time: the clock is then not read anew for
   * every one of many uses in one job. 0, the default: it is, and times are rounded up to 1.
   */
  ttlResolution?: number;
  /** get() gives an expired value back, once. */
  allowStale?: boolean;
  /** get() starts the time of the entry anew, with `ttl`. */
  updateAgeOnGet?: boolean;
  /** Is told of each entry that had to go for others, or whose time had come. */
  onEvict?: (key: K, value: V, reason: DisposeReason) => void;
  /** Is told of each value that leaves the cache. */
  dispose?: (value: V, key: K, reason: DisposeReason) => void;
}

export interface CacheStats {
  hits: number;
  misses: number;
  /** Entries that had to go for others. */
  evictions: number;
  expirations: number;
  sets: number;
  deletes: number;
  size: number;
  calculatedSize: number;
  memoryUsage: number;
  /** Hits of all look-ups, 0–1; 0 before the first. */
  hitRate: number;
}

/** What dump() gives, and load() takes: the oldest first; `ttl` is what was left, in milliseconds. */
export type CacheDump<K, V> = [key: K, entry: { value: V; ttl?: number; size?: number }][];

const amount = /* @__PURE__ */ aNumber('a number above 0', (value) => value > 0);
const milliseconds = 'milliseconds, 0 or more,';
const duration = /* @__PURE__ */ aNumber(milliseconds, (value) => value >= 0);
const anEnd = /* @__PURE__ */ oneOf(['newest', 'oldest']);
const aSize = /* @__PURE__ */ aNumber(
  'a whole number above 0',
  (value) => Number.isInteger(value) && value > 0 && value <= maxTick,
);
const checks = {
  ...{ max: amount, maxSize: amount, maxBytes: amount, ttl: duration, ttlResolution: duration },
  ...{ allowStale: aFlag, updateAgeOnGet: aFlag, sizeCalculation: aFunction, onEvict: aFunction, dispose: aFunction },
};

/** All options as one object. @throws {TidemarkError} `'invalid-config'` */
function cacheOptions<K, V>(
  first: number | CacheOptions<K, V> | undefined,
  ttl: number | undefined,
  rest: CacheOptions<K, V>,
): CacheOptions<K, V> {
  checkOptions(rest, checks, 'invalid-config', 'cache: ');
  const max = isObject(first) ? first : first === undefined ? {} : { max: first };
  checkOptions(max, checks, 'invalid-config', 'cache: ');
  const options: CacheOptions<K, V> = { ...rest, ...max, ...(ttl === undefined ? {} : { ttl }) };
  checkOptions(options, checks, 'invalid-config', 'cache: ');
  return options;
}

/**
 * Entries that were not used for the longest time go first, when there would be more than `max`, `maxSize` or `maxBytes`.
 * An expired entry is never returned, unless `allowStale`.
 */
export class MemoryEfficientCache<K, V> implements Iterable<[K, V]> {
  readonly #engine: CacheEngine;
  readonly #options: CacheOptions<K, V>;
  readonly #clock: CacheClock;
  readonly #ttl: number;
  readonly #ttlOnGet: number; // 0: get() leaves the time as it is
  #isTimed: boolean; // whether any entry may have a time
  readonly #counts = { hits: 0, misses: 0, evictions: 0, expirations: 0, sets: 0, deletes: 0 };
  readonly #unregister: () => void;
  readonly #tells: boolean;
  #max: number;
  #calculatedSize = 0;

  /** @throws {TidemarkError} `'invalid-config'`, `'out-of-memory'` */
  constructor(options?: CacheOptions<K, V>);
  /** At most `max` entries, each good for `ttl` milliseconds; 0 is for ever. */
  constructor(max: number | undefined, ttl?: number, options?: CacheOptions<K, V>, context?: Context);
  constructor(
    first?: number | CacheOptions<K, V>,
    ttlMs?: number,
    rest: CacheOptions<K, V> = {},
    context: Context = defaultContext(),
  ) {
    const options = cacheOptions(first, ttlMs, rest);
    const { max, maxSize, ttl = 0, ttlResolution = 0, sizeCalculation } = options;
    if (maxSize !== undefined && sizeCalculation === undefined) {
      throw new TidemarkError('invalid-config', 'cache: sizeCalculation: it is not there, and maxSize needs it');
    }
    this.#options = options;
    this.#max = max ?? Infinity;
    this.#clock = new CacheClock(context.clock, ttlResolution);
    this.#ttl = ttl;
    this.#ttlOnGet = options.updateAgeOnGet === true ? ttl : 0;
    this.#isTimed = ttl !== 0;
    this.#tells = options.onEvict !== undefined || options.dispose !== undefined;
    this.#engine = new CacheEngine(context, sizeCalculation !== undefined);
    this.#unregister = collectablesOf(context).register(this, context.defaultModule.id);
  }

  /** Expired entries that nobody has asked for are counted. */
  get size(): number {
    return this.#engine.size;
  }
  get max(): number {
    return this.#max;
  }
  /** Sum of the sizes of all entries; 0 without `sizeCalculation`. */
  get calculatedSize(): number {
    return this.#calculatedSize;
  }
  /** Bytes that it holds in linear memory. */
  get memoryUsage(): number {
    return this.#engine.bytes;
  }

  get(key: K): V | undefined {
    const engine = this.#engine;
    const now = this.#now();
    const expires = this.#ttlOnGet === 0 ? 0 : this.#expires(this.#ttlOnGet, now);
    let outcome: number;
    if (typeof key === 'number') {
      const value = engine.getNumber(key, now, expires);
      if (value === value) {
        ++this.#counts.hits;
        return value as V;
      }
      outcome = engine.outcome;
    } else {
      outcome = engine.get(key, now, true, expires);
    }
    if (outcome === found) {
      ++this.#counts.hits;
      return engine.foundValue() as V;
    }
    ++this.#counts.misses;
    if (outcome === missing) return undefined;
    const value = this.#options.allowStale === true ? (engine.foundValue() as V) : undefined;
    this.#remove(engine.foundEntry(), 'expire');
    return value;
  }

  /** As get(), but the entry's age and place, and the statistics, stay as they are. */
  peek(key: K): V | undefined {
    const outcome = this.#engine.get(key, this.#now(), false, 0);
    const isGood = outcome === found || (outcome === expired && this.#options.allowStale === true);
    return isGood ? (this.#engine.foundValue() as V) : undefined;
  }

  has(key: K): boolean {
    return this.#engine.get(key, this.#now(), false, 0) === found;
  }

  /** The values of many keys, as get() gives them. */
  getMany(keys: Iterable<K>): (V | undefined)[] {
    required('cache: keys', keys, anIterable);
    return Array.from(keys, (key) => this.get(key));
  }

  /**
   * `ttl` in place of the cache's. An entry that is too large for `maxSize` by itself is not kept, and what was under its
   * key goes.
   *
   * @throws {TidemarkError} `'out-of-memory'`; `'invalid-argument'`: a size or a time that is none
   */
  set(key: K, value: V, options?: { ttl?: number }): this {
    const { sizeCalculation, maxSize = Infinity, maxBytes = Infinity } = this.#options;
    const size = sizeCalculation === undefined ? 0 : this.#sizeOf(key, value);
    const expires = this.#expires(options === undefined ? this.#ttl : this.#ttlOf(options));
    const engine = this.#engine;
    let old: CacheEntry | undefined;
    if (this.#tells || sizeCalculation !== undefined) {
      if (engine.get(key, 0, false, 0) !== missing) {
        const entry = engine.foundEntry();
        if (size > maxSize) {
          this.#remove(entry, 'set');
          return this;
        }
        old = engine.entry(entry);
      } else if (size > maxSize) {
        return this;
      }
    }
    engine.put(key, value, expires, size);
    if (sizeCalculation !== undefined) this.#calculatedSize += size - (old?.size ?? 0);
    ++this.#counts.sets;
    if (old && old.value !== value) this.#tell(old.key as K, old.value as V, 'set');
    while (engine.size > this.#max || this.#calculatedSize > maxSize) this.#remove(engine.oldest(), 'evict');
    if (maxBytes !== Infinity) this.#holdTo(maxBytes);
    return this;
  }

  /** Whether there was one that is good still. */
  delete(key: K): boolean {
    const outcome = this.#engine.get(key, this.#now(), false, 0);
    if (outcome === missing) return false;
    this.#remove(this.#engine.foundEntry(), outcome === expired ? 'expire' : 'delete');
    return outcome === found;
  }

  /** Takes the oldest entry out, and returns its value. */
  pop(): V | undefined {
    this.purgeStale();
    const entry = this.#engine.oldest();
    if (entry === noEntry) return undefined;
    const { value } = this.#engine.entry(entry);
    this.#remove(entry, 'evict');
    return value as V;
  }

  /** Lets all expired entries go; how many there were. */
  purgeStale(): number {
    const now = this.#now();
    let count = 0;
    let entry = this.#engine.nextExpired(this.#engine.oldest(), now);
    while (entry !== noEntry) {
      const after = this.#engine.newer(entry);
      const changes = this.#engine.changes + 1;
      this.#remove(entry, 'expire');
      ++count;
      // Where a callback has changed the cache, or its order, once more from the begin.
      entry = this.#engine.changes === changes ? this.#engine.nextExpired(after, now) : noEntry;
      if (this.#tells && entry === noEntry) entry = this.#engine.nextExpired(this.#engine.oldest(), now);
    }
    return count;
  }

  /** Milliseconds; Infinity without a time, 0 where there is no such key or its time has come. */
  getRemainingTTL(key: K): number {
    const now = this.#now();
    if (this.#engine.get(key, now, false, 0) !== found) return 0;
    const { expires } = this.#engine.entry(this.#engine.foundEntry());
    return expires === 0 ? Infinity : Math.max(0, (expires - 1) * this.#clock.tickMs - this.#clock.ms);
  }

  /** From now on at most `max` entries. */
  resize(max: number): void {
    required('cache: max', max, amount, 'invalid-config');
    this.#max = max;
    while (this.#engine.size > max) this.#remove(this.#engine.oldest(), 'evict');
  }

  clear(): void {
    // Time 0: those whose time has come leave the cache too.
    const entries = this.#tells ? [...this.entriesFrom('oldest', 0)] : [];
    this.#engine.clear();
    this.#calculatedSize = 0;
    for (const [key, value] of entries) this.#tell(key, value, 'clear');
  }

  dump(): CacheDump<K, V> {
    const now = this.#now();
    const entries: CacheDump<K, V> = [];
    for (let entry = this.#engine.oldest(); entry !== noEntry; entry = this.#engine.newer(entry)) {
      const { key, value, expires, size } = this.#engine.entry(entry);
      if (expires !== 0 && expires <= now) continue;
      const ttl = expires === 0 ? {} : { ttl: (expires - now) * this.#clock.tickMs };
      entries.push([
        key as K,
        { value: value as V, ...ttl, ...(this.#options.sizeCalculation === undefined ? {} : { size }) },
      ]);
    }
    return entries;
  }

  /**
   * These in place of all that is there.
   *
   * @throws {TidemarkError} `'invalid-argument'`, and nothing has changed; `'out-of-memory'`: the first of them are there
   */
  load(entries: CacheDump<K, V>): void {
    required('cache: entries', entries, anIterable);
    const given = Array.from(entries, (entry, i) => {
      const what = `cache: entries[${i}]`;
      if (!Array.isArray(entry)) refuse(what, entry, '[key, { value, ttl }]');
      const [key, content] = entry;
      required(`${what}[1]`, content, anObject);
      const { value, ttl = 0 } = content;
      required(`${what}[1].ttl`, ttl, duration);
      if (this.#options.sizeCalculation !== undefined) this.#sizeOf(key, value);
      return { key, value, ttl };
    });
    this.clear();
    for (const { key, value, ttl } of given) this.set(key, value, { ttl });
  }

  /** The newest first, as all iteration; entries whose time has come are left out. */
  *entries(): Generator<[K, V], undefined> {
    yield* this.entriesFrom('newest');
  }

  *keys(): Generator<K, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[K, V], undefined> {
    return this.entries();
  }

  forEach(visit: (value: V, key: K, cache: this) => void): void {
    required('cache: visit', visit, aFunction);
    for (const [key, value] of [...this.entries()]) visit(value, key, this);
  }

  /**
   * In either direction. The first step looks at no more than it gives; what comes then is what was there when the second one
   * was taken, and still is when its turn comes.
   */
  *entriesFrom(first: 'newest' | 'oldest', now = this.#now()): Generator<[K, V], undefined> {
    required('cache: first', first, anEnd);
    const engine = this.#engine;
    const isNewest = first === 'newest';
    const begin = (): number => (isNewest ? engine.newest() : engine.oldest());
    const { clears } = engine;
    const entries = [begin()];
    for (const entry of entries) {
      if (entry === noEntry || engine.clears !== clears) return;
      if (!engine.isLive(entry)) continue;
      const { key, value, expires } = engine.entry(entry);
      if (expires === 0 || expires > now) yield [key as K, value as V];
      if (entries.length > 1) continue;
      for (let other = begin(); other !== noEntry; other = isNewest ? engine.older(other) : engine.newer(other)) {
        if (other !== entry) entries.push(other);
      }
    }
  }

  get stats(): CacheStats {
    const { hits, misses } = this.#counts;
    return {
      ...this.#counts,
      size: this.size,
      calculatedSize: this.#calculatedSize,
      memoryUsage: this.memoryUsage,
      hitRate: hits === 0 ? 0 : hits / (hits + misses),
    };
  }

  /** For a collection: as purgeStale(). */
  purgeExpired(): void {
    this.purgeStale();
  }

  /** For a collection: evicts that share of all entries, 0–1. */
  evict(share: number): void {
    required('cache: share', share, notNegative);
    for (let count = Math.ceil(this.size * share); count > 0 && this.size > 0; --count) {
      this.#remove(this.#engine.oldest(), 'evict');
    }
    if (this.size === 0) this.#engine.clear();
  }

  get spareBytes(): number {
    return this.memoryUsage;
  }

  dispose(): void {
    this.#unregister();
    this.#engine.dispose();
    this.#calculatedSize = 0;
  }

  [symbolDispose](): void {
    this.dispose();
  }

  /** Where no entry has a time, the clock, which costs more than a look-up, isn't read. */
  #now(): number {
    return this.#isTimed ? this.#clock.tick() : 1;
  }

  #sizeOf(key: K, value: V): number {
    const size: unknown = this.#options.sizeCalculation?.(value, key);
    required('cache: size', size, aSize);
    return size as number;
  }

  #ttlOf(options: { ttl?: number }): number {
    // Whoever gives a time pays for no more than that.
    const ttl = (options as { ttl?: number } | null)?.ttl;
    if (ttl !== undefined) return ttl;
    checkOptions(options, { ttl: duration }, undefined, 'cache: ');
    return this.#ttl;
  }

  /** In ticks; 0 is never. */
  #expires(ttl: number, now?: number): number {
    if (ttl === 0 || ttl === Infinity) return 0;
    if (!(typeof ttl === 'number' && ttl > 0)) refuse('cache: ttl', ttl, milliseconds);
    this.#isTimed = true;
    return Math.min((now ?? this.#now()) + Math.max(1, Math.ceil(ttl / this.#clock.tickMs)), maxTick);
  }

  #remove(entry: number, reason: DisposeReason): void {
    const { sizeCalculation } = this.#options;
    if (reason === 'evict') ++this.#counts.evictions;
    else if (reason === 'expire') ++this.#counts.expirations;
    else ++this.#counts.deletes;
    if (!this.#tells && sizeCalculation === undefined) {
      this.#engine.erase(entry);
      return;
    }
    const { key, value, size } = this.#engine.entry(entry);
    this.#engine.erase(entry);
    if (sizeCalculation !== undefined) this.#calculatedSize -= size;
    this.#tell(key as K, value as V, reason);
  }

  #tell(key: K, value: V, reason: DisposeReason): void {
    const { onEvict, dispose } = this.#options;
    dispose?.(value, key, reason);
    if (reason === 'evict' || reason === 'expire') onEvict?.(key, value, reason);
  }

  /**
   * Memory comes back by segments: what stays is written anew. The newest goes alone where it is too large by itself; else the
   * oldest do, a quarter at a time.
   */
  #holdTo(maxBytes: number): void {
    if (this.#engine.bytes <= maxBytes) return;
    this.purgeStale();
    const entries = this.dump();
    const fits = (kept: CacheDump<K, V>): boolean => {
      this.#engine.clear();
      this.#calculatedSize = 0;
      try {
        for (const [key, { value, ttl = 0, size = 0 }] of kept) {
          this.#engine.put(key, value, this.#expires(ttl), size);
          this.#calculatedSize += size;
        }
      } catch {
        return false; // memory is refused all the same
      }
      return this.#engine.bytes <= maxBytes;
    };
    const quarterAfter = (count: number): number => count + Math.ceil((entries.length - count) * 0.25);
    let gone = 1;
    if (fits(entries.slice(-1)) || !this.size) gone = quarterAfter(0);
    else entries.unshift(...entries.splice(-1));
    while (!fits(entries.slice(gone)) && gone < entries.length) gone = quarterAfter(gone);
    // Whoever is told may use the cache.
    this.#counts.evictions += gone;
    for (const [key, { value }] of entries.slice(0, gone)) this.#tell(key, value, 'evict');
  }
}

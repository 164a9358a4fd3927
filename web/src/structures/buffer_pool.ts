// BufferPool: bytes of linear memory that are used again in place of being allocated anew.
import { aFunction, aNumber, checkOptions, notNegative, refuse, required } from '../checks.js';
import { collectablesOf } from '../collectables.js';
import { defaultContext, type Context } from '../context.js';
import { resourceLedgerOf } from '../resource_ledger.js';
import { BufferStore, classBytes, type PoolBlock } from './buffer_store.js';
import { requireOptions } from './given.js';
import { PooledBuffer, type Lender } from './pooled_buffer.js';
import { Structure } from './structure.js';
import { outOfMemory, structureMemory, type StructureMemory } from './structure_memory.js';

export interface BufferPoolOptions {
  /**
   * `true`: an acquired buffer is all zeros. `'release'`: a released one is, at once, so that nothing that was in it stays in
   * memory; an acquired one is then too. By default its content is undefined.
   */
  zero?: boolean | 'release';
  /** Bytes that may wait to be acquired again: 16 MiB by default. What would be more is freed. */
  maxIdleBytes?: number;
}

export interface BufferPoolStats {
  /** Acquired, and not yet released. */
  inUse: number;
  /** Waiting to be acquired. */
  idle: number;
  /** Of the blocks behind those, by their size classes. */
  inUseBytes: number;
  idleBytes: number;
  peakInUse: number;
  peakInUseBytes: number;
  acquired: number;
  /** Acquired without asking the engine for memory. */
  reused: number;
  /** Blocks that were given back to the engine. */
  freed: number;
  /** Collected by the garbage collector without release(): their memory came back to the pool then. */
  leaked: number;
}

const defaultMaxIdleBytes = 16 * 2 ** 20;
const checks = {
  zero: ["true, false or 'release'", (value: unknown) => typeof value === 'boolean' || value === 'release'] as const,
  maxIdleBytes: notNegative,
};
const mostBytes = 0x7fff_ffff;
const aLength = /* @__PURE__ */ aNumber(
  `0 … ${mostBytes}`,
  (value) => Number.isInteger(value) && value >= 0 && value <= mostBytes,
);

/**
 * Lends buffers of linear memory. Sizes are rounded up to classes, four per doubling; idle buffers are kept as long as use comes
 * near its recent high water, and then given back.
 *
 * A buffer that is lost without having been released comes back when the garbage collector finds it, and counts as `leaked`.
 * dispose() takes all of them back: who still has one is refused from then on.
 */
export class BufferPool extends Structure {
  readonly #memory: StructureMemory;
  readonly #store: BufferStore;
  readonly #zero: boolean | 'release';
  readonly #lent: Set<WeakRef<PooledBuffer>>;
  readonly #blocks: Set<PoolBlock>; // that are lent
  readonly #references = new WeakMap<PooledBuffer, { reference: WeakRef<PooledBuffer>; block: PoolBlock }>();
  readonly #counts = { inUse: 0, peakInUse: 0, peakInUseBytes: 0, acquired: 0, leaked: 0 };
  readonly #lost: FinalizationRegistry<{ reference: WeakRef<PooledBuffer>; block: PoolBlock }>;
  readonly #lender: Lender;
  readonly #leave: readonly (() => void)[];

  /** @throws {TidemarkError} `'invalid-config'` */
  constructor(options: BufferPoolOptions = {}, context: Context = defaultContext()) {
    requireOptions('BufferPool', options, Object.keys(checks));
    checkOptions(options, checks, 'invalid-config', 'BufferPool: ');
    const { zero = false, maxIdleBytes = defaultMaxIdleBytes } = options;
    const memory = structureMemory(context);
    const store = new BufferStore(() => memory.exports, maxIdleBytes);
    const lent = new Set<WeakRef<PooledBuffer>>();
    const blocks = new Set<PoolBlock>();
    super('BufferPool', () => {
      for (const block of blocks) store.put(block);
      blocks.clear();
      store.trim(0);
    });
    this.#memory = memory;
    this.#store = store;
    this.#zero = zero;
    this.#lent = lent;
    this.#blocks = blocks;
    const counts = this.#counts;
    this.#lost = new FinalizationRegistry(({ reference, block }) => {
      if (!blocks.delete(block)) return;
      lent.delete(reference);
      --counts.inUse;
      ++counts.leaked;
      if (zero === 'release') clear(memory, block);
      store.put(block);
    });
    // No function of this constructor refers to the pool: what keeps one would keep it, and its memory, for good.
    this.#lender = this.#lenderOf(memory);
    const { id } = context.defaultModule;
    const leaveLedger = resourceLedgerOf(context).register(
      {
        kind: 'pooled buffer',
        remedy: 'release()',
        get live() {
          return counts.inUse;
        },
        get bytes() {
          return store.inUseBytes;
        },
        get netted() {
          return counts.leaked;
        },
      },
      id,
    );
    this.#leave = [collectablesOf(context).register(this, id), leaveLedger];
  }

  /**
   * A buffer of `bytes` bytes, 0 … 2³¹ − 1.
   *
   * @throws {TidemarkError} `'invalid-argument'`, `'out-of-memory'`, `'disposed'`
   */
  acquire(bytes: number): PooledBuffer {
    this.#requireAlive();
    required('BufferPool.acquire: bytes', bytes, aLength);
    const block = this.#store.take(bytes);
    if (block === null) throw outOfMemory(`BufferPool: ${classBytes(bytes)} bytes`);
    const counts = this.#counts;
    ++counts.acquired;
    counts.peakInUse = Math.max(counts.peakInUse, ++counts.inUse);
    counts.peakInUseBytes = Math.max(counts.peakInUseBytes, this.#store.inUseBytes);
    if (this.#zero !== false && !block.isZero) clear(this.#memory, block);
    block.isZero = false;
    const buffer = new PooledBuffer(this.#lender, block, bytes);
    const entry = { reference: new WeakRef(buffer), block };
    this.#references.set(buffer, entry);
    this.#lent.add(entry.reference);
    this.#blocks.add(block);
    this.#lost.register(buffer, entry, buffer);
    return buffer;
  }

  /** @throws {TidemarkError} `'invalid-argument'`: the buffer isn't of this pool, or was released already */
  release(buffer: PooledBuffer): void {
    this.#requireAlive();
    const entry = this.#references.get(buffer);
    if (entry === undefined || buffer.released) {
      const given = entry ? 'was released already' : 'is not of this pool';
      refuse('BufferPool.release: buffer', buffer, `one in use (this ${given})`);
    }
    const block = buffer.surrender() as PoolBlock;
    this.#lost.unregister(buffer);
    this.#lent.delete(entry.reference);
    this.#blocks.delete(block);
    --this.#counts.inUse;
    if (this.#zero === 'release') clear(this.#memory, block);
    this.#store.put(block);
  }

  /** A buffer for the time that `use` takes, a promise's too. */
  with<R>(bytes: number, use: (buffer: PooledBuffer) => R): R {
    required('BufferPool.with: use', use, aFunction);
    const buffer = this.acquire(bytes);
    const giveBack = (): void => {
      buffer.dispose();
    };
    let result: R;
    try {
      result = use(buffer);
    } catch (error) {
      giveBack();
      throw error;
    }
    if (result instanceof Promise) return result.finally(giveBack) as R;
    giveBack();
    return result;
  }

  /** Frees idle buffers, the largest first, until at most `keptBytes` wait. */
  trim(keptBytes = 0): void {
    required('BufferPool.trim: keptBytes', keptBytes, notNegative);
    if (!this.disposed) this.#store.trim(keptBytes);
  }

  get stats(): BufferPoolStats {
    const { inUse, peakInUse, peakInUseBytes, acquired, leaked } = this.#counts;
    const { inUseBytes, idleBytes, idleBlocks, made, freed } = this.#store;
    return {
      inUse,
      idle: idleBlocks,
      inUseBytes,
      idleBytes,
      peakInUse,
      peakInUseBytes,
      acquired,
      reused: acquired - made,
      freed,
      leaked,
    };
  }

  /** Bytes of linear memory behind all buffers, in use and idle. */
  get memoryUsage(): number {
    return this.#store.inUseBytes + this.#store.idleBytes;
  }

  /** For a collection: what trim() would give. */
  get spareBytes(): number {
    return this.#store.idleBytes;
  }

  protected override onDispose(): void {
    for (const leave of this.#leave) leave();
    for (const reference of this.#lent) {
      const buffer = reference.deref();
      if (buffer === undefined) continue;
      buffer.surrender();
      this.#lost.unregister(buffer);
    }
    this.#lent.clear();
    this.#counts.inUse = 0;
  }

  #lenderOf(memory: StructureMemory): Lender {
    return { memory, release: (buffer) => this.release(buffer) };
  }

  #requireAlive(): void {
    if (this.disposed) throw this.disposedError();
  }
}

function clear(memory: StructureMemory, block: PoolBlock): void {
  const address = memory.exports.tidemark_array_address(block.array) >>> 0;
  memory.views.u8.fill(0, address, address + block.sizeClass.bytes);
  block.isZero = true;
}

// PooledBuffer: bytes of linear memory that a BufferPool has lent.
import { symbolDispose } from '../disposable.js';
import { aFunction, anyNumber, refuse, required } from '../checks.js';
import { TidemarkError } from '../errors.js';
import { requireNumbers } from './given.js';
import type { PoolBlock } from './buffer_store.js';
import type { StructureMemory } from './structure_memory.js';

/** What a buffer needs of its pool. */
export interface Lender {
  readonly memory: StructureMemory;
  release(buffer: PooledBuffer): void;
}

const nothing = new Uint8Array(0);

/**
 * Bytes of linear memory, until release().
 *
 * `bytes` is a view of them. Growth of the memory, and shrink, detach views, which no engine can keep from it: read `bytes` anew
 * after whatever may allocate, or use get(), set(), read() and write(), which do so. After release() all of them throw.
 */
export class PooledBuffer {
  /** As asked for. */
  readonly length: number;
  readonly #lender: Lender;
  #block: PoolBlock | null;
  #view = nothing;
  #seenEpoch = 0;

  /** @internal */
  constructor(lender: Lender, block: PoolBlock, length: number) {
    this.length = length;
    this.#lender = lender;
    this.#block = block;
  }

  /**
   * A view of the bytes. From its first use on, compaction leaves the buffer where it is: a view that was kept is never one of
   * another's bytes.
   *
   * @throws {TidemarkError} `'disposed'`
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    const block = this.#requireBlock();
    if (block.pins === 0) this.#pin(block);
    return this.#current(block);
  }

  /** Where the bytes begin, for functions of WebAssembly; as good as `bytes`. */
  get address(): number {
    return this.bytes.byteOffset;
  }

  /** A view for the time of `use` only: compaction may move the buffer before and after. */
  use<R>(use: (bytes: Uint8Array<ArrayBuffer>) => R): R {
    required('PooledBuffer.use: use', use, aFunction);
    const block = this.#requireBlock();
    this.#pin(block);
    try {
      return use(this.#current(block));
    } finally {
      // Where `use` has released it, its pins are gone, and the block may be another's.
      if (this.#block === block) {
        --block.pins;
        this.#lender.memory.exports.tidemark_array_unpin(block.array);
      }
    }
  }

  /** The byte at `index`; undefined where there is none. */
  get(index: number): number | undefined {
    return this.#current(this.#requireBlock())[index];
  }

  /** @throws {TidemarkError} `'invalid-argument'`: no such index */
  set(index: number, byte: number): void {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
      refuse('PooledBuffer.set: index', index, `0 … ${this.length - 1}`);
    }
    required('PooledBuffer.set: byte', byte, anyNumber);
    this.#current(this.#requireBlock())[index] = byte;
  }

  /** A copy of the bytes from `begin` to `end`, as slice() has them. */
  read(begin = 0, end = this.length): Uint8Array<ArrayBuffer> {
    return this.#current(this.#requireBlock()).slice(begin, end);
  }

  /** @throws {TidemarkError} `'invalid-argument'`: `source` does not fit */
  write(source: ArrayLike<number>, offset = 0): void {
    requireNumbers('PooledBuffer.write: source', source);
    if (!(Number.isInteger(offset) && offset >= 0 && offset + source.length <= this.length)) {
      refuse('PooledBuffer.write: offset', offset, `one where ${source.length} bytes fit into ${this.length}`);
    }
    this.#current(this.#requireBlock()).set(source, offset);
  }

  get released(): boolean {
    return this.#block === null;
  }

  /** Gives it back to its pool. @throws {TidemarkError} `'invalid-argument'`: it was released already */
  release(): void {
    this.#lender.release(this);
  }

  /** As release(); nothing where that was done already. */
  dispose(): void {
    if (this.#block !== null) this.release();
  }

  [symbolDispose](): void {
    this.dispose();
  }

  /** Takes its block away. @internal */
  surrender(): PoolBlock | null {
    const block = this.#block;
    this.#block = null;
    this.#view = nothing;
    return block;
  }

  #requireBlock(): PoolBlock {
    if (this.#block === null) throw new TidemarkError('disposed', 'PooledBuffer: it was used after release()');
    return this.#block;
  }

  #pin(block: PoolBlock): void {
    if (this.#lender.memory.exports.tidemark_array_pin(block.array) === 0) {
      throw new TidemarkError('busy', 'PooledBuffer: it is pinned more often than can be counted');
    }
    ++block.pins;
  }

  #current(block: PoolBlock): Uint8Array<ArrayBuffer> {
    const { memory } = this.#lender;
    const { buffer } = memory.views.u8;
    const epoch = memory.epochNow();
    if (this.#view.buffer !== buffer || this.#seenEpoch !== epoch) {
      const address = memory.exports.tidemark_array_address(block.array) >>> 0;
      if (this.#view.buffer !== buffer || this.#view.byteOffset !== address) {
        this.#view = new Uint8Array(buffer, address, this.length);
      }
      this.#seenEpoch = epoch;
    }
    return this.#view;
  }
}

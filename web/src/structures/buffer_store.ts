// Blocks of linear memory by size class, for BufferPool: those that wait, and how many of them are worth keeping.
//
// Size classes   four equal steps per doubling from 64 bytes on: at most a fifth of a block is not used, above 64 bytes.
// High water     A class keeps as many idle blocks as it would take to reach the most that were in use at once in this period
//                or the one before; a period is 64 releases. So a burst is forgotten after two periods, and a steady use
//                never asks the engine.
import type { EngineExports } from '../engine.js';

declare module '../engine.js' {
  interface EngineExports {
    tidemark_array_pin(array: number): number;
    tidemark_array_unpin(array: number): void;
  }
}

const leastBytes = 64;
const stepsPerDoubling = 4;
const period = 64;

/** The size of the blocks that serve `bytes`. */
export function classBytes(bytes: number): number {
  if (bytes <= leastBytes) return leastBytes;
  const step = 2 ** (31 - Math.clz32(bytes - 1)) / stepsPerDoubling;
  return Math.ceil(bytes / step) * step;
}

/** A block, apart from the buffer that has it, so that that can be collected. */
export interface PoolBlock {
  readonly sizeClass: SizeClass;
  /** Of the engine; see bindings/structures_array.cpp. */
  readonly array: number;
  /** How many pins hold it where it is. */
  pins: number;
  /** Whether all its bytes are known to be zero. */
  isZero: boolean;
}

export interface SizeClass {
  readonly bytes: number;
  readonly idle: PoolBlock[];
  inUse: number;
  peak: number;
  peakBefore: number;
  releases: number;
}

export class BufferStore {
  readonly #classes = new Map<number, SizeClass>();
  inUseBytes = 0;
  idleBytes = 0;
  idleBlocks = 0;
  /** Blocks that were asked of the engine, and that it got back. */
  made = 0;
  freed = 0;

  /** `exports` gives the functions of the instance that runs now. */
  constructor(
    private readonly exports: () => EngineExports,
    private readonly maxIdleBytes: number,
  ) {}

  /** Null when memory is exhausted. */
  take(bytes: number): PoolBlock | null {
    const size = classBytes(bytes);
    let sizeClass = this.#classes.get(size);
    if (sizeClass === undefined) {
      sizeClass = { bytes: size, idle: [], inUse: 0, peak: 0, peakBefore: 0, releases: 0 };
      this.#classes.set(size, sizeClass);
    }
    let block = sizeClass.idle.pop() ?? null;
    if (block === null) {
      block = this.#make(sizeClass);
      if (block === null) return null;
    } else {
      this.idleBytes -= size;
      --this.idleBlocks;
    }
    this.inUseBytes += size;
    sizeClass.peak = Math.max(sizeClass.peak, ++sizeClass.inUse);
    return block;
  }

  put(block: PoolBlock): void {
    const { sizeClass } = block;
    for (; block.pins > 0; --block.pins) this.exports().tidemark_array_unpin(block.array);
    --sizeClass.inUse;
    this.inUseBytes -= sizeClass.bytes;
    if (this.idleBytes + sizeClass.bytes > this.maxIdleBytes) {
      this.#free(block);
    } else {
      sizeClass.idle.push(block);
      this.idleBytes += sizeClass.bytes;
      ++this.idleBlocks;
    }
    if (++sizeClass.releases % period === 0) this.#endPeriod(sizeClass);
  }

  /** Frees idle blocks, of the largest classes first, until at most `keptBytes` are left. */
  trim(keptBytes: number): void {
    for (const sizeClass of [...this.#classes.values()].sort((a, b) => b.bytes - a.bytes)) {
      if (this.idleBytes <= keptBytes) return;
      const spare = Math.ceil((this.idleBytes - keptBytes) / sizeClass.bytes);
      this.#keepIdle(sizeClass, Math.max(0, sizeClass.idle.length - spare));
      sizeClass.peak = sizeClass.peakBefore = sizeClass.inUse;
    }
  }

  #endPeriod(sizeClass: SizeClass): void {
    this.#keepIdle(sizeClass, Math.max(sizeClass.peak, sizeClass.peakBefore) - sizeClass.inUse);
    sizeClass.peakBefore = sizeClass.peak;
    sizeClass.peak = sizeClass.inUse;
  }

  #keepIdle(sizeClass: SizeClass, count: number): void {
    const spare = sizeClass.idle.splice(count);
    this.idleBytes -= spare.length * sizeClass.bytes;
    this.idleBlocks -= spare.length;
    for (const block of spare) this.#free(block);
  }

  #make(sizeClass: SizeClass): PoolBlock | null {
    const exports = this.exports();
    const array = exports.tidemark_array_create() >>> 0;
    if (array === 0) return null;
    if (exports.tidemark_array_resize(array, sizeClass.bytes, 0) === 0) {
      exports.tidemark_array_destroy(array);
      return null;
    }
    ++this.made;
    return { sizeClass, array, pins: 0, isZero: false };
  }

  #free(block: PoolBlock): void {
    this.exports().tidemark_array_destroy(block.array);
    ++this.freed;
  }
}

// What is known of a heap that can't be seen: what its user records, or what passes through its exported allocator.
import type { EmscriptenModule } from './engine.js';
import { shown, TidemarkError } from './errors.js';

export class RecordedAllocations {
  liveBytes = 0;
  liveBlocks = 0;
  peakLiveBytes = 0;
  totalBytes = 0;
  totalBlocks = 0;
  /** Whether anything was ever recorded: if not, nothing is known. */
  get known(): boolean {
    return this.totalBlocks > 0;
  }

  allocate(bytes: number): void {
    this.liveBytes += bytes;
    this.liveBlocks += 1;
    this.totalBytes += bytes;
    this.totalBlocks += 1;
    this.peakLiveBytes = Math.max(this.peakLiveBytes, this.liveBytes);
  }

  /** @throws {TidemarkError} `'invalid-argument'`: more than is live */
  free(bytes: number): void {
    if (this.liveBlocks === 0 || bytes > this.liveBytes) {
      throw new TidemarkError(
        'invalid-argument',
        `size: ${bytes} bytes were given back, and ${this.liveBytes} in ${this.liveBlocks} blocks are recorded as allocated`,
      );
    }
    this.liveBytes -= bytes;
    this.liveBlocks -= 1;
  }
}

type Functions = Record<string, ((...args: number[]) => number) | undefined>;

/** Counts what passes through `_malloc`, `_calloc`, `_realloc` and `_free` of a Module. Calls from within it don't. */
export class AllocatorWrapper {
  readonly #module: Functions;
  readonly #originals: Functions = {};
  readonly #wrappers: Functions = {};
  readonly #sizes = new Map<number, number>();

  constructor(id: string, module: EmscriptenModule, recorded: RecordedAllocations) {
    this.#module = module as unknown as Functions;
    for (const name of ['_malloc', '_calloc', '_realloc', '_free']) {
      const property = Object.getOwnPropertyDescriptor(module, name);
      if (!property?.get && typeof module[name] === 'function') this.#originals[name] = this.#module[name];
    }
    const { _malloc: malloc, _calloc: calloc, _realloc: realloc, _free: free } = this.#originals;
    if (!malloc || !free) {
      throw new TidemarkError(
        'not-supported',
        `wrapAllocator: _malloc and _free of "${id}" are ${shown(malloc)} and ${shown(free)}: export them (-sEXPORTED_FUNCTIONS=_malloc,_free)`,
      );
    }
    const born = (block: number, bytes: number): number => {
      if (block !== 0) {
        dead(block); // freed from within, where it was known
        this.#sizes.set(block, bytes);
        recorded.allocate(bytes);
      }
      return block;
    };
    const dead = (block: number): void => {
      const bytes = this.#sizes.get(block);
      if (bytes === undefined) return; // older than the wrapper, or from within
      this.#sizes.delete(block);
      recorded.free(bytes);
    };
    this.#wrappers['_malloc'] = (bytes = 0) => born(malloc(bytes), bytes >>> 0);
    this.#wrappers['_free'] = (block = 0) => (dead(block), free(block));
    if (calloc) {
      this.#wrappers['_calloc'] = (count = 0, bytes = 0) => born(calloc(count, bytes), (count >>> 0) * (bytes >>> 0));
    }
    if (realloc) {
      this.#wrappers['_realloc'] = (block = 0, bytes = 0) => {
        const moved = realloc(block, bytes);
        // A refused one leaves its block alone; one to nothing frees it.
        if (moved !== 0 || bytes === 0) dead(block);
        return born(moved, bytes >>> 0);
      };
    }
    Object.assign(this.#module, this.#wrappers);
  }

  /** Puts back what was there, unless others have wrapped it again since. */
  dispose(): void {
    for (const [name, wrapper] of Object.entries(this.#wrappers)) {
      if (this.#module[name] === wrapper) this.#module[name] = this.#originals[name];
    }
  }
}

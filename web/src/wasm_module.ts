// What users want looked after, of whichever kind, and how much can be seen of it.
import { aFlag, check, refuseId } from './checks.js';
import { requireStarted, runtimeOf, type EmscriptenModule, type Runtime } from './engine.js';
import { shown, TidemarkError } from './errors.js';
import type { HeapStats } from './heap_stats.js';
import { AllocatorWrapper, RecordedAllocations } from './recorded_allocations.js';

/** A program to look after. `id` is its name in later calls. */
export type WasmModule =
  | {
      readonly id: string;
      /** An Emscripten Module, linked with Tidemark's runtime or not. */
      readonly module: object;
      /** Where it isn't: count blocks by wrapping its exported `_malloc`, `_calloc`, `_realloc` and `_free`. */
      readonly wrapAllocator?: boolean;
    }
  | { readonly id: string; readonly memory: WebAssembly.Memory }
  | { readonly id: string; readonly instance: WebAssembly.Instance };

/** How much of a module can be seen: every block, what its allocator's exports tell, or the size of its memory. */
export type ModuleKind = 'linked' | 'foreign' | 'memory';

/** One module under the care of some components. */
export class WatchedModule {
  readonly id: string;
  readonly kind: ModuleKind;
  /** Null unless linked. */
  readonly runtime: Runtime | null;
  /** What is known from recordAllocation() and a wrapped allocator. */
  readonly recorded = new RecordedAllocations();
  readonly #bufferOf: () => ArrayBufferLike;
  #wrapper: AllocatorWrapper | null = null;
  readonly #program: EmscriptenModule | null = null;
  readonly #whenGone = new Set<() => void>();
  readonly #sbrk: (() => number) | null = null;

  constructor(given: WasmModule) {
    const fail = (problem: string): never => {
      throw new TidemarkError('invalid-module', `module: ${problem}`);
    };
    const expected = '{ id, module }, { id, memory } or { id, instance } is expected';
    if (typeof given !== 'object' || given === null) fail(`${shown(given)} was given, and ${expected}`);
    if (typeof given.id !== 'string' || given.id === '') {
      fail(`id is ${shown(given.id)}, and a string that isn't empty is expected`);
    }
    this.id = given.id;
    const { memory, instance, module } = given as { memory?: unknown; instance?: unknown; module?: unknown };
    if (memory !== undefined) {
      if (!(memory instanceof WebAssembly.Memory)) {
        fail(`memory of "${this.id}" is ${shown(memory)}, and a WebAssembly.Memory is expected`);
      }
      this.kind = 'memory';
      this.runtime = null;
      this.#bufferOf = () => (memory as WebAssembly.Memory).buffer;
    } else if (instance !== undefined) {
      if (!(instance instanceof WebAssembly.Instance)) {
        fail(`instance of "${this.id}" is ${shown(instance)}, and a WebAssembly.Instance is expected`);
      }
      const exported = Object.values((instance as WebAssembly.Instance).exports).find(
        (value) => value instanceof WebAssembly.Memory,
      );
      if (exported === undefined) {
        fail(`instance of "${this.id}" exports no memory: give the one that it imports, as { id, memory }`);
      }
      this.kind = 'memory';
      this.runtime = null;
      this.#bufferOf = () => (exported as WebAssembly.Memory).buffer;
    } else {
      if (
        typeof module !== 'object' ||
        module === null ||
        module instanceof WebAssembly.Module ||
        module instanceof Promise
      ) {
        fail(
          module === undefined
            ? `"${this.id}" has no module, memory or instance, and ${expected}`
            : `module of "${this.id}" is ${shown(module)}, and an instantiated Emscripten Module is expected`,
        );
      }
      const program = module as EmscriptenModule;
      this.runtime = runtimeOf(program);
      this.kind = this.runtime ? 'linked' : 'foreign';
      if (this.runtime) {
        requireStarted(this.runtime, this.id);
        const { engine } = this.runtime;
        this.#bufferOf = () => engine.views.u8.buffer;
      } else {
        const find = (): ArrayBufferLike | undefined =>
          ofMemory(program, 'wasmMemory') ?? ofView(program, 'HEAPU8') ?? ofView(program, 'HEAP8');
        if (find() === undefined) {
          fail(
            `module of "${this.id}" has no HEAPU8 and no wasmMemory, and an instantiated Emscripten Module with one of them is expected (link it with -sEXPORTED_RUNTIME_METHODS=HEAPU8, or give its memory as { id, memory })`,
          );
        }
        this.#bufferOf = () => find() ?? new ArrayBuffer(0);
        const sbrk = program['_sbrk'];
        if (typeof sbrk === 'function') this.#sbrk = () => (sbrk as (bytes: number) => number)(0) >>> 0;
        this.#program = program;
        this.wrapAllocatorOf(given);
      }
    }
  }

  /**
   * Counts blocks from now on, where that is asked for and not done yet.
   *
   * @throws {TidemarkError} `'not-supported'`: it exports no allocator
   */
  wrapAllocatorOf(given: WasmModule): void {
    check('module.wrapAllocator', (given as { wrapAllocator?: unknown }).wrapAllocator, aFlag, 'invalid-module');
    if (!(given as { wrapAllocator?: boolean }).wrapAllocator || !this.#program) return;
    this.#wrapper ??= new AllocatorWrapper(this.id, this.#program, this.recorded);
  }

  /** Calls back when no component looks after it any more; returns the function that ends that. */
  whenGone(callback: () => void): () => void {
    this.#whenGone.add(callback);
    return () => void this.#whenGone.delete(callback);
  }

  /** Bytes of linear memory. */
  get allocatedBytes(): number {
    return this.#bufferOf().byteLength;
  }

  /** The memory as it is now; growth and shrink replace it. */
  get buffer(): ArrayBufferLike {
    return this.#bufferOf();
  }

  /** The heap's own figures, or null where there is none of Tidemark's. Cost: one step for each run of the heap. */
  heapStats(): HeapStats | null {
    return this.runtime?.stats() ?? null;
  }

  /** How far the allocator of a foreign module has come, or null where that isn't exported. */
  get sbrkTopBytes(): number | null {
    return this.#sbrk?.() ?? null;
  }

  /** Leaves the module as it was found. */
  dispose(): void {
    this.#wrapper?.dispose();
    for (const callback of [...this.#whenGone]) callback();
  }
}

// Emscripten's debug builds have getters that abort for what isn't exported.
function read(module: EmscriptenModule, name: string): unknown {
  const property = Object.getOwnPropertyDescriptor(module, name);
  return property?.get ? undefined : module[name];
}

function ofMemory(module: EmscriptenModule, name: string): ArrayBufferLike | undefined {
  const memory = read(module, name);
  return memory instanceof WebAssembly.Memory ? memory.buffer : undefined;
}

function ofView(module: EmscriptenModule, name: string): ArrayBufferLike | undefined {
  const view = read(module, name);
  return ArrayBuffer.isView(view) ? view.buffer : undefined;
}

/** What `given` says of the program itself, without its name: of several, what a WatchedModule looks at. */
function programOf(given: WasmModule): unknown {
  const { module, memory, instance } = given as { module?: unknown; memory?: unknown; instance?: unknown };
  return memory ?? instance ?? module;
}

/**
 * The modules that the components of one API look after. A module is known from the first component that acquires it
 * until the last one releases it.
 */
export class ModuleRegistry {
  readonly #entries = new Map<string, { watched: WatchedModule; program: unknown; owners: Set<object> }>();

  /**
   * @throws {TidemarkError} `'invalid-module'`, or `'duplicate-module'`: another module has this id
   */
  acquire(given: WasmModule, owner: object): WatchedModule {
    const known = typeof given === 'object' && given !== null ? this.#entries.get(given.id) : undefined;
    if (known && known.program === programOf(given)) {
      known.watched.wrapAllocatorOf(given);
      known.owners.add(owner);
      return known.watched;
    }
    if (known) {
      throw new TidemarkError(
        'duplicate-module',
        `module: id "${given.id}" is another module's, and one of its own is expected`,
      );
    }
    const watched = new WatchedModule(given);
    this.#entries.set(watched.id, { watched, program: programOf(given), owners: new Set([owner]) });
    return watched;
  }

  /** @throws {TidemarkError} `'unknown-module'` */
  get(id: string): WatchedModule {
    const entry = this.#entries.get(id);
    if (!entry) {
      return refuseId(id, 'registered module', this.#entries.keys());
    }
    return entry.watched;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** What one component no longer needs; nothing when it never did. */
  release(id: string, owner: object): void {
    const entry = this.#entries.get(id);
    if (!entry?.owners.delete(owner) || entry.owners.size > 0) return;
    this.#entries.delete(id);
    entry.watched.dispose();
  }

  [Symbol.iterator](): IterableIterator<WatchedModule> {
    return [...this.#entries.values()].map(({ watched }) => watched).values();
  }
}

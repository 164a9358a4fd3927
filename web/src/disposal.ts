// What has to be given back explicitly: scopes, whose content goes together; and a net for what was forgotten.
import { defaultContext, type Context } from './context.js';
import { catchLater } from './promises.js';
import { symbolAsyncDispose, symbolDispose } from './disposable.js';
import { aFunction, aNumber, anObject, refuse, required } from './checks.js';
import { TidemarkError } from './errors.js';

type Cleanup = () => unknown;

/** Of several errors, one that has them all; of one, that. */
function rethrow(errors: unknown[], what: string): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, `${what}: ${errors.length} of its disposals failed`);
}

function methodOf(value: unknown, symbol: symbol): (() => unknown) | null {
  const method: unknown = (value as Record<symbol, unknown> | null)?.[symbol];
  return typeof method === 'function' ? () => (method as () => unknown).call(value) : null;
}

const aBlock = /* @__PURE__ */ aNumber(
  'a whole number of bytes from 0 to 4294967295',
  (value) => value >>> 0 === value,
);

/** What a scope has to do at its end. */
interface Entry {
  readonly cleanup: Cleanup;
  /** It is only known how to be disposed of asynchronously. */
  readonly isAsync: boolean;
}

/**
 * Everything that is acquired in it goes together, last first, as in an arena. Each goes once, whatever is called how often;
 * one that fails doesn't stop the others: what they threw is thrown at the end, as an AggregateError where it is several.
 * `using scope = new DisposalScope()`, `await using`, or dispose().
 */
export class DisposalScope {
  static #current: DisposalScope[] = [];
  /** The innermost scope whose run() is under way: registerDisposable() adds to it. */
  static get current(): DisposalScope | null {
    return DisposalScope.#current.at(-1) ?? null;
  }

  #entries: Entry[] = [];
  #disposed = false;
  #context: () => Context;

  constructor(context?: Context) {
    this.#context = () => context ?? defaultContext();
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** How much there is to dispose of. */
  get size(): number {
    return this.#entries.length;
  }

  /** Takes something with `[Symbol.dispose]`, `[Symbol.asyncDispose]` or `dispose()`; null and undefined are nothing. */
  use<T>(value: T): T {
    this.#requireOpen();
    if (value === null || value === undefined) return value;
    const cleanup = methodOf(value, symbolDispose) ?? disposeMethod(value);
    if (cleanup) {
      this.#entries.push({ cleanup, isAsync: false });
      return value;
    }
    const asyncCleanup = methodOf(value, symbolAsyncDispose);
    if (!asyncCleanup) {
      refuse('use', value, 'something with [Symbol.dispose], [Symbol.asyncDispose] or dispose()');
    }
    this.#entries.push({ cleanup: asyncCleanup, isAsync: true });
    return value;
  }

  /** Takes something that doesn't know how to be disposed of. */
  adopt<T>(value: T, dispose: (value: T) => unknown): T {
    required('dispose', dispose, aFunction);
    this.defer(() => dispose(value));
    return value;
  }

  defer(cleanup: Cleanup): void {
    this.#requireOpen();
    required('dispose', cleanup, aFunction);
    this.#entries.push({ cleanup, isAsync: false });
  }

  /**
   * A block in the engine's memory, which is freed with the scope. Returns its address.
   *
   * @throws {TidemarkError} `'out-of-memory'`
   */
  allocate(bytes: number): number {
    this.#requireOpen();
    required('bytes', bytes, aBlock);
    const { engine } = this.#context();
    const address = engine.exports.malloc(bytes) >>> 0;
    if (address === 0) {
      throw new TidemarkError('out-of-memory', `allocate: there is no memory, or no limit left, for ${bytes} bytes`);
    }
    this.#entries.push({ cleanup: () => engine.exports.free(address), isAsync: false });
    return address;
  }

  /** What registerDisposable() takes during `body` belongs to the scope. Its content stays until the scope ends. */
  run<T>(body: () => T): T {
    this.#requireOpen();
    required('body', body, aFunction);
    DisposalScope.#current.push(this);
    try {
      return body();
    } finally {
      DisposalScope.#current.pop();
    }
  }

  /** Hands everything over to a new scope; this one has ended. */
  move(): DisposalScope {
    this.#requireOpen();
    const moved = new DisposalScope();
    moved.#entries = this.#entries;
    moved.#context = this.#context;
    this.#entries = [];
    this.#disposed = true;
    return moved;
  }

  /** @throws {TidemarkError} `'not-supported'`, and nothing was done: something in it can only go asynchronously */
  dispose(): void {
    if (this.#entries.some(({ isAsync }) => isAsync)) {
      throw new TidemarkError(
        'not-supported',
        'dispose: something in the scope has only [Symbol.asyncDispose]: use disposeAsync(), or `await using`',
      );
    }
    this.#disposed = true;
    const errors: unknown[] = [];
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      try {
        entry.cleanup();
      } catch (error) {
        errors.push(error);
      }
    }
    rethrow(errors, 'dispose');
  }

  /** As dispose(), and waits for each before the next one. */
  async disposeAsync(): Promise<void> {
    this.#disposed = true;
    const errors: unknown[] = [];
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      try {
        await entry.cleanup();
      } catch (error) {
        errors.push(error);
      }
    }
    rethrow(errors, 'disposeAsync');
  }

  [symbolDispose](): void {
    this.dispose();
  }

  [symbolAsyncDispose](): Promise<void> {
    return this.disposeAsync();
  }

  #requireOpen(): void {
    if (this.#disposed) throw new TidemarkError('disposed', 'scope: it was used after its end');
  }
}

function disposeMethod(value: unknown): Cleanup | null {
  const method = (value as { dispose?: unknown }).dispose;
  return typeof method === 'function' ? () => (method as Cleanup).call(value) : null;
}

export const callFailed = (error: unknown): void => console.error('tidemark: a disposal failed', error);

/** What waits for a collection, or for a moment of idle time: by module, first in, first out. */
export class DisposalQueue {
  readonly #waiting = new Map<string, Cleanup[]>();

  push(moduleId: string, cleanup: Cleanup): void {
    const waiting = this.#waiting.get(moduleId);
    if (waiting) waiting.push(cleanup);
    else this.#waiting.set(moduleId, [cleanup]);
  }

  count(moduleId: string): number {
    return this.#waiting.get(moduleId)?.length ?? 0;
  }

  /** Of whom something waits. */
  get moduleIds(): string[] {
    return [...this.#waiting.keys()];
  }

  /** Does the next one; false where there is none. What it throws is handed to `failed`. */
  drainOne(moduleId: string, failed: (error: unknown) => void): boolean {
    const cleanup = this.#waiting.get(moduleId)?.shift();
    if (!cleanup) {
      this.#waiting.delete(moduleId);
      return false;
    }
    try {
      catchLater(cleanup(), callFailed);
    } catch (error) {
      failed(error);
    }
    return true;
  }
}

/** What registerDisposable() returns. */
export interface DisposableRegistration {
  readonly disposed: boolean;
  /** Once; nothing after that. */
  dispose(): void;
  /** The net is taken away: it is no longer anybody's business here. */
  unregister(): void;
  [Symbol.dispose](): void;
}

interface Cell {
  dispose: Cleanup | null;
}

/** The net under what users register: what is collected before it was disposed of waits in the queue. */
export class DisposableNet {
  readonly #registry: FinalizationRegistry<Cell>;

  constructor(forgotten: (cleanup: Cleanup) => void) {
    this.#registry = new FinalizationRegistry((cell) => {
      const { dispose } = cell;
      cell.dispose = null;
      if (dispose) forgotten(dispose);
    });
  }

  /** `dispose` must not refer to `object`, which could never be collected then. */
  register(object: object, dispose: Cleanup): DisposableRegistration {
    if (typeof object !== 'function') required('object', object, anObject);
    required('dispose', dispose, aFunction);
    const cell: Cell = { dispose };
    const registry = this.#registry;
    registry.register(object, cell, cell);
    const take = (): Cleanup | null => {
      const { dispose: taken } = cell;
      cell.dispose = null;
      registry.unregister(cell);
      return taken;
    };
    const registration: DisposableRegistration = {
      get disposed() {
        return cell.dispose === null;
      },
      dispose: () => void take()?.(),
      unregister: () => void take(),
      [symbolDispose]: () => void take()?.(),
    };
    DisposalScope.current?.use(registration);
    return registration;
  }
}

import type { Engine, Runtime } from './engine.js';
import { TidemarkError } from './errors.js';
import { ModuleRegistry, type WasmModule } from './wasm_module.js';

/** Where time comes from: injected, so that hours can be tested in milliseconds. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since some moment, monotonic, for durations. */
  elapsed(): number;
  /** Calls back about every `ms` until the function that it returns is called. Doesn't keep a Node process alive. */
  every(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  every(ms, callback) {
    const timer: unknown = setInterval(callback, ms);
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.();
    return () => clearInterval(timer as number);
  },
};

/** What all components of one API share: the engine that they run in, the clock, and the modules that they look after. */
export class Context {
  readonly modules = new ModuleRegistry();
  /** The engine's own memory, as a module. */
  readonly defaultModule: WasmModule;

  constructor(
    readonly runtime: Runtime,
    readonly clock: Clock = systemClock,
    id = 'tidemark',
  ) {
    this.defaultModule = { id, module: runtime.engine.module };
  }

  get engine(): Engine {
    return this.runtime.engine;
  }
}

let packaged: Context | null = null;

/** Called once, by the entry points that start the packaged engine. */
export function setDefaultContext(context: Context): void {
  packaged = context;
}

/** The context of the packaged engine: what constructors take where none is given. */
export function defaultContext(): Context {
  if (packaged === null) {
    throw new TidemarkError(
      'not-supported',
      "context: there is no default engine here; take classes and functions from the object that createTidemark() or attach() returns, or import 'tidemark'",
    );
  }
  return packaged;
}

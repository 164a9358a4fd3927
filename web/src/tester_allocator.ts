// The allocator of a module, for a workload to call. It runs in the engine of the context, and reaches another module's
// functions through the engine's function table: no JavaScript is in between, unless what a module exports is JavaScript.
import type { Context } from './context.js';
import type { EmscriptenModule, Engine } from './engine.js';
import { TidemarkError } from './errors.js';
import type { WasmModule, WatchedModule } from './wasm_module.js';

declare module './engine.js' {
  interface EngineExports {
    tidemark_tester_entry(allocator: number, which: number): number;
    tidemark_tester_begin(
      workload: number,
      seed: number,
      budgetUs: number,
      maxUnits: number,
      allocator: number,
      reference: number,
    ): number;
    tidemark_tester_run(sliceUs: number): number;
    tidemark_tester_figures(): number;
    tidemark_tester_costs(ofReference: number): number;
    tidemark_tester_end(withBlocks: number): void;
  }
  interface Engine {
    /** Entries of the function table of the instance that runs now, as they are. A shrink doesn't carry them over. */
    functionAt(index: number): NumberFunction;
    setFunction(index: number, f: NumberFunction): void;
  }
}

export type NumberFunction = (a?: number, b?: number) => number;

/** Numbers of bindings/tester.cpp. */
export const allocatorNumber = { own: 0, foreign: 1, movable: 2, plain: 3, reference: 4 } as const;

/** allocate, free and reallocate; the last may be missing. */
export type AllocatorFunctions = [NumberFunction, NumberFunction, NumberFunction | null];

export interface TestedAllocator {
  readonly number: number;
  readonly reference: number;
  /** Whether each call goes through JavaScript, those of the reference too then. */
  readonly throughJavaScript: boolean;
  readonly canReallocate: boolean;
  /** Puts the functions into the table for as long as `body` runs. */
  bound<Result>(body: () => Result): Result;
  /** For checks outside of what is timed; null for the engine's own. */
  functions(): AllocatorFunctions | null;
}

// (module (import "e" "a" (func (param i32) (result i32))) (import "e" "f" (func (param i32)))
//   (import "e" "r" (func (param i32 i32) (result i32))) (export "a" (func 0)) (export "f" (func 1)) (export "r" (func 2)))
const trampoline = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 16, 3, 96, 1, 127, 1, 127, 96, 1, 127, 0, 96, 2, 127, 127, 1, 127, 2, 19, 3, 1, 101,
  1, 97, 0, 0, 1, 101, 1, 102, 0, 1, 1, 101, 1, 114, 0, 2, 7, 13, 3, 1, 97, 0, 0, 1, 102, 0, 1, 1, 114, 0, 2,
];

/** JavaScript functions as WebAssembly ones, which is all that a table takes. */
function asWasm([allocate, free, reallocate]: AllocatorFunctions): AllocatorFunctions {
  const code = new WebAssembly.Module(new Uint8Array(trampoline));
  const imports = { a: allocate, f: free, r: reallocate ?? (() => 0) };
  const { a, f, r } = new WebAssembly.Instance(code, { e: imports }).exports as Record<'a' | 'f' | 'r', NumberFunction>;
  return [a, f, reallocate && r];
}

function isWasm(engine: Engine, f: NumberFunction): boolean {
  const index = engine.exports.tidemark_tester_entry(allocatorNumber.foreign, 0);
  const before = engine.functionAt(index);
  try {
    engine.setFunction(index, f);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  } finally {
    engine.setFunction(index, before);
  }
}

function exported(from: object, names: string[]): NumberFunction | null {
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(from, name);
    // Emscripten's debug builds have getters that abort for what isn't exported.
    if (property && !property.get && typeof property.value === 'function') return property.value as NumberFunction;
  }
  return null;
}

/** Where the functions are now: a shrink of that module replaces them. */
function finder(given: WasmModule, watched: WatchedModule): () => AllocatorFunctions {
  const { runtime, id } = watched;
  if (runtime !== null) {
    const { engine } = runtime;
    const at = (which: number): NumberFunction =>
      engine.functionAt(engine.exports.tidemark_tester_entry(allocatorNumber.own, which));
    return () => [at(0), at(1), at(2)];
  }
  const { module, instance } = given as { module?: EmscriptenModule; instance?: WebAssembly.Instance };
  const from = module ?? instance?.exports;
  const find = (name: string): NumberFunction | null => (from ? exported(from, [`_${name}`, name]) : null);
  const malloc = find('malloc');
  const free = find('free');
  if (!malloc || !free) {
    throw new TidemarkError(
      'not-supported',
      from
        ? `module: "${id}" exports no malloc and free to test: link it with -sEXPORTED_FUNCTIONS=_malloc,_free`
        : `module: "${id}" is a memory without an allocator to test: give { id, module } or { id, instance }`,
    );
  }
  return () => [malloc, free, find('realloc')];
}

/** @throws {TidemarkError} `'not-supported'`: there is no allocator that could be called */
export function allocatorOf(context: Context, given: WasmModule, watched: WatchedModule): TestedAllocator {
  const { engine } = context;
  if (watched.runtime?.engine === engine) {
    return {
      number: allocatorNumber.own,
      reference: allocatorNumber.plain,
      throughJavaScript: false,
      canReallocate: true,
      bound: (body) => body(),
      functions: () => null,
    };
  }
  const find = finder(given, watched);
  const found = find();
  const throughJavaScript = !found.every((f) => f === null || isWasm(engine, f));
  const entryOf = (allocator: number, which: number): number => engine.exports.tidemark_tester_entry(allocator, which);
  const plain = (which: number): NumberFunction => engine.functionAt(entryOf(allocatorNumber.plain, which));
  const wrapped = throughJavaScript ? asWasm(found) : null;
  return {
    number: allocatorNumber.foreign,
    reference: throughJavaScript ? allocatorNumber.reference : allocatorNumber.plain,
    throughJavaScript,
    canReallocate: found[2] !== null,
    functions: find,
    bound(body) {
      const places: { index: number; f: NumberFunction; before?: NumberFunction }[] = [];
      const put = (allocator: number, functions: AllocatorFunctions): void =>
        functions.forEach((f, which) => f && places.push({ index: entryOf(allocator, which), f }));
      put(allocatorNumber.foreign, wrapped ?? find());
      if (throughJavaScript) {
        // The reference pays for the same way.
        const [allocate, free, reallocate] = [plain(0), plain(1), plain(2)];
        put(
          allocatorNumber.reference,
          asWasm([(n) => allocate(n), (block) => free(block), (block, n) => reallocate(block, n)]),
        );
      }
      try {
        for (const place of places) {
          place.before = engine.functionAt(place.index);
          engine.setFunction(place.index, place.f);
        }
        return body();
      } finally {
        for (const { index, before } of places) if (before) engine.setFunction(index, before);
      }
    },
  };
}

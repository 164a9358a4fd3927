import createEngine from 'tidemark-engine-glue';
import { runtimeOf, type Runtime } from './engine.js';
import { aNumber, checkOptions, refuse } from './checks.js';
import { shown, TidemarkError } from './errors.js';

/** What the engine's code is made from. */
export type EngineCode = Response | BufferSource | WebAssembly.Module;
/** Where it comes from. */
export type EngineSource = URL | EngineCode;

/** @throws the error of the engine, or a {@link TidemarkError} that says what is no such source */
export async function compileEngine(source: EngineCode): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (globalThis.Response !== undefined && source instanceof Response) {
    if (!source.ok) {
      throw new TidemarkError('invalid-argument', `wasm: ${source.url} gave status ${source.status}`);
    }
    // Streaming asks for the MIME type; a server that sends another one is no reason to stop.
    const streams = source.headers.get('content-type')?.split(';')[0] === 'application/wasm';
    return streams ? WebAssembly.compileStreaming(source) : WebAssembly.compile(await source.arrayBuffer());
  }
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  return refuse('wasm', source, 'a URL, Response, BufferSource or WebAssembly.Module of tidemark.wasm');
}

/** The memory that an engine starts with. */
export interface MemoryOptions {
  /** At least so many bytes are there at once, so that growth comes later: 0 … 2³¹. */
  initialBytes?: number;
}

const aMemory = /* @__PURE__ */ aNumber(
  'a whole number of 0 … 2147483648',
  (value) => Number.isInteger(value) && value >= 0 && value <= 2 ** 31,
);

/**
 * Starts a packaged engine of its own.
 *
 * @throws {TidemarkError} `'invalid-argument'`: no such code, or one that doesn't start; its `cause` says why.
 *   `'out-of-memory'`: the memory to start with can't be had
 */
export async function loadEngine(source: EngineCode, memory: MemoryOptions = {}): Promise<Runtime> {
  checkOptions(memory, { initialBytes: aMemory }, undefined, 'memory.');
  const { initialBytes = 0 } = memory;
  let code: WebAssembly.Module;
  try {
    code = await compileEngine(source);
  } catch (cause) {
    if (cause instanceof TidemarkError) throw cause;
    throw new TidemarkError('invalid-argument', `wasm: ${shown(source)} could not be loaded: ${String(cause)}`, {
      cause,
    });
  }
  const module = await new Promise<Awaited<ReturnType<typeof createEngine>>>((resolve, reject) => {
    const failed = (cause: unknown): void =>
      reject(
        new TidemarkError('invalid-argument', `wasm: the engine could not be started: ${String(cause)}`, { cause }),
      );
    createEngine({
      instantiateWasm(imports, receive) {
        WebAssembly.instantiate(code, imports)
          .then((instance) => receive(instance, code))
          .catch(failed);
        return {};
      },
    }).then(resolve, failed);
  });
  const runtime = runtimeOf(module);
  if (runtime === null) throw new TidemarkError('invalid-argument', 'wasm: this is not the code of the engine');
  if (initialBytes > runtime.engine.views.u8.byteLength) {
    const { exports } = runtime.engine;
    const block = exports.malloc(initialBytes); // what is there already may be in use
    if (block === 0) {
      throw new TidemarkError('out-of-memory', `memory.initialBytes: the engine did not get ${initialBytes} bytes`);
    }
    exports.free(block);
  }
  return runtime;
}

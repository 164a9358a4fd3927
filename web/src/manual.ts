// `import … from 'tidemark/manual'`: for programs that choose when and from where the engine loads.
import { engineSource, readCode } from 'tidemark-engine-source';
import { createApi, type TidemarkApi } from './api.js';
import { aClock, checkOptions, type Check } from './checks.js';
import { Context, type Clock } from './context.js';
import { TidemarkError } from './errors.js';
import { loadEngine, type EngineCode, type EngineSource, type MemoryOptions } from './load_engine.js';

export * from './types.js';

const anything: Check = ['', () => true]; // looked at where it is used
const checks = {
  ...{ wasm: anything, memory: anything },
  clock: aClock,
};

/**
 * Starts an engine of its own, and returns the whole API bound to it.
 *
 * @param options.wasm    the code, `tidemark.wasm`; by default the package's own file
 * @param options.memory  the memory to start with
 * @param options.clock   where time comes from; the system's by default
 * @throws {TidemarkError} `'invalid-argument'`: the code can't be had, or isn't the engine's, or `memory` is no
 *   such options; `'out-of-memory'`
 */
export async function createTidemark(
  options: { wasm?: EngineSource; memory?: MemoryOptions; clock?: Clock } = {},
): Promise<TidemarkApi> {
  checkOptions(options, checks);
  const runtime = await loadEngine(await codeOf(options.wasm), options.memory);
  return createApi(new Context(runtime, options.clock));
}

async function codeOf(wasm: EngineSource | undefined): Promise<EngineCode> {
  if (!(wasm instanceof URL)) return wasm ?? engineSource();
  try {
    return await readCode(wasm);
  } catch (cause) {
    throw new TidemarkError('invalid-argument', `wasm: ${wasm.href} could not be read: ${String(cause)}`, { cause });
  }
}

// `import … from 'tidemark/manual'`: for programs that choose when and from where the engine loads.
import { engineSource } from 'tidemark-engine-source';
import { createApi, type TidemarkApi } from './api.js';
import { aClock, checkOptions, type Check } from './checks.js';
import { Context, type Clock } from './context.js';
import { loadEngine, type EngineSource, type MemoryOptions } from './load_engine.js';

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
  const runtime = await loadEngine(options.wasm ?? (await engineSource()), options.memory);
  return createApi(new Context(runtime, options.clock));
}

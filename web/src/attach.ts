// `import … from 'tidemark/attach'`: the API on top of a program that was linked with Tidemark's runtime.
import { createApi, type TidemarkApi } from './api.js';
import { aClock, check } from './checks.js';
import { Context, type Clock } from './context.js';
import { requireStarted, runtimeOf, type EmscriptenModule } from './engine.js';
import { shown, TidemarkError } from './errors.js';

export * from './types.js';

/**
 * Returns the whole API, with the program itself as the engine: every block of it is seen. `id` is its name in later
 * calls, and `defaultModule` is the program.
 *
 * @throws {TidemarkError} `'invalid-module'`: no Emscripten Module, or no id; `'not-supported'`: one that was linked
 *   without the runtime (`--use-port=…/tidemark.py:runtime=true`, or `tidemark::runtime`); `'busy'`: it has not been started yet
 */
export function attach(given: { id: string; module: object; clock?: Clock }): TidemarkApi {
  if (typeof given !== 'object' || given === null) {
    throw new TidemarkError('invalid-module', `module: ${shown(given)} was given, and { id, module } is expected`);
  }
  const { id, module, clock } = given;
  if (typeof id !== 'string' || id === '') {
    throw new TidemarkError('invalid-module', `module: id is ${shown(id)}, and a string that isn't empty is expected`);
  }
  if (typeof module !== 'object' || module === null || module instanceof Promise) {
    throw new TidemarkError(
      'invalid-module',
      `module: module of "${id}" is ${shown(module)}, and an instantiated Emscripten Module is expected`,
    );
  }
  check('clock', clock, aClock);
  const runtime = runtimeOf(module as EmscriptenModule);
  if (runtime === null) {
    throw new TidemarkError(
      'not-supported',
      `module: "${id}" is not linked with Tidemark's runtime; link it with --use-port=…/tidemark.py:runtime=true, or give it to the API of 'tidemark' as a foreign module`,
    );
  }
  requireStarted(runtime, id);
  return createApi(new Context(runtime, clock, id));
}

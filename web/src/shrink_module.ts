// shrink(): of a module by its id.
import type { Context } from './context.js';
import type { ShrinkOptions, ShrinkReport } from './engine.js';
import { TidemarkError } from './errors.js';

export function shrinkModule(context: Context, moduleId: string, options?: ShrinkOptions): ShrinkReport {
  const { runtime } = context.modules.get(moduleId);
  if (runtime === null) {
    throw new TidemarkError(
      'not-supported',
      `shrink: "${moduleId}" is not linked with Tidemark's runtime, so its memory can't be made smaller`,
    );
  }
  return runtime.shrink(options);
}

// The whole API as one object, bound to one engine: what createTidemark() and attach() return, and what index.ts exports by
// name. Each component adds what it has.
import type { Context } from './context.js';
import { symbolDispose } from './disposable.js';
import type { ShrinkOptions, ShrinkReport } from './engine.js';
import { TidemarkError } from './errors.js';
import { readHeapStats } from './heap_stats.js';
import { createLeakDetectorApi, type LeakDetectorApi } from './leak_detector_api.js';
import { createMonitorApi, type MonitorApi } from './monitor_api.js';
import { shrinkModule } from './shrink_module.js';
import type { StructuresApi } from './structures/api.js';
import { createStructuresApi } from './structures/bound_classes.js';
import { createTesterApi, type TesterApi } from './tester_api.js';
import { createManagerApi, type ManagerApi } from './manager_api.js';
import { createOptimizationApi, type OptimizationApi } from './optimization.js';
import type { WasmModule } from './wasm_module.js';

export interface TidemarkApi
  extends OptimizationApi, LeakDetectorApi, ManagerApi, StructuresApi, MonitorApi, TesterApi {
  readonly version: string;
  /** The memory of the engine itself, as a module. */
  readonly defaultModule: WasmModule;
  readonly TidemarkError: typeof TidemarkError;
  readonly readHeapStats: typeof readHeapStats;
  /**
   * Moves a module's program to a smaller memory, which gives the rest back to the operating system.
   *
   * @throws {TidemarkError} `'unknown-module'`; `'not-supported'`: the module isn't linked with Tidemark's runtime, or
   *   can't be moved; `'busy'`: it is running; `'out-of-memory'`
   */
  shrink: (moduleId: string, options?: ShrinkOptions) => ShrinkReport;
  /** The end of all that the functions have started: timers, limits, listeners. Safe to call twice; structures stay. */
  dispose: () => void;
  [Symbol.dispose]: () => void;
}

export function createApi(context: Context): TidemarkApi {
  const owner = {};
  context.modules.acquire(context.defaultModule, owner); // known for as long as there is the engine
  const leaks = createLeakDetectorApi(context);
  const managers = createManagerApi(context);
  const monitors = createMonitorApi(context);
  const testers = createTesterApi(context);
  const dispose = (): void => {
    leaks.memoryLeakDetector.dispose();
    monitors.wasmMemoryMonitor.dispose();
    managers.wasmMemoryManager.dispose();
    testers.memoryPerformanceTester.dispose();
    context.modules.release(context.defaultModule.id, owner);
  };
  return {
    version: context.runtime.version,
    defaultModule: context.defaultModule,
    TidemarkError,
    readHeapStats,
    ...leaks,
    ...managers,
    ...createOptimizationApi(monitors.wasmMemoryMonitor, managers.wasmMemoryManager, leaks.memoryLeakDetector, context),
    ...monitors,
    ...createStructuresApi(context),
    ...testers,
    shrink: (...given) => shrinkModule(context, ...given),
    dispose,
    [symbolDispose]: dispose,
  };
}

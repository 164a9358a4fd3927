// The leak detector's functions of a context.
import type { Context } from './context.js';
import { MemoryLeakDetector } from './leak_detector.js';
import type { LeakDetectorConfig, LeakResult } from './leaks/leak_result.js';
import type { ScenarioOptions } from './leaks/scenario.js';
import type { WasmModule } from './wasm_module.js';

export interface LeakDetectorApi {
  readonly MemoryLeakDetector: new (config?: Partial<LeakDetectorConfig>) => MemoryLeakDetector;
  /** The detector that the functions use. */
  readonly memoryLeakDetector: MemoryLeakDetector;
  readonly startLeakMonitoring: (module: WasmModule) => void;
  readonly stopLeakMonitoring: (moduleId: string) => void;
  readonly detectMemoryLeaks: (moduleId: string) => LeakResult;
  readonly detectLeaksByScenario: (
    module: WasmModule | string,
    run: () => unknown,
    options?: ScenarioOptions,
  ) => Promise<LeakResult>;
  readonly getLeakHistory: (moduleId: string) => LeakResult[];
}

export function createLeakDetectorApi(context: Context): LeakDetectorApi {
  const detector = new MemoryLeakDetector({}, context);
  return {
    MemoryLeakDetector: class extends MemoryLeakDetector {
      constructor(config: Partial<LeakDetectorConfig> = {}) {
        super(config, context);
      }
    },
    memoryLeakDetector: detector,
    startLeakMonitoring: (module) => detector.startMonitoring(module),
    stopLeakMonitoring: (moduleId) => detector.stopMonitoring(moduleId),
    detectMemoryLeaks: (moduleId) => detector.detectLeaks(moduleId),
    detectLeaksByScenario: (module, run, options) => detector.detectLeaksByScenario(module, run, options),
    getLeakHistory: (moduleId) => detector.getHistory(moduleId),
  };
}

// The quick start: one call that has a module monitored, searched for leaks and managed, one report of it all, one clean-up.
import type { BudgetReport } from './budgets.js';
import type { GCResult } from './collection.js';
import { shown, TidemarkError } from './errors.js';
import { defaultLeakDetectorConfig, type LeakResult } from './leaks/leak_result.js';
import type { WasmMemoryManager } from './manager.js';
import { defaultGC, defaultLimits, type MemoryLimits } from './manager_config.js';
import { memoryReport, type MemoryReport } from './memory_report.js';
import type { WasmMemoryMonitor } from './monitor.js';
import { defaultMonitorConfig, type PartialMonitorConfig } from './monitor_config.js';
import type { MemoryWarning } from './warnings.js';
import type { WasmModule } from './wasm_module.js';

export interface OptimizationOptions {
  /** All three are true by default. */
  enableMonitoring?: boolean;
  enableLeakDetection?: boolean;
  enableMemoryManagement?: boolean;
  /** Bytes: the hard limit, and what the monitor's per cents are of. */
  memoryLimit?: number;
  /** Other limits of the manager; what isn't given keeps its share of `memoryLimit`. */
  limits?: Partial<MemoryLimits>;
  monitoring?: PartialMonitorConfig;
}

/** What is needed of a leak detector. */
export interface LeakDetection {
  startMonitoring(module: WasmModule): void;
  stopMonitoring(moduleId: string): void;
  detectLeaks(moduleId: string): LeakResult;
}

/** What is in force when nothing is given. */
// eslint-disable-next-line @typescript-eslint/naming-convention -- it is called so in the specification
export const DEFAULT_CONFIG = {
  monitoring: {
    intervalMs: defaultMonitorConfig.intervalMs,
    thresholds: defaultMonitorConfig.thresholds,
    maxHistorySize: defaultMonitorConfig.maxHistorySize,
    leakDetection: defaultMonitorConfig.leakDetection,
    autoGC: defaultMonitorConfig.autoGC,
    gcThreshold: defaultMonitorConfig.gcThreshold,
    profiling: defaultMonitorConfig.profiling,
    maxProfilingDuration: defaultMonitorConfig.maxProfilingDuration,
  },
  leakDetection: {
    minSamples: defaultLeakDetectorConfig.minSamples,
    detectionWindowMs: defaultLeakDetectorConfig.detectionWindowMs,
    growthThreshold: defaultLeakDetectorConfig.growthThreshold,
    fragmentationThreshold: defaultLeakDetectorConfig.fragmentationThreshold,
    continuousMonitoring: defaultLeakDetectorConfig.continuousMonitoring,
    autoPrevention: defaultLeakDetectorConfig.autoPrevention,
  },
  memoryManagement: {
    limits: defaultLimits,
    gc: {
      autoGC: defaultGC.autoGC,
      gcThreshold: defaultGC.gcThreshold,
      aggressiveGCThreshold: defaultGC.aggressiveGCThreshold,
      minGCInterval: defaultGC.minGCInterval,
      strategy: defaultGC.strategy,
    },
  },
} as const;

export interface OptimizationApi {
  readonly DEFAULT_CONFIG: typeof DEFAULT_CONFIG;
  /**
   * Has a module looked after, as the options say; again for the same module changes that.
   *
   * @throws {TidemarkError} `'invalid-module'`, `'duplicate-module'`, `'invalid-config'`; nothing was started then
   */
  initializeMemoryOptimization: (module: WasmModule, options?: OptimizationOptions) => void;
  /** @throws {TidemarkError} `'unknown-module'`: nothing looks after it */
  getMemoryReport: (moduleId: string) => MemoryReport;
  /** Stops all of it, and frees what was held for it; nothing where there is nothing. */
  cleanupMemoryOptimization: (moduleId: string) => void;
}

const keptWarnings = 100;
const flags = ['enableMonitoring', 'enableLeakDetection', 'enableMemoryManagement'] as const;

export function createOptimizationApi(
  monitor: WasmMemoryMonitor,
  manager: WasmMemoryManager,
  leakDetector: LeakDetection | null,
): OptimizationApi {
  interface Started {
    module: WasmModule;
    leaks: boolean;
    warnings: MemoryWarning[];
    stopWarnings: () => void;
  }
  const started = new Map<string, Started>();

  const stopLeaks = (entry: Started): void => {
    if (entry.leaks) leakDetector?.stopMonitoring(entry.module.id);
    entry.leaks = false;
  };

  const cleanup = (moduleId: string): void => {
    const entry = started.get(moduleId);
    if (!entry) return;
    started.delete(moduleId);
    entry.stopWarnings();
    stopLeaks(entry);
    if (monitor.isMonitoring(moduleId)) monitor.stopMonitoring(moduleId);
    manager.unregister(moduleId);
  };

  const initialize = (module: WasmModule, options: OptimizationOptions = {}): void => {
    check(options);
    const { enableMonitoring = true, enableLeakDetection = true, enableMemoryManagement = true } = options;
    const { memoryLimit } = options;
    const limits = { ...(memoryLimit !== undefined && { hardLimit: memoryLimit }), ...options.limits };
    const id = (module as { id?: string } | null)?.id ?? '';
    const before = started.get(id);
    try {
      // What may refuse the module goes first.
      if (enableMemoryManagement) manager.registerModule(module, limits);
      else if (before) manager.unregister(id);
      const limit = memoryLimit ?? (enableMemoryManagement ? manager.getLimits(id).hardLimit : null);
      if (enableMonitoring) {
        monitor.startMonitoring(module, limit !== null && Number.isFinite(limit) ? limit : null, options.monitoring);
      } else if (before && monitor.isMonitoring(id)) monitor.stopMonitoring(id);
      let entry = before;
      if (!entry) {
        const warnings: MemoryWarning[] = [];
        const stopWarnings = monitor.onWarning((warning) => {
          if (warning.moduleId !== id) return;
          warnings.push(warning);
          if (warnings.length > keptWarnings) warnings.shift();
        });
        entry = { module, leaks: false, warnings, stopWarnings };
        started.set(id, entry);
      }
      const wantsLeaks = enableLeakDetection && options.monitoring?.leakDetection !== false;
      if (wantsLeaks && leakDetector) {
        leakDetector.startMonitoring(module);
        entry.leaks = true;
      } else stopLeaks(entry);
    } catch (error) {
      if (!before) {
        if (started.has(id)) cleanup(id);
        else if (enableMemoryManagement && manager.getModule(id) === module) manager.unregister(id);
      }
      throw error;
    }
  };

  const report = (moduleId: string): MemoryReport => {
    const entry = started.get(moduleId);
    const module = entry?.module ?? manager.getModule(moduleId);
    const isMonitored = monitor.isMonitoring(moduleId);
    if (!isMonitored && !module) {
      throw new TidemarkError(
        'unknown-module',
        `moduleId: ${shown(moduleId)} was given, and the id of a module that was initialized, monitored or registered is expected`,
      );
    }
    // Where it isn't monitored, it is for one sample.
    if (!isMonitored && module) {
      const limit = manager.has(moduleId) ? manager.getLimits(moduleId).hardLimit : null;
      monitor.startMonitoring(module, limit !== null && Number.isFinite(limit) ? limit : null, { profiling: false });
    }
    try {
      const isManaged = manager.has(moduleId);
      return memoryReport({
        moduleId,
        stats: isMonitored ? monitor.getMemoryStats(moduleId) : monitor.sample(moduleId),
        profile: isMonitored ? monitor.getMemoryProfile(moduleId) : null,
        leaks: entry?.leaks && leakDetector ? leaksOf(leakDetector, moduleId) : null,
        limits: isManaged ? manager.getLimits(moduleId) : null,
        budgets: isManaged ? budgetsOf(manager, moduleId) : [],
        gc: isManaged ? manager.getGCStats(moduleId) : { runs: 0, reclaimedBytes: 0, last: null as GCResult | null },
        history: isMonitored ? monitor.getHistory(moduleId) : [],
        warnings: [...(entry?.warnings ?? [])],
      });
    } finally {
      if (!isMonitored && module) monitor.stopMonitoring(moduleId);
    }
  };

  return {
    DEFAULT_CONFIG,
    initializeMemoryOptimization: initialize,
    getMemoryReport: report,
    cleanupMemoryOptimization: cleanup,
  };
}

function budgetsOf(manager: WasmMemoryManager, moduleId: string): BudgetReport[] {
  const alone = !Object.keys(manager.getAggregateStats().byModule).some((id) => id !== moduleId);
  return manager.getBudgets().filter(({ modules }) => alone || moduleId in modules);
}

/** Null while a search is under way. */
function leaksOf(detector: LeakDetection, moduleId: string): LeakResult | null {
  try {
    return detector.detectLeaks(moduleId);
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'busy') return null;
    throw error;
  }
}

function check(options: unknown): asserts options is OptimizationOptions {
  const refuse = (name: string, value: unknown, expected: string): never => {
    throw new TidemarkError('invalid-config', `${name}: ${shown(value)} was given, and ${expected} is expected`);
  };
  if (typeof options !== 'object' || options === null) return refuse('options', options, 'an object');
  const known: readonly string[] = [...flags, 'memoryLimit', 'limits', 'monitoring'];
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) refuse(`options.${name}`, value, `no such option, but one of ${known.join(', ')}`);
  }
  for (const name of flags) {
    const value: unknown = (options as OptimizationOptions)[name];
    if (value !== undefined && typeof value !== 'boolean') refuse(`options.${name}`, value, 'true or false');
  }
  const { memoryLimit } = options as { memoryLimit?: unknown };
  if (memoryLimit !== undefined && !(typeof memoryLimit === 'number' && memoryLimit > 0)) {
    refuse('options.memoryLimit', memoryLimit, 'a number of bytes above 0');
  }
}

// The quick start: one call that has a module monitored, searched for leaks and managed, one report of it all, one clean-up.
import type { BudgetReport } from './budgets.js';
import { aFlag, anObject, aNumber, checkOptions, refuse } from './checks.js';
import type { GCResult } from './collection.js';
import type { Context } from './context.js';
import { TidemarkError } from './errors.js';
import { defaultLeakDetectorConfig, type LeakResult } from './leaks/leak_result.js';
import type { WasmMemoryManager } from './manager.js';
import { defaultGC, defaultLimits, mergeLimits, type MemoryLimits } from './manager_config.js';
import { memoryReport, type MemoryReport } from './memory_report.js';
import type { WasmMemoryMonitor } from './monitor.js';
import { defaultMonitorConfig, monitorConfig, type PartialMonitorConfig } from './monitor_config.js';
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
  getModule(moduleId: string): WasmModule | null;
  detectLeaks(moduleId: string): LeakResult;
}

/** What is in force when nothing is given. */
// eslint-disable-next-line @typescript-eslint/naming-convention -- it is called so in the specification
export const DEFAULT_CONFIG = Object.freeze({
  monitoring: Object.freeze({
    intervalMs: defaultMonitorConfig.intervalMs,
    thresholds: Object.freeze({ ...defaultMonitorConfig.thresholds }),
    maxHistorySize: defaultMonitorConfig.maxHistorySize,
    leakDetection: defaultMonitorConfig.leakDetection,
    autoGC: defaultMonitorConfig.autoGC,
    gcThreshold: defaultMonitorConfig.gcThreshold,
    profiling: defaultMonitorConfig.profiling,
    maxProfilingDuration: defaultMonitorConfig.maxProfilingDuration,
  }),
  leakDetection: Object.freeze({
    minSamples: defaultLeakDetectorConfig.minSamples,
    detectionWindowMs: defaultLeakDetectorConfig.detectionWindowMs,
    growthThreshold: defaultLeakDetectorConfig.growthThreshold,
    fragmentationThreshold: defaultLeakDetectorConfig.fragmentationThreshold,
    continuousMonitoring: defaultLeakDetectorConfig.continuousMonitoring,
    autoPrevention: defaultLeakDetectorConfig.autoPrevention,
  }),
  memoryManagement: Object.freeze({
    limits: Object.freeze({ ...defaultLimits }),
    gc: Object.freeze({
      autoGC: defaultGC.autoGC,
      gcThreshold: defaultGC.gcThreshold,
      aggressiveGCThreshold: defaultGC.aggressiveGCThreshold,
      minGCInterval: defaultGC.minGCInterval,
      strategy: defaultGC.strategy,
    }),
  }),
});

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
  /** Stops all of it, whoever started it, and frees what was held for it; nothing where there is nothing. */
  cleanupMemoryOptimization: (moduleId: string) => void;
}

const checks = {
  ...{ enableMonitoring: aFlag, enableLeakDetection: aFlag, enableMemoryManagement: aFlag },
  memoryLimit: /* @__PURE__ */ aNumber('a number of bytes above 0', (value) => value > 0),
  ...{ limits: anObject, monitoring: anObject },
};

export function createOptimizationApi(
  monitor: WasmMemoryMonitor,
  manager: WasmMemoryManager,
  leakDetector: LeakDetection,
  context: Context,
): OptimizationApi {
  const { modules } = context;
  const started = new Map<string, WasmModule>();

  const cleanup = (moduleId: string): void => {
    started.delete(moduleId);
    leakDetector.stopMonitoring(moduleId);
    monitor.stopMonitoring(moduleId);
    manager.unregisterModule(moduleId);
  };

  const limitOf = (moduleId: string): number | null => {
    const limit = manager.has(moduleId) ? manager.getLimits(moduleId).hardLimit : Infinity;
    return Number.isFinite(limit) ? limit : null;
  };

  const initialize = (module: WasmModule, options: OptimizationOptions = {}): void => {
    checkOptions(options, checks, 'invalid-config', 'options.');
    const { enableMonitoring = true, enableLeakDetection = true, enableMemoryManagement = true } = options;
    const { memoryLimit, monitoring } = options;
    const wantsLeaks = enableLeakDetection && monitoring?.leakDetection !== false;
    const limits = { ...(memoryLimit !== undefined && { hardLimit: memoryLimit }), ...options.limits };
    // What may be refused is, before anything is changed.
    mergeLimits(limits, manager.config.limits, 'options.limits');
    monitorConfig(monitoring, monitor.config, 'options.monitoring');
    const owner = {};
    const { id } = modules.acquire(module, owner);
    const limitsBefore = manager.has(id) ? manager.getLimits(id) : null;
    try {
      if (enableMemoryManagement) manager.registerModule(module, limits);
      if (enableMonitoring) monitor.startMonitoring(module, memoryLimit ?? limitOf(id), monitoring);
      if (wantsLeaks) leakDetector.startMonitoring(module);
    } catch (error) {
      // There was no memory for the monitor's history.
      if (limitsBefore) manager.registerModule(module, limitsBefore);
      else manager.unregisterModule(id);
      throw error;
    } finally {
      modules.release(id, owner);
    }
    if (started.has(id)) {
      if (!enableMemoryManagement) manager.unregisterModule(id);
      if (!enableMonitoring) monitor.stopMonitoring(id);
      if (!wantsLeaks) leakDetector.stopMonitoring(id);
    }
    started.set(id, module);
  };

  const report = (moduleId: string): MemoryReport => {
    const module = started.get(moduleId) ?? manager.getModule(moduleId) ?? leakDetector.getModule(moduleId);
    const isMonitored = monitor.isMonitoring(moduleId);
    if (!isMonitored && !module) {
      const expected = 'the id of a module that was initialized, monitored or registered';
      refuse('moduleId', moduleId, expected, 'unknown-module');
    }
    // Where it isn't monitored, it is for one sample.
    if (!isMonitored && module) monitor.startMonitoring(module, limitOf(moduleId), { profiling: false });
    try {
      const isManaged = manager.has(moduleId);
      return memoryReport(
        {
          moduleId,
          stats: isMonitored ? monitor.getMemoryStats(moduleId) : monitor.sample(moduleId),
          profile: isMonitored ? monitor.getMemoryProfile(moduleId) : null,
          leaks: leakDetector.getModule(moduleId) ? leaksOf(leakDetector, moduleId) : null,
          limits: isManaged ? manager.getLimits(moduleId) : null,
          budgets: isManaged ? budgetsOf(manager, moduleId) : [],
          gc: isManaged ? manager.getGCStats(moduleId) : { runs: 0, reclaimedBytes: 0, last: null as GCResult | null },
          history: isMonitored ? monitor.getHistory(moduleId) : [],
          warnings: isMonitored ? monitor.getWarnings(moduleId) : [],
        },
        modules.get(moduleId).runtime?.benefit().returnedBytes ?? 0,
      );
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

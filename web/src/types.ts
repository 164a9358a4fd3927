/// <reference lib="esnext.disposable" preserve="true" />
// What every entry point exports besides functions.
export type { TidemarkApi } from './api.js';
export type { Clock } from './context.js';
export type {
  EmscriptenModule,
  Engine,
  EngineExports,
  EngineViews,
  Runtime,
  ShrinkOptions,
  ShrinkReport,
} from './engine.js';
export { TidemarkError, type TidemarkErrorCode } from './errors.js';
export type { MemoryReport } from './memory_report.js';
export type { OptimizationOptions } from './optimization.js';
export type { AggregateStats } from './aggregate_stats.js';
export type { AllocationExplanation, AllocationObstacle } from './allocation_policy.js';
export type { BudgetReport, BudgetScope, OverBudget } from './budgets.js';
export type { Collectable } from './collectables.js';
export type { GCPhase, GCResult } from './collection.js';
export { DisposalScope, type DisposableRegistration } from './disposal.js';
export type { IdleScheduler } from './idle.js';
export { WasmMemoryManager } from './manager.js';
export type { ManagerEvents, PressureChange, ReliefReport } from './manager_events.js';
export type { GCConfig, GCStrategy, MemoryLimits, MemoryManagerConfig } from './manager_config.js';
export type {
  HandlerProblem,
  PressureEvent,
  PressureHandler,
  PressureHandlerOptions,
  PressureHandlerReport,
  PressureLevel,
  PressureReason,
} from './pressure.js';
export type { DeviceFacts, LimitSuggestion } from './suggest_limit.js';
export { readHeapStats, type HeapStats, type LinkedModule, type SizeClassStats } from './heap_stats.js';
export { MemoryLeakDetector } from './leak_detector.js';
export type { LeakDetectorApi } from './leak_detector_api.js';
export type {
  LeakDetectorConfig,
  LeakPattern,
  LeakPatternType,
  LeakResult,
  LeakSeverity,
  LeakSite,
  PreventiveAction,
} from './leaks/leak_result.js';
export type { ScenarioOptions } from './leaks/scenario.js';
export type { EngineSource, MemoryOptions } from './load_engine.js';
export type { WasmModule } from './wasm_module.js';
export { firstSlabKind, heapMapKinds, type HeapMap } from './heap_map.js';
export type { MemoryStats } from './memory_stats.js';
export { WasmMemoryMonitor, type LiveCounters } from './monitor.js';
export type { MonitorConfig, PartialMonitorConfig } from './monitor_config.js';
export type { Level } from './monitor_memory.js';
export type { MemoryProfile, SiteProfile, SizeClassProfile } from './profile.js';
export type { Profiler, ProfilerOptions } from './profiler.js';
export type { ProfileData, ProfileFrame, ProfileSite } from './profiling/profile_data.js';
export type { SymbolSources } from './symbols/symbols.js';
export type { ProfileMeasure } from './profiling/text_report.js';
export type { MemoryWarning } from './warnings.js';
export { BufferPool, type BufferPoolOptions, type BufferPoolStats } from './structures/buffer_pool.js';
export { PooledBuffer } from './structures/pooled_buffer.js';
export { ColumnArray, type ColumnTypes, type RecordOf } from './structures/column_array.js';
export type { NumberView } from './structures/column.js';
export { CompactArray, type CompactArrayOptions } from './structures/compact_array.js';
export { CompactMap, type CompactMapOptions } from './structures/compact_map.js';
export { CompactSet, type CompactSetOptions, type SetLike } from './structures/compact_set.js';
export type { NumberType } from './structures/element_type.js';
export type { Numbers } from './structures/many.js';
export { MemoryPool, type MemoryPoolStats } from './structures/memory_pool.js';
export { MemoryPerformanceTester } from './tester.js';
export type { TesterApi } from './tester_api.js';
export type { BuiltInTests } from './tester_builtin.js';
export {
  compare,
  type CompareOptions,
  type SuiteComparison,
  type TestComparison,
  type Verdict,
} from './tester_compare.js';
export { readBaseline, toJson, toJUnit, toTable } from './tester_report.js';
export type {
  LeakEvidence,
  MemoryPerformanceTest,
  TestContext,
  TestLatency,
  TestManager,
  TestOptions,
  TestProgress,
  TestResult,
  TestSample,
  TestSuite,
  TestSuiteResult,
} from './tester_types.js';
export type { UnitOptions } from './tester_units.js';
export type { Workload, WorkloadFigures, WorkloadOptions } from './tester_workload.js';
export {
  MemoryEfficientCache,
  type CacheDump,
  type CacheOptions,
  type CacheStats,
  type DisposeReason,
} from './structures/memory_efficient_cache.js';

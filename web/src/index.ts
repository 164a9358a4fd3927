// `import … from 'tidemark'`: the packaged engine is started by the time that the import is done. Each component is an object
// that nothing but its own functions names, so that a bundler leaves out what a program doesn't import.
import { engineSource } from 'tidemark-engine-source';
import type { TidemarkApi } from './api.js';
import { Context, setDefaultContext } from './context.js';
import type { LeakDetectorApi } from './leak_detector_api.js';
import { MemoryLeakDetector } from './leak_detector.js';
import { loadEngine } from './load_engine.js';
import { WasmMemoryManager } from './manager.js';
import type { ManagerApi } from './manager_api.js';
import { WasmMemoryMonitor } from './monitor.js';
import type { MonitorApi } from './monitor_api.js';
import { createOptimizationApi, type OptimizationApi } from './optimization.js';
import { shrinkModule } from './shrink_module.js';
import {
  newBufferPool,
  newCache,
  newCompactArray,
  newCompactMap,
  newCompactSet,
  newMemoryPool,
  type StructuresApi,
} from './structures/api.js';
import { MemoryPerformanceTester } from './tester.js';
import type { TesterApi } from './tester_api.js';

const context = new Context(await loadEngine(await engineSource()));
setDefaultContext(context);
context.modules.acquire(context.defaultModule, {}); // known for as long as there is the engine

export const version: string = context.runtime.version;
export const defaultModule: TidemarkApi['defaultModule'] = context.defaultModule;
export const shrink: TidemarkApi['shrink'] = (...given) => shrinkModule(context, ...given);

// --- monitor

export const wasmMemoryMonitor = /* @__PURE__ */ new WasmMemoryMonitor({}, context);
export const startMonitoring: MonitorApi['startMonitoring'] = (...given) => wasmMemoryMonitor.startMonitoring(...given);
export const stopMonitoring: MonitorApi['stopMonitoring'] = (id) => wasmMemoryMonitor.stopMonitoring(id);
export const getMemoryStats: MonitorApi['getMemoryStats'] = (id) => wasmMemoryMonitor.getMemoryStats(id);
export const getMemoryProfile: MonitorApi['getMemoryProfile'] = (id) => wasmMemoryMonitor.getMemoryProfile(id);
export const onWarning: MonitorApi['onWarning'] = (callback) => wasmMemoryMonitor.onWarning(callback);

// --- structures

export const createBufferPool: StructuresApi['createBufferPool'] = (options) => newBufferPool(context, options);
export const createCache: StructuresApi['createCache'] = (...given) => newCache(context, ...given);
export const createCompactArray = ((given?: object | null) =>
  newCompactArray(context, given)) as StructuresApi['createCompactArray'];
export const createCompactMap: StructuresApi['createCompactMap'] = (given) => newCompactMap(context, given);
export const createCompactSet: StructuresApi['createCompactSet'] = (given) => newCompactSet(context, given);
export const createMemoryPool: StructuresApi['createMemoryPool'] = (...given) => newMemoryPool(context, ...given);

// --- tester

export const memoryPerformanceTester = /* @__PURE__ */ new MemoryPerformanceTester({}, context);
export const createTestSuite: TesterApi['createTestSuite'] = (...given) =>
  memoryPerformanceTester.createTestSuite(...given);
export const addTestToSuite: TesterApi['addTestToSuite'] = (...given) =>
  memoryPerformanceTester.addTestToSuite(...given);
export const runMemoryPerformanceTest: TesterApi['runMemoryPerformanceTest'] = (...given) =>
  memoryPerformanceTester.runTest(...given);
export const runMemoryPerformanceTestSuite: TesterApi['runMemoryPerformanceTestSuite'] = (...given) =>
  memoryPerformanceTester.runTestSuite(...given);
export { getBuiltInTests } from './tester_builtin.js';

// --- manager

export const wasmMemoryManager = /* @__PURE__ */ new WasmMemoryManager({}, context);
export const registerModule: ManagerApi['registerModule'] = (...given) => wasmMemoryManager.registerModule(...given);
export const unregisterModule: ManagerApi['unregisterModule'] = (id) => wasmMemoryManager.unregisterModule(id);
export const canAllocate: ManagerApi['canAllocate'] = (...given) => wasmMemoryManager.canAllocate(...given);
export const explainAllocation: ManagerApi['explainAllocation'] = (...given) =>
  wasmMemoryManager.explainAllocation(...given);
export const recordAllocation: ManagerApi['recordAllocation'] = (...given) =>
  wasmMemoryManager.recordAllocation(...given);
export const recordDeallocation: ManagerApi['recordDeallocation'] = (...given) =>
  wasmMemoryManager.recordDeallocation(...given);
export const triggerGC: ManagerApi['triggerGC'] = (...given) => wasmMemoryManager.triggerGC(...given);
export const getAggregateStats: ManagerApi['getAggregateStats'] = () => wasmMemoryManager.getAggregateStats();
export const setTotalLimit: ManagerApi['setTotalLimit'] = (bytes) => wasmMemoryManager.setTotalLimit(bytes);
export const onPressure: ManagerApi['onPressure'] = (...given) => wasmMemoryManager.onPressure(...given);
export const relieve: ManagerApi['relieve'] = (...given) => wasmMemoryManager.relieve(...given);
export const setBudget: ManagerApi['setBudget'] = (...given) => wasmMemoryManager.setBudget(...given);
export const withBudget: ManagerApi['withBudget'] = (...given) => wasmMemoryManager.withBudget(...given);
export const getBudgets: ManagerApi['getBudgets'] = () => wasmMemoryManager.getBudgets();
export const registerDisposable: ManagerApi['registerDisposable'] = (...given) =>
  wasmMemoryManager.registerDisposable(...given);
export { suggestLimit } from './suggest_limit.js';

// --- leak detector

export const memoryLeakDetector = /* @__PURE__ */ new MemoryLeakDetector({}, context);
export const startLeakMonitoring: LeakDetectorApi['startLeakMonitoring'] = (module) =>
  memoryLeakDetector.startMonitoring(module);
export const stopLeakMonitoring: LeakDetectorApi['stopLeakMonitoring'] = (id) => memoryLeakDetector.stopMonitoring(id);
export const detectMemoryLeaks: LeakDetectorApi['detectMemoryLeaks'] = (id) => memoryLeakDetector.detectLeaks(id);
export const detectLeaksByScenario: LeakDetectorApi['detectLeaksByScenario'] = (...given) =>
  memoryLeakDetector.detectLeaksByScenario(...given);
export const getLeakHistory: LeakDetectorApi['getLeakHistory'] = (id) => memoryLeakDetector.getHistory(id);

// --- all of them in one call

const optimization = /* @__PURE__ */ createOptimizationApi(
  wasmMemoryMonitor,
  wasmMemoryManager,
  memoryLeakDetector,
  context,
);
export const initializeMemoryOptimization: OptimizationApi['initializeMemoryOptimization'] = (...given) =>
  optimization.initializeMemoryOptimization(...given);
export const getMemoryReport: OptimizationApi['getMemoryReport'] = (id) => optimization.getMemoryReport(id);
export const cleanupMemoryOptimization: OptimizationApi['cleanupMemoryOptimization'] = (id) =>
  optimization.cleanupMemoryOptimization(id);
export { DEFAULT_CONFIG } from './optimization.js';

export * from './types.js';

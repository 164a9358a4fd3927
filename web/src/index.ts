// `import … from 'tidemark'`: the packaged engine is started by the time that the import is done.
import { engineSource } from 'tidemark-engine-source';
import { createApi } from './api.js';
import { Context, setDefaultContext } from './context.js';
import { loadEngine } from './load_engine.js';

const context = new Context(await loadEngine(await engineSource()));
setDefaultContext(context);
const api = createApi(context);

export const { version, defaultModule, shrink } = api;
export const { wasmMemoryMonitor, startMonitoring, stopMonitoring, getMemoryStats, getMemoryProfile, onWarning } = api;
export const {
  createBufferPool,
  createCache,
  createCompactArray,
  createCompactMap,
  createCompactSet,
  createMemoryPool,
} = api;
export const { memoryPerformanceTester, createTestSuite, addTestToSuite, getBuiltInTests } = api;
export const { runMemoryPerformanceTest, runMemoryPerformanceTestSuite } = api;
export const { wasmMemoryManager, registerModule, unregisterModule, canAllocate, explainAllocation } = api;
export const { recordAllocation, recordDeallocation, triggerGC, getAggregateStats, suggestLimit } = api;
export const { setTotalLimit, onPressure, relieve, setBudget, withBudget, getBudgets, registerDisposable } = api;
export const { initializeMemoryOptimization, getMemoryReport, cleanupMemoryOptimization } = api;
// eslint-disable-next-line @typescript-eslint/naming-convention -- the name that users were promised
export const { DEFAULT_CONFIG } = api;
export const { memoryLeakDetector, startLeakMonitoring, stopLeakMonitoring, detectMemoryLeaks } = api;
export const { detectLeaksByScenario, getLeakHistory } = api;
export * from './types.js';

// What the dashboard takes from the API that looks after a module, where there is one: the default objects of the
// components, by the names under which the package exports them. Each may be missing.
import type { MemoryStats } from '../memory_stats.js';
import type { WasmModule } from '../wasm_module.js';
import type { HeapCells } from './source.js';

export type ApiStats = Pick<
  MemoryStats,
  | 'timestamp'
  | 'allocated'
  | 'used'
  | 'reserved'
  | 'free'
  | 'largestFree'
  | 'peakAllocated'
  | 'peakUsed'
  | 'limit'
  | 'fragmentation'
  | 'efficiency'
  | 'liveBlocks'
  | 'allocationRate'
>;

export interface ApiProfile {
  samples?: number;
  sizeClasses?: readonly { blockBytes: number; liveBlocks: number; liveBytes: number; freeBytes: number }[];
  sites: readonly {
    stack: readonly string[];
    liveBytes: number;
    liveBlocks: number;
    totalBytes: number;
    totalBlocks: number;
    temporaryBytes?: number;
    peakBytes?: number | null;
  }[];
  data?: { meanBytes: number };
  toPprof?: () => Uint8Array;
  toSpeedscope?: () => object;
  toFirefoxProfile?: () => object;
  toChromeHeapProfile?: () => object;
}

export interface ApiLeaks {
  hasLeak: boolean;
  confidence: number;
  severity: string;
  patterns: readonly {
    type: string;
    verdict?: string;
    severity: string;
    confidence: number;
    bytes: number;
    blocks: number;
    ratePerSecond: number | null;
    sites: readonly { stack: readonly string[]; bytes: number; blocks: number }[];
    description: string;
    evidence?: unknown;
  }[];
  recommendations: readonly string[];
  analyzedMs: number;
  samples: number;
}

export interface ApiGcResult {
  strategy: string;
  reclaimedBytes: number;
  returnedBytes: number;
  movedBytes: number;
  durationMs: number;
  completed: boolean;
}

export interface ApiTestResult {
  name: string;
  passed: boolean;
  durationMs: number;
  opsPerSecond: number;
  peakBytes: number;
  leakedBytes: number;
  score: number;
  error: string | null;
}

export interface MonitorLike {
  isMonitoring(moduleId: string): boolean;
  startMonitoring(module: WasmModule): void;
  getMemoryStats(moduleId: string): ApiStats;
  getHistory?(moduleId: string): readonly ApiStats[];
  getMemoryProfile?(moduleId: string): ApiProfile;
  getHeapMap?(moduleId: string): HeapCells | null;
  onWarning(callback: (warning: { moduleId: string; message: string; timestamp: number }) => void): () => void;
}

export interface LeakDetectorLike {
  startMonitoring(module: WasmModule): void;
  stopMonitoring?(moduleId: string): void;
  /** Null where it isn't looked after. */
  getModule?(moduleId: string): unknown;
  detectLeaks(moduleId: string): ApiLeaks;
}

export interface ManagerLike {
  has(moduleId: string): boolean;
  getLimits(moduleId: string): object;
  getBudgets?(): readonly { name: string; usedBytes: number; limitBytes: number | null; modules?: object }[];
  getPressureHandlers?(): readonly { name: string; moduleId: string | null; runs: number; gainedBytes: number }[];
  triggerGC(moduleId: string, options?: object): ApiGcResult;
  on?(event: 'gc', listener: (result: ApiGcResult & { moduleId: string }) => void): () => void;
}

export interface ComponentApi {
  readonly wasmMemoryMonitor?: MonitorLike;
  readonly memoryLeakDetector?: LeakDetectorLike;
  readonly wasmMemoryManager?: ManagerLike;
  /** Tests by their names; what a test is, is the tester's own affair. */
  readonly getBuiltInTests?: () => object;
  readonly runMemoryPerformanceTest?: (
    module: WasmModule,
    test: never,
    manager: null,
    options: { signal: AbortSignal },
  ) => Promise<ApiTestResult>;
}

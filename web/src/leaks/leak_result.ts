// What the leak detector says: shapes of the API.

export type LeakSeverity = 'none' | 'low' | 'medium' | 'high' | 'critical';
export type LeakPatternType = 'growth' | 'fragmentation' | 'circular-reference' | 'unreachable' | 'resource';

/** Where what leaked was allocated, as far as the profiler has sampled it: the innermost frame first. */
export interface LeakSite {
  stack: string[];
  bytes: number;
  blocks: number;
}

export interface LeakPattern {
  type: LeakPatternType;
  /** `maybe`: something else could explain it. It doesn't count as a leak. */
  verdict: 'leak' | 'maybe';
  severity: LeakSeverity;
  /** 0–1, in the verdict. */
  confidence: number;
  bytes: number;
  blocks: number;
  /** Bytes per second; null where no rate is known. */
  ratePerSecond: number | null;
  sites: LeakSite[];
  description: string;
  evidence: Record<string, unknown>;
}

/** Something that was done against a leak, and what it gained. */
export interface PreventiveAction {
  action: 'run-finalizers' | 'purge-expired' | 'trim-pools' | 'compact' | 'evict-caches' | 'reclaim-unreachable';
  reclaimedBytes: number;
  timestamp: number;
}

export interface LeakResult {
  moduleId: string;
  hasLeak: boolean;
  confidence: number;
  severity: LeakSeverity;
  patterns: LeakPattern[];
  recommendations: string[];
  preventiveActions: PreventiveAction[];
  /** Milliseconds that the samples reach back. */
  analyzedMs: number;
  samples: number;
  timestamp: number;
  /**
   * How much could be seen: `full`: every block and every pointer; `approximate`: functions of the program were running,
   * so pointers in their locals were not; `growth-only`: a foreign module, of which sizes alone are known; `unscanned`: the
   * memory for a scan was not to be had.
   */
  coverage: 'full' | 'approximate' | 'growth-only' | 'unscanned';
  /** Milliseconds that this detection took. */
  durationMs: number;
}

export interface LeakDetectorConfig {
  /** In the window, before growth is judged: 10. */
  minSamples: number;
  /** 60,000 ms. */
  detectionWindowMs: number;
  /** Bytes per second: 1024. */
  growthThreshold: number;
  /** Share of the heap that is free and of no use, 0–1: 0.7. */
  fragmentationThreshold: number;
  /** Detect now and then, and not on demand alone: true. */
  continuousMonitoring: boolean;
  /** Do against a leak what can't break a correct program: true. */
  autoPrevention: boolean;
  /** Free what no root leads to. Destructors aren't run: false. */
  reclaimUnreachable: boolean;
  /** Between samples: 1000 ms. */
  intervalMs: number;
  /** Between continuous detections, at least: 30,000 ms; more where a scan takes long, so that it costs at most 1 %. */
  detectionIntervalMs: number;
  /** Of a slice of a scan: 2 ms. */
  sliceMs: number;
  /** Results that are kept: 100. */
  maxHistorySize: number;
  /** What the module may have at most, for the time that is left; null: 4 GiB, what WebAssembly can have. */
  limitBytes: number | null;
}

export const defaultLeakDetectorConfig: LeakDetectorConfig = {
  minSamples: 10,
  detectionWindowMs: 60_000,
  growthThreshold: 1024,
  fragmentationThreshold: 0.7,
  continuousMonitoring: true,
  autoPrevention: true,
  reclaimUnreachable: false,
  intervalMs: 1000,
  detectionIntervalMs: 30_000,
  sliceMs: 2,
  maxHistorySize: 100,
  limitBytes: null,
};

// What every report about a module's memory is made of, and where its figures come from for each kind of module.
import { heapMeterOf } from './heap_meter.js';
import { heapStatsFields } from './heap_stats.js';
import type { Derived, Level, Measured } from './monitor_memory.js';
import type { WatchedModule } from './wasm_module.js';

declare module './engine.js' {
  interface EngineExports {
    tidemark_monitor_heap_stats(exactly: number): number;
  }
}

/** Bytes, counts and rates a second, at one moment; null where this kind of module can't tell. */
export interface MemoryStats {
  moduleId: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  /** Linear memory. */
  allocated: number;
  /** In live blocks. */
  used: number | null;
  /** What the heap holds in pages, live or not. */
  reserved: number | null;
  /** What can be handed out without growing. */
  free: number | null;
  /** What surely is free in one piece; in a sample, the longest stretch there is. docs/monitoring.md has the difference. */
  largestFree: number | null;
  /** The most that a sample has seen since monitoring started. */
  peakAllocated: number;
  /** The most since the program began, as its heap has counted it; otherwise since blocks are recorded. */
  peakUsed: number | null;
  limit: number | null;
  /** Per cent of the limit: of `used`, or where that isn't known, of `allocated`. */
  utilization: number | null;
  /** 0–1: the share of the free bytes that is not in the longest free run. */
  fragmentation: number | null;
  /** 0–100; docs/monitoring.md has the formula. */
  efficiency: number;
  liveBlocks: number | null;
  /** Bytes a second that were handed out, live or not; over the last ten seconds. Null until there is a tenth of a second. */
  allocationRate: number | null;
  /** Bytes a second by which `used` (or `allocated`) grows; over the last ten seconds. 0 until there is a tenth of a second. */
  growthRate: number;
  pressure: Level;
}

// Words of tidemark_heap_stats.
const [reserved, liveBlocks, free, largestFree, top] = (
  ['reservedBytes', 'liveBlocks', 'freeBytes', 'largestFreeBytes', 'topBytes'] as const
).map((field) => heapStatsFields.indexOf(field)) as [number, number, number, number, number];

/**
 * Reads what there is to know of a module. `exactly`: with a walk over its heap, if that is Tidemark's and has changed, for
 * the longest free stretch; otherwise that is as src/monitor/known_stats.h says.
 */
export function measure(module: WatchedModule, timeMs: number, limit: number | null, exactly: boolean): Measured {
  const allocated = module.allocatedBytes;
  if (module.runtime) {
    const { engine } = module.runtime;
    const heap = (engine.exports.tidemark_monitor_heap_stats(exactly ? 1 : 0) >>> 0) / 4;
    const { u32 } = engine.views;
    const meter = heapMeterOf(engine);
    return {
      timeMs,
      allocated,
      used: meter.liveBytes,
      reserved: u32[heap + reserved] as number,
      free: u32[heap + free] as number,
      largestFree: u32[heap + largestFree] as number,
      limit,
      liveBlocks: u32[heap + liveBlocks] as number,
      totalBytes: meter.totalBytes,
      releasable: Math.max(0, Math.min(u32[heap + top] as number, allocated - engine.leastBytes())),
    };
  }
  const { recorded } = module;
  return {
    timeMs,
    allocated,
    used: recorded.known ? recorded.liveBytes : null,
    reserved: module.sbrkTopBytes,
    free: null,
    largestFree: null,
    limit,
    liveBlocks: recorded.known ? recorded.liveBlocks : null,
    totalBytes: recorded.known ? recorded.totalBytes : null,
    releasable: null,
  };
}

export function utilizationOf({
  used,
  allocated,
  limit,
}: Pick<Measured, 'used' | 'allocated' | 'limit'>): number | null {
  return limit === null ? null : (100 * (used ?? allocated)) / limit;
}

export function statsOf(
  moduleId: string,
  sample: Derived,
  peaks: { allocated: number; used: number | null },
  pressure: Level,
): MemoryStats {
  const { free, largestFree } = sample;
  return {
    moduleId,
    timestamp: sample.timeMs,
    allocated: sample.allocated,
    used: sample.used,
    reserved: sample.reserved,
    free,
    largestFree,
    peakAllocated: peaks.allocated,
    peakUsed: peaks.used,
    limit: sample.limit,
    utilization: utilizationOf(sample),
    fragmentation: free === null || largestFree === null ? null : free === 0 ? 0 : 1 - largestFree / free,
    efficiency: sample.efficiency,
    liveBlocks: sample.liveBlocks,
    allocationRate: sample.allocationRate,
    growthRate: sample.growthRate,
    pressure,
  };
}

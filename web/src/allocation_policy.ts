// Limits that count over time: how fast the use grows, and how much is allocated in an interval. What canAllocate() asks.
import { aNumber, required } from './checks.js';
import type { MemoryLimits } from './manager_config.js';

/** The growth rate is an average over so many milliseconds: a single block of ten seconds' growth is no burst. */
export const growthWindowMs = 10_000;
const slices = 20; // of the window: that it ends 1/20 early or late doesn't matter

/** What stands in the way of an allocation. */
export type AllocationObstacle = 'maxAllocationSize' | 'hardLimit' | 'totalLimit' | 'growthRateLimit' | 'quota';

export interface AllocationExplanation {
  readonly allowed: boolean;
  /** The first of the limits that refuses, or null. */
  readonly limit: AllocationObstacle | null;
  /** A sentence with the figures. */
  readonly reason: string;
  readonly moduleId: string;
  readonly size: number;
  /** Bytes that the limits leave, each by itself. */
  readonly available: { readonly [limit in AllocationObstacle]: number };
}

/** Growth and quota of one module. Time is handed in, monotonic, in milliseconds. */
export class AllocationHistory {
  // The lowest use in each slice of the window: growth is measured from the least of them.
  readonly #lows: { slice: number; used: number }[] = [];
  #intervalBegin: number;
  #intervalBytes = 0;

  constructor(now: number) {
    this.#intervalBegin = now;
  }

  /** To be told whenever the use is looked at. */
  observe(used: number, now: number): void {
    const slice = Math.floor((now * slices) / growthWindowMs);
    const last = this.#lows.at(-1);
    if (last?.slice === slice) last.used = Math.min(last.used, used);
    else this.#lows.push({ slice, used });
    while ((this.#lows[0]?.slice ?? slice) <= slice - slices) this.#lows.shift();
  }

  allocated(bytes: number, now: number, limits: MemoryLimits): void {
    this.#startInterval(now, limits);
    this.#intervalBytes += bytes;
  }

  /** Bytes that the use may still grow by now. */
  growthLeft(used: number, now: number, limits: MemoryLimits): number {
    this.observe(used, now);
    const least = Math.min(...this.#lows.map((low) => low.used));
    return Math.max(0, (limits.growthRateLimit * growthWindowMs) / 1000 - (used - least));
  }

  /** Bytes of the quota that are left in this interval. */
  quotaLeft(now: number, limits: MemoryLimits): number {
    this.#startInterval(now, limits);
    return Math.max(0, (limits.growthRateLimit * limits.quotaResetInterval) / 1000 - this.#intervalBytes);
  }

  #startInterval(now: number, { quotaResetInterval }: MemoryLimits): void {
    const passed = Math.floor((now - this.#intervalBegin) / quotaResetInterval);
    if (passed < 1) return;
    this.#intervalBegin += passed * quotaResetInterval;
    this.#intervalBytes = 0;
  }
}

const expected: Record<AllocationObstacle, string> = {
  maxAllocationSize: 'maxAllocationSize allows blocks of',
  hardLimit: 'hardLimit leaves',
  totalLimit: 'the total limit of all modules leaves',
  growthRateLimit: `growthRateLimit, averaged over ${growthWindowMs / 1000} s, leaves`,
  quota: 'the quota of this quotaResetInterval leaves',
};

export function explain(
  moduleId: string,
  size: number,
  available: AllocationExplanation['available'],
): AllocationExplanation {
  const limit = (Object.keys(expected) as AllocationObstacle[]).find((name) => size > available[name]) ?? null;
  const reason =
    limit === null
      ? `${size} bytes are within every limit of "${moduleId}"`
      : `${size} bytes are too many for "${moduleId}": ${expected[limit]} ${Math.floor(available[limit])} bytes`;
  return { allowed: limit === null, limit, reason, moduleId, size, available };
}

const aSize = /* @__PURE__ */ aNumber(
  'a number of bytes that is not below 0',
  (value) => value >= 0 && Number.isFinite(value),
);

/** @throws {TidemarkError} `'invalid-argument'` */
export function checkSize(size: unknown): void {
  required('size', size, aSize);
}

// The rules of src/leaks, called through raw exports, and what they return, read out of memory.
import type { Engine, Runtime } from '../engine.js';
import { TidemarkError } from '../errors.js';
import type { LeakSeries } from './leak_series.js';
import { growthReasons, scanKinds, verdicts } from './leak_findings.js';
import type {
  Census,
  CensusRow,
  Finding,
  FragmentationFinding,
  GrowthFinding,
  LostGroup,
  ProfilerSamples,
  Resources,
  ScanKind,
  ScanReport,
  Verdict,
} from './leak_findings.js';

declare module '../engine.js' {
  interface EngineExports {
    tidemark_leaks_begin(again: number): number;
    tidemark_leaks_roots(): number;
    tidemark_leaks_add_roots(count: number): void;
    tidemark_leaks_step(budgetUs: number): number;
    tidemark_leaks_examine(): number;
    tidemark_leaks_report(): number;
    tidemark_leaks_state_of(address: number): number;
    tidemark_leaks_bytes_at(address: number): number;
    tidemark_leaks_reclaim(): void;
    tidemark_leaks_end(): void;
    tidemark_leaks_samples(): number;
    tidemark_leaks_growth(
      count: number,
      floors: number,
      windowMs: number,
      minSamples: number,
      threshold: number,
    ): number;
    tidemark_leaks_census(): number;
    tidemark_leaks_fragmentation(lastingMs: number, windowMs: number, threshold: number): number;
    tidemark_leaks_reachability(kind: number, blocksBefore: number, bytesBefore: number, elapsedMs: number): number;
    tidemark_leaks_resource(
      live: number,
      forgotten: number,
      lost: number,
      netted: number,
      bytes: number,
      looked: number,
      rising: number,
    ): number;
  }
}

/** What a step says. */
export const Status = { more: 0, marked: 1, done: 2, noMemory: 3, disturbed: 4, idle: 5, ready: 6 } as const;
export type Status = (typeof Status)[keyof typeof Status];

export const sizeClassCount = 49;
const rootsPerCall = 1024;

/** The rules of one engine. They judge series of any module, and scan the engine's own memory. */
export class LeakEngine {
  readonly #engine: Engine;
  #extraRoots: Iterable<number> = [];

  constructor(readonly runtime: Runtime) {
    this.#engine = runtime.engine;
  }

  get resources(): Resources | null {
    return (this.runtime as { resources?: Resources }).resources ?? null;
  }

  get profiler(): ProfilerSamples | null {
    return (this.runtime as { profiler?: ProfilerSamples }).profiler ?? null;
  }

  // --- rules

  /** Of a column of a series. */
  growth(
    series: LeakSeries,
    index: number,
    options: { windowMs: number; minSamples: number; threshold: number },
  ): GrowthFinding {
    const { exports } = this.#engine;
    const { f64 } = this.#engine.views;
    let at = exports.tidemark_leaks_samples() >>> 3;
    const write = (times: Float64Array, values: Float64Array): void =>
      times.forEach((time, i) => {
        f64[at++] = time;
        f64[at++] = values[i] ?? 0;
      });
    write(series.times(), series.column(index));
    write(series.floorTimes(), series.floors(index));
    const { windowMs, minSamples, threshold } = options;
    return this.#growthAt(
      exports.tidemark_leaks_growth(series.count, series.floorCount, windowMs, minSamples, threshold) >>> 0,
    );
  }

  #growthAt(at: number): GrowthFinding {
    const d = this.#doubles(at + 40, 4);
    return {
      ...this.#finding(at),
      reason: growthReasons[this.#u32(at + 36)] ?? 'no trend',
      tau: d[0] ?? 0,
      z: d[1] ?? 0,
      spanMs: d[2] ?? 0,
      pieces: d[3] ?? 0,
      samples: this.#u32(at + 72),
      valleys: this.#u32(at + 76),
    };
  }

  census(): Census {
    const at = this.#engine.exports.tidemark_leaks_census() >>> 0;
    const d = this.#doubles(at, 4);
    const rows: CensusRow[] = [];
    for (let i = 0; i < sizeClassCount; ++i) {
      const row = at + 64 + 40 * i;
      const bytes = this.#doubles(row + 16, 3);
      rows.push({
        blockBytes: this.#u32(row),
        liveBlocks: this.#u32(row + 4),
        slabs: this.#u32(row + 8),
        sparseSlabs: this.#u32(row + 12),
        liveBytes: bytes[0] ?? 0,
        sparseFreeBytes: bytes[2] ?? 0,
      });
    }
    return { liveBytes: d[0] ?? 0, liveBlocks: d[1] ?? 0, heldBytes: d[2] ?? 0, freeRunBytes: d[3] ?? 0, rows };
  }

  /** Of the last census. */
  fragmentation(lastingMs: number, windowMs: number, threshold: number): FragmentationFinding {
    const at = this.#engine.exports.tidemark_leaks_fragmentation(lastingMs, windowMs, threshold) >>> 0;
    const d = this.#doubles(at + 40, 3);
    return {
      ...this.#finding(at),
      share: d[0] ?? 0,
      strandedBytes: d[1] ?? 0,
      splinterBytes: d[2] ?? 0,
      worstClass: this.#u32(at + 64),
      pinnedSlabs: this.#u32(at + 68),
    };
  }

  reachability(kind: ScanKind, before: { blocks: number; bytes: number }, elapsedMs: number): Finding {
    const code = scanKinds.indexOf(kind);
    const { exports } = this.#engine;
    return this.#finding(exports.tidemark_leaks_reachability(code, before.blocks, before.bytes, elapsedMs) >>> 0);
  }

  resource(count: {
    live: number;
    forgotten: number;
    lost: number;
    netted: number;
    bytes: number;
    looked: boolean;
    rising: Verdict;
  }): Finding & { reason: 'none' | 'lost' | 'forgotten' | 'rising' | 'netted' } {
    const { live, forgotten, lost, netted, bytes, looked, rising } = count;
    const { exports } = this.#engine;
    const code = verdicts.indexOf(rising);
    const at = exports.tidemark_leaks_resource(live, forgotten, lost, netted, bytes, Number(looked), code) >>> 0;
    const reasons = ['none', 'lost', 'forgotten', 'rising', 'netted'] as const;
    return { ...this.#finding(at), reason: reasons[this.#u32(at + 36)] ?? 'none' };
  }

  // --- scanning

  /** `extra` are roots beside those that the runtime knows of. */
  begin(again: boolean, extra: Iterable<number>): Status {
    this.#extraRoots = extra;
    return this.#engine.exports.tidemark_leaks_begin(Number(again)) as Status;
  }

  /** Goes on for about `budgetMs`, or to the end of the phase where it is null. */
  step(budgetMs: number | null): Status {
    const { exports } = this.#engine;
    const budgetUs = budgetMs === null ? -1 : budgetMs * 1000;
    const status = exports.tidemark_leaks_step(budgetUs) as Status;
    if (status !== Status.ready) return status;
    this.#addRoots();
    return budgetMs === null ? (exports.tidemark_leaks_step(budgetUs) as Status) : Status.more;
  }

  #addRoots(): void {
    const { exports } = this.#engine;
    const start = exports.tidemark_leaks_roots() >>> 2;
    const { u32 } = this.#engine.views; // marking allocates nothing
    let count = 0;
    const add = (address: number): void => {
      u32[start + count] = address;
      if (++count === rootsPerCall) {
        exports.tidemark_leaks_add_roots(count);
        count = 0;
      }
    };
    this.resources?.roots(add);
    for (const address of this.#extraRoots) add(address);
    if (count > 0) exports.tidemark_leaks_add_roots(count);
  }

  examine(): Status {
    return this.#engine.exports.tidemark_leaks_examine() as Status;
  }

  /** A whole scan at once. Null where there is no memory for it. */
  scan(extra: Iterable<number>): ScanReport | null {
    if (this.begin(false, extra) !== Status.more) return null;
    if (this.step(null) !== Status.marked || this.examine() !== Status.more) return null;
    let status: Status;
    do status = this.step(null);
    while (status === Status.more);
    return status === Status.done ? this.report() : null;
  }

  report(): ScanReport {
    const at = this.#engine.exports.tidemark_leaks_report() >>> 0;
    const d = this.#doubles(at, 8);
    const count = this.#u32(at + 64);
    const bytes = this.#u32(at + 68);
    const first = this.#u32(at + 72);
    return {
      directBlocks: d[0] ?? 0,
      directBytes: d[1] ?? 0,
      lostBlocks: d[2] ?? 0,
      lostBytes: d[3] ?? 0,
      liveBlocks: d[4] ?? 0,
      liveBytes: d[5] ?? 0,
      scannedBytes: d[6] ?? 0,
      ownBytes: d[7] ?? 0,
      examinedBlocks: this.#u32(at + 76),
      groups: Array.from({ length: count }, (_, i) => this.#group(first + i * bytes)),
    };
  }

  /** What the last scan says of an address: in no block, reachable, lost with what holds it, lost itself. */
  stateOf(address: number): 'none' | 'reachable' | 'held' | 'lost' {
    return (
      (['none', 'reachable', 'held', 'lost'] as const)[this.#engine.exports.tidemark_leaks_state_of(address)] ?? 'none'
    );
  }

  bytesAt(address: number): number {
    return this.#engine.exports.tidemark_leaks_bytes_at(address) >>> 0;
  }

  /** Frees what is lost, and ends the scan. */
  reclaim(): void {
    this.#engine.exports.tidemark_leaks_reclaim();
  }

  end(): void {
    this.#engine.exports.tidemark_leaks_end();
  }

  // --- reading

  #u32(address: number): number {
    return this.#engine.views.u32[address >>> 2] ?? 0;
  }

  #doubles(address: number, count: number): Float64Array {
    const start = address >>> 3;
    return this.#engine.views.f64.slice(start, start + count);
  }

  #finding(at: number): Finding {
    const d = this.#doubles(at, 4);
    return {
      verdict: verdicts[this.#u32(at + 32)] ?? 'clean',
      confidence: d[0] ?? 0,
      bytes: d[1] ?? 0,
      blocks: d[2] ?? 0,
      ratePerSecond: d[3] ?? 0,
    };
  }

  #group(at: number): LostGroup {
    const sums = this.#doubles(at + 40, 2);
    const kinds = ['block', 'cycle', 'shared-cycle'] as const;
    return {
      kind: kinds[this.#u32(at)] ?? 'block',
      blockBytes: this.#u32(at + 4),
      typeName: this.#text(this.#u32(at + 8)),
      blocks: this.#u32(at + 12),
      heldBlocks: this.#u32(at + 16),
      occurrences: this.#u32(at + 20),
      cycleBlocks: this.#u32(at + 24),
      example: this.#u32(at + 28),
      whole: this.#u32(at + 36) !== 0,
      bytes: sums[0] ?? 0,
      heldBytes: sums[1] ?? 0,
      path: Array.from({ length: this.#u32(at + 32) }, (_, i) => ({
        address: this.#u32(at + 56 + 12 * i),
        bytes: this.#u32(at + 60 + 12 * i),
        typeName: this.#text(this.#u32(at + 64 + 12 * i)),
      })),
    };
  }

  #text(address: number): string | null {
    if (address === 0) return null;
    return this.resources?.text(address) ?? null;
  }
}

/** The engine of a runtime that has the rules. */
export function leakEngineOf(runtime: Runtime): LeakEngine {
  if (typeof runtime.engine.exports.tidemark_leaks_begin !== 'function') {
    throw new TidemarkError('not-supported', 'leaks: this program was linked with a runtime that has no leak detector');
  }
  return new LeakEngine(runtime);
}

// One module under the leak detector's eye: its series, its last scans, and what the rules say of them.
import type { Context } from '../context.js';
import { hardLimitOf } from '../collectables.js';
import type { WatchedModule } from '../wasm_module.js';
import { shownBytes } from '../shown_bytes.js';
import { leakEngineOf, type LeakEngine, sizeClassCount } from './leak_engine.js';
import { type Census, type GrowthFinding, isSlow, type ScanKind, type ScanReport } from './leak_findings.js';
import type { LeakDetectorConfig, LeakPattern, LeakSite } from './leak_result.js';
import { LeakSeries } from './leak_series.js';
import { classText, countText, cycleText, groupName, severityOf, type TellPattern } from './leak_text.js';
import { ResourceWatch } from './resource_watch.js';
import { type GrowingSite, SiteGrowth } from './site_growth.js';
import { type SiteStack, SiteStacks } from './site_stacks.js';

/** Columns of the series: the whole; what counts in foreign modules too; then the size classes. */
const column = { used: 0, fragmentation: 1, values: 2, classes: 3 } as const;

interface ScanOutcome {
  report: ScanReport;
  kind: ScanKind;
  at: number;
}

export class LeakWatch {
  /** The rules of the module's own engine, or else of the context's, which can't scan it. */
  readonly rules: LeakEngine;
  readonly linked: boolean;
  readonly roots = new Map<number, number>(); // registered ones, how often
  readonly #series: LeakSeries;
  readonly #resources: ResourceWatch;
  readonly #stacks = new SiteStacks(() => this.rules.profiler);
  readonly #sites: SiteGrowth;
  #fragmentedSince: number | null = null;
  #census: Census | null = null;
  #lastScan: ScanOutcome | null = null;
  #previousScan: { blocks: number; bytes: number; at: number } | null = null;

  constructor(
    readonly module: WatchedModule,
    readonly context: Context,
    public config: LeakDetectorConfig,
  ) {
    this.linked = module.runtime !== null;
    this.rules = leakEngineOf(module.runtime ?? context.runtime);
    this.#series = new LeakSeries(column.classes + (this.linked ? sizeClassCount : 0), config.detectionWindowMs);
    this.#sites = new SiteGrowth(this.#stacks, config.detectionWindowMs);
    this.#resources = new ResourceWatch(this.rules, this.linked, module.id, context, () => this.config, this.#pattern);
    const { resources } = this.rules;
    if (this.linked && resources) ++resources.watching;
  }

  get samples(): number {
    return this.#series.count;
  }

  get spanMs(): number {
    return this.#series.spanMs;
  }

  /** 0–1: how much of what it takes to judge growth has been seen, enough samples of half a window. */
  get seenShare(): number {
    const { minSamples, detectionWindowMs } = this.config;
    return Math.min(1, this.samples / minSamples, this.spanMs / (detectionWindowMs / 2));
  }

  /** What there may be, and what there is of that: live bytes under a manager's limit, and else memory. */
  get room(): { usedBytes: number; limitBytes: number } {
    const { allocatedBytes, id } = this.module;
    if (this.config.limitBytes !== null) return { usedBytes: allocatedBytes, limitBytes: this.config.limitBytes };
    const limitBytes = hardLimitOf(this.context, id);
    if (limitBytes === null) return { usedBytes: allocatedBytes, limitBytes: 2 ** 32 };
    const used = this.#census?.liveBytes ?? (this.module.recorded.known ? this.module.recorded.liveBytes : null);
    return { usedBytes: used ?? allocatedBytes, limitBytes };
  }

  /** Measures once. Cost: one step for each run of the heap. */
  sample(): void {
    const now = this.context.clock.now();
    const row = new Float64Array(column.classes + (this.linked ? sizeClassCount : 0));
    if (this.linked) {
      const census = (this.#census = this.rules.census());
      row[column.used] = census.liveBytes;
      census.rows.forEach(({ liveBytes }, i) => (row[column.classes + i] = liveBytes));
      const { share } = this.#judgeFragmentation(now);
      row[column.fragmentation] = share;
      row[column.values] = this.rules.resources?.values() ?? 0;
      if (this.rules.profiler) this.#sites.sample(this.rules.profiler, census.liveBytes, now);
    } else {
      row[column.used] = this.#foreignBytes();
    }
    this.#series.add(now, row);
    this.#resources.sample(now);
  }

  /** What the recorded allocations tell, or else where sbrk has come, or else the size of the memory. */
  #foreignBytes(): number {
    const { recorded, sbrkTopBytes, allocatedBytes } = this.module;
    return recorded.known ? recorded.liveBytes : (sbrkTopBytes ?? allocatedBytes);
  }

  // --- growth

  #judge(series: LeakSeries, index: number): GrowthFinding {
    const { detectionWindowMs, minSamples, growthThreshold } = this.config;
    return this.rules.growth(series, index, {
      windowMs: detectionWindowMs,
      minSamples,
      threshold: growthThreshold,
    });
  }

  growth(): LeakPattern[] {
    const whole = this.#judge(this.#series, column.used);
    const guilty: { blockBytes: number; index: number; finding: GrowthFinding }[] = [];
    if (this.linked && this.#census) {
      this.#census.rows.forEach(({ blockBytes }, i) => {
        const index = column.classes + i;
        const change = this.#series.changeOf(index, this.config.detectionWindowMs);
        if (change <= 0) return;
        const finding = this.#judge(this.#series, index);
        if (finding.verdict !== 'clean') guilty.push({ blockBytes, index, finding });
      });
      guilty.sort((a, b) => b.finding.ratePerSecond - a.finding.ratePerSecond);
    }
    const leaking = guilty.filter(({ finding }) => finding.verdict === 'leak');
    // Where the whole hides it, a size class may show a rise that is too slow to be a leak.
    const slow = guilty.find(({ finding }) => isSlow(finding));
    const part = whole.verdict === 'leak' ? undefined : (leaking[0] ?? (whole.verdict === 'clean' ? slow : undefined));
    const worst = part?.finding ?? whole;
    const judge = (series: LeakSeries, index: number): GrowthFinding => this.#judge(series, index);
    const growing = this.linked ? this.#sites.growing(judge) : [];
    const sites = growing.map(({ stack, bytes, blocks }) => ({ stack, bytes, blocks }));
    const [rising] = growing;
    const alone = rising?.finding.verdict === 'leak' ? (SiteGrowth.isLeak(rising, judge) ? 'leak' : 'maybe') : 'clean';
    const tellsLess = worst.verdict === 'clean' || isSlow(worst);
    if (rising && alone !== 'clean' && worst.verdict !== 'leak' && (alone === 'leak' || tellsLess))
      return [this.#growthOfSite(rising, alone, sites)];
    if (worst.verdict === 'clean') return [];
    const verdict = worst.verdict;
    const blamed = leaking.length > 0 ? leaking : guilty;
    const classes = blamed.slice(0, 8).map(({ blockBytes }) => blockBytes);
    const source = this.linked
      ? 'live memory'
      : this.module.recorded.known
        ? 'recorded allocations'
        : this.module.sbrkTopBytes === null
          ? 'linear memory'
          : "the allocator's top";
    const rate = worst.ratePerSecond;
    const blame = classes.length > 0 ? `, most of it in ${classes.slice(0, 3).map(classText).join(', ')}` : '';
    return [
      this.#pattern('growth', verdict, worst.confidence, worst.bytes, 0, rate, sites, {
        description: `${source} grows by ${shownBytes(rate)}/s (${worst.reason}, ${countText(worst.samples, 'sample')} in ${Math.round(worst.spanMs / 1000)} s)${blame}`,
        evidence: {
          source,
          reason: worst.reason,
          tau: worst.tau,
          z: worst.z,
          spanMs: worst.spanMs,
          samples: worst.samples,
          valleys: worst.valleys,
          trend: this.#series.trendOf(
            part?.index ?? column.used,
            60,
            worst.reason === 'rising for long' || isSlow(worst),
          ),
          blockBytes: classes,
        },
      }),
    ];
  }

  /** One site that rises while all else hides it. */
  #growthOfSite({ finding, series }: GrowingSite, verdict: 'leak' | 'maybe', sites: LeakSite[]): LeakPattern {
    const { bytes, confidence, ratePerSecond, reason, tau, z, spanMs, samples, valleys } = finding;
    return this.#pattern(
      'growth',
      verdict,
      verdict === 'leak' ? confidence * 0.8 : confidence / 2,
      bytes,
      0,
      ratePerSecond,
      sites,
      {
        description: `what one site has allocated grows by ${shownBytes(ratePerSecond)}/s (${reason}, ${countText(samples, 'sample')} in ${Math.round(spanMs / 1000)} s), ${verdict === 'leak' ? 'and nothing else makes room for it' : 'and live memory as a whole does not'}`,
        evidence: {
          source: 'allocation site',
          reason,
          tau,
          z,
          spanMs,
          samples,
          valleys,
          trend: series.trendOf(0, 60, reason === 'rising for long'),
          blockBytes: [],
        },
      },
    );
  }

  // --- fragmentation

  #judgeFragmentation(now: number): { share: number } & ReturnType<LeakEngine['fragmentation']> {
    const { detectionWindowMs, fragmentationThreshold } = this.config;
    const first = this.rules.fragmentation(0, detectionWindowMs, fragmentationThreshold);
    if (first.verdict === 'clean') this.#fragmentedSince = null;
    else this.#fragmentedSince ??= now;
    const lasting = this.#fragmentedSince === null ? 0 : now - this.#fragmentedSince;
    return this.rules.fragmentation(lasting, detectionWindowMs, fragmentationThreshold);
  }

  fragmentation(): LeakPattern[] {
    if (!this.linked || !this.#census) return [];
    const found = this.#judgeFragmentation(this.context.clock.now());
    if (found.verdict === 'clean') return [];
    const blockBytes = this.#census.rows[found.worstClass]?.blockBytes ?? 0;
    const sites = this.#sitesWhere((address, bytes) => bytes <= blockBytes && address !== 0);
    return [
      this.#pattern('fragmentation', found.verdict, found.confidence, found.bytes, found.blocks, null, sites, {
        description: `${Math.round(100 * found.share)} % of the heap (${shownBytes(found.bytes)}) is free and of no use: ${countText(found.pinnedSlabs, 'slab')} nearly empty, most of blocks of ${shownBytes(blockBytes)}`,
        evidence: {
          share: found.share,
          strandedBytes: found.strandedBytes,
          splinterBytes: found.splinterBytes,
          pinnedSlabs: found.pinnedSlabs,
          blockBytes,
        },
      }),
    ];
  }

  // --- reachability and cycles

  /** Takes the result of a scan, and keeps what it means against the one before. */
  take(report: ScanReport, kind: ScanKind): void {
    if (this.#lastScan) {
      const { report: before, at } = this.#lastScan;
      this.#previousScan = { blocks: before.lostBlocks, bytes: before.lostBytes, at };
    }
    this.#lastScan = { report, kind, at: this.context.clock.now() };
  }

  /** Of the scan that has just been taken, and while the engine still has it. */
  unreachable(): LeakPattern[] {
    if (!this.#lastScan) return [];
    const { report, kind, at } = this.#lastScan;
    const before = this.#previousScan ?? { blocks: 0, bytes: 0, at };
    const finding = this.rules.reachability(kind, before, at - before.at);
    if (finding.verdict === 'clean') return [];
    const verdict = finding.verdict;
    const lostSites = this.#sitesWhere((address) => {
      const state = this.rules.stateOf(address);
      return state === 'lost' || state === 'held';
    });
    // Of two scans one after the other, it would say how fast one looks.
    const known = at - before.at >= this.config.detectionWindowMs / 10;
    const rate = known && finding.ratePerSecond > 0 ? finding.ratePerSecond : null;
    const patterns: LeakPattern[] = [];
    const groups = [...report.groups].sort((a, b) => b.bytes + b.heldBytes - a.bytes - a.heldBytes);
    for (const group of groups.filter(({ kind: of }) => of !== 'block').slice(0, 8)) {
      const shared = group.kind === 'shared-cycle';
      const path = cycleText(group);
      const whole = verdict === 'leak' || (shared && group.whole);
      patterns.push(
        this.#pattern(
          'circular-reference',
          whole ? 'leak' : 'maybe',
          shared ? Math.max(finding.confidence, 0.95) : finding.confidence,
          group.bytes + group.heldBytes,
          group.blocks + group.heldBlocks,
          rate,
          lostSites,
          {
            description: `${countText(group.occurrences, 'cycle')} of ${shared ? 'shared_ptr' : 'pointers'} that nothing else holds: ${path}, ${shownBytes(group.bytes + group.heldBytes)} in all`,
            evidence: {
              path,
              shared,
              whole: group.whole,
              occurrences: group.occurrences,
              directBytes: group.bytes,
              heldBytes: group.heldBytes,
              scan: kind,
            },
          },
        ),
      );
    }
    const plain = groups.filter(({ kind: of }) => of === 'block');
    const sum = (of: (group: (typeof plain)[number]) => number): number =>
      plain.reduce((all, group) => all + of(group), 0);
    const rest = report.lostBlocks - report.groups.reduce((all, group) => all + group.blocks + group.heldBlocks, 0);
    if (plain.length > 0 || rest > 0) {
      const what = plain
        .slice(0, 3)
        .map((group) => `${Math.round(group.blocks).toLocaleString('en')} × ${groupName(group)}`);
      const held = sum((group) => group.heldBlocks);
      const bytes =
        report.lostBytes -
        groups.filter(({ kind: of }) => of !== 'block').reduce((all, group) => all + group.bytes + group.heldBytes, 0);
      patterns.push(
        this.#pattern(
          'unreachable',
          verdict,
          finding.confidence,
          bytes,
          sum((group) => group.blocks + group.heldBlocks) + rest,
          rate,
          lostSites,
          {
            description: `${countText(
              sum((group) => group.blocks),
              'block',
            )} that no pointer leads to (${what.join(', ')})${held > 0 ? `, and ${countText(held, 'block')} that they hold` : ''}: ${shownBytes(bytes)}`,
            evidence: {
              what: what.join(', '),
              directBlocks: sum((group) => group.blocks),
              directBytes: sum((group) => group.bytes),
              heldBlocks: held,
              heldBytes: sum((group) => group.heldBytes),
              notExamined: rest,
              scannedBytes: report.scannedBytes,
              scan: kind,
              groups: plain.slice(0, 16).map((group) => ({
                name: groupName(group),
                blocks: group.blocks,
                bytes: group.bytes,
                heldBlocks: group.heldBlocks,
                heldBytes: group.heldBytes,
              })),
            },
          },
        ),
      );
    }
    return patterns;
  }

  /** Sampled blocks that are alive, by site, as far as `is` says so; scaled up to all that there are. */
  #sitesWhere(is: (address: number, bytes: number) => boolean): LeakSite[] {
    const { profiler } = this.rules;
    if (!this.linked || !profiler) return [];
    const sums = new Map<SiteStack, LeakSite>();
    for (const [address, { site, bytes, weight }] of profiler.blocks) {
      if (!is(address, bytes)) continue;
      const stack = this.#stacks.of(site);
      let sum = sums.get(stack);
      if (!sum) sums.set(stack, (sum = { ...stack, bytes: 0, blocks: 0 }));
      sum.bytes += bytes * weight;
      sum.blocks += weight;
    }
    return [...sums.values()]
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, 10)
      .map(({ stack, bytes, blocks }) => ({ stack, bytes: Math.round(bytes), blocks: Math.round(blocks) }));
  }

  readonly #pattern: TellPattern = (type, verdict, confidence, bytes, blocks, ratePerSecond, sites, told) => {
    const severity = severityOf(verdict, bytes, ratePerSecond, this.room);
    return { type, verdict, severity, confidence, bytes, blocks, ratePerSecond, sites, ...told };
  };

  /** `looked`: the engine still has the scan of now. */
  resources(looked: boolean): LeakPattern[] {
    return this.#resources.patterns(looked);
  }

  dispose(): void {
    this.#resources.dispose();
    if (this.linked && this.rules.resources) --this.rules.resources.watching;
  }
}

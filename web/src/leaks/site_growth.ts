// Live bytes by allocation site, over time, as far as the profiler has sampled them: who a growth is to be blamed on.
import { type GrowthFinding, isSlow, type ProfilerSamples, type ProfilerSite } from './leak_findings.js';
import { LeakSeries } from './leak_series.js';
import type { SiteStack, SiteStacks } from './site_stacks.js';

/** A site that has grown within the window, and what rule 1 says of it. */
export interface GrowingSite {
  readonly stack: string[];
  readonly bytes: number;
  /** That are alive. */
  readonly blocks: number;
  readonly finding: GrowthFinding;
  readonly series: LeakSeries;
}

/** Columns of a site's series: what it has allocated that is alive; how much less all else has. */
export class SiteGrowth {
  static readonly #mostSites = 64;
  readonly #series = new Map<SiteStack, LeakSeries>();
  #blocks = new Map<SiteStack, number>();

  constructor(
    private readonly stacks: SiteStacks,
    private readonly windowMs: number,
  ) {}

  /**
   * Once, of a heap with so many live bytes. Sites of which nothing is left are remembered as long as there is room: what comes
   * back has a past. Cost: a step for each sampled block that is alive.
   */
  sample(profiler: ProfilerSamples, liveBytes: number, now: number): void {
    const sites = new Set<ProfilerSite>();
    for (const { site } of profiler.blocks.values()) sites.add(site);
    const alive = new Map<SiteStack, number>();
    this.#blocks = new Map();
    for (const site of sites) {
      const stack = this.stacks.of(site);
      alive.set(stack, (alive.get(stack) ?? 0) + site.liveBytes);
      this.#blocks.set(stack, (this.#blocks.get(stack) ?? 0) + site.liveBlocks);
    }
    const largest = [...alive].sort(([, a], [, b]) => b - a).slice(0, SiteGrowth.#mostSites);
    for (const [stack] of largest) {
      if (this.#series.has(stack)) continue;
      if (this.#series.size >= SiteGrowth.#mostSites) {
        const gone = [...this.#series.keys()].find((known) => !alive.has(known));
        if (!gone) break;
        this.#series.delete(gone);
      }
      const series = new LeakSeries(2, this.windowMs);
      series.add(now - 1, [0, -liveBytes]); // it had nothing that is known of
      this.#series.set(stack, series);
    }
    for (const [stack, series] of this.#series) {
      const bytes = alive.get(stack) ?? 0;
      series.add(now, [bytes, bytes - liveBytes]);
    }
  }

  /** Those that rise all the time first, then the rest, by how much they have grown. `judge` is rule 1, of a column. */
  growing(judge: (series: LeakSeries, column: number) => GrowthFinding): GrowingSite[] {
    const sites: GrowingSite[] = [];
    for (const [site, series] of this.#series) {
      const bytes = series.changeOf(0, this.windowMs);
      if (bytes <= 0) continue;
      const blocks = Math.round(this.#blocks.get(site) ?? 0);
      sites.push({ stack: site.stack, bytes, blocks, finding: judge(series, 0), series });
    }
    const rises = ({ finding }: GrowingSite): number => Number(finding.verdict === 'leak');
    return sites.sort((a, b) => rises(b) - rises(a) || b.bytes - a.bytes).slice(0, 10);
  }

  /**
   * Whether a site that rises is to be believed where the heap as a whole doesn't show it: its bytes are estimates, of samples that
   * come and go by chance. A whole window must have been seen, and nothing else may have made room: a cache whose content
   * becomes another one loses elsewhere what it takes here.
   */
  static isLeak(
    { finding, series }: GrowingSite,
    judge: (series: LeakSeries, column: number) => GrowthFinding,
  ): boolean {
    if (finding.verdict !== 'leak' || finding.confidence < 0.8 || finding.reason === 'the valleys are rising')
      return false;
    const room = judge(series, 1);
    return room.verdict === 'clean' || isSlow(room);
  }
}

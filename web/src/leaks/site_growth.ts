// Live bytes by allocation site, over time, as far as the profiler has sampled them: who a growth is to be blamed on.
import type { GrowthFinding, ProfilerSamples, ProfilerSite } from './leak_findings.js';
import { LeakSeries } from './leak_series.js';

/** A site that has grown within the window, and what rule 1 says of it. */
export interface GrowingSite {
  readonly site: ProfilerSite;
  readonly bytes: number;
  readonly finding: GrowthFinding;
  readonly series: LeakSeries;
}

export class SiteGrowth {
  static readonly #mostSites = 64;
  readonly #series = new Map<ProfilerSite, LeakSeries>();

  constructor(private readonly windowMs: number) {}

  /** Once. Cost: a step for each sampled block that is alive. */
  sample(profiler: ProfilerSamples, now: number): void {
    const alive = new Set<ProfilerSite>();
    for (const { site } of profiler.blocks.values()) alive.add(site);
    for (const site of this.#series.keys()) if (!alive.has(site)) this.#series.delete(site);
    const largest = [...alive].sort((a, b) => b.liveBytes - a.liveBytes).slice(0, SiteGrowth.#mostSites);
    for (const site of largest) {
      if (this.#series.has(site) || this.#series.size >= SiteGrowth.#mostSites) continue;
      const series = new LeakSeries(1, this.windowMs);
      series.add(now - 1, [0]); // it had nothing that is known of
      this.#series.set(site, series);
    }
    for (const [site, series] of this.#series) series.add(now, [site.liveBytes]);
  }

  /** Those that rise all the time first, then the rest, by how much they have grown. */
  growing(judge: (series: LeakSeries) => GrowthFinding): GrowingSite[] {
    const sites: GrowingSite[] = [];
    for (const [site, series] of this.#series) {
      const bytes = series.changeOf(0, this.windowMs);
      if (bytes > 0) sites.push({ site, bytes, finding: judge(series), series });
    }
    const rises = ({ finding }: GrowingSite): number => Number(finding.verdict === 'leak');
    return sites.sort((a, b) => rises(b) - rises(a) || b.bytes - a.bytes).slice(0, 10);
  }
}

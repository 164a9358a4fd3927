// getMemoryProfile(): what is alive in a module, by size and by where it was allocated.
import { required, type Check } from './checks.js';
import type { Clock } from './context.js';
import { loadSymbolReader } from './load_symbols.js';
import type { MemoryStats } from './memory_stats.js';
import { profilerOf } from './profiler_tables.js';
import { toChromeHeapProfile } from './profiling/chrome_heap_profile.js';
import { toFirefoxProfile } from './profiling/firefox_profile.js';
import { toPprof } from './profiling/pprof.js';
import { diffProfiles, frameAsText, profileOf, takeSnapshot, type ProfileData } from './profiling/profile_data.js';
import { toSpeedscope } from './profiling/speedscope.js';
import type { Symbols, SymbolSources } from './symbols/symbols.js';
import { topReport, type ProfileMeasure } from './profiling/text_report.js';
import type { WatchedModule } from './wasm_module.js';

export interface SizeClassProfile {
  /** 0 of large blocks, which are of any size. */
  blockBytes: number;
  liveBlocks: number;
  liveBytes: number;
  /** In slabs of this class, to be handed out again. */
  freeBytes: number;
}

export interface SiteProfile {
  /** The function that allocated first, then what called it. */
  stack: string[];
  liveBytes: number;
  liveBlocks: number;
  totalBytes: number;
  totalBlocks: number;
  /** Freed before anything else was allocated. */
  temporaryBytes: number;
  temporaryBlocks: number;
  /** What was alive when most of the whole program was. */
  peakBytes: number;
  peakBlocks: number;
}

/**
 * A profile of a module. Figures of sites are estimates for the whole program, made from samples; `samples` says of how
 * many, and in exact mode they are no estimates. Modules that aren't linked with Tidemark have no size classes and sites.
 */
export interface MemoryProfile {
  moduleId: string;
  durationMs: number;
  samples: number;
  /** The sample of the monitor in which most was in use. */
  peak: MemoryStats;
  sizeClasses: SizeClassProfile[];
  /** Those that hold most first. */
  sites: SiteProfile[];
  /** For `go tool pprof` and others: a gzipped protocol buffer. */
  toPprof(): Uint8Array;
  toSpeedscope(): object;
  /** For profiler.firefox.com. */
  toFirefoxProfile(): object;
  /** For Chrome's DevTools: save it as `.heapprofile`. */
  toChromeHeapProfile(): object;
  /** As `pprof -top` prints it. */
  toText(measure?: ProfileMeasure, rows?: number): string;
  /**
   * The same profile with files and lines, and with frames of functions that were inlined. Without sources, the DWARF or
   * the source map that the program itself has or names is read.
   *
   * @throws {TidemarkError} `'invalid-argument'`: what was given, or is named, can't be read; `'not-supported'`: the
   *   program has no such thing
   */
  symbolize(sources?: SymbolSources): Promise<MemoryProfile>;
  /** What has changed since an earlier profile of the same module. */
  since(earlier: MemoryProfile): MemoryProfile;
  readonly data: ProfileData;
}

interface Circumstances {
  durationMs: number;
  peak: MemoryStats;
  clock: Clock;
}

export function memoryProfile(module: WatchedModule, { durationMs, peak, clock }: Circumstances): MemoryProfile {
  const takenAt = clock.now();
  const startedAt = takenAt - durationMs;
  const { runtime } = module;
  const sizeClasses = (runtime?.stats().sizeClasses ?? []).map(({ blockBytes, liveBlocks, liveBytes, freeBlocks }) => ({
    blockBytes,
    liveBlocks,
    liveBytes,
    freeBytes: freeBlocks * blockBytes,
  }));
  const snapshot: ProfileData = runtime
    ? { ...takeSnapshot(module.id, profilerOf(runtime), takenAt), startedAt }
    : { moduleId: module.id, startedAt, takenAt, samples: 0, meanBytes: 0, sites: [] };
  const load = async (sources?: SymbolSources): Promise<Symbols> => {
    const { loadSymbols } = await loadSymbolReader();
    const none = { sections: (): ArrayBuffer[] => [], source: (): null => null };
    return loadSymbols(sources, runtime ? profilerOf(runtime) : none);
  };
  const profile = asProfile(profileOf(snapshot), { durationMs, peak, sizeClasses }, async (sources) =>
    profileOf(snapshot, await load(sources)),
  );
  const unknown = `${module.id}: who has allocated what isn't known: it is not linked with Tidemark's runtime\n`;
  return runtime ? profile : { ...profile, toText: () => unknown };
}

const aProfile: Check = [
  'a MemoryProfile',
  (value) => Array.isArray((value as Partial<MemoryProfile> | null)?.data?.sites),
];

function asProfile(
  data: ProfileData,
  rest: { durationMs: number; peak: MemoryStats; sizeClasses: SizeClassProfile[] },
  symbolized: (sources?: SymbolSources) => Promise<ProfileData>,
): MemoryProfile {
  return {
    moduleId: data.moduleId,
    samples: data.samples,
    ...rest,
    sites: data.sites.map(({ frames, ...figures }) => ({ stack: frames.map(frameAsText), ...figures })),
    data,
    toPprof: () => toPprof(data),
    toSpeedscope: () => toSpeedscope(data),
    toFirefoxProfile: () => toFirefoxProfile(data),
    toChromeHeapProfile: () => toChromeHeapProfile(data),
    toText: (measure, rows) => topReport(data, measure, rows),
    symbolize: async (sources) => asProfile(await symbolized(sources), rest, symbolized),
    since(earlier) {
      required('earlier', earlier, aProfile);
      return asProfile(
        diffProfiles(earlier.data, data),
        { ...rest, durationMs: data.takenAt - earlier.data.takenAt },
        async (sources) => diffProfiles((await earlier.symbolize(sources)).data, await symbolized(sources)),
      );
    },
  };
}

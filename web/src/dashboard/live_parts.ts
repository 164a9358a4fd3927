// The components' results in the panels' shapes.
import type { WasmModule } from '../wasm_module.js';
import type { ApiLeaks, ApiProfile, ApiStats, ApiTestResult, ComponentApi, ManagerLike } from './component_api.js';
import * as format from './format.js';
import type {
  LeakFinding,
  LeakFindings,
  Limit,
  Limits,
  ProfileDownload,
  Reading,
  Severity,
  SiteProfile,
  Tester,
  TestRow,
  TestRun,
} from './source.js';

const severities: readonly string[] = ['none', 'low', 'medium', 'high', 'critical'];
const severityOf = (text: string): Severity => (severities.includes(text) ? (text as Severity) : 'none');

/** Where nobody knows what is used, nobody knows how well. */
export function readingOf(stats: ApiStats): Reading {
  const { timestamp, used, efficiency, allocationRate } = stats;
  return {
    ...stats,
    time: timestamp,
    efficiency: used === null ? null : efficiency,
    allocationRate: allocationRate ?? null,
  };
}

export function leaksOf(leaks: ApiLeaks): LeakFindings {
  return {
    hasLeak: leaks.hasLeak,
    severity: severityOf(leaks.severity),
    confidence: leaks.confidence,
    samples: leaks.samples,
    analyzedMs: leaks.analyzedMs,
    recommendations: leaks.recommendations,
    findings: leaks.patterns
      .map((pattern) => ({
        ...pattern,
        severity: severityOf(pattern.severity),
        trend: trendOf(pattern.evidence),
        cycle: cycleOf(pattern.evidence),
      }))
      .sort((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity)),
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Of evidence that has samples over time. */
function trendOf(evidence: unknown): LeakFinding['trend'] {
  const { trend, points, samples } = record(evidence);
  const list = [trend, points, samples].find((value) => Array.isArray(value)) as unknown[] | undefined;
  return (list ?? []).flatMap((entry) => {
    const { time, timestamp, timeMs, bytes, used } = record(entry);
    const at = time ?? timestamp ?? timeMs;
    const value = bytes ?? used;
    return typeof at === 'number' && typeof value === 'number' ? [{ time: at, bytes: value }] : [];
  });
}

/** Of evidence that names the blocks of a cycle, each once. */
function cycleOf(evidence: unknown): string[] {
  const { cycle, path } = record(evidence);
  if (typeof path === 'string') {
    const blocks = path.split(/\s*(?:→|->)\s*/);
    return blocks.length > 1 && blocks.at(-1) === blocks[0] ? blocks.slice(0, -1) : blocks;
  }
  const list = [cycle, path].find((value) => Array.isArray(value)) as unknown[] | undefined;
  return (list ?? []).map((entry) => {
    if (typeof entry === 'number') return `0x${entry.toString(16)}`;
    const { address, bytes } = record(entry);
    return typeof address === 'number'
      ? `0x${address.toString(16)}${typeof bytes === 'number' ? ` (${bytes} B)` : ''}`
      : String(entry);
  });
}

export function sitesOf(profile: ApiProfile): SiteProfile['sites'] {
  return profile.sites.map((site) => ({
    ...site,
    temporaryBytes: site.temporaryBytes ?? null,
    peakBytes: site.peakBytes ?? null,
  }));
}

export function downloadsOf(profile: ApiProfile, id: string): ProfileDownload[] {
  const json = (value: object): string => JSON.stringify(value);
  const downloads: (ProfileDownload | false)[] = [
    profile.toPprof !== undefined && {
      label: 'pprof',
      fileName: `${id}.pb.gz`,
      mimeType: 'application/octet-stream',
      content: () => profile.toPprof?.() ?? '',
    },
    profile.toSpeedscope !== undefined && {
      label: 'speedscope',
      fileName: `${id}.speedscope.json`,
      mimeType: 'application/json',
      content: () => json(profile.toSpeedscope?.() ?? {}),
    },
    profile.toFirefoxProfile !== undefined && {
      label: 'Firefox Profiler',
      fileName: `${id}.firefox-profile.json`,
      mimeType: 'application/json',
      content: () => json(profile.toFirefoxProfile?.() ?? {}),
    },
    profile.toChromeHeapProfile !== undefined && {
      label: 'Chrome .heapprofile',
      fileName: `${id}.heapprofile`,
      mimeType: 'application/json',
      content: () => json(profile.toChromeHeapProfile?.() ?? {}),
    },
  ];
  return downloads.filter((download) => download !== false);
}

export function profileOf(profile: ApiProfile, id: string): SiteProfile | null {
  if (profile.sites.length === 0) return null;
  const mean = profile.data?.meanBytes;
  return {
    sites: sitesOf(profile),
    method:
      mean === 0
        ? 'Every allocation was recorded.'
        : `${mean ? `About every ${format.bytes(mean)}` : 'Some'} of what is allocated is sampled${profile.samples ? `, ${profile.samples.toLocaleString('en')} times so far` : ''}; figures are scaled to all.`,
    downloads: downloadsOf(profile, id),
  };
}

/** Limits as the manager names them; 0 and null are none. */
export function limitRows(limits: Record<string, number | null>): Limit[] {
  const rows: [string, string, Limit['meaning']][] = [
    ['softLimit', 'Soft limit', 'soft'],
    ['criticalLimit', 'Critical limit', 'critical'],
    ['hardLimit', 'Hard limit', 'hard'],
  ];
  return rows.flatMap(([name, label, meaning]) => {
    const bytes = limits[name];
    return typeof bytes === 'number' && bytes > 0 && Number.isFinite(bytes) ? [{ label, bytes, meaning }] : [];
  });
}

/** Null where the manager doesn't look after the module. */
export function limitsOf(manager: ManagerLike, id: string): Limits | null {
  if (!manager.has(id)) return null;
  return {
    limits: limitRows(manager.getLimits(id) as Record<string, number | null>),
    budgets: (manager.getBudgets?.() ?? [])
      // One that nobody was charged to yet may be meant for this module.
      .filter(({ modules = {} }) => id in modules || Object.keys(modules).length === 0)
      .map(({ name, usedBytes, limitBytes }) => ({ name, usedBytes, limitBytes: limitBytes ?? 0 })),
    handlers: (manager.getPressureHandlers?.() ?? [])
      .filter(({ moduleId }) => moduleId === null || moduleId === id)
      .map(({ name, runs, gainedBytes }) => ({ name, calls: runs, gainedBytes })),
  };
}

export function rowOf(result: ApiTestResult): TestRow {
  const { name, passed, durationMs, opsPerSecond, peakBytes, leakedBytes, score, error } = result;
  return { name, passed, durationMs, opsPerSecond, peakBytes, leakedBytes, score, error };
}

export function testerOf(api: ComponentApi, module: WasmModule): Tester | null {
  const { getBuiltInTests, runMemoryPerformanceTest } = api;
  if (!getBuiltInTests || !runMemoryPerformanceTest) return null;
  const tests = getBuiltInTests() as Record<string, object>;
  return {
    names: Object.keys(tests),
    async run(names, onRow, signal): Promise<TestRun> {
      const rows: TestRow[] = [];
      for (const name of names) {
        if (signal.aborted) break;
        const test = tests[name];
        if (!test) continue;
        try {
          const row = rowOf(await runMemoryPerformanceTest(module, test as never, null, { signal }));
          rows.push(row);
          onRow(row);
        } catch (error) {
          if (!signal.aborted) throw error;
          break;
        }
        // The page lives between two tests.
        await new Promise((resume) => setTimeout(resume, 0));
      }
      return {
        name: 'built-in',
        rows,
        score: rows.length === 0 ? 0 : rows.reduce((sum, { score }) => sum + score, 0) / rows.length,
        durationMs: rows.reduce((sum, { durationMs }) => sum + durationMs, 0),
        recommendations: [],
      };
    },
  };
}

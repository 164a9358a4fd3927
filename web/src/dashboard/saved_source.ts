// A file: a report (getMemoryReport), a history, the results of tests, or what the dashboard itself saved.
import type { SizeClassStats } from '../heap_stats.js';
import { TidemarkError } from '../errors.js';
import type { ApiLeaks, ApiProfile, ApiTestResult } from './component_api.js';
import { leaksOf, limitRows, rowOf, sitesOf } from './live_parts.js';
import { decode, type PastMap } from './map_replay.js';
import type { ModuleView } from './module_view.js';
import { fits, shapes } from './saved_shapes.js';
import type {
  HeapCells,
  LeakFindings,
  Limits,
  Marker,
  Part,
  Reading,
  SiteProfile,
  Site,
  Source,
  TestRun,
} from './source.js';

const formatName = 'tidemark-recording';

/** What a file can hold; each part may be missing. */
interface Content {
  id: string;
  readings: Reading[];
  markers: Marker[];
  sizeClasses: SizeClassStats[] | null;
  maps: PastMap[];
  sites: Site[] | null;
  leaks: LeakFindings | null;
  limits: Limits | null;
  tests: TestRun | null;
}

export class SavedSource implements Source {
  readonly kind = 'saved';
  id: string;
  readonly description: string;
  readonly tester = null;
  readonly actions = [];
  readonly #content: Content;

  constructor(fileName: string, content: Content) {
    this.#content = content;
    this.id = content.id;
    this.description = `Read from ${fileName}: nothing here is live.`;
  }

  missing(part: Part): string | null {
    const { sizeClasses, maps, sites, leaks, limits, tests } = this.#content;
    const there: Record<Part, boolean> = {
      sizeClasses: sizeClasses !== null,
      heapMap: maps.length > 0,
      sites: sites !== null,
      leaks: leaks !== null,
      limits: limits !== null,
      tests: tests !== null,
      actions: false,
    };
    if (there[part]) return null;
    return part === 'actions' ? 'This is a file, and not a running program.' : 'The file has nothing of this.';
  }

  read(): null {
    return null;
  }

  past(): readonly Reading[] {
    return this.#content.readings;
  }

  markers(): readonly Marker[] {
    return this.#content.markers;
  }

  sizeClasses(): readonly SizeClassStats[] | null {
    return this.#content.sizeClasses;
  }

  heapMap(): null {
    return null;
  }

  ownerOf(): null {
    return null;
  }

  pastMaps(): readonly { time: number; map: HeapCells }[] {
    return this.#content.maps.map((map) => ({ time: map.time, map: { cells: decode(map), cellBytes: map.cellBytes } }));
  }

  profile(): SiteProfile | null {
    const { sites } = this.#content;
    return sites && { sites, method: 'As it was when the file was saved.', downloads: [] };
  }

  leaks(): LeakFindings | null {
    return this.#content.leaks;
  }

  detectLeaks(): LeakFindings | null {
    return this.#content.leaks;
  }

  limits(): Limits | null {
    return this.#content.limits;
  }

  get savedTests(): TestRun | null {
    return this.#content.tests;
  }

  onMarker(): () => void {
    return () => undefined;
  }

  dispose(): void {
    // Nothing is held.
  }
}

/** All that is known of a module, to be opened again later. */
export function save(view: ModuleView): string {
  const { track, source, markers, latest } = view;
  const known = (name: 'used' | 'reserved' | 'limit', at: number): number | null => {
    const value = track.column(name)[at] ?? NaN;
    return Number.isNaN(value) ? null : value;
  };
  const readings = Array.from(track.column('time'), (time, at) => ({
    time,
    used: known('used', at),
    reserved: known('reserved', at),
    allocated: track.column('allocated')[at] ?? NaN,
    limit: known('limit', at),
  })).filter(({ allocated }) => !Number.isNaN(allocated));
  return JSON.stringify({
    format: formatName,
    version: 1,
    moduleId: source.id,
    latest,
    readings,
    markers,
    sizeClasses: source.sizeClasses(),
    maps: view.maps.all().map((map) => ({ ...map, stretches: Array.from(map.stretches) })),
    sites: source.profile()?.sites ?? null,
    leaks: view.leakHistory.at(-1)?.findings ?? null,
    limits: source.missing('limits') === null ? source.limits() : null,
    tests: view.testRun,
  });
}

/** @throws {TidemarkError} `'invalid-argument'`: no file of a kind that is known */
export function parse(fileName: string, text: string): SavedSource {
  const fail: Fail = (problem) => {
    throw new TidemarkError('invalid-argument', `${fileName}: ${problem}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    fail('this is no JSON; a report, a history or a recording is expected');
  }
  const content = Array.isArray(value)
    ? ofHistory(value, fileName)
    : isRecord(value)
      ? value['format'] === formatName
        ? ofRecording(value, fileName, fail)
        : ofReport(value, fileName, fail)
      : null;
  if (!content) return fail('no memory report, history, test results or recording was found in it');
  return new SavedSource(fileName, content);
}

type Fields = Record<string, unknown>;
type Fail = (problem: string) => never;
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const numberOr = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

function empty(id: string): Content {
  return {
    id,
    readings: [],
    markers: [],
    sizeClasses: null,
    maps: [],
    sites: null,
    leaks: null,
    limits: null,
    tests: null,
  };
}

function readingOf(fields: Fields): Reading | null {
  const time = numberOr(fields['time'] ?? fields['timestamp']);
  const allocated = numberOr(fields['allocated']);
  if (time === null || allocated === null) return null;
  return {
    time,
    allocated,
    used: numberOr(fields['used']),
    reserved: numberOr(fields['reserved']),
    free: numberOr(fields['free']),
    largestFree: numberOr(fields['largestFree']),
    liveBlocks: numberOr(fields['liveBlocks']),
    peakAllocated: numberOr(fields['peakAllocated']) ?? allocated,
    peakUsed: numberOr(fields['peakUsed']),
    limit: numberOr(fields['limit']),
    fragmentation: numberOr(fields['fragmentation']),
    efficiency: numberOr(fields['efficiency']),
    allocationRate: numberOr(fields['allocationRate']),
  };
}

function readingsOf(list: Fields[]): Reading[] {
  return list
    .map(readingOf)
    .filter((reading) => reading !== null)
    .sort((a, b) => a.time - b.time);
}

function ofHistory(list: unknown[], fileName: string): Content | null {
  const entries = listOf(list);
  const readings = readingsOf(entries);
  if (readings.length === 0) return null;
  const id = entries[0]?.['moduleId'];
  return { ...empty(typeof id === 'string' ? id : fileName), readings };
}

/** A part of a file, or null where it has none. Panels trust its shape. */
function partOf(fields: Fields, name: string, shape: Parameters<typeof fits>[1], fail: Fail): unknown {
  const value = fields[name];
  if (value === null || value === undefined) return null;
  return fits(value, shape) ? value : fail(`its ${name} are not as Tidemark writes them`);
}

const kinds: readonly string[] = ['growth', 'shrink', 'compaction', 'collection', 'warning', 'leak', 'note'];

function testsOf(name: string, rows: readonly ApiTestResult[], score: unknown, durationMs: unknown): TestRun {
  const [all, ms] = [numberOr(score) ?? 0, numberOr(durationMs) ?? 0];
  return { name, rows: rows.map(rowOf), score: all, durationMs: ms, recommendations: [] };
}

function ofReport(report: Fields, fileName: string, fail: Fail): Content | null {
  const { moduleId, stats, history, profile, limits, warnings } = report;
  const id = typeof moduleId === 'string' ? moduleId : typeof report['name'] === 'string' ? report['name'] : fileName;
  const content = empty(id);
  content.readings = readingsOf([...listOf(history), ...(isRecord(stats) ? [stats] : [])]);
  if (isRecord(profile)) {
    const sites = (partOf(profile, 'sites', shapes.sites, fail) ?? []) as ApiProfile['sites'];
    const sizeClasses = partOf(profile, 'sizeClasses', shapes.profileSizeClasses, fail) as ProfileRow[] | null;
    if (sites.length > 0) content.sites = [...sitesOf({ sites })];
    if (sizeClasses) content.sizeClasses = sizeClasses.map(rowOfProfile);
  }
  const leaks = partOf(report, 'leaks', shapes.reportedLeaks, fail) as ApiLeaks | null;
  content.leaks = leaks && leaksOf(leaks);
  if (isRecord(limits)) {
    content.limits = { limits: limitRows(limits as Record<string, number | null>), budgets: [], handlers: [] };
  }
  content.markers = listOf(warnings).flatMap(({ timestamp, message }) =>
    typeof timestamp === 'number' ? [{ time: timestamp, kind: 'warning' as const, text: String(message) }] : [],
  );
  const results = partOf(report, 'results', shapes.tests, fail) as ApiTestResult[] | null;
  if (results) {
    const { score, durationMs } = isRecord(report['summary']) ? report['summary'] : {};
    content.tests = testsOf(id, results, score, durationMs);
  }
  const nothing = content.readings.length === 0 && !content.leaks && !content.sites && !content.tests;
  return nothing ? null : content;
}

interface ProfileRow {
  blockBytes: number;
  liveBlocks: number;
  liveBytes: number;
  freeBytes: number;
}

function rowOfProfile({ blockBytes, liveBlocks, liveBytes, freeBytes }: ProfileRow): SizeClassStats {
  return {
    blockBytes,
    liveBlocks,
    liveBytes,
    freeBlocks: blockBytes > 0 ? Math.round(freeBytes / blockBytes) : 0,
    slabs: 0,
  };
}

function ofRecording(recording: Fields, fileName: string, fail: Fail): Content {
  if (recording['version'] !== 1) {
    fail(`this recording is of version ${String(recording['version'])}, and version 1 is expected`);
  }
  const { moduleId, readings, latest, tests } = recording;
  const part = (name: keyof typeof shapes): unknown => partOf(recording, name, shapes[name], fail);
  const rows = isRecord(tests) ? (partOf(tests, 'rows', shapes.tests, fail) as ApiTestResult[] | null) : null;
  return {
    id: typeof moduleId === 'string' ? moduleId : fileName,
    readings: readingsOf([
      ...listOf(readings).slice(0, isRecord(latest) ? -1 : undefined),
      ...(isRecord(latest) ? [latest] : []),
    ]),
    markers: ((part('markers') ?? []) as Marker[]).map((marker) =>
      kinds.includes(marker.kind) ? marker : { ...marker, kind: 'note' },
    ),
    sizeClasses: part('sizeClasses') as SizeClassStats[] | null,
    maps: ((part('maps') ?? []) as PastMap[]).map((map) => ({ ...map, stretches: Uint32Array.from(map.stretches) })),
    sites: part('sites') as Site[] | null,
    leaks: part('leaks') as LeakFindings | null,
    limits: part('limits') as Limits | null,
    tests: rows && testsOf('built-in', rows, (tests as Fields)['score'], (tests as Fields)['durationMs']),
  };
}

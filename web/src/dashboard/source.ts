// What the panels need to know of a program, wherever it comes from: a live module (live_source.ts) or a file
// (saved_source.ts). Null always means "not known here"; a panel then says so and shows no figure.
import type { SizeClassStats } from '../heap_stats.js';
import type { ApiTestResult } from './component_api.js';

/** Bytes, but for what says otherwise. */
export interface Reading {
  /** Milliseconds since 1970. */
  time: number;
  /** The whole linear memory. */
  allocated: number;
  used: number | null;
  reserved: number | null;
  free: number | null;
  largestFree: number | null;
  liveBlocks: number | null;
  peakAllocated: number;
  peakUsed: number | null;
  limit: number | null;
  /** 0–1. */
  fragmentation: number | null;
  /** 0–100. */
  efficiency: number | null;
  /** Bytes a second that were handed out, live or not. */
  allocationRate: number | null;
}

export type MarkerKind = 'growth' | 'shrink' | 'compaction' | 'collection' | 'warning' | 'leak' | 'note';

/** Something that happened, as the timeline and the list of events show it. */
export interface Marker {
  time: number;
  kind: MarkerKind;
  text: string;
}

/** One byte for each `cellBytes` of linear memory, from address 0 up: the kinds of heap_cells.ts. */
export interface HeapCells {
  cells: Uint8Array;
  cellBytes: number;
}

/** What a shrink would do: bytes. */
export interface Benefit {
  returnedBytes: number;
  copiedBytes: number;
  allocatedAfter: number;
}

export interface Site {
  /** Innermost frame first. */
  stack: readonly string[];
  liveBytes: number;
  liveBlocks: number;
  totalBytes: number;
  totalBlocks: number;
  /** Freed before anything else was allocated; null where that isn't told apart. */
  temporaryBytes: number | null;
  /** Of these bytes at the moment of the peak; null where that was not kept. */
  peakBytes: number | null;
}

export interface ProfileDownload {
  label: string;
  fileName: string;
  mimeType: string;
  content(): Uint8Array | string;
}

export interface SiteProfile {
  sites: readonly Site[];
  /** How the figures came about, for people: "sampled, about every 512 KiB". */
  method: string;
  downloads: readonly ProfileDownload[];
}

export type Severity = 'none' | 'low' | 'medium' | 'high' | 'critical';

export interface LeakFinding {
  type: string;
  severity: Severity;
  /** 0–1. */
  confidence: number;
  bytes: number;
  blocks: number;
  ratePerSecond: number | null;
  description: string;
  sites: readonly { stack: readonly string[]; bytes: number; blocks: number }[];
  /** What the rule saw; `trend` and `cycle` are drawn where they are there. */
  trend: readonly { time: number; bytes: number }[];
  cycle: readonly string[];
}

export interface LeakFindings {
  hasLeak: boolean;
  severity: Severity;
  confidence: number;
  samples: number;
  analyzedMs: number;
  findings: readonly LeakFinding[];
  recommendations: readonly string[];
}

/** A line across the timeline, and a gauge: a limit of the manager's. */
export interface Limit {
  label: string;
  bytes: number;
  meaning: 'soft' | 'critical' | 'hard';
}

export interface Budget {
  name: string;
  usedBytes: number;
  limitBytes: number;
}

export interface Handler {
  name: string;
  calls: number;
  gainedBytes: number;
}

export interface Limits {
  limits: readonly Limit[];
  budgets: readonly Budget[];
  handlers: readonly Handler[];
}

export type TestRow = ApiTestResult;

export interface TestRun {
  name: string;
  rows: readonly TestRow[];
  score: number;
  durationMs: number;
  recommendations: readonly string[];
}

export interface Tester {
  readonly names: readonly string[];
  /** Runs some of them; `onRow` hears of each as it ends. */
  run(names: readonly string[], onRow: (row: TestRow) => void, signal: AbortSignal): Promise<TestRun>;
}

export interface ActionResult {
  text: string;
}

/** A button: what it is about to do is asked anew each time that it is shown. */
export interface Action {
  readonly id: string;
  readonly label: string;
  /** What it would do now, or what it is for. */
  forecast(): string;
  /** @throws an error whose message a person can read */
  run(): ActionResult | Promise<ActionResult>;
}

export type SourceKind = 'linked' | 'foreign' | 'memory' | 'saved';

export type Part = 'sizeClasses' | 'heapMap' | 'sites' | 'leaks' | 'limits' | 'tests' | 'actions';

export interface Source {
  readonly id: string;
  readonly kind: SourceKind;
  /** One line of what this is and how much can be seen of it. */
  readonly description: string;
  /** Why a part is not there; null when it is. */
  missing(part: Part): string | null;
  /** Null when there is nothing new, as in a file. */
  read(): Reading | null;
  /** What was known before the dashboard was opened, ascending by time. */
  past(): readonly Reading[];
  markers(): readonly Marker[];
  sizeClasses(): readonly SizeClassStats[] | null;
  /** A copy: the program may go on. */
  heapMap(): HeapCells | null;
  /** Who allocated what lies in a stretch of memory now, innermost frame first; null where that isn't known. */
  ownerOf(from: number, to: number): readonly string[] | null;
  /** Heap maps of the past, for the replay. */
  pastMaps(): readonly { time: number; map: HeapCells }[];
  /** Starts profiling where it isn't on; null before there is anything. */
  profile(): SiteProfile | null;
  leaks(): LeakFindings | null;
  /** Looks for leaks now. */
  detectLeaks(): LeakFindings | null;
  limits(): Limits | null;
  readonly tester: Tester | null;
  readonly savedTests: TestRun | null;
  readonly actions: readonly Action[];
  /** Called with what happens from now on. */
  onMarker(listener: (marker: Marker) => void): () => void;
  dispose(): void;
}

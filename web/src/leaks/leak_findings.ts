// What the rules of src/leaks say, and what they look at beside memory: as JavaScript has it.
import type { RawFrame } from '../profiler_tables.js';

export type Verdict = 'clean' | 'maybe' | 'leak';
export const verdicts: readonly Verdict[] = ['clean', 'maybe', 'leak'];
export const growthReasons = [
  'too few samples',
  'no trend',
  'below the threshold',
  'what rises falls again',
  'a few loads',
  'a plateau',
  'slowing down',
  'not yet half a window',
  'rising',
  'the valleys are rising',
  'uneven',
  'rising for long',
] as const;

export interface Finding {
  verdict: Verdict;
  confidence: number;
  bytes: number;
  blocks: number;
  ratePerSecond: number;
}

export interface GrowthFinding extends Finding {
  reason: (typeof growthReasons)[number];
  tau: number;
  z: number;
  spanMs: number;
  pieces: number;
  samples: number;
  valleys: number;
}

/** Told of a rise that would be a leak if it were faster, and of one of which that can't be said yet. */
export const isSlow = ({ reason }: GrowthFinding): boolean => reason === 'below the threshold';

/** Of one size class; `blockBytes` 0 is of large blocks. */
export interface CensusRow {
  blockBytes: number;
  liveBlocks: number;
  liveBytes: number;
  slabs: number;
  sparseSlabs: number;
  sparseFreeBytes: number;
}

export interface Census {
  liveBytes: number;
  liveBlocks: number;
  heldBytes: number;
  freeRunBytes: number;
  rows: CensusRow[];
}

export interface FragmentationFinding extends Finding {
  share: number;
  strandedBytes: number;
  splinterBytes: number;
  worstClass: number;
  pinnedSlabs: number;
}

export interface PathNode {
  address: number;
  bytes: number;
  typeName: string | null;
}

/** Blocks lost in the same way: `bytes` themselves, `heldBytes` with them. */
export interface LostGroup {
  kind: 'block' | 'cycle' | 'shared-cycle';
  /** 0: of several kinds, which found no group of their own. */
  blockBytes: number;
  typeName: string | null;
  blocks: number;
  bytes: number;
  heldBlocks: number;
  heldBytes: number;
  occurrences: number;
  cycleBlocks: number;
  /** Every owner that the counts of the shared pointers tell of was found among what is lost. */
  whole: boolean;
  example: number;
  path: PathNode[];
}

export interface ScanReport {
  directBlocks: number;
  directBytes: number;
  lostBlocks: number;
  lostBytes: number;
  liveBlocks: number;
  liveBytes: number;
  scannedBytes: number;
  ownBytes: number;
  examinedBlocks: number;
  groups: LostGroup[];
}

export type ScanKind = 'exact' | 'confirmed' | 'approximate';
export const scanKinds: readonly ScanKind[] = ['exact', 'confirmed', 'approximate'];

/** What JavaScript keeps of a linked program: bindings/leak_detector.js. */
export interface Resources {
  /** How many do. */
  watching: number;
  readonly held: Set<number>;
  readonly classes: Map<
    string,
    {
      live: number;
      created: number;
      netted: number;
      forgottenCount: number;
      forgotten: { address: number; stack: string | null }[];
      readonly stacks: Map<string, number>;
    }
  >;
  /** Calls `then` once the garbage collector has run, in place of what the same `who` has asked for before. Runtimes of before don't. */
  onCollected?(who: object, then: (() => void) | null): void;
  roots(visit: (address: number) => void): void;
  wasmOnStack(): boolean;
  values(): number;
  text(address: number): string;
}

/** What bindings/profiler.js keeps: samples of allocations that are alive. */
export interface ProfilerSamples {
  readonly blocks: Map<number, { site: ProfilerSite; bytes: number; weight: number }>;
  readonly frames: RawFrame[];
  sections(name: string): ArrayBuffer[];
}
export interface ProfilerSite {
  frames: number[];
  liveBytes: number;
  liveBlocks: number;
}

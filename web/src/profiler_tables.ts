// The profiler's tables as the runtime keeps them (bindings/profiler.js): objects of JavaScript, in no linear memory.
import type { Runtime } from './engine.js';

declare module './engine.js' {
  interface EngineExports {
    /** Mean bytes between samples, 0 for every allocation, negative to stop; the share of the time they may take. */
    tidemark_profiler_sample(meanBytes: number, share: number, seed: number): void;
  }
}

export interface RawFrame {
  kind: 'wasm' | 'javascript' | 'scope';
  name: string;
  /** Of WebAssembly: byte offset in the module. */
  position: number;
  functionIndex: number;
  script: string;
  line: number;
  column: number;
}

export interface RawSite {
  /** Numbers of frames, the innermost first. */
  frames: number[];
  liveBytes: number;
  liveBlocks: number;
  totalBytes: number;
  totalBlocks: number;
  temporaryBytes: number;
  temporaryBlocks: number;
}

export interface ProfilerTables {
  maxFrames: number;
  stacks: 'native' | 'scopes';
  readonly frames: RawFrame[];
  readonly sites: RawSite[];
  readonly blocks: ReadonlyMap<number, { site: RawSite; bytes: number; weight: number }>;
  readonly samples: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly meanBytes: number;
  readonly live: number;
  readonly peak: number;
  onAlarm: (() => void) | null;
  onExhausted: ((bytes: number) => boolean) | null;
  atPeak(site: RawSite): { bytes: number; blocks: number };
  reset(): void;
  sections(name: string): ArrayBuffer[];
  /** Where the code was loaded from, or its bytes; null where that isn't known. */
  source(): string | Uint8Array | null;
  codeExports(): string[];
}

export function profilerOf(runtime: Runtime): ProfilerTables {
  return (runtime as unknown as { profiler: ProfilerTables }).profiler;
}

// A profile as it is taken: sites with names, and what was estimated of them. Everything else is made from this.
import type { ProfilerTables } from '../profiler_tables.js';
import type { Symbols } from '../symbols/symbols.js';
import { FunctionNames, unnamedFunction } from './function_names.js';

export interface ProfileFrame {
  name: string;
  kind: 'wasm' | 'javascript' | 'scope';
  /** Source or script; '' where it isn't known. */
  file: string;
  line: number;
  column: number;
  /** Of WebAssembly: byte offset in the module; 0 else. */
  address: number;
  /** Of WebAssembly; -1 else, and where the engine tells no more than a name. */
  functionIndex: number;
}

export interface ProfileSite {
  /** The function that allocated first, what called it after it. */
  frames: ProfileFrame[];
  liveBytes: number;
  liveBlocks: number;
  /** Of all blocks that came from here, live or not. */
  totalBytes: number;
  totalBlocks: number;
  /** Freed before anything else was allocated. */
  temporaryBytes: number;
  temporaryBlocks: number;
  /** What was alive when most of the whole program was. */
  peakBytes: number;
  peakBlocks: number;
}

export interface ProfileData {
  moduleId: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  takenAt: number;
  samples: number;
  /** Mean bytes between the latest samples; 0 where every allocation is one. */
  meanBytes: number;
  sites: ProfileSite[];
}

const figures = [
  'liveBytes',
  'liveBlocks',
  'totalBytes',
  'totalBlocks',
  'temporaryBytes',
  'temporaryBlocks',
  'peakBytes',
  'peakBlocks',
] as const;

// What stands between the program and the profiler, in the order of the stack.
const allocator =
  /^(tidemark::(ProgramListener|HeapMeter|Heap<|observed::)|tidemark_(malloc|calloc|realloc|reallocarray|memalign|posix_memalign|p?valloc|on_sampled)\b|(__libc_|emscripten_builtin_)?(malloc|calloc|realloc|memalign|posix_memalign|aligned_alloc|p?valloc)\b|operator new|operator_new_impl|void\* operator new|void\* std::__2::__libcpp_(operator_new|allocate)|std::__2::(__libcpp_allocate|allocator<|__allocate_at_least|allocator_traits<))/;

/** Whether a frame is the allocator's, and not the program's. */
export function isAllocator({ kind, name }: { kind: string; name: string }): boolean {
  return kind === 'wasm' && allocator.test(name);
}

/** How many of the innermost frames are the allocator's where they have no names: those that all sites begin with. */
function unnamedDepth(sites: readonly ProfileSite[]): number {
  if (sites.length < 2) return 0;
  const unnamed = (site: ProfileSite | undefined, depth: number): number => {
    const frame = site?.frames[depth];
    return frame?.kind === 'wasm' && frame.name === unnamedFunction(frame.functionIndex) ? frame.functionIndex : -1;
  };
  let depth = 0;
  for (; depth < 8; ++depth) {
    const first = unnamed(sites[0], depth);
    if (first < 0 || !sites.every((site) => unnamed(site, depth) === first)) break;
  }
  return depth;
}

/** What the tables say now: a site for each stack, with the frames of the allocator. */
export function takeSnapshot(moduleId: string, tables: ProfilerTables, takenAt: number): ProfileData {
  const names = new FunctionNames(tables);
  const frames = tables.frames.map((raw) => names.frame(raw));
  const sites = tables.sites.map((raw): ProfileSite => {
    const { bytes, blocks } = tables.atPeak(raw);
    return {
      frames: raw.frames.map((number) => frames[number] as ProfileFrame),
      liveBytes: raw.liveBytes,
      liveBlocks: raw.liveBlocks,
      totalBytes: raw.totalBytes,
      totalBlocks: raw.totalBlocks,
      temporaryBytes: raw.temporaryBytes,
      temporaryBlocks: raw.temporaryBlocks,
      peakBytes: bytes,
      peakBlocks: blocks,
    };
  });
  const { startedAt, samples, meanBytes } = tables;
  return { moduleId, startedAt, takenAt, samples, meanBytes, sites };
}

/** The profile as it is shown: without the allocator, a site for each place that can be told apart. */
export function profileOf(snapshot: ProfileData, symbols?: Symbols): ProfileData {
  const known = new Map<ProfileFrame, ProfileFrame[]>();
  const expanded = (frame: ProfileFrame): ProfileFrame[] => {
    let frames = known.get(frame);
    if (!frames) known.set(frame, (frames = symbols ? symbols(frame) : [frame]));
    return frames;
  };
  const unnamed = unnamedDepth(snapshot.sites);
  const merged = new Map<string, ProfileSite>();
  for (const raw of snapshot.sites) {
    const own = raw.frames.slice(unnamed).flatMap(expanded);
    let first = 0;
    own.slice(0, 24).forEach((frame, depth) => isAllocator(frame) && (first = depth + 1));
    const frames = own.slice(first);
    // Places within a function are one site unless the source tells them apart.
    const key = frames.map(({ name, file, line }) => `${name}\n${file}\n${line}`).join('\n\n');
    const site = merged.get(key);
    if (site) for (const field of figures) site[field] += raw[field];
    else merged.set(key, { ...raw, frames });
  }
  // Sums of floating point numbers may end a little off 0.
  for (const site of merged.values()) for (const field of figures) site[field] = Math.max(0, Math.round(site[field]));
  const sites = [...merged.values()].sort((a, b) => b.liveBytes - a.liveBytes || b.totalBytes - a.totalBytes);
  return { ...snapshot, sites };
}

/** A frame as one line. */
export function frameAsText({ name, file, line, column }: ProfileFrame): string {
  if (file === '') return name;
  const place = line > 0 ? `${file}:${line}${column > 0 ? `:${column}` : ''}` : file;
  return name === '' ? place : `${name} (${place})`;
}

/** What has changed from `before` to `after`, two profiles of one module: figures of sites may be negative. */
export function diffProfiles(before: ProfileData, after: ProfileData): ProfileData {
  const key = (site: ProfileSite): string => site.frames.map(frameAsText).join('\n');
  const earlier = new Map(before.sites.map((site) => [key(site), site]));
  const subtract = (site: ProfileSite | undefined, less: ProfileSite | undefined): ProfileSite => {
    const change = { ...((site ?? less) as ProfileSite) };
    for (const field of figures) change[field] = (site?.[field] ?? 0) - (less?.[field] ?? 0);
    return change;
  };
  const sites = after.sites.map((site) => {
    const less = earlier.get(key(site));
    earlier.delete(key(site));
    return subtract(site, less);
  });
  for (const gone of earlier.values()) sites.push(subtract(undefined, gone));
  const changed = sites.filter((site) => figures.some((field) => site[field] !== 0));
  changed.sort((a, b) => Math.abs(b.liveBytes) - Math.abs(a.liveBytes));
  return { ...after, startedAt: before.takenAt, samples: after.samples - before.samples, sites: changed };
}

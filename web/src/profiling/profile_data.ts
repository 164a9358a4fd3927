// A profile as it is taken: sites with names, and what was estimated of them. Everything else is made from this.
import type { ProfilerTables, RawFrame, RawSite } from '../profiler_tables.js';
import { FunctionNames } from './function_names.js';

export interface ProfileFrame {
  name: string;
  kind: 'wasm' | 'javascript' | 'scope';
  /** Source or script; '' where it isn't known. */
  file: string;
  line: number;
  column: number;
  /** Of WebAssembly: byte offset in the module; 0 else. */
  address: number;
  /** Of WebAssembly; -1 else. */
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

/** What makes places in WebAssembly readable: source maps, of which the module itself has only the address. */
export interface SymbolSources {
  /** The content of the .wasm.map file, as text or parsed. */
  sourceMap?: string | object;
}

// What stands between the program and the profiler, in the order of the stack.
const allocator =
  /^(tidemark::(ProgramListener|HeapMeter|Heap<|observed::)|tidemark_(malloc|calloc|realloc|reallocarray|memalign|posix_memalign|on_sampled)\b|(__libc_|emscripten_builtin_)?(malloc|calloc|realloc|memalign|posix_memalign|aligned_alloc)\b|operator new|operator_new_impl|void\* operator new|void\* std::__2::__libcpp_(operator_new|allocate)|std::__2::(__libcpp_allocate|allocator<|__allocate_at_least|allocator_traits<))/;

function isAllocator(frame: RawFrame): boolean {
  return frame.kind === 'wasm' && allocator.test(frame.name);
}

/** How many of the innermost frames are the allocator's where they have no names: those that all sites begin with. */
function unnamedDepth(tables: ProfilerTables): number {
  const { sites, frames } = tables;
  if (sites.length < 2) return 0;
  const unnamed = (site: RawSite | undefined, depth: number): number => {
    const frame = frames[site?.frames[depth] ?? -1];
    return frame?.name === '' ? frame.functionIndex : -1;
  };
  let depth = 0;
  for (; depth < 8; ++depth) {
    const first = unnamed(sites[0], depth);
    if (first < 0 || !sites.every((site) => unnamed(site, depth) === first)) break;
  }
  return depth;
}

export function takeProfile(
  moduleId: string,
  tables: ProfilerTables,
  takenAt: number,
  symbols: SymbolSources = {},
): ProfileData {
  const names = new FunctionNames(tables, symbols);
  const named = new Map<number, ProfileFrame>();
  const frameOf = (id: number): ProfileFrame => {
    let frame = named.get(id);
    if (!frame) named.set(id, (frame = names.resolve(tables.frames[id] as RawFrame)));
    return frame;
  };
  const unnamed = unnamedDepth(tables);
  const sites = new Map<string, ProfileSite>();
  for (const raw of tables.sites) {
    let first = unnamed;
    raw.frames.forEach((id, index) => {
      if (index < 12 && isAllocator(tables.frames[id] as RawFrame)) first = Math.max(first, index + 1);
    });
    const frames = raw.frames.slice(first).map(frameOf);
    // Places within a function are one site unless the source tells them apart.
    const key = frames.map(({ name, file, line }) => `${name}\n${file}\n${line}`).join('\n\n');
    const site = sites.get(key) ?? {
      frames,
      liveBytes: 0,
      liveBlocks: 0,
      totalBytes: 0,
      totalBlocks: 0,
      temporaryBytes: 0,
      temporaryBlocks: 0,
      peakBytes: 0,
      peakBlocks: 0,
    };
    sites.set(key, site);
    const { bytes, blocks } = tables.atPeak(raw);
    site.liveBytes += raw.liveBytes;
    site.liveBlocks += raw.liveBlocks;
    site.totalBytes += raw.totalBytes;
    site.totalBlocks += raw.totalBlocks;
    site.temporaryBytes += raw.temporaryBytes;
    site.temporaryBlocks += raw.temporaryBlocks;
    site.peakBytes += bytes;
    site.peakBlocks += blocks;
  }
  const { startedAt, samples, meanBytes } = tables;
  // Sums of floating point numbers may end a little off 0.
  for (const site of sites.values()) {
    for (const [field, value] of Object.entries(site)) {
      if (typeof value === 'number')
        (site as unknown as Record<string, number>)[field] = Math.max(0, Math.round(value));
    }
  }
  const sorted = [...sites.values()].sort((a, b) => b.liveBytes - a.liveBytes || b.totalBytes - a.totalBytes);
  return { moduleId, startedAt, takenAt, samples, meanBytes, sites: sorted };
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
    const from = (site ?? less) as ProfileSite;
    const entries = Object.entries(from).map(([field]) => {
      if (field === 'frames') return [field, from.frames];
      const name = field as Exclude<keyof ProfileSite, 'frames'>;
      return [field, (site?.[name] ?? 0) - (less?.[name] ?? 0)];
    });
    return Object.fromEntries(entries) as ProfileSite;
  };
  const sites = after.sites.map((site) => {
    const less = earlier.get(key(site));
    earlier.delete(key(site));
    return subtract(site, less);
  });
  for (const gone of earlier.values()) sites.push(subtract(undefined, gone));
  const changed = sites.filter((site) => Object.values(site).some((value) => typeof value === 'number' && value !== 0));
  changed.sort((a, b) => Math.abs(b.liveBytes) - Math.abs(a.liveBytes));
  return { ...after, startedAt: before.takenAt, samples: after.samples - before.samples, sites: changed };
}

// A module that runs in this page.
import { isObject } from '../checks.js';
import type { Clock } from '../context.js';
import type { Runtime } from '../engine.js';
import type { SizeClassStats } from '../heap_stats.js';
import { WatchedModule, type WasmModule } from '../wasm_module.js';
import type { ApiProfile, ComponentApi } from './component_api.js';
import * as format from './format.js';
import { profilerOf } from '../profiler_tables.js';
import { HeapReader } from './heap_reader.js';
import { actionsOf, collected } from './live_actions.js';
import { leaksOf, limitsOf, profileOf, readingOf, testerOf } from './live_parts.js';
import type {
  Action,
  HeapCells,
  LeakFindings,
  Limits,
  Marker,
  MarkerKind,
  Part,
  Reading,
  SiteProfile,
  Source,
  SourceKind,
  Tester,
} from './source.js';

const descriptions = {
  linked: 'Linked with Tidemark’s runtime: every block is seen.',
  foreign: 'An Emscripten program that is not linked with Tidemark: memory size is known, and what is recorded.',
  memory: 'A WebAssembly memory of another toolchain: its size is known, and what is recorded.',
};

const onlyLinked = 'This program is not linked with Tidemark’s runtime: its blocks can’t be seen.';
const notGiven = (what: string): string => `The dashboard was given no API that has ${what}.`;

/** A walk over the heap may take this share of the main thread: it is for the longest free stretch, all else is counted. */
const walkShare = 0.0003;
const rateWindowMs = 3_000;
/** As src/monitor/monitor.h has it: what comes within milliseconds says nothing. */
const leastRateMs = 100;
/** A mean over three seconds has nothing new to say four times a second. */
const rateEveryMs = 1_000;
const mostMarkers = 400;

export class LiveSource implements Source {
  readonly id: string;
  readonly kind: SourceKind;
  readonly savedTests = null;
  readonly #watched: WatchedModule;
  readonly #given: WasmModule;
  readonly #clock: Clock;
  readonly #reader: HeapReader | null;
  readonly #listeners = new Set<(marker: Marker) => void>();
  readonly #markers: Marker[] = [];
  readonly #stops: (() => void)[] = [];
  readonly #totals: { time: number; bytes: number }[] = [];
  #lastRate: { time: number; bytesPerSecond: number } | null = null;
  /** Reads the profiler's tables; null until that has been loaded. */
  #readProfile: ((id: string, runtime: Runtime, clock: Clock) => ApiProfile) | null = null;
  #api: ComponentApi | null = null;
  #tester: Tester | null = null;
  #actions: readonly Action[] = [];
  #detecting = false;
  #managed = false;
  #disposed = false;
  #nextWalk = -Infinity;
  #lastWalkMs = 0;
  #walked = { largestFree: 0, fragmentation: 0 };
  #lastAllocated: number;
  #peakAllocated: number;

  /** @throws {TidemarkError} `'invalid-module'` */
  constructor(given: WasmModule, api: ComponentApi | null, clock: Clock) {
    // Whoever looks after the module has wrapped its allocator already, if that is wanted.
    const plain = isObject(given) && 'wrapAllocator' in given ? { ...given, wrapAllocator: false } : given;
    this.#watched = new WatchedModule(plain);
    this.#given = given;
    this.#clock = clock;
    this.id = this.#watched.id;
    this.kind = this.#watched.kind;
    this.#lastAllocated = this.#peakAllocated = this.#watched.allocatedBytes;
    const { runtime } = this.#watched;
    this.#reader = runtime && new HeapReader(runtime);
    if (runtime) {
      const stop = runtime.onShrink(({ allocatedBefore, allocatedAfter, returnedBytes, copiedBytes, durationMs }) => {
        this.#lastAllocated = allocatedAfter;
        this.#tell(
          'shrink',
          `Shrunk from ${format.bytes(allocatedBefore)} to ${format.bytes(allocatedAfter)}: ${format.bytes(returnedBytes)} ` +
            `returned, ${format.bytes(copiedBytes)} copied, ${format.duration(durationMs)}`,
        );
      });
      this.#stops.push(stop);
    }
    this.connect(api);
  }

  set profileReader(read: (id: string, runtime: Runtime, clock: Clock) => ApiProfile) {
    this.#readProfile = read;
  }

  /** The components that look after the module, once they are there; `dispose` ends them, where they are its own. */
  connect(api: ComponentApi | null, dispose?: () => void): void {
    if (this.#disposed) {
      dispose?.();
      return;
    }
    this.#api = api;
    this.#tester = api && testerOf(api, this.#given);
    this.#makeActions();
    const stops = [
      api?.wasmMemoryMonitor?.onWarning(({ moduleId, message, timestamp }) => {
        if (moduleId === this.id) this.#tell('warning', message, timestamp);
      }),
      api?.wasmMemoryManager?.on?.('gc', (result) => {
        if (result.moduleId === this.id) this.#tell('collection', collected(result));
      }),
    ];
    for (const stop of [...stops, dispose]) if (stop) this.#stops.push(stop);
  }

  #makeActions(): void {
    this.#managed = this.#api?.wasmMemoryManager?.has(this.id) ?? false;
    this.#actions = actionsOf(this.id, this.#watched.runtime, this.#api, (kind, text) => this.#tell(kind, text));
  }

  get description(): string {
    return this.kind === 'saved' ? '' : descriptions[this.kind];
  }

  missing(part: Part): string | null {
    const linked = this.kind === 'linked';
    switch (part) {
      case 'sizeClasses':
      case 'heapMap':
      case 'sites':
        return linked ? null : onlyLinked;
      case 'actions':
        return linked || this.#managed ? null : onlyLinked;
      case 'leaks':
        return this.#api?.memoryLeakDetector ? null : notGiven('the leak detector');
      case 'limits':
        return this.#api?.wasmMemoryManager ? null : notGiven('the memory manager');
      case 'tests':
        return this.#tester ? null : notGiven('the tester');
    }
  }

  /** The monitor, where it looks after this module. */
  get #monitor(): ComponentApi['wasmMemoryMonitor'] | null {
    const monitor = this.#api?.wasmMemoryMonitor;
    return monitor?.isMonitoring(this.id) ? monitor : null;
  }

  read(): Reading {
    const monitored = this.#monitor?.getMemoryStats(this.id);
    const reading = monitored ? readingOf(monitored) : this.#ofHeap();
    if (reading.allocated > this.#lastAllocated) {
      const grown = format.bytes(reading.allocated - this.#lastAllocated);
      this.#tell('growth', `Memory grew by ${grown} to ${format.bytes(reading.allocated)}`, reading.time);
    }
    this.#lastAllocated = reading.allocated;
    return reading;
  }

  /** Counted now. The longest free stretch, and what follows from it, are of the last walk: of one moment, both. */
  #countHeap(reader: HeapReader): Pick<Reading, 'reserved' | 'free' | 'largestFree' | 'liveBlocks' | 'fragmentation'> {
    const begin = this.#clock.elapsed();
    const isDue = begin >= this.#nextWalk;
    const { reservedBytes: reserved, freeBytes: free, largestFreeBytes, liveBlocks } = reader.stats(isDue);
    if (isDue) {
      const end = this.#clock.elapsed();
      this.#nextWalk = end + Math.min(end - begin, this.#lastWalkMs) / walkShare;
      this.#lastWalkMs = end - begin;
      this.#walked = { largestFree: largestFreeBytes, fragmentation: free > 0 ? 1 - largestFreeBytes / free : 0 };
    }
    const { largestFree, fragmentation } = this.#walked;
    return { reserved, free, largestFree: Math.min(free, largestFree), liveBlocks, fragmentation };
  }

  #ofHeap(): Reading {
    const counted = this.#reader && this.#countHeap(this.#reader);
    const allocated = this.#watched.allocatedBytes;
    this.#peakAllocated = Math.max(this.#peakAllocated, allocated);
    const meter = this.#reader?.meter;
    const time = this.#clock.now();
    return {
      time,
      allocated,
      used: meter?.liveBytes ?? null,
      reserved: counted?.reserved ?? null,
      free: counted?.free ?? null,
      largestFree: counted?.largestFree ?? null,
      liveBlocks: counted?.liveBlocks ?? null,
      peakAllocated: this.#peakAllocated,
      peakUsed: meter?.peakLiveBytes ?? null,
      limit: null,
      fragmentation: counted?.fragmentation ?? null,
      efficiency: null,
      allocationRate: meter ? this.#rate(time, meter.totalBytes) : null,
    };
  }

  #rate(time: number, bytes: number): number | null {
    this.#totals.push({ time, bytes });
    while ((this.#totals[0]?.time ?? time) < time - rateWindowMs) this.#totals.shift();
    const first = this.#totals[0];
    const isDue = !this.#lastRate || time >= this.#lastRate.time + rateEveryMs - 4; // a timer may come a little early
    if (isDue) {
      const isKnown = first !== undefined && time - first.time >= leastRateMs;
      this.#lastRate = isKnown ? { time, bytesPerSecond: ((bytes - first.bytes) * 1000) / (time - first.time) } : null;
    }
    return this.#lastRate?.bytesPerSecond ?? null;
  }

  past(): readonly Reading[] {
    return (this.#monitor?.getHistory?.(this.id) ?? []).map(readingOf);
  }

  markers(): readonly Marker[] {
    return this.#markers;
  }

  sizeClasses(): readonly SizeClassStats[] | null {
    return this.#watched.heapStats()?.sizeClasses ?? null;
  }

  heapMap(): HeapCells | null {
    return this.#reader?.map() ?? null;
  }

  /** Cost: a step for each block that is sampled. */
  ownerOf(from: number, to: number): readonly string[] | null {
    const { runtime } = this.#watched;
    if (!runtime) return null;
    const { blocks, frames } = profilerOf(runtime);
    for (const [address, { site, bytes }] of blocks) {
      if (address >= to || address + bytes <= from) continue;
      return site.frames.flatMap((number) => frames[number]?.name || []);
    }
    return null;
  }

  pastMaps(): readonly { time: number; map: HeapCells }[] {
    return [];
  }

  profile(): SiteProfile | null {
    const { runtime } = this.#watched;
    if (!runtime || !this.#readProfile) return null;
    return profileOf(this.#readProfile(this.id, runtime, this.#clock), this.id);
  }

  leaks(): LeakFindings | null {
    return null;
  }

  detectLeaks(): LeakFindings | null {
    const detector = this.#api?.memoryLeakDetector;
    if (!detector) return null;
    if (!this.#detecting && !detector.getModule?.(this.id)) {
      detector.startMonitoring(this.#given);
      this.#detecting = true;
    }
    const found = leaksOf(detector.detectLeaks(this.id));
    const worst = found.findings[0];
    if (found.hasLeak && worst) this.#tell('leak', worst.description);
    return found;
  }

  limits(): Limits | null {
    const manager = this.#api?.wasmMemoryManager;
    if (manager && manager.has(this.id) !== this.#managed) this.#makeActions();
    return manager ? limitsOf(manager, this.id) : null;
  }

  get tester(): Tester | null {
    return this.#tester;
  }

  get actions(): readonly Action[] {
    return this.#actions;
  }

  #tell(kind: MarkerKind, text: string, time = this.#clock.now()): void {
    const marker = { time, kind, text };
    this.#markers.push(marker);
    if (this.#markers.length > mostMarkers) this.#markers.shift();
    for (const listener of this.#listeners) listener(marker);
  }

  onMarker(listener: (marker: Marker) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What was started to look leaves off again. */
  dispose(): void {
    this.#disposed = true;
    if (this.#detecting) this.#api?.memoryLeakDetector?.stopMonitoring?.(this.id);
    for (const stop of this.#stops.splice(0)) stop();
    this.#listeners.clear();
    this.#watched.dispose();
  }
}

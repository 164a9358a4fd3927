// What a collection can ask to give memory back: caches, pools, arrays and maps of the package, and whatever users register.
// Each does what it can; what it gave is measured from outside, in the heap.
import type { Context } from './context.js';

export interface Collectable {
  /** Drops entries whose time is over. */
  purgeExpired?(): void;
  /** Gives back what is kept for speed: idle pooled objects, spare capacity. */
  trim?(): void;
  /** Moves content together. */
  compact?(): void;
  /** Drops live entries that can be had again, those used longest ago first: about `share` of them, 0–1. */
  evict?(share: number): void;
  /** Bytes of linear memory that evict(1) and trim() could free, where that is known: who has most is asked first. */
  readonly spareBytes?: number;
}

/** What can be collected, by module. Holds nothing alive. */
export class Collectables {
  readonly #entries = new Map<string, Set<WeakRef<Collectable>>>();

  /** Returns the function that takes it out again; nobody has to call it. */
  register(collectable: Collectable, moduleId: string): () => void {
    let entries = this.#entries.get(moduleId);
    if (!entries) this.#entries.set(moduleId, (entries = new Set()));
    const reference = new WeakRef(collectable);
    entries.add(reference);
    return () => void entries.delete(reference);
  }

  /** Those of one module, in the order that they came in. */
  of(moduleId: string): Collectable[] {
    const entries = this.#entries.get(moduleId);
    if (!entries) return [];
    const alive: Collectable[] = [];
    for (const reference of entries) {
      const collectable = reference.deref();
      if (collectable) alive.push(collectable);
      else entries.delete(reference);
    }
    return alive;
  }
}

const ofContexts = new WeakMap<Context, Collectables>();

/** The one registry of a context. Structures in the engine's own memory register under `context.defaultModule.id`. */
export function collectablesOf(context: Context): Collectables {
  let collectables = ofContexts.get(context);
  if (!collectables) ofContexts.set(context, (collectables = new Collectables()));
  return collectables;
}

/** Who collects when a monitor sees that it should: the manager of the module, if it has one. */
export interface Collector {
  /** Whether a collection was started: not so soon after the last one. */
  request(moduleId: string): boolean;
  /** The hard limit of the module: bytes in live blocks; null where it has none. */
  hardLimitOf(moduleId: string): number | null;
}

const collectors = new WeakMap<Context, Set<Collector>>();

export function addCollector(context: Context, collector: Collector): () => void {
  let all = collectors.get(context);
  if (!all) collectors.set(context, (all = new Set()));
  all.add(collector);
  return () => void all.delete(collector);
}

/** Asks the managers of the context, until one has collected. */
export function requestCollection(context: Context, moduleId: string): boolean {
  return [...(collectors.get(context) ?? [])].some((collector) => collector.request(moduleId));
}

/** The least hard limit that a manager of the context has for a module, or null. */
export function hardLimitOf(context: Context, moduleId: string): number | null {
  const limits = [...(collectors.get(context) ?? [])].map((collector) => collector.hardLimitOf(moduleId));
  return limits.reduce((least, limit) => (limit !== null && (least === null || limit < least) ? limit : least), null);
}

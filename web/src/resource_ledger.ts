// Things that have to be given back by a call, counted by those who hand them out: structures, pools, buffers, handles,
// listeners. The leak detector looks at the counts, and nobody else has to know of them.
import type { Context } from './context.js';

export interface ResourceSource {
  /** One of them, as in "12 pooled objects are in use": `pooled object`. */
  readonly kind: string;
  /** In use. */
  readonly live: number;
  /** Bytes behind them, where that is known. */
  readonly bytes?: number;
  /** Collected by the garbage collector before they were given back; given back by a finalizer then. */
  readonly netted?: number;
  /** What gives one back, as in "call release()". */
  readonly remedy?: string;
}

export class ResourceLedger {
  readonly #sources = new Map<string, Set<ResourceSource>>();

  /** Returns the function that takes it out again. */
  register(source: ResourceSource, moduleId: string): () => void {
    let sources = this.#sources.get(moduleId);
    if (!sources) this.#sources.set(moduleId, (sources = new Set()));
    sources.add(source);
    return () => void sources.delete(source);
  }

  /** What is counted by `count`, of one kind and with one remedy each. Returns the function that takes them out again. */
  registerAll(
    moduleId: string,
    counted: readonly (readonly [kind: string, of: { readonly count: number }, remedy: string])[],
  ): () => void {
    const leave = counted.map(([kind, of, remedy]) => {
      const source = {
        kind,
        remedy,
        get live() {
          return of.count;
        },
      };
      return this.register(source, moduleId);
    });
    return () => leave.forEach((each) => each());
  }

  of(moduleId: string): ResourceSource[] {
    return [...(this.#sources.get(moduleId) ?? [])];
  }
}

const ofContexts = new WeakMap<Context, ResourceLedger>();

/** The one ledger of a context. */
export function resourceLedgerOf(context: Context): ResourceLedger {
  let ledger = ofContexts.get(context);
  if (!ledger) ofContexts.set(context, (ledger = new ResourceLedger()));
  return ledger;
}

/** Of one kind, counted by those who make and dispose of it. */
export interface ResourceCounts extends ResourceSource {
  live: number;
  netted: number;
}

const countsByKind = new WeakMap<Context, Map<string, ResourceCounts>>();

/** The counts of what has a kind and lives in a context's own memory; in its ledger from the first on. */
export function countsOf(context: Context, kind: string, remedy: string): ResourceCounts {
  let kinds = countsByKind.get(context);
  if (!kinds) countsByKind.set(context, (kinds = new Map<string, ResourceCounts>()));
  let counts = kinds.get(kind);
  if (!counts) {
    kinds.set(kind, (counts = { kind, remedy, live: 0, netted: 0 }));
    resourceLedgerOf(context).register(counts, context.defaultModule.id);
  }
  return counts;
}

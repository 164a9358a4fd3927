// What of one module has to be given back by a call: Embind objects, values that C++ holds, and whatever is in the ledger.
// How many there are of each kind, over time, and what the rule says of that.
import type { Context } from '../context.js';
import { resourceLedgerOf } from '../resource_ledger.js';
import type { LeakEngine } from './leak_engine.js';
import type { LeakDetectorConfig, LeakPattern } from './leak_result.js';
import { LeakSeries } from './leak_series.js';
import { kindText, siteText, stackLines, type TellPattern } from './leak_text.js';

/** What JavaScript has from malloc(), and has to give to free(). */
const mallocBlock = '_malloc() block';

export class ResourceWatch {
  readonly #series = new Map<string, LeakSeries>();
  /** Objects that had been made, by class, before the garbage collector ran last, as far as that is known. */
  #madeBefore: ReadonlyMap<string, number> | null = null;
  /** Of those, how many were there afterwards. */
  readonly #outlived = new Map<string, number>();

  constructor(
    private readonly rules: LeakEngine,
    private readonly linked: boolean,
    private readonly moduleId: string,
    private readonly context: Context,
    private readonly config: () => LeakDetectorConfig,
    private readonly tell: TellPattern,
  ) {}

  /** Counts once. */
  sample(now: number): void {
    for (const { kind, live } of this.#counts()) this.#add(kind, live, now);
    const { resources } = this.rules;
    if (!this.linked || !resources?.onCollected) return;
    if (this.#madeBefore) {
      for (const [name, { live, created }] of resources.classes) {
        this.#outlived.set(name, Math.max(0, live - (created - (this.#madeBefore.get(name) ?? 0))));
      }
      this.#madeBefore = null;
    }
    const made = new Map([...resources.classes].map(([name, { created }]) => [name, created]));
    resources.onCollected(this, () => (this.#madeBefore = made));
  }

  dispose(): void {
    if (this.linked) this.rules.resources?.onCollected?.(this, null);
  }

  /** `looked`: the engine still has the scan of now. */
  patterns(looked: boolean): LeakPattern[] {
    const patterns: LeakPattern[] = [];
    for (const { kind, live, netted, bytes: ownBytes, remedy } of this.#counts()) {
      const className = /^Embind object of class (.*)$/.exec(kind)?.[1];
      const known = className === undefined ? undefined : this.rules.resources?.classes.get(className);
      let lost = 0;
      let bytes = ownBytes;
      const stacks = new Map<string, { blocks: number; bytes: number }>();
      const addStack = (stack: string, blocks: number, ofThem: number): void => {
        const sum = stacks.get(stack);
        stacks.set(stack, { blocks: (sum?.blocks ?? 0) + blocks, bytes: (sum?.bytes ?? 0) + ofThem });
      };
      if (looked && this.linked && kind === mallocBlock) {
        for (const address of this.rules.resources?.held ?? []) bytes += this.rules.bytesAt(address);
      }
      if (known && looked) {
        known.forgotten = known.forgotten.filter(({ address, stack }) => {
          const state = this.rules.stateOf(address);
          if (state === 'none') return false; // C++ has freed it
          if (state !== 'reachable') {
            const ofIt = this.rules.bytesAt(address);
            ++lost;
            bytes += ofIt;
            if (stack !== null) addStack(stack, 1, ofIt);
          }
          return true;
        });
      }
      const series = this.#series.get(kind);
      const rising = series
        ? this.rules.growth(series, 0, {
            windowMs: this.config().detectionWindowMs,
            minSamples: this.config().minSamples,
            threshold: 0.1, // a second
          })
        : null;
      // Wrappers that were dropped count until they are collected: a rise of them is believed as far as it outlives that.
      const waiting =
        known !== undefined &&
        this.rules.resources?.onCollected !== undefined &&
        live - (this.#outlived.get(className ?? '') ?? 0) > (rising?.bytes ?? 0) / 2;
      const verdict = rising?.verdict ?? 'clean';
      const forgotten = known?.forgotten.length ?? 0;
      const found = this.rules.resource({
        live,
        forgotten,
        lost,
        netted,
        bytes,
        looked,
        rising: waiting && verdict === 'leak' ? 'maybe' : verdict,
      });
      if (found.verdict === 'clean') continue;
      const said = {
        lost: `${kindText(lost, kind)} lost: the JavaScript wrapper was collected without being given back, and nothing in memory points to it`,
        forgotten: `${kindText(forgotten, kind)} collected without being given back`,
        rising: `${kindText(live, kind)} in use, and more all the time${waiting ? ', if the garbage collector leaves them' : ''}`,
        netted: `${kindText(netted, kind)} given back by the garbage collector only`,
        none: kind,
      }[found.reason];
      if (stacks.size === 0) known?.stacks.forEach((blocks, stack) => addStack(stack, blocks, 0));
      const sites = [...stacks]
        .map(([stack, sum]) => ({ stack: stackLines(stack), ...sum }))
        .sort((a, b) => b.bytes - a.bytes || b.blocks - a.blocks)
        .slice(0, 10);
      const where = siteText(sites);
      const recommendation = `${said}${where === null ? '' : `; made at ${where}`}: ${remedy}`;
      patterns.push(
        this.tell('resource', found.verdict, found.confidence, found.bytes, found.blocks, null, sites, {
          description: said,
          evidence: {
            kind,
            live,
            forgotten,
            lost,
            netted,
            reason: found.reason,
            ...(className !== undefined && { className }),
            recommendation,
          },
        }),
      );
    }
    return patterns;
  }

  *#counts(): Generator<{ kind: string; live: number; netted: number; bytes: number; remedy: string }> {
    if (this.linked) {
      const { resources } = this.rules;
      for (const [name, { live, netted }] of resources?.classes ?? []) {
        yield {
          kind: `Embind object of class ${name}`,
          live,
          netted,
          bytes: 0,
          remedy: 'call delete() when it is done with, or declare it by `using`',
        };
      }
      if (resources) {
        yield {
          kind: 'JavaScript value held by C++ (emscripten::val)',
          live: resources.values(),
          netted: 0,
          bytes: 0,
          remedy: 'destroy or reassign the val that holds it',
        };
        yield {
          kind: mallocBlock,
          live: resources.held.size,
          netted: 0,
          bytes: 0,
          remedy: 'call _free() from JavaScript when it is done with',
        };
      }
    }
    // Pools of the same objects count together.
    const kinds = new Map<string, { kind: string; live: number; netted: number; bytes: number; remedy: string }>();
    for (const { kind, live, netted = 0, bytes = 0, remedy = 'call dispose()' } of resourceLedgerOf(this.context).of(
      this.moduleId,
    )) {
      const sum = kinds.get(kind);
      if (!sum) {
        kinds.set(kind, { kind, live, netted, bytes, remedy });
        continue;
      }
      sum.live += live;
      sum.netted += netted;
      sum.bytes += bytes;
    }
    yield* kinds.values();
  }

  #add(kind: string, live: number, now: number): void {
    let known = this.#series.get(kind);
    if (!known) {
      if (this.#series.size >= 256) return;
      known = new LeakSeries(1, this.config().detectionWindowMs);
      this.#series.set(kind, known);
    }
    known.add(now, [live]);
  }
}

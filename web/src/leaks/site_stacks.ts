// Allocation sites as a person tells them apart: by the place in the program that called the allocator, and by the functions that
// led there. The profiler's sites are finer: it knows the place in each of these functions too, so that a call in a loop that the
// compiler has unrolled is a dozen of them, and the allocator's own ways are others again.
import { isAllocator } from '../profiling/profile_data.js';
import type { ProfilerSamples, ProfilerSite } from './leak_findings.js';

export interface SiteStack {
  readonly stack: string[];
}

export class SiteStacks {
  readonly #ofSite = new WeakMap<ProfilerSite, SiteStack>();
  readonly #ofKey = new Map<string, SiteStack>();

  constructor(private readonly profiler: () => ProfilerSamples | null) {}

  /** The same object for all sites that are told apart by less. */
  of(site: ProfilerSite): SiteStack {
    let known = this.#ofSite.get(site);
    if (!known) {
      const own = this.#ownOf(site.frames);
      const stack = own.map((number) => this.#nameOf(number));
      const key = `${own[0]}\n${stack.join('\n')}`;
      known = this.#ofKey.get(key) ?? { stack };
      this.#ofKey.set(key, known);
      this.#ofSite.set(site, known);
    }
    return known;
  }

  #ownOf(numbers: number[]): number[] {
    const frames = this.profiler()?.frames;
    const first = numbers.findIndex((number) => !frames?.[number] || !isAllocator(frames[number]));
    return numbers.slice(Math.max(first, 0));
  }

  #nameOf(number: number): string {
    const frame = this.profiler()?.frames[number];
    if (!frame) return 'unknown';
    if (frame.name !== '') return frame.name;
    return frame.kind === 'wasm' ? `wasm-function[${frame.functionIndex}]` : `${frame.script}:${frame.line}`;
  }
}

// Allocation sites as a person tells them apart: by the place in the program that called the allocator, and by the functions that
// led there. The profiler's sites are finer: it knows the place in each of these functions too, so that a call in a loop that the
// compiler has unrolled is a dozen of them, and the allocator's own ways are others again.
import { FunctionNames } from '../profiling/function_names.js';
import { isAllocator } from '../profiling/profile_data.js';
import type { ProfilerSamples, ProfilerSite } from './leak_findings.js';

export interface SiteStack {
  readonly stack: string[];
}

export class SiteStacks {
  readonly #ofSite = new WeakMap<ProfilerSite, SiteStack>();
  readonly #ofKey = new Map<string, SiteStack>();
  readonly #names = new FunctionNames({ sections: (name) => this.profiler()?.sections(name) ?? [] });

  constructor(private readonly profiler: () => ProfilerSamples | null) {}

  /** The same object for all sites that are told apart by less. */
  of(site: ProfilerSite): SiteStack {
    let known = this.#ofSite.get(site);
    if (!known) {
      const raw = this.profiler()?.frames;
      const frames = site.frames.flatMap((number) => (raw?.[number] ? this.#names.frame(raw[number]) : []));
      const own = frames.slice(
        Math.max(
          frames.findIndex((frame) => !isAllocator(frame)),
          0,
        ),
      );
      const stack = own.map(({ name, file, line }) => name || `${file}:${line}`);
      const key = `${own[0]?.address} ${own[0]?.line}:${own[0]?.column}\n${stack.join('\n')}`;
      known = this.#ofKey.get(key) ?? { stack };
      this.#ofKey.set(key, known);
      this.#ofSite.set(site, known);
    }
    return known;
  }
}

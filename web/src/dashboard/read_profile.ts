// The profile of a linked program as its runtime keeps it: objects of JavaScript, so reading changes nothing in the program.
// Loaded when there is a program to read it of.
import type { Clock } from '../context.js';
import type { Runtime } from '../engine.js';
import { profilerOf } from '../profiler_tables.js';
import { toChromeHeapProfile } from '../profiling/chrome_heap_profile.js';
import { toFirefoxProfile } from '../profiling/firefox_profile.js';
import { toPprof } from '../profiling/pprof.js';
import { frameAsText, profileOf, takeSnapshot } from '../profiling/profile_data.js';
import { toSpeedscope } from '../profiling/speedscope.js';
import type { ApiProfile } from './component_api.js';

export function readProfile(id: string, runtime: Runtime, clock: Clock): ApiProfile {
  const data = profileOf(takeSnapshot(id, profilerOf(runtime), clock.now()));
  return {
    samples: data.samples,
    sites: data.sites.map(({ frames, ...figures }) => ({ stack: frames.map(frameAsText), ...figures })),
    data,
    toPprof: () => toPprof(data),
    toSpeedscope: () => toSpeedscope(data),
    toFirefoxProfile: () => toFirefoxProfile(data),
    toChromeHeapProfile: () => toChromeHeapProfile(data),
  };
}

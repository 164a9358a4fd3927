// Runs the corpus: each program in a fresh instance, watched by a detector at its default settings, through as many seconds as
// it lasts. The clock is the test's, so that an hour takes as long as its work.
import { SimulatedClock } from '../../support/simulated_clock.mjs';
import { fieldProgramsInJavaScript } from './field_programs.mjs';
import { programsInJavaScript } from './programs.mjs';

/**
 * @param {() => Promise<object>} create  instantiates the corpus
 * @param {(options: object) => object} attach  of tidemark/attach
 * @param {{ only?: string, slices?: boolean, say?: (row: object) => void, prepare?: (api: object, module: object) => void }} options
 */
export async function runCorpus(create, attach, { only, slices = false, say, prepare } = {}) {
  const list = await create();
  const programs = [...programsInJavaScript, ...fieldProgramsInJavaScript];
  for (let index = 0; list._corpus_name(index) !== 0; ++index) {
    programs.push({
      name: list.UTF8ToString(list._corpus_name(index)),
      leaks: list._corpus_leaks(index) !== 0,
      slow: list._corpus_slow(index) !== 0,
      seconds: list._corpus_seconds(index),
      start: (program) => program._corpus_start(index),
      second: (program, _, t) => program._corpus_second(t),
    });
  }
  const rows = [];
  for (const program of programs) {
    if (only && program.name !== only) continue;
    const row = await runOne(program, await create(), attach, slices, prepare);
    rows.push(row);
    say?.(row);
  }
  return rows;
}

async function runOne(
  { name, leaks, slow = false, seconds, start, second, collects },
  module,
  attach,
  slices,
  prepare,
) {
  const clock = new SimulatedClock();
  const api = attach({ id: name, module, clock });
  prepare?.(api, { id: name, module });
  start?.(module);
  const detector = new api.MemoryLeakDetector({ continuousMonitoring: false });
  detector.startMonitoring({ id: name, module });
  const state = {};
  for (let t = 0; t < seconds; ++t) {
    second(module, state, t);
    clock.advance(1000);
  }
  if (collects) await collectGarbage();
  const began = performance.now();
  const result = slices ? await detector.detectLeaksInSlices(name) : detector.detectLeaks(name);
  const milliseconds = performance.now() - began;
  detector.dispose();
  const suspected = result.patterns.some(({ type }) => type !== 'fragmentation');
  return { name, leaks, slow, found: result.hasLeak, told: result.hasLeak || suspected, milliseconds, result };
}

/** Wrappers that were dropped are told to whoever has registered, in a later turn. */
async function collectGarbage() {
  for (let i = 0; i < 3; ++i) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Precision and recall of rows. A leak is found when it is named one (`hasLeak`). One that is slow, by its programmer's count
 * fewer reachable bytes a second than `growthThreshold`, is no leak by the default settings: it counts in the precision as any,
 * and on the side of recall in that of what is told, as a leak or as `maybe`, whatever the pattern but for fragmentation.
 */
export function scoreOf(rows) {
  const count = (wanted) => rows.filter(wanted).length;
  const leaking = rows.filter(({ leaks }) => leaks);
  const fast = leaking.filter(({ slow }) => !slow);
  const part = (some, key) => some.filter((row) => row[key]).length / some.length;
  return {
    programs: rows.length,
    leaking: leaking.length,
    slow: leaking.length - fast.length,
    precision: count(({ leaks, found }) => leaks && found) / count(({ found }) => found),
    recall: part(fast, 'found'),
    recallOfAll: part(leaking, 'found'),
    precisionOfTold: count(({ leaks, told }) => leaks && told) / count(({ told }) => told),
    recallOfTold: part(leaking, 'told'),
  };
}

// Runs the corpus: each program in a fresh instance, watched by a detector at its default settings, through as many seconds as
// it lasts. The clock is the test's, so that an hour takes as long as its work.
import { SimulatedClock } from '../../support/simulated_clock.mjs';
import { programsInJavaScript } from './programs.mjs';

/**
 * @param {() => Promise<object>} create  instantiates the corpus
 * @param {(options: object) => object} attach  of tidemark/attach
 * @param {{ only?: string, slices?: boolean, say?: (row: object) => void, prepare?: (api: object, module: object) => void }} options
 */
export async function runCorpus(create, attach, { only, slices = false, say, prepare } = {}) {
  const list = await create();
  const programs = [...programsInJavaScript];
  for (let index = 0; list._corpus_name(index) !== 0; ++index) {
    programs.push({
      name: list.UTF8ToString(list._corpus_name(index)),
      leaks: list._corpus_leaks(index) !== 0,
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

async function runOne({ name, leaks, seconds, start, second, collects }, module, attach, slices, prepare) {
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
  return { name, leaks, found: result.hasLeak, milliseconds, result };
}

/** Wrappers that were dropped are told to whoever has registered, in a later turn. */
async function collectGarbage() {
  for (let i = 0; i < 3; ++i) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Precision and recall of rows. */
export function scoreOf(rows) {
  const count = (leaks, found) => rows.filter((row) => row.leaks === leaks && row.found === found).length;
  const hits = count(true, true);
  return {
    programs: rows.length,
    leaking: hits + count(true, false),
    precision: hits / (hits + count(false, true)),
    recall: hits / (hits + count(true, false)),
  };
}

// Runs the corpus: each program in a fresh instance, watched by a detector at its default settings, through as many seconds as
// it lasts. The clock is the test's, so that an hour takes as long as its work.

/** A clock that stands still until it is advanced; its timers run when their time has come. */
export class TestClock {
  #now = 1_700_000_000_000;
  #timers = new Set();

  now() {
    return this.#now;
  }
  elapsed() {
    return this.#now;
  }
  every(ms, callback) {
    const timer = { ms, callback, next: this.#now + ms };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
  advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ next }) => next <= end).sort((a, b) => a.next - b.next)[0];
      if (!due) break;
      this.#now = due.next;
      due.next += due.ms;
      due.callback();
    }
    this.#now = end;
  }
}

/** What JavaScript does wrong, or right: programs of which C++ is only one half. */
const inJavaScript = [
  {
    name: 'ForgottenDelete',
    leaks: true,
    seconds: 40,
    collects: true,
    second: (program) => void new program.Image().bytes(),
  },
  {
    name: 'MallocOfJavaScript',
    leaks: true,
    seconds: 120,
    second: (program) => void program._malloc(4000),
  },
  {
    name: 'DeletedInTime',
    leaks: false,
    seconds: 60,
    collects: true,
    second(program, state) {
      state.kept ??= [];
      state.kept.push(new program.Image());
      if (state.kept.length > 10) state.kept.shift().delete();
    },
  },
  {
    name: 'OwnedByTheScene',
    leaks: false,
    seconds: 60,
    collects: true,
    second(program, state) {
      state.scene ??= new program.Scene();
      if (state.scene.count() < 50) state.scene.add(new program.Shape());
    },
  },
  {
    name: 'KnownToJavaScriptAlone',
    leaks: false,
    seconds: 70,
    second(program, state) {
      state.sessions ??= [];
      state.sessions.push(program._session_open());
      if (state.sessions.length > 12) program._session_close(state.sessions.shift());
      state.buffer ??= program._malloc(5000);
      for (const session of state.sessions)
        if (program._session_use(session) !== 1000) throw new Error('a session is gone');
    },
  },
  {
    name: 'SessionsNeverClosed',
    leaks: true,
    seconds: 120,
    second(program, state) {
      state.sessions ??= [];
      state.sessions.push(program._session_open());
      if (state.sessions.length > 12) state.sessions.shift();
    },
  },
  {
    name: 'ImagesKeptInAList',
    leaks: true,
    seconds: 120,
    collects: true,
    second(program, state) {
      state.images ??= [];
      state.images.push(new program.Image());
    },
  },
  {
    name: 'TextsNotFreed',
    leaks: true,
    seconds: 90,
    second(program, _, t) {
      for (let i = 0; i < 5; ++i) {
        const text = program._malloc(256 + 32 * (t % 8));
        program.HEAPU8.fill(65, text, text + 255);
        if (i > 0) program._free(text);
      }
    },
  },
  {
    name: 'TableOfSessionsInMemory',
    leaks: false,
    seconds: 90,
    second(program, state, t) {
      state.table ??= program._calloc(40, 4);
      const place = (state.table >> 2) + (t % 40);
      if (program.HEAPU32[place] !== 0) program._session_close(program.HEAPU32[place]);
      program.HEAPU32[place] = program._session_open();
    },
  },
  {
    name: 'CacheOfImages',
    leaks: false,
    seconds: 150,
    collects: true,
    second(program, state, t) {
      state.images ??= new Map();
      for (let i = 0; i < 2; ++i) state.images.set(2 * t + i, new program.Image());
      for (const [key, image] of state.images) {
        if (state.images.size <= 40) break;
        image.delete();
        state.images.delete(key);
      }
    },
  },
  {
    name: 'BufferPerCall',
    leaks: false,
    seconds: 80,
    second(program, _, t) {
      for (let i = 0; i < 10; ++i) {
        const buffer = program._malloc(1000 + 100 * ((t + i) % 20));
        program.HEAPU8.fill(7, buffer, buffer + 1000);
        program._free(buffer);
      }
    },
  },
];

/**
 * @param {() => Promise<object>} create  instantiates the corpus
 * @param {(options: object) => object} attach  of tidemark/attach
 * @param {{ only?: string, slices?: boolean, say?: (row: object) => void, prepare?: (api: object, module: object) => void }} options
 */
export async function runCorpus(create, attach, { only, slices = false, say, prepare } = {}) {
  const list = await create();
  const programs = [...inJavaScript];
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
  const clock = new TestClock();
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

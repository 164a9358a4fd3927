/** What JavaScript does wrong, or right: programs of which C++ is only one half. */
export const programsInJavaScript = [
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
  {
    name: 'ListenersInJavaScript',
    leaks: true,
    seconds: 120,
    second(program, state, t) {
      state.emitter ??= new program.Emitter();
      const size = 100 + (t % 7);
      state.emitter.on(() => size);
    },
  },
  {
    name: 'ListenersTakenBack',
    leaks: false,
    seconds: 120,
    second(program, state, t) {
      state.emitter ??= new program.Emitter();
      state.ids ??= [];
      for (let i = 0; i < 3; ++i) state.ids.push(state.emitter.on(() => t + i));
      while (state.ids.length > 20) state.emitter.off(state.ids.shift());
    },
  },
  {
    name: 'MeshOfAFactory',
    leaks: true,
    seconds: 50,
    collects: true,
    second: (program, _, t) => void program.loadMesh(100 + t).points(),
  },
  {
    name: 'MeshesReplaced',
    leaks: false,
    seconds: 90,
    collects: true,
    second(program, state, t) {
      for (const name of ['ship', 'rock', 'shot']) {
        state[name]?.delete();
        state[name] = new program.Mesh(200 + (t % 30));
      }
    },
  },
  {
    name: 'CloneNotDeleted',
    leaks: true,
    seconds: 60,
    collects: true,
    second(program) {
      const image = new program.Image();
      const other = image.clone();
      if (other.bytes() !== 4096) throw new Error('an image is gone');
      image.delete();
    },
  },
  {
    name: 'ViewsIntoOneBuffer',
    leaks: false,
    seconds: 70,
    second(program, state, t) {
      state.buffer ??= program._malloc(64 * 1024);
      state.views ??= [];
      state.views.push(program.HEAPU8.subarray(state.buffer + 100 * t, state.buffer + 100 * t + 100));
      state.views[0].fill(t);
    },
  },
];

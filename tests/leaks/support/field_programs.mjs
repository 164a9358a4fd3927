/** JavaScript's half of programs/field_leaking.cpp and field_healthy.cpp, written with them. */
export const fieldProgramsInJavaScript = [
  {
    name: 'SmartPointerOfAFailedCall',
    leaks: true,
    seconds: 60,
    collects: true,
    second(program, _, t) {
      const mesh = new program.Mesh(200);
      if (mesh.points() === 200 && t % 4 === 3) return;
      mesh.delete();
    },
  },
  {
    name: 'SmartPointersOnceAMinute',
    leaks: true,
    seconds: 300,
    collects: true,
    second(program, _, t) {
      const mesh = new program.Mesh(50 + (t % 10));
      if (t % 60 !== 20) mesh.delete();
    },
  },
  {
    name: 'ImagesByName',
    leaks: true,
    seconds: 200,
    collects: true,
    second(program, state, t) {
      state.images ??= new Map();
      if (t % 3 === 0) state.images.set(`image ${t}`, new program.Image()); // 1,400 bytes a second
    },
  },
  {
    name: 'ListenerOfEachPage',
    leaks: true,
    slow: true,
    seconds: 400,
    second(program, state, t) {
      state.emitter ??= new program.Emitter();
      if (t % 5 === 0) state.emitter.on(() => t); // 5 bytes a second
    },
  },
  {
    name: 'BuffersOfFailedUploads',
    leaks: true,
    slow: true,
    seconds: 400,
    second(program, _, t) {
      const buffer = program._malloc(600);
      program.HEAPU8.fill(7, buffer, buffer + 600);
      if (t % 15 !== 7) program._free(buffer); // 40 bytes a second
    },
  },
  {
    name: 'FactoryOfAFailedLoad',
    leaks: true,
    seconds: 100,
    collects: true,
    second(program, _, t) {
      const mesh = program.loadMesh(30);
      if (t % 10 !== 9) mesh.delete();
    },
  },
  {
    name: 'EmittersHeldByTheirListeners',
    leaks: true,
    slow: true,
    seconds: 200,
    collects: true,
    second(program) {
      const emitter = new program.Emitter(); // 40 bytes a second: the listener holds its wrapper
      emitter.on(() => emitter.count());
    },
  },
  {
    name: 'DeletedOnEveryPath',
    leaks: false,
    seconds: 80,
    collects: true,
    second(program, _, t) {
      const mesh = new program.Mesh(100 + (t % 50));
      try {
        if (t % 3 === 1) throw new Error('a call that fails');
      } catch {
        // it is reported, and life goes on
      } finally {
        mesh.delete();
      }
    },
  },
  {
    name: 'ScratchThatGrows',
    leaks: false,
    seconds: 300,
    second(program, state, t) {
      const wanted = 1000 + ((t * 7919) % 30_000);
      if ((state.bytes ?? 0) >= wanted) return;
      if (state.scratch) program._free(state.scratch);
      state.scratch = program._malloc(wanted);
      state.bytes = wanted;
    },
  },
  {
    name: 'ImagesUsedAgain',
    leaks: false,
    seconds: 200,
    collects: true,
    second(program, state, t) {
      state.idle ??= [];
      const used = [];
      for (let i = 0; i < 5 + (t % 20); ++i) used.push(state.idle.pop() ?? new program.Image());
      state.idle.push(...used);
    },
  },
  {
    name: 'ListenersOfOneEvent',
    leaks: false,
    seconds: 200,
    second(program, state, t) {
      state.emitter ??= new program.Emitter();
      state.waiting ??= new Map();
      for (let i = 0; i < (t % 5) + 1; ++i) {
        const id = state.emitter.on(() => t);
        state.waiting.set(id, t + 1 + ((t * 31 + i * 17) % 30));
      }
      for (const [id, due] of state.waiting) {
        if (due > t) continue;
        state.emitter.off(id);
        state.waiting.delete(id);
      }
    },
  },
  {
    name: 'ClonesDeletedToo',
    leaks: false,
    seconds: 100,
    collects: true,
    second(program, state) {
      state.shared ??= new program.Mesh(500);
      const clone = state.shared.clone();
      if (clone.points() !== 500) throw new Error('a mesh is gone');
      clone.delete();
    },
  },
];

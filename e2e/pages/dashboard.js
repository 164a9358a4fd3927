/* global WebAssembly, URLSearchParams, File, location, document */
// A dashboard over programs that only run when a test says so. Of the URL: the options of mountDashboard, as JSON in `options`.
import createPrograms from '../../build/site/programs.mjs';
import { mountDashboard } from '../../build/site/tidemark/dashboard.js';
import { SimulatedClock } from '../../tests/support/simulated_clock.mjs';

const kinds = ['sqlite', 'leaky', 'fragmenting', 'game'];
const programs = {};
for (const kind of ['game', 'fragmenting']) {
  programs[kind] = await createPrograms();
  // Programs that run at once what else takes minutes would be sampled by chance: not rarer, however long a stack takes here.
  programs[kind].tidemark.engine.exports.tidemark_profiler_sample(64 * 1024, 0, 1);
  programs[kind]._demo_start(kinds.indexOf(kind));
}
// With `simulated`, a server that leaks runs in a time that passes when a test says so.
const clock = new SimulatedClock();
const foreign = new WebAssembly.Memory({ initial: 32, maximum: 64 });
const modules = [
  ...Object.entries(programs).map(([id, module]) => ({ id, module })),
  { id: 'foreign', memory: foreign },
];
const query = new URLSearchParams(location.search);
const options = JSON.parse(query.get('options') ?? '{}');
// With `managed`, the package's own manager looks after the game, and the dashboard is given the package.
let api;
if (query.has('managed')) {
  api = await import('../../build/site/tidemark/index.js');
  options.api = api;
  api.registerModule(modules[0], { hardLimit: 64 << 20, softLimit: 1 << 20, criticalLimit: 32 << 20 });
}
if (query.has('simulated')) {
  const module = (programs.leaky = await createPrograms());
  module.tidemark.engine.exports.tidemark_profiler_sample(4 * 1024, 0, 1);
  module._demo_start(kinds.indexOf('leaky'));
  const { attach } = await import('../../build/site/tidemark/attach.js');
  api = options.api = attach({ id: 'leaky', module, clock });
  options.clock = clock;
  modules.splice(0, modules.length, { id: 'leaky', module });
}
// With `recording`, no program is looked at, and openRecording() shows a file.
if (query.has('recording')) modules.length = 0;
const dashboard = mountDashboard(document.getElementById('dashboard'), { modules, ...options });
const demo = {
  api,
  clock,
  dashboard,
  foreign,
  programs,
  mountDashboard,
  step(kind, count) {
    for (let i = 0; i < count; ++i) programs[kind]._demo_step();
  },
  stats: (kind) => programs[kind].tidemark.stats(),
};
const openRecording = (text) => dashboard.open(new File([text], 'game.tidemark.json'));
Object.assign(globalThis, { demo, openRecording });

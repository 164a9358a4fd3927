// The page: four programs, each in a memory of its own, that run a little at a time beside the dashboard that watches them.
//
// Of the URL: `run=sqlite,game` says which of them run at first (all by default), `overlay` shows the small panel.
import * as api from './tidemark/index.js';
import { mountDashboard } from './tidemark/dashboard.js';
import createPrograms from './programs.mjs';

const programs = [
  { id: 'sqlite', title: 'SQLite', kind: 0 },
  { id: 'leaky', title: 'A leaky server', kind: 1 },
  { id: 'fragmenting', title: 'A fragmenting editor', kind: 2 },
  { id: 'game', title: 'A game', kind: 3 },
];
const stepEveryMs = 50;
const query = new URLSearchParams(location.search);
const chosen = query.get('run')?.split(',') ?? programs.map(({ id }) => id);

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

/** A program that is stepped as long as its button says so. */
function card({ id, title }, module) {
  const words = element('span', { textContent: 'stopped' });
  const button = element('button', { type: 'button' });
  button.dataset.program = id;
  let timer = null;
  const step = () => {
    const said = module.UTF8ToString(module._demo_step());
    if (words.textContent !== said) words.textContent = words.title = said;
  };
  const name = () => {
    button.textContent = timer === null ? 'Run' : 'Stop';
    button.ariaLabel = `${button.textContent} ${title}`;
  };
  const toggle = () => {
    if (timer === null) timer = setInterval(step, stepEveryMs);
    else {
      clearInterval(timer);
      timer = null;
      words.textContent = 'stopped';
    }
    name();
  };
  button.addEventListener('click', toggle);
  name();
  if (chosen.includes(id)) toggle();
  return element('div', { className: 'program' }, element('strong', { textContent: title }), button, words);
}

/** The game has limits, and pictures of past games: within a budget, and dropped when memory gets short. */
function manage(program) {
  const MiB = 2 ** 20;
  api.registerModule(program, { softLimit: 16 * MiB, criticalLimit: 28 * MiB, hardLimit: 40 * MiB });
  const heap = () => program.module.tidemark.engine.exports; // another one after each shrink
  const pictures = [];
  api.setBudget('pictures', 2 * MiB);
  setInterval(() => {
    if (pictures.length < 24) api.withBudget('pictures', () => pictures.push(heap().malloc(MiB / 16)));
  }, 1000);
  const drop = () => {
    for (const each of pictures.splice(0)) heap().free(each);
  };
  api.onPressure(() => api.withBudget('pictures', drop), {
    name: 'drop pictures of past games',
    moduleId: program.id,
    level: 'medium',
  });
}

const modules = [];
for (const program of programs) {
  const module = await createPrograms();
  module._demo_start(program.kind);
  modules.push({ id: program.id, module });
  document.getElementById('programs').append(card(program, module));
}
manage(modules.find(({ id }) => id === 'game'));
mountDashboard(document.getElementById('dashboard'), {
  api,
  modules,
  mode: query.has('overlay') ? 'overlay' : 'page',
});
document.body.dataset.state = 'running';

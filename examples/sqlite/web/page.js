// The page: runs SQLite on one malloc after the other, each in a fresh worker, and shows what happens.
//
// Of the URL: `orders=N` is how much work, `on=tidemark,dlmalloc` on which mallocs, `wait` doesn't begin by itself.
import { Card } from './cards.js';
import { allocators, fullOrders } from './measure.mjs';
import { summarize } from './summary.mjs';
import { showComparison, showSizeClasses } from './tables.js';
import { Timeline } from './timeline.js';

const find = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const chosen = query.has('on')
  ? query
      .get('on')
      .split(',')
      .filter((name) => allocators.includes(name))
  : allocators;

const timeline = new Timeline(find('timeline'));

/** Resolves with the measurement. */
function runInWorker({ allocator, orders, onProgress }) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    const finish = (settle, value) => {
      worker.terminate();
      settle(value);
    };
    worker.onmessage = ({ data }) => {
      if (data.progress) onProgress(data.progress);
      else if (data.measurement) finish(resolve, data.measurement);
      else finish(reject, new Error(data.error));
    };
    worker.onerror = (event) => finish(reject, new Error(event.message ?? 'the worker could not be started'));
    worker.postMessage({ allocator, orders });
  });
}

function showVerdict(runs) {
  const digests = new Set(runs.map(({ digest }) => digest));
  const equal = digests.size === 1 && runs.every(({ code }) => code === 0);
  find('verdict').textContent = equal
    ? `✓ Every query gave the same rows on all of them: digest ${[...digests][0]}.`
    : `✗ The results are not the same: ${runs.map((run) => `${run.allocator} ${run.digest ?? run.message}`).join(', ')}.`;
  find('verdict').dataset.equal = String(equal);
}

async function runAll(orders) {
  document.body.dataset.state = 'running';
  find('start').disabled = true;
  find('verdict').textContent = '';
  find('cards').replaceChildren();
  const cards = new Map(chosen.map((allocator) => [allocator, new Card(find('cards'), allocator)]));
  const tracks = chosen.map((allocator) => ({
    allocator,
    points: { ms: [], phase: [], memoryBytes: [], heldBytes: [] },
  }));
  timeline.setTracks(tracks);
  const runs = [];
  try {
    for (const { allocator, points } of tracks) {
      const card = cards.get(allocator);
      const measurement = await runInWorker({
        allocator,
        orders,
        onProgress({ phase, fraction, points: more }) {
          for (const [name, values] of Object.entries(more)) points[name].push(...values);
          card.progress({ phase, fraction, ms: points.ms.at(-1), memoryBytes: points.memoryBytes.at(-1) });
          timeline.update();
        },
      }).catch((error) => {
        card.failed(error.message);
        throw error;
      });
      if (measurement.code !== 0) card.failed(measurement.message);
      else card.done(measurement);
      Object.assign(points, measurement.timeline);
      timeline.setPhaseNames(measurement.phases.map(({ name }) => name));
      timeline.update();
      runs.push(summarize([measurement]));
      showComparison(find('comparison'), runs);
      if (allocator === 'tidemark') showSizeClasses(find('classes'), find('classes-note'), runs.at(-1));
    }
    showVerdict(runs);
    document.body.dataset.state = 'done';
  } catch (error) {
    find('verdict').textContent = `✗ ${error.message}`;
    find('verdict').dataset.equal = 'false';
    document.body.dataset.state = 'failed';
  } finally {
    find('start').disabled = false;
    find('start').textContent = 'Run again';
  }
}

const asked = Number(query.get('orders') ?? fullOrders);
const orders = Number.isInteger(asked) && asked > 0 && asked <= 10_000_000 ? asked : fullOrders;
if (![...find('orders').options].some(({ value }) => value === String(orders))) {
  find('orders').append(new Option(orders.toLocaleString('en'), String(orders)));
}
find('orders').value = String(orders);

find('controls').addEventListener('submit', (event) => {
  event.preventDefault();
  void runAll(Number(find('orders').value));
});
for (const button of document.querySelectorAll('[data-axis]')) {
  button.addEventListener('click', () => {
    for (const other of document.querySelectorAll('[data-axis]')) other.ariaPressed = String(other === button);
    timeline.setAxis(button.dataset.axis);
  });
}

if (query.has('wait')) find('start').textContent = 'Run';
else void runAll(orders);

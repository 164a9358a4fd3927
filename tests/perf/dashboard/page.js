/* global URLSearchParams, location, document, setInterval, queueMicrotask, CanvasRenderingContext2D */
import { mountDashboard } from '../../../web/dist/dashboard.js';

const query = new URLSearchParams(location.search);
const { default: create } = await import(`../../../build/perf-runtime/${query.get('program')}`);
const module = await create();
module._make_heap(Number(query.get('mib') ?? 256));
setInterval(() => module._churn(20), 100);
const dashboard = mountDashboard(document.getElementById('dashboard'), { modules: [{ id: 'heap', module }] });
const measured = { dashboard, module, turns: 0 };
// Turns in which the chart was drawn on: whole, or only what was read since.
const chart = document.querySelector('[data-tidemark]').shadowRoot.querySelector('.chart');
const prototype = CanvasRenderingContext2D.prototype;
const { stroke } = prototype;
let isCounted = false;
prototype.stroke = function (...path) {
  if (!isCounted && chart.contains(this.canvas)) {
    ++measured.turns;
    isCounted = true;
    queueMicrotask(() => (isCounted = false));
  }
  stroke.apply(this, path);
};
Object.assign(globalThis, { measured });

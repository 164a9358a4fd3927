/* global URLSearchParams, location, document, setInterval, CanvasRenderingContext2D */
import { mountDashboard } from '../../../web/dist/dashboard.js';

const query = new URLSearchParams(location.search);
const { default: create } = await import(`../../../build/perf-runtime/${query.get('program')}`);
const module = await create();
module._make_heap(Number(query.get('mib') ?? 256));
setInterval(() => module._churn(20), 100);
const dashboard = mountDashboard(document.getElementById('dashboard'), { modules: [{ id: 'heap', module }] });
const measured = { dashboard, module, turns: 0 };
// uPlot clears the whole canvas whenever it draws.
const chart = document.querySelector('[data-tidemark]').shadowRoot.querySelector('.chart');
const prototype = CanvasRenderingContext2D.prototype;
const { clearRect } = prototype;
prototype.clearRect = function (...box) {
  if (chart.contains(this.canvas)) ++measured.turns;
  clearRect.apply(this, box);
};
Object.assign(globalThis, { measured });

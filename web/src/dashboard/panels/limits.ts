// Limits and budgets as gauges, and what the pressure handlers gained.
import { frame, h } from '../dom.js';
import * as format from '../format.js';
import type { ModuleView } from '../module_view.js';
import type { Limits } from '../source.js';
import { emptyState, type Panel } from './panel.js';

export class LimitsPanel implements Panel {
  readonly element: HTMLElement;
  readonly #content = h('div', {});
  #view: ModuleView | null = null;
  #shown = '';

  constructor() {
    this.element = frame('limits', 'Limits and budgets', [], this.#content);
  }

  show(view: ModuleView): void {
    this.#view = view;
    this.#shown = '';
    this.update();
  }

  update(): void {
    const view = this.#view;
    if (!view) return;
    const missing = view.source.missing('limits');
    const limits = missing === null ? view.source.limits() : null;
    const filled = view.latest?.used ?? view.latest?.allocated ?? 0;
    const state = JSON.stringify([missing, limits, limits && filled]);
    if (state === this.#shown) return;
    this.#shown = state;
    if (missing !== null) this.#content.replaceChildren(emptyState('No limits here', missing));
    else if (!limits || (limits.limits.length === 0 && limits.budgets.length === 0)) {
      this.#content.replaceChildren(emptyState('No limit is set', 'The program may use all that the system gives it.'));
    } else this.#content.replaceChildren(gauges(limits, filled), handlers(limits) ?? '');
  }
}

function gauges({ limits, budgets }: Limits, filled: number): HTMLElement {
  return h(
    'ul',
    { class: 'gauges' },
    ...limits.map(({ label, bytes, meaning }) => gauge(label, filled, bytes, meaning === 'hard' ? 'hard' : 'soft')),
    ...budgets.map(({ name, usedBytes, limitBytes }) => gauge(`Budget “${name}”`, usedBytes, limitBytes, 'hard')),
  );
}

function gauge(label: string, used: number, limit: number, level: 'soft' | 'hard'): HTMLElement {
  const share = limit > 0 ? used / limit : 0;
  const fill = h('i');
  fill.style.width = `${Math.min(100, share * 100).toFixed(1)}%`;
  return h(
    'li',
    { class: 'gauge', 'data-level': limit > 0 && share >= 1 ? level : 'none' },
    h('span', {}, label),
    h(
      'span',
      { class: 'number' },
      limit > 0 ? `${format.percent(share)} of ${format.bytes(limit)}` : format.bytes(used),
    ),
    h('div', { class: 'bar', 'aria-hidden': 'true' }, fill),
  );
}

function handlers({ handlers: rows }: Limits): HTMLElement | null {
  if (rows.length === 0) return null;
  return h(
    'table',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', {}, 'Pressure handler'),
        h('th', { class: 'number' }, 'Called'),
        h('th', { class: 'number' }, 'Gained'),
      ),
    ),
    h(
      'tbody',
      {},
      ...rows.map(({ name, calls, gainedBytes }) =>
        h(
          'tr',
          {},
          h('td', { dir: 'auto' }, name),
          h('td', { class: 'number' }, format.count(calls)),
          h('td', { class: 'number' }, format.bytes(gainedBytes)),
        ),
      ),
    ),
  );
}

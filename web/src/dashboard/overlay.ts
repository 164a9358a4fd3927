// A small panel in a corner, for use while one develops: three figures, a line, shrink, and the whole dashboard at a click.
import type { Clock } from '../context.js';
import { h, setText } from './dom.js';
import * as format from './format.js';
import { FrameMeter, windowFrames } from './frame_meter.js';
import { Loop } from './loop.js';
import { fitCanvas, type PanelHost } from './panels/panel.js';
import type { Views } from './views.js';

export class Overlay {
  readonly element: HTMLElement;
  readonly #views: Views;
  readonly #host: PanelHost;
  readonly #loop: Loop;
  readonly #canvas = h('canvas', { role: 'img', 'aria-label': 'Memory in the last minutes' });
  readonly #figures: Record<'used' | 'allocated' | 'peak', HTMLElement>;
  readonly #shrink: HTMLButtonElement;
  readonly #outcome = h('span', { class: 'sr', role: 'status' });

  constructor(views: Views, host: PanelHost, clock: Clock, hz: number, onExpand: () => void) {
    this.#views = views;
    this.#host = host;
    this.#figures = { used: h('dd'), allocated: h('dd'), peak: h('dd') };
    this.#shrink = h('button', { type: 'button', 'data-action': 'shrink', onclick: () => void this.#run() }, 'Shrink');
    const fold = h(
      'button',
      {
        type: 'button',
        class: 'icon',
        'aria-expanded': 'true',
        'aria-label': 'Fold',
        onclick: () => {
          const folded = this.element.dataset['folded'] !== 'true';
          this.element.dataset['folded'] = String(folded);
          fold.ariaExpanded = String(!folded);
          setText(fold, folded ? '+' : '–');
        },
      },
      '–',
    );
    this.element = h(
      'aside',
      { class: 'overlay', 'aria-label': 'Tidemark' },
      h('div', { class: 'row' }, h('strong', {}, 'Tidemark'), h('span', { class: 'push' }), fold),
      h(
        'dl',
        {},
        h('div', {}, h('dt', {}, 'Used'), this.#figures.used),
        h('div', {}, h('dt', {}, 'Memory'), this.#figures.allocated),
        h('div', {}, h('dt', {}, 'Peak'), this.#figures.peak),
      ),
      this.#canvas,
      h(
        'div',
        { class: 'row' },
        this.#shrink,
        this.#outcome,
        h('button', { type: 'button', class: 'push', 'data-action': 'expand', onclick: onExpand }, 'Open dashboard'),
      ),
    );
    this.#loop = new Loop(clock, hz, new FrameMeter(windowFrames(clock)));
    this.#loop.add(null, () => this.#update());
  }

  resume(): void {
    this.#loop.start();
    this.#loop.now();
  }

  pause(): void {
    this.#loop.stop();
  }

  redraw(): void {
    this.#draw();
  }

  #update(): void {
    const view = this.#views.selected;
    if (!view) return;
    view.read();
    const { latest } = view;
    setText(this.#figures.used, format.bytes(latest?.used));
    setText(this.#figures.allocated, format.bytes(latest?.allocated));
    setText(this.#figures.peak, format.bytes(latest?.peakUsed ?? latest?.peakAllocated));
    const action = view.source.actions.find(({ id }) => id === 'shrink');
    this.#shrink.disabled = action === undefined;
    const forecast = action?.forecast() ?? view.source.missing('actions') ?? '';
    if (this.#shrink.title !== forecast) this.#shrink.title = forecast;
    this.#draw();
  }

  async #run(): Promise<void> {
    const action = this.#views.selected?.source.actions.find(({ id }) => id === 'shrink');
    try {
      setText(this.#outcome, (await action?.run())?.text ?? '');
    } catch (error) {
      setText(this.#outcome, error instanceof Error ? error.message : String(error));
    }
    this.#loop.now();
  }

  #draw(): void {
    const track = this.#views.selected?.track;
    if (!track || this.#canvas.clientWidth === 0) return;
    const ratio = fitCanvas(this.#canvas);
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    const { width, height } = this.#canvas;
    const times = track.column('time');
    const last = track.lastTime;
    const from = Math.max(times[0] ?? 0, last - 120_000);
    const top = track.column('allocated').reduce((most, value) => Math.max(most, value || 0), 1) * 1.05;
    context.clearRect(0, 0, width, height);
    for (const [column, name] of [
      ['allocated', '--allocated'],
      ['used', '--used'],
    ] as const) {
      const values = track.column(column);
      context.strokeStyle = this.#host.colour(name);
      context.lineWidth = 1.5 * ratio;
      context.beginPath();
      for (let i = 0; i < values.length; ++i) {
        const time = times[i] ?? 0;
        const value = values[i] ?? NaN;
        if (time < from || Number.isNaN(value)) continue;
        context.lineTo(((time - from) / Math.max(1, last - from)) * width, height - (value / top) * (height - 2));
      }
      context.stroke();
    }
  }
}

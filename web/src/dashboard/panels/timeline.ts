// Memory over time: what is used, held for it, and the whole of linear memory; limits, and what happened.
import uPlot from 'uplot';
import { frame, h, setText } from '../dom.js';
import * as format from '../format.js';
import type { ModuleView } from '../module_view.js';
import type { Limit, Marker } from '../source.js';
import type { Column } from '../track.js';
import { choice, type Panel, type PanelHost } from './panel.js';
import { drawBands, drawLimits, drawMarkers, markerNear } from './timeline_marks.js';
import { Viewport } from './timeline_viewport.js';

const lines: { column: Column; label: string }[] = [
  { column: 'used', label: 'used' },
  { column: 'reserved', label: 'reserved' },
  { column: 'allocated', label: 'linear memory' },
];

/** Powers of two, so that the axis says 64 MiB and not 61.0. */
const byteSteps = Array.from({ length: 34 }, (_, power) => 2 ** power);

export class TimelinePanel implements Panel {
  readonly element: HTMLElement;
  readonly #host: PanelHost;
  readonly #chartBox: HTMLElement;
  readonly #time = h('time', {}, format.unknown);
  readonly #happened = h('p', { class: 'happened', 'aria-live': 'off' });
  readonly #values = new Map<Column, HTMLOutputElement>();
  readonly #keys = new Map<Column, HTMLButtonElement>();
  readonly #hidden = new Set<Column>();
  readonly #viewport = new Viewport();
  readonly #resize: ResizeObserver;
  readonly #spans;
  #chart: uPlot | null = null;
  /** As of the last time that it was drawn. */
  #limits: readonly Limit[] = [];
  #view: ModuleView | null = null;

  constructor(host: PanelHost) {
    this.#host = host;
    const keys = lines.map(({ column, label }) => {
      const value = h('output', {}, format.unknown);
      this.#values.set(column, value);
      const key = h(
        'button',
        {
          type: 'button',
          class: `key ${column}-key`,
          'aria-pressed': 'true',
          'data-series': column,
          title: `Show or hide ${label}`,
          onclick: () => this.#toggle(column),
        },
        h('i', { 'aria-hidden': 'true' }),
        h('span', {}, label),
        value,
      );
      this.#keys.set(column, key);
      return key;
    });
    this.#chartBox = h('div', {
      class: 'chart',
      tabindex: 0,
      role: 'application',
      'aria-label':
        'Timeline. Left and right move the cursor, with shift the view; plus and minus zoom, Home and End go to the ends, 0 follows again.',
      onkeydown: (event: KeyboardEvent) => this.#onKey(event),
      onwheel: (event: WheelEvent) => this.#onWheel(event),
      ondblclick: () => this.#follow(),
    });
    this.#spans = choice(
      'How much of the past',
      [
        { value: 'minute', label: '1 min' },
        { value: 'ten', label: '10 min' },
        { value: 'all', label: 'All' },
      ],
      'minute',
      (span) => {
        this.#viewport.follow({ minute: 60_000, ten: 600_000, all: Infinity }[span]);
        this.#spans.choose(span);
        this.#draw();
      },
    );
    this.element = frame(
      'timeline',
      'Memory over time',
      [this.#spans.element],
      h('div', { class: 'readout' }, this.#time, ...keys),
      this.#chartBox,
      this.#happened,
    );
    this.#touch();
    this.#resize = new ResizeObserver(() => this.redraw());
    this.#resize.observe(this.#chartBox);
  }

  show(view: ModuleView): void {
    this.#view = view;
    this.redraw();
  }

  update(): void {
    if (!this.#chart) this.redraw();
    else this.#draw();
  }

  /** uPlot reads colours once: a new palette is a new chart. */
  redraw(): void {
    this.#chart?.destroy();
    this.#chart = null;
    const { clientWidth: width, clientHeight: height } = this.#chartBox;
    if (width === 0 || height === 0 || !this.#view) return;
    const colour = (name: string): string => this.#host.colour(name);
    const axis = { stroke: colour('--muted'), font: '12px system-ui, sans-serif', ticks: { show: false } };
    const grid = { stroke: colour('--grid'), width: 1 };
    this.#chart = new uPlot(
      {
        width,
        height,
        ms: 1,
        padding: [18, 12, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          points: { size: 7 },
          drag: { x: true, y: false, setScale: false },
          bind: { dblclick: () => null },
        },
        select: { show: true, left: 0, top: 0, width: 0, height: 0 },
        scales: { x: { time: true, auto: false }, y: { auto: false } },
        series: [
          {},
          {
            stroke: colour('--used'),
            fill: colour('--used-fill'),
            width: 2,
            points: { show: false },
            show: !this.#hidden.has('used'),
          },
          {
            stroke: colour('--reserved'),
            width: 1.5,
            // Measured less often than it is drawn.
            spanGaps: true,
            points: { show: false },
            show: !this.#hidden.has('reserved'),
          },
          {
            stroke: colour('--allocated'),
            width: 1.5,
            points: { show: false },
            paths: (uPlot.paths.stepped as NonNullable<typeof uPlot.paths.stepped>)({ align: 1 }),
            show: !this.#hidden.has('allocated'),
          },
        ],
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 26,
            gap: 6,
            space: 80,
            values: (_, splits) => this.#timeLabels(splits),
          },
          {
            ...axis,
            grid,
            size: 66,
            space: 38,
            incrs: byteSteps,
            values: (_, splits) => splits.map((value) => (value === 0 ? '0' : axisBytes(value))),
          },
        ],
        hooks: {
          drawClear: [(chart) => drawBands(chart, this.#limits, colour)],
          draw: [
            (chart) => {
              drawLimits(chart, this.#limits, this.#peak(), colour);
              drawMarkers(chart, this.#view?.markers ?? [], colour);
            },
          ],
          setCursor: [() => this.#showValues()],
          setSelect: [
            (chart) => {
              const { left, width: selected } = chart.select;
              if (selected < 3) return;
              this.#zoomTo(chart.posToVal(left, 'x'), chart.posToVal(left + selected, 'x'));
              chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      [[], [], [], []],
      this.#chartBox,
    );
    this.#draw();
  }

  dispose(): void {
    this.#resize.disconnect();
    this.#chart?.destroy();
  }

  #readLimits(): readonly Limit[] {
    const rows = this.#view?.source.limits()?.limits ?? [];
    if (rows.length > 0) return rows;
    const limit = this.#view?.latest?.limit;
    return limit ? [{ bytes: limit, label: 'Limit', meaning: 'hard' }] : [];
  }

  #peak(): number | null {
    return this.#view?.latest?.peakUsed ?? null;
  }

  #draw(): void {
    const chart = this.#chart;
    const track = this.#view?.track;
    if (!chart || !track) return;
    const times = track.column('time');
    const { from, to } = this.#viewport.range(times);
    // What can be seen, and the readings that the lines come from and go to.
    const begin = Math.max(0, track.nearest(from) - 1);
    const end = Math.min(times.length, track.nearest(to) + 2);
    let top = 0;
    const data = lines.map(({ column }) => {
      const values = track.column(column).subarray(begin, end);
      if (!this.#hidden.has(column)) {
        for (let i = 0; i < values.length; ++i) {
          const value = values[i] ?? 0;
          const time = times[begin + i] ?? 0;
          if (value > top && time >= from && time <= to) top = value;
        }
      }
      return withGaps(values);
    });
    // Limits far above are told by their gauges; here they would press the lines flat.
    this.#limits = this.#readLimits();
    for (const { bytes } of this.#limits) if (bytes < top * 2) top = Math.max(top, bytes);
    chart.batch(() => {
      chart.setData([times.subarray(begin, end), ...data] as unknown as uPlot.AlignedData, false);
      chart.setScale('x', { min: from, max: to });
      chart.setScale('y', { min: 0, max: Math.max(top * 1.08, 64 * 1024) });
    });
    this.#showValues();
  }

  #showValues(): void {
    const chart = this.#chart;
    const track = this.#view?.track;
    if (!chart || !track) return;
    const left = chart.cursor.left ?? -1;
    const pointed = left >= 0 ? track.nearest(chart.posToVal(left, 'x')) : track.count - 1;
    const time = track.column('time')[pointed];
    setText(this.#time, time === undefined ? format.unknown : format.clockTime(time));
    for (const { column } of lines) {
      const output = this.#values.get(column);
      if (output) setText(output, format.bytes(track.lastKnown(column, pointed)));
    }
    const markers = this.#view?.markers ?? [];
    const marker: Marker | undefined = left >= 0 ? markerNear(chart, markers, left) : markers.at(-1);
    setText(this.#happened, marker ? `${format.clockTime(marker.time)}  ${marker.text}` : '');
  }

  #toggle(column: Column): void {
    if (this.#hidden.has(column)) this.#hidden.delete(column);
    else this.#hidden.add(column);
    const shown = !this.#hidden.has(column);
    const key = this.#keys.get(column);
    if (key) key.ariaPressed = String(shown);
    this.#chart?.setSeries(lines.findIndex((line) => line.column === column) + 1, { show: shown });
    this.#draw();
  }

  #zoomTo(from: number, to: number): void {
    this.#viewport.fix(from, to);
    this.#spans.choose(null);
    this.#draw();
  }

  #follow(): void {
    this.#viewport.follow(60_000);
    this.#spans.choose('minute');
    this.#chart?.setCursor({ left: -10, top: -10 });
    this.#draw();
  }

  #change(change: (from: number, to: number) => [number, number]): void {
    const times = this.#view?.track.column('time');
    if (!times || times.length === 0) return;
    const { from, to } = this.#viewport.range(times);
    this.#zoomTo(...change(from, to));
  }

  #zoom(factor: number, around = 0.5): void {
    this.#change((from, to) => {
      const span = Math.max(500, (to - from) * factor);
      const pivot = from + (to - from) * around;
      return [pivot - span * around, pivot + span * (1 - around)];
    });
  }

  #pan(share: number): void {
    this.#change((from, to) => [from + (to - from) * share, to + (to - from) * share]);
  }

  #onWheel(event: WheelEvent): void {
    const chart = this.#chart;
    if (!chart) return;
    if (event.ctrlKey || event.metaKey) {
      const { left, width } = chart.over.getBoundingClientRect();
      this.#zoom(Math.exp(event.deltaY * 0.004), Math.min(1, Math.max(0, (event.clientX - left) / width)));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.#pan(((event.deltaX || event.deltaY) / chart.over.clientWidth) * 0.8);
    } else {
      return; // the page scrolls
    }
    event.preventDefault();
  }

  #onKey(event: KeyboardEvent): void {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => (event.shiftKey ? this.#pan(-0.2) : this.#step(-1)),
      ArrowRight: () => (event.shiftKey ? this.#pan(0.2) : this.#step(1)),
      '+': () => this.#zoom(0.5),
      '=': () => this.#zoom(0.5),
      '-': () => this.#zoom(2),
      Home: () => this.#pointAt(0),
      End: () => this.#pointAt((this.#view?.track.count ?? 0) - 1),
      '0': () => this.#follow(),
      Escape: () => this.#follow(),
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  /** To the reading beside the one that is pointed at; what is read next is followed no more. */
  #step(by: number): void {
    const chart = this.#chart;
    const track = this.#view?.track;
    if (!chart || !track || track.count === 0) return;
    const left = chart.cursor.left ?? -1;
    const at = left >= 0 ? track.nearest(chart.posToVal(left, 'x')) : track.count - 1;
    this.#pointAt(at + by);
  }

  #pointAt(index: number): void {
    const chart = this.#chart;
    const times = this.#view?.track.column('time');
    if (!chart || !times || times.length === 0) return;
    const time = times[Math.min(times.length - 1, Math.max(0, index))] ?? 0;
    const { from, to } = this.#viewport.range(times);
    const span = to - from;
    if (time < from) this.#viewport.fix(time, time + span);
    else if (time > to) this.#viewport.fix(time - span, time);
    else this.#viewport.fix(from, to);
    this.#spans.choose(null);
    this.#draw();
    chart.setCursor({ left: Math.max(0, chart.valToPos(time, 'x')), top: 10 });
    this.#happened.ariaLive = 'polite';
  }

  /** One finger moves the view; what is dragged with a mouse is zoomed to. */
  #touch(): void {
    let last: number | null = null;
    this.#chartBox.addEventListener('pointerdown', (event) => {
      if (event.pointerType === 'touch') last = event.clientX;
    });
    this.#chartBox.addEventListener('pointermove', (event) => {
      if (last === null || !this.#chart) return;
      this.#pan((last - event.clientX) / this.#chart.over.clientWidth);
      last = event.clientX;
    });
    for (const end of ['pointerup', 'pointercancel', 'pointerleave']) {
      this.#chartBox.addEventListener(end, () => (last = null));
    }
  }

  #timeLabels(splits: number[]): string[] {
    const step = (splits[1] ?? 0) - (splits[0] ?? 0);
    return splits.map((time) => format.clockTime(time).slice(0, step >= 60_000 ? 5 : 8));
  }
}

/** uPlot breaks a line at null; NaN it would draw. */
function withGaps(values: Float64Array): Float64Array | (number | null)[] {
  for (const value of values) {
    if (Number.isNaN(value)) return Array.from(values, (each) => (Number.isNaN(each) ? null : each));
  }
  return values;
}

function axisBytes(value: number): string {
  return format.bytes(value).replace(/\.0+ /, ' ');
}

// Memory over time: what is used, held for it, and the whole of linear memory; limits, and what happened.
import type uPlot from 'uplot';
import { frame, h, setText } from '../dom.js';
import * as format from '../format.js';
import type { ModuleView } from '../module_view.js';
import type { Limit, Marker } from '../source.js';
import type { Column } from '../track.js';
import { choice, type Panel, type PanelHost } from './panel.js';
import { axisEnd } from './timeline_axis.js';
import { linesOf, makeChart, series, withGaps, type Line } from './timeline_chart.js';
import {
  drawBands,
  drawLabels,
  drawLevels,
  drawMarkers,
  levelsOf,
  looksSame,
  markerNear,
  type Level,
} from './timeline_marks.js';
import { Tail } from './timeline_tail.js';
import { Viewport } from './timeline_viewport.js';

/** What makes the picture besides readings: while it is the same, these are added to it. */
interface Drawn {
  from: number;
  to: number;
  peak: number | null;
  limits: readonly Limit[];
  marker: Marker | undefined;
}

export class TimelinePanel implements Panel {
  readonly element: HTMLElement;
  readonly #host: PanelHost;
  readonly #chartBox: HTMLElement;
  readonly #time = h('span', { class: 'slot' }, format.unknown);
  readonly #happened = h('p', { class: 'happened', 'aria-live': 'off' });
  readonly #values = new Map<Column, HTMLElement>();
  readonly #keys = new Map<Column, HTMLButtonElement>();
  readonly #hidden = new Set<Column>();
  readonly #viewport = new Viewport();
  readonly #resize: ResizeObserver;
  readonly #spans;
  #chart: uPlot | null = null;
  #lines: readonly Line[] = [];
  /** As of the last time that all of it was drawn. */
  #drawn: Drawn = { from: 0, to: 0, peak: null, limits: [], marker: undefined };
  #tail: Tail | null = null;
  #view: ModuleView | null = null;

  constructor(host: PanelHost) {
    this.#host = host;
    const keys = series.map(({ column, label }) => {
      const value = h('span', { class: 'slot' }, format.unknown);
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
        h('output', {}, value),
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
      h('div', { class: 'readout' }, h('time', {}, this.#time), ...keys),
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
    else if (this.#addReadings()) this.#showValues();
    else this.#draw();
  }

  /** uPlot reads colours once: a new palette is a new chart. */
  redraw(): void {
    this.#chart?.destroy();
    this.#chart = null;
    this.#tail = null;
    const { clientWidth: width, clientHeight: height } = this.#chartBox;
    if (width === 0 || height === 0 || !this.#view) return;
    const colour = (name: string): string => this.#host.colour(name);
    this.#lines = linesOf(colour);
    this.#chart = makeChart(this.#chartBox, this.#lines, this.#hidden, colour, {
      drawClear: [(chart) => drawBands(chart, this.#drawn.limits, colour)],
      drawAxes: [(chart) => drawLevels(chart, this.#levels())],
      draw: [
        (chart) => {
          drawMarkers(chart, this.#view?.markers ?? [], colour);
          this.#finish(chart);
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
    });
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

  /** All but the readings, as it is now. */
  #surroundings(times: Float64Array): Drawn {
    const { from, to } = this.#viewport.range(times);
    const peak = this.#view?.latest?.peakUsed ?? null;
    return { from, to, peak, limits: this.#readLimits(), marker: this.#view?.markers.at(-1) };
  }

  #levels(): Level[] {
    return levelsOf(this.#drawn.limits, this.#drawn.peak, (name) => this.#host.colour(name));
  }

  /** False when all has to be drawn anew. */
  #addReadings(): boolean {
    const track = this.#view?.track;
    if (!track || !this.#tail || !this.#chart) return false;
    const { from, to, peak, limits, marker } = this.#surroundings(track.column('time'));
    const drawn = this.#drawn;
    const isSame =
      from === drawn.from &&
      to === drawn.to &&
      looksSame(this.#chart, peak, drawn.peak) &&
      marker === drawn.marker &&
      limits.length === drawn.limits.length &&
      limits.every(({ bytes }, i) => bytes === drawn.limits[i]?.bytes);
    return isSame && this.#tail.draw(track);
  }

  #draw(): void {
    const chart = this.#chart;
    const track = this.#view?.track;
    if (!chart || !track) return;
    const times = track.column('time');
    this.#drawn = this.#surroundings(times);
    const { from, to, limits } = this.#drawn;
    // What can be seen, and the readings that the lines come from and go to.
    const begin = Math.max(0, track.nearest(from) - 1);
    const end = Math.min(times.length, track.nearest(to) + 2);
    let top = 0;
    const data = series.map(({ column }) => {
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
    for (const { bytes } of limits) if (bytes < top * 2) top = Math.max(top, bytes);
    chart.batch(() => {
      chart.setData([times.subarray(begin, end), ...data] as unknown as uPlot.AlignedData, false);
      chart.setScale('x', { min: from, max: to });
      chart.setScale('y', { min: 0, max: axisEnd(top) });
    });
    this.#showValues();
  }

  /** The words at the lines, over everything else; from now on readings are added. */
  #finish(chart: uPlot): void {
    const track = this.#view?.track;
    if (!track) return;
    const shown = this.#lines.filter(({ column }) => !this.#hidden.has(column));
    const times = track.column('time');
    const curves = shown.map(({ column, isStepped }) => ({ times, values: track.column(column), isStepped }));
    const boxes = drawLabels(chart, this.#levels(), curves, (name) => this.#host.colour(name));
    const [drawn] = chart.data;
    this.#tail = new Tail(chart, shown, boxes, drawn[drawn.length - 1] ?? -Infinity);
  }

  #showValues(): void {
    const chart = this.#chart;
    const track = this.#view?.track;
    if (!chart || !track) return;
    const left = chart.cursor.left ?? -1;
    const pointed = left >= 0 ? track.nearest(chart.posToVal(left, 'x')) : track.count - 1;
    const time = track.column('time')[pointed];
    setText(this.#time, time === undefined ? format.unknown : format.clockTime(time));
    for (const { column } of series) {
      const value = this.#values.get(column);
      if (value) setText(value, format.bytes(track.column(column)[pointed]));
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
    this.#chart?.setSeries(series.findIndex((line) => line.column === column) + 1, { show: shown });
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
}

// The whole of linear memory, lowest address first, a cell for each 4 KiB: what is where, now or at a moment of the past.
import { frame, h, setText } from '../dom.js';
import * as format from '../format.js';
import { blockBytesOf, cellWords, kindOf, kinds, lastSizeClass, slabKind } from '../heap_cells.js';
import { decode } from '../map_replay.js';
import type { ModuleView } from '../module_view.js';
import type { HeapCells } from '../source.js';
import { emptyState, fitCanvas, type Panel, type PanelHost } from './panel.js';

export class HeapMapPanel implements Panel {
  readonly element: HTMLElement;
  readonly #host: PanelHost;
  readonly #canvas: HTMLCanvasElement;
  readonly #box: HTMLElement;
  readonly #empty = h('div', {});
  readonly #content: HTMLElement;
  readonly #cell = h('p', { class: 'cell' });
  readonly #scale = h('span', { class: 'note' });
  readonly #slider: HTMLInputElement;
  readonly #when = h('output', {}, 'now');
  readonly #play: HTMLButtonElement;
  readonly #small = document.createElement('canvas');
  readonly #resize: ResizeObserver;
  #view: ModuleView | null = null;
  #map: HeapCells | null = null;
  #columns = 1;
  #rows = 1;
  #cellsEach = 1;
  #pointed: number | null = null;
  #replayAt: number | null = null;
  #stopPlaying: (() => void) | null = null;
  #paletteOf = '';
  #colours = new Uint32Array(256);
  #none = 0;

  constructor(host: PanelHost) {
    this.#host = host;
    this.#canvas = h('canvas', {
      tabindex: 0,
      role: 'application',
      'aria-label': 'Heap map. The arrow keys move from cell to cell, Home and End to the ends of memory.',
      onpointermove: (event: PointerEvent) => this.#point(this.#cellAt(event)),
      onpointerdown: (event: PointerEvent) => this.#point(this.#cellAt(event)),
      onpointerleave: () => this.#point(null),
      onblur: () => this.#point(null),
      onkeydown: (event: KeyboardEvent) => this.#onKey(event),
    });
    this.#box = h('div', { class: 'map' }, this.#canvas);
    this.#slider = h('input', {
      type: 'range',
      min: 0,
      max: 0,
      value: 0,
      'aria-label': 'Replay: a moment of the past',
      oninput: () => this.#seek(Number(this.#slider.value)),
    });
    this.#play = h('button', { type: 'button', onclick: () => this.#togglePlaying() }, 'Replay');
    const legend = kinds.map(({ id, label, colour }) =>
      h('li', { 'data-kind': id }, this.#swatch(colour), h('span', {}, label)),
    );
    this.#content = h(
      'div',
      {},
      this.#box,
      this.#cell,
      h('ul', { class: 'legend', 'aria-label': 'What the colours are' }, ...legend),
      h('div', { class: 'replay' }, this.#play, this.#slider, this.#when),
    );
    this.element = frame('heap-map', 'Heap map', [this.#scale], this.#empty, this.#content);
    this.#resize = new ResizeObserver(() => this.#draw());
    this.#resize.observe(this.#box);
  }

  #swatch(colour: string): HTMLElement {
    const swatch = h('i', { 'aria-hidden': 'true' });
    swatch.style.background = `var(${colour})`;
    return swatch;
  }

  show(view: ModuleView): void {
    this.#stopPlaying?.();
    this.#view = view;
    this.#map = null;
    this.#replayAt = null;
    this.#pointed = null;
    const missing = view.source.missing('heapMap');
    this.#empty.replaceChildren(...(missing ? [emptyState('No heap map here', missing)] : []));
    this.#content.hidden = missing !== null;
    setText(this.#scale, '');
    if (!missing && view.source.kind === 'saved') this.#seek(view.maps.count - 1);
    this.redraw();
  }

  update(): void {
    const view = this.#view;
    if (!view) return;
    if ((view.source.missing('heapMap') !== null) !== this.#content.hidden) this.show(view);
    if (this.#content.hidden) return;
    const map = view.source.heapMap();
    if (map && view.latest) view.maps.add(view.latest.time, map);
    this.#slider.max = String(Math.max(0, view.maps.count - 1));
    if (this.#replayAt !== null) return;
    this.#slider.value = this.#slider.max;
    if (map) this.#map = { cells: map.cells.slice(), cellBytes: map.cellBytes };
    this.#draw();
  }

  redraw(): void {
    this.#paletteOf = '';
    this.#draw();
  }

  dispose(): void {
    this.#stopPlaying?.();
    this.#resize.disconnect();
  }

  #seek(index: number): void {
    const view = this.#view;
    const past = view?.maps.at(index);
    if (!view || !past) return;
    const isNow = index === view.maps.count - 1 && view.source.kind !== 'saved';
    this.#replayAt = isNow ? null : index;
    this.#slider.max = String(view.maps.count - 1);
    this.#slider.value = String(index);
    this.#map = { cells: decode(past), cellBytes: past.cellBytes };
    setText(this.#when, isNow ? 'now' : format.clockTime(past.time));
    this.#slider.setAttribute('aria-valuetext', isNow ? 'now' : format.clockTime(past.time));
    this.#draw();
  }

  #togglePlaying(): void {
    if (this.#stopPlaying) {
      this.#stopPlaying();
      return;
    }
    const view = this.#view;
    if (!view || view.maps.count < 2) return;
    let at = this.#replayAt === null || this.#replayAt >= view.maps.count - 1 ? 0 : this.#replayAt;
    this.#seek(at);
    setText(this.#play, 'Stop');
    // The whole past in some ten seconds.
    const each = Math.min(400, Math.max(40, 10_000 / view.maps.count));
    const stop = this.#host.clock.every(each, () => {
      this.#seek(++at);
      if (at >= view.maps.count - 1) this.#stopPlaying?.();
    });
    this.#stopPlaying = () => {
      stop();
      this.#stopPlaying = null;
      setText(this.#play, 'Replay');
    };
  }

  #mapColours(): void {
    const key = this.#host.colour('--map-free') + this.#host.colour('--map-none');
    if (key === this.#paletteOf) return;
    this.#paletteOf = key;
    const byKind = new Map<string, number>(kinds.map(({ id, colour }) => [id, packed(this.#host.colour(colour))]));
    const small = this.#host.colour('--map-slab-small');
    const large = this.#host.colour('--map-slab-large');
    for (let cell = 0; cell < 256; ++cell) {
      this.#colours[cell] =
        cell < slabKind
          ? (byKind.get(kindOf(cell)) ?? 0)
          : mixed(small, large, Math.min(1, (cell - slabKind - 1) / (lastSizeClass - 1)));
    }
    this.#none = packed(this.#host.colour('--map-none'));
  }

  #draw(): void {
    const map = this.#map;
    const { clientWidth: width, clientHeight: height } = this.#box;
    if (!map || width === 0 || height === 0) return;
    const ratio = fitCanvas(this.#canvas);
    this.#mapColours();
    const most = Math.max(map.cells.length, this.#view?.maps.mostCells ?? 0);
    this.#lay(most, width, height);
    const picture = new ImageData(this.#columns, this.#rows);
    const pixels = new Uint32Array(picture.data.buffer).fill(this.#none);
    this.#paint(map.cells, pixels);
    this.#small.width = this.#columns;
    this.#small.height = this.#rows;
    this.#small.getContext('2d')?.putImageData(picture, 0, 0);
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#small, 0, 0, this.#canvas.width, this.#canvas.height);
    this.#drawGaps(context, ratio);
    this.#drawPointed(context, ratio);
    const each = this.#cellsEach * map.cellBytes;
    setText(
      this.#scale,
      `${format.bytes(map.cells.length * map.cellBytes)}, a cell is ${format.bytes(each)}${this.#replayAt === null ? '' : ', in the past'}`,
    );
    this.#tell();
  }

  /** As many columns as make the cells about square; the scale changes at steps of a half only, and never shrinks. */
  #lay(most: number, width: number, height: number): void {
    let capacity = 128;
    while (capacity < most) capacity = capacity & (capacity - 1) ? (capacity / 3) << 2 : capacity + (capacity >> 1);
    this.#cellsEach = 1;
    while (capacity / this.#cellsEach > (width * height) / 4) this.#cellsEach *= 2;
    const shown = Math.ceil(capacity / this.#cellsEach);
    // Powers of two in a row: what is aligned in memory is aligned in the picture.
    const ideal = Math.sqrt((shown * width) / height);
    this.#columns = 2 ** Math.max(3, Math.round(Math.log2(ideal)));
    this.#rows = Math.ceil(shown / this.#columns);
  }

  #paint(cells: Uint8Array, pixels: Uint32Array): void {
    const colours = this.#colours;
    if (this.#cellsEach === 1) {
      for (let i = 0; i < cells.length; ++i) pixels[i] = colours[cells[i] ?? 0] ?? 0;
      return;
    }
    // What is in use is shown before what is free: nothing gets lost in the picture.
    for (let i = 0, at = 0; at < cells.length; ++i) {
      const end = Math.min(cells.length, at + this.#cellsEach);
      let kind = 0;
      for (; at < end; ++at) kind = Math.max(kind, cells[at] ?? 0);
      pixels[i] = colours[kind] ?? 0;
    }
  }

  #drawGaps(context: CanvasRenderingContext2D, ratio: number): void {
    const { width, height } = this.#canvas;
    const cellWidth = width / this.#columns;
    const cellHeight = height / this.#rows;
    if (Math.min(cellWidth, cellHeight) < 5 * ratio) return;
    context.fillStyle = this.#host.colour('--panel');
    for (let column = 1; column < this.#columns; ++column)
      context.fillRect(Math.round(column * cellWidth), 0, 1, height);
    for (let row = 1; row < this.#rows; ++row) context.fillRect(0, Math.round(row * cellHeight), width, 1);
  }

  #drawPointed(context: CanvasRenderingContext2D, ratio: number): void {
    if (this.#pointed === null) return;
    const shown = Math.floor(this.#pointed / this.#cellsEach);
    const cellWidth = this.#canvas.width / this.#columns;
    const cellHeight = this.#canvas.height / this.#rows;
    context.strokeStyle = this.#host.colour('--text');
    context.lineWidth = 2 * ratio;
    context.strokeRect(
      (shown % this.#columns) * cellWidth,
      Math.floor(shown / this.#columns) * cellHeight,
      cellWidth,
      cellHeight,
    );
  }

  #cellAt(event: PointerEvent): number | null {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) / width) * this.#columns);
    const row = Math.floor(((event.clientY - top) / height) * this.#rows);
    const cell = (row * this.#columns + column) * this.#cellsEach;
    return this.#map && cell >= 0 && cell < this.#map.cells.length ? cell : null;
  }

  #point(cell: number | null): void {
    if (cell === this.#pointed) return;
    this.#pointed = cell;
    this.#cell.ariaLive = cell === null ? 'off' : 'polite';
    this.#draw();
  }

  #onKey(event: KeyboardEvent): void {
    const map = this.#map;
    if (!map) return;
    const row = this.#columns * this.#cellsEach;
    const steps: Record<string, number> = {
      ArrowLeft: -this.#cellsEach,
      ArrowRight: this.#cellsEach,
      ArrowUp: -row,
      ArrowDown: row,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const last = Math.floor((map.cells.length - 1) / this.#cellsEach) * this.#cellsEach;
    this.#point(
      this.#pointed === null && Number.isFinite(step) ? 0 : Math.min(last, Math.max(0, (this.#pointed ?? 0) + step)),
    );
  }

  /** The cell that is pointed at, and how far what it belongs to reaches. */
  #tell(): void {
    const map = this.#map;
    if (!map) return;
    const { cells, cellBytes } = map;
    if (this.#pointed === null || this.#pointed >= cells.length) {
      setText(this.#cell, this.#summary());
      return;
    }
    const at = this.#pointed;
    const kind = cells[at] ?? 0;
    let begin = at;
    let end = at + 1;
    while (begin > 0 && cells[begin - 1] === kind) --begin;
    while (end < cells.length && cells[end] === kind) ++end;
    setText(
      this.#cell,
      `${format.address(at * cellBytes)}  ${cellWords(kind)}: ${format.bytes((end - begin) * cellBytes)} from ${format.address(begin * cellBytes)} to ${format.address(end * cellBytes)}`,
    );
  }

  #summary(): string {
    const map = this.#map;
    if (!map) return '';
    const counts = new Map<string, number>();
    for (const cell of map.cells) counts.set(kindOf(cell), (counts.get(kindOf(cell)) ?? 0) + 1);
    const free = counts.get('free') ?? 0;
    const slab = counts.get('slab') ?? 0;
    const large = (counts.get('large') ?? 0) + (counts.get('watched') ?? 0);
    return `${format.bytes(slab * map.cellBytes)} small blocks up to ${format.bytes(blockBytesOf(lastSizeClass))}, ${format.bytes(large * map.cellBytes)} large blocks, ${format.bytes(free * map.cellBytes)} free`;
  }
}

function channels(colour: string): [number, number, number] {
  const digits = colour.slice(1);
  const at = (index: number): number => parseInt(digits.slice(index, index + 2), 16);
  return [at(0), at(2), at(4)];
}

/** `#rrggbb` as ImageData has it, little endian. */
function packed(colour: string): number {
  const [red, green, blue] = channels(colour);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

function mixed(from: string, to: string, share: number): number {
  const end = channels(to);
  const hex = channels(from)
    .map((value, i) => Math.round(value + ((end[i] ?? 0) - value) * share))
    .map((value) => value.toString(16).padStart(2, '0'));
  return packed(`#${hex.join('')}`);
}

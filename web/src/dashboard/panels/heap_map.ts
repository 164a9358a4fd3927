// The whole of linear memory, lowest address first, a cell for each 4 KiB: what is where, now or at a moment of the past.
import { frame, h, setText } from '../dom.js';
import * as format from '../format.js';
import { blockBytesOf, byteOf, cellWords, kinds, lastSizeClass, slabKind, type CellKind } from '../heap_cells.js';
import { HeapPicture, layoutOf, type Layout } from '../heap_picture.js';
import { decode, type PastMap } from '../map_replay.js';
import type { ModuleView } from '../module_view.js';
import type { HeapCells } from '../source.js';
import { emptyState, type Panel, type PanelHost } from './panel.js';

export class HeapMapPanel implements Panel {
  readonly element: HTMLElement;
  readonly #host: PanelHost;
  readonly #canvas: HTMLCanvasElement;
  readonly #box: HTMLElement;
  readonly #empty = h('div', {});
  readonly #content: HTMLElement;
  readonly #words = h('span', { class: 'slot' });
  readonly #cell = h('p', { class: 'cell' }, this.#words);
  readonly #scale = h('span', { class: 'note' });
  readonly #slider: HTMLInputElement;
  readonly #when = h('output', {}, 'now');
  readonly #play: HTMLButtonElement;
  readonly #picture: HeapPicture;
  readonly #mark = h('i', { class: 'pointed', hidden: true });
  readonly #resize: ResizeObserver;
  #view: ModuleView | null = null;
  #map: (HeapCells & Pick<PastMap, 'stretches'>) | null = null;
  #layout: Layout = { columns: 1, rows: 1, cellsEach: 1 };
  #width = 0;
  #height = 0;
  #ratio = 1;
  #pointed: number | null = null;
  #replayAt: number | null = null;
  #stopPlaying: (() => void) | null = null;
  readonly #counts = new Uint32Array(256);

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
    this.#picture = new HeapPicture(this.#canvas);
    this.#picture.recolour((name) => host.colour(name));
    this.#box = h('div', { class: 'map' }, this.#canvas, this.#mark);
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
      { class: 'content' },
      this.#box,
      this.#cell,
      h('ul', { class: 'legend', 'aria-label': 'What the colours are' }, ...legend),
      h('div', { class: 'replay' }, this.#play, this.#slider, this.#when),
    );
    this.element = frame('heap-map', 'Heap map', [this.#scale], this.#empty, this.#content);
    // Told, and not asked for while texts change: that would lay the page out in the middle of a turn.
    this.#resize = new ResizeObserver(([entry]) => {
      if (!entry) return;
      this.#width = entry.contentRect.width;
      this.#height = entry.contentRect.height;
      this.#ratio = Math.max(1, devicePixelRatio || 1);
      this.#picture.resize(this.#width, this.#height, this.#ratio);
      this.redraw(); // colours are known once it is in a page
    });
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
    this.#offerReplay(view.maps.count);
    // While the panel can't be seen, nothing stands where the other module's picture was.
    this.#picture.resize(this.#width, this.#height, this.#ratio);
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
    const kept = map && view.maps.add(view.latest?.time ?? this.#host.clock.now(), map);
    this.#offerReplay(view.maps.count);
    if (this.#replayAt !== null) return;
    if (this.#slider.value !== this.#slider.max) this.#slider.value = this.#slider.max;
    if (map && kept) this.#map = { ...map, stretches: kept.stretches };
    else if (!this.#map) setText(this.#scale, 'no room to write it down: the heap fills its memory to the end');
    this.#draw();
  }

  redraw(): void {
    this.#picture.recolour((name) => this.#host.colour(name));
    this.#draw();
  }

  dispose(): void {
    this.#stopPlaying?.();
    this.#resize.disconnect();
  }

  /** Of so many maps: one alone has no past. */
  #offerReplay(count: number): void {
    const last = String(Math.max(0, count - 1));
    if (this.#slider.max !== last) this.#slider.max = last;
    const isAlone = count < 2;
    if (this.#play.disabled !== isAlone) this.#play.disabled = this.#slider.disabled = isAlone;
  }

  #seek(index: number): void {
    const view = this.#view;
    const past = view?.maps.at(index);
    if (!view || !past) return;
    const isNow = index === view.maps.count - 1 && view.source.kind !== 'saved';
    this.#replayAt = isNow ? null : index;
    this.#offerReplay(view.maps.count);
    this.#slider.value = String(index);
    this.#map = { cells: decode(past), cellBytes: past.cellBytes, stretches: past.stretches };
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

  #draw(): void {
    const map = this.#map;
    if (!map || this.#width === 0 || this.#height === 0) return;
    // The scale never shrinks: one sees memory become less.
    const most = Math.max(map.cells.length, this.#view?.maps.mostCells ?? 0);
    this.#layout = layoutOf(most, this.#width, this.#height);
    this.#picture.draw(map.cells, this.#layout, this.#ratio);
    const each = this.#layout.cellsEach * map.cellBytes;
    setText(
      this.#scale,
      `${format.bytes(map.cells.length * map.cellBytes)}, a cell is ${format.bytes(each)}${this.#replayAt === null ? '' : ', in the past'}`,
    );
    this.#tell();
  }

  #cellAt(event: PointerEvent): number | null {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const { columns, rows, cellsEach } = this.#layout;
    const column = Math.floor(((event.clientX - left) / width) * columns);
    const row = Math.floor(((event.clientY - top) / height) * rows);
    const cell = (row * columns + column) * cellsEach;
    return this.#map && cell >= 0 && cell < this.#map.cells.length ? cell : null;
  }

  #point(cell: number | null): void {
    if (cell === this.#pointed) return;
    this.#pointed = cell;
    this.#cell.ariaLive = cell === null ? 'off' : 'polite';
    this.#tell();
  }

  #onKey(event: KeyboardEvent): void {
    const map = this.#map;
    if (!map) return;
    const { columns, cellsEach } = this.#layout;
    const row = columns * cellsEach;
    const steps: Record<string, number> = {
      ArrowLeft: -cellsEach,
      ArrowRight: cellsEach,
      ArrowUp: -row,
      ArrowDown: row,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const last = Math.floor((map.cells.length - 1) / cellsEach) * cellsEach;
    this.#point(
      this.#pointed === null && Number.isFinite(step) ? 0 : Math.min(last, Math.max(0, (this.#pointed ?? 0) + step)),
    );
  }

  /** The cell that is pointed at, and how far what it belongs to reaches. */
  #tell(): void {
    const map = this.#map;
    if (!map) return;
    const { cells, cellBytes } = map;
    this.#placeMark();
    if (this.#pointed === null || this.#pointed >= cells.length) {
      setText(this.#words, this.#summary());
      return;
    }
    const at = this.#pointed;
    const kind = cells[at] ?? 0;
    let begin = at;
    let end = at + 1;
    while (begin > 0 && cells[begin - 1] === kind) --begin;
    while (end < cells.length && cells[end] === kind) ++end;
    const owner =
      this.#replayAt === null
        ? this.#view?.source.ownerOf(at * cellBytes, (at + this.#layout.cellsEach) * cellBytes)
        : null;
    setText(
      this.#words,
      `${format.address(at * cellBytes)}  ${cellWords(kind)}: ${format.bytes((end - begin) * cellBytes)} from ${format.address(begin * cellBytes)} to ${format.address(end * cellBytes)}${owner ? `, by ${format.site(owner)}` : ''}`,
    );
  }

  #placeMark(): void {
    const isPointed = this.#pointed !== null;
    if (this.#mark.hidden === isPointed) this.#mark.hidden = !isPointed;
    if (this.#pointed === null) return;
    const { columns, rows, cellsEach } = this.#layout;
    const shown = Math.floor(this.#pointed / cellsEach);
    const { style } = this.#mark;
    style.width = `${this.#width / columns}px`;
    style.height = `${this.#height / rows}px`;
    style.translate = `${((shown % columns) * this.#width) / columns}px ${(Math.floor(shown / columns) * this.#height) / rows}px`;
  }

  #summary(): string {
    const map = this.#map;
    if (!map) return '';
    const counts = this.#counts.fill(0);
    for (const stretch of map.stretches) counts[stretch >>> 24] = (counts[stretch >>> 24] ?? 0) + (stretch & 0xffffff);
    const of = (...ids: CellKind[]): string =>
      format.bytes(ids.reduce((sum, id) => sum + (counts[byteOf(id)] ?? 0), 0) * map.cellBytes);
    const slabs = counts.subarray(slabKind).reduce((sum, count) => sum + count, 0) * map.cellBytes;
    return `${format.bytes(slabs)} small blocks up to ${format.bytes(blockBytesOf(lastSizeClass))}, ${of('large', 'watched')} large blocks, ${of('free')} free`;
  }
}

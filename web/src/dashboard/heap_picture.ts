// The heap map's picture: a canvas that only what has changed is drawn on.
import { kindOf, kinds, lastSizeClass, slabKind } from './heap_cells.js';

type Colour = (name: string) => string;

export interface Layout {
  columns: number;
  rows: number;
  /** Cells of the map that are one in the picture. */
  cellsEach: number;
}

/** As many columns as make the cells about square; the scale changes at steps of a half only. Sizes in CSS pixels. */
export function layoutOf(cellCount: number, width: number, height: number): Layout {
  let capacity = 128;
  while (capacity < cellCount) capacity = capacity & (capacity - 1) ? (capacity / 3) << 2 : capacity + (capacity >> 1);
  let cellsEach = 1;
  while (capacity / cellsEach > (width * height) / 4) cellsEach *= 2;
  const shown = Math.ceil(capacity / cellsEach);
  // Powers of two in a row: what is aligned in memory is aligned in the picture.
  const columns = 2 ** Math.max(3, Math.round(Math.log2(Math.sqrt((shown * width) / height))));
  return { columns, rows: Math.ceil(shown / columns), cellsEach };
}

export class HeapPicture {
  readonly #canvas: HTMLCanvasElement;
  /** A pixel a cell; the canvas shows it enlarged. */
  readonly #small = document.createElement('canvas');
  readonly #colours = new Uint32Array(256);
  #gapColour = '';
  #none = 0;
  #layout: Layout = { columns: 1, rows: 1, cellsEach: 1 };
  #image = new ImageData(1, 1);
  #pixels = new Uint32Array(1);
  #isWhole = false;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** Colours as the style sheet has them now: all is drawn anew. */
  recolour(colour: Colour): void {
    const byKind = new Map<string, number>(kinds.map(({ id, colour: name }) => [id, packed(colour(name))]));
    const small = colour('--map-slab-small');
    const large = colour('--map-slab-large');
    for (let cell = 0; cell < 256; ++cell) {
      this.#colours[cell] =
        cell < slabKind
          ? (byKind.get(kindOf(cell)) ?? 0)
          : mixed(small, large, Math.min(1, (cell - slabKind - 1) / (lastSizeClass - 1)));
    }
    this.#none = packed(colour('--map-none'));
    this.#gapColour = colour('--panel');
    this.#isWhole = false;
  }

  /** CSS pixels, and device pixels for each of them. */
  resize(width: number, height: number, ratio: number): void {
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#isWhole = false;
  }

  /** Cost: a step a cell; drawn are the rows in which a colour has changed. Returns how many those are. */
  draw(cells: Uint8Array, layout: Layout, ratio: number): number {
    const { columns, rows } = layout;
    if (columns !== this.#layout.columns || rows !== this.#layout.rows || layout.cellsEach !== this.#layout.cellsEach) {
      this.#image = new ImageData(columns, rows);
      this.#pixels = new Uint32Array(this.#image.data.buffer);
      this.#small.width = columns;
      this.#small.height = rows;
      this.#isWhole = false;
    }
    this.#layout = layout;
    let drawn = 0;
    let begin = -1;
    for (let row = 0; row <= rows; ++row) {
      const isChanged = row < rows && (this.#paint(cells, row) || !this.#isWhole);
      if (isChanged && begin < 0) begin = row;
      if (isChanged || begin < 0) continue;
      this.#show(begin, row, ratio);
      drawn += row - begin;
      begin = -1;
    }
    this.#isWhole = true;
    return drawn;
  }

  /** Whether a pixel of the row has another colour now. */
  #paint(cells: Uint8Array, row: number): boolean {
    const { columns, cellsEach } = this.#layout;
    const pixels = this.#pixels;
    const colours = this.#colours;
    let isChanged = false;
    for (let at = row * columns, end = at + columns; at < end; ++at) {
      let cell = at * cellsEach;
      let colour = this.#none;
      if (cell < cells.length) {
        // What is in use is shown before what is free: nothing gets lost in the picture.
        let kind = cells[cell] ?? 0;
        const last = Math.min(cells.length, cell + cellsEach);
        for (++cell; cell < last; ++cell) if ((cells[cell] ?? 0) > kind) kind = cells[cell] ?? 0;
        colour = colours[kind] ?? 0;
      }
      if (pixels[at] === colour) continue;
      pixels[at] = colour;
      isChanged = true;
    }
    return isChanged;
  }

  #show(begin: number, end: number, ratio: number): void {
    const { columns, rows } = this.#layout;
    const { width, height } = this.#canvas;
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    this.#small.getContext('2d')?.putImageData(this.#image, 0, 0, 0, begin, columns, end - begin);
    const edge = (row: number): number => Math.round((row * height) / rows);
    const top = edge(begin);
    const bottom = edge(end);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#small, 0, begin, columns, end - begin, 0, top, width, bottom - top);
    if (Math.min(width / columns, height / rows) < 5 * ratio) return;
    context.fillStyle = this.#gapColour;
    for (let column = 1; column < columns; ++column)
      context.fillRect(Math.round((column * width) / columns), top, 1, bottom - top);
    for (let row = Math.max(1, begin); row < end; ++row) context.fillRect(0, edge(row), width, 1);
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

// The icicle: frames as bars, the outermost on top, as wide as what was allocated inside of them.
//
// Of our own and not a library: those on npm are SVG with one element a frame (d3-flame-graph, which brings seven packages of
// D3 and half of the dashboard's size), or made for stretches of time, and none can be operated by keyboard.
import { h } from './dom.js';
import { fitCanvas, type PanelHost } from './panels/panel.js';
import { depthOf, pathOf, sameFrame, type Frame } from './site_tree.js';

const rowHeight = 22;

interface Bar {
  frame: Frame;
  left: number;
  width: number;
  row: number;
}

export class Icicle {
  readonly canvas: HTMLCanvasElement;
  readonly #host: PanelHost;
  readonly #onPoint: (frame: Frame | null) => void;
  readonly #onFocus: (frame: Frame) => void;
  #bars: Bar[] = [];
  #root: Frame | null = null;
  #focus: Frame | null = null;
  #pointed: Frame | null = null;
  #search = '';
  #signed = false;

  constructor(host: PanelHost, onPoint: (frame: Frame | null) => void, onFocus: (frame: Frame) => void) {
    this.#host = host;
    this.#onPoint = onPoint;
    this.#onFocus = onFocus;
    this.canvas = h('canvas', {
      tabindex: 0,
      role: 'application',
      'aria-label':
        'Allocation sites. Arrow keys go to the frame above, inside or beside; Enter shows a frame in full width, Escape shows all.',
      onpointermove: (event: PointerEvent) => this.#point(this.#frameAt(event)),
      onpointerleave: () => this.#point(null),
      onblur: () => this.#point(null),
      onclick: (event: MouseEvent) => {
        const frame = this.#frameAt(event);
        if (frame) this.focus(frame);
      },
      onkeydown: (event: KeyboardEvent) => this.#onKey(event),
    });
  }

  /** `signed`: bytes are differences, and colours say which way. */
  show(root: Frame, focus: Frame, signed: boolean): void {
    // Whoever reads about a frame goes on reading about it.
    const path = this.#pointed && pathOf(this.#pointed);
    const same = path && sameFrame(root, path);
    this.#pointed = same && pathOf(same).length === path.length ? same : null;
    this.#root = root;
    this.#focus = focus;
    this.#signed = signed;
    this.#lay();
    // Deep stacks are scrolled to.
    const height = `max(100%, ${this.height}px)`;
    if (this.canvas.style.height !== height) this.canvas.style.height = height;
    this.draw();
  }

  get pointed(): Frame | null {
    return this.#pointed;
  }

  get isEmpty(): boolean {
    return (this.#root?.weight ?? 0) === 0;
  }

  set search(text: string) {
    this.#search = text.trim().toLowerCase();
    this.draw();
  }

  /** Share of what is shown that is in frames which the search finds, 0–1; null without a search. */
  get foundShare(): number | null {
    const focus = this.#focus;
    if (this.#search === '' || !focus || focus.weight === 0) return null;
    const found = (frame: Frame): number =>
      this.#matches(frame) ? frame.weight : frame.children.reduce((sum, child) => sum + found(child), 0);
    return found(focus) / focus.weight;
  }

  focus(frame: Frame): void {
    this.#focus = this.#pointed = frame;
    this.#lay();
    this.draw();
    this.#onFocus(frame);
  }

  /** Height that all rows take, in CSS pixels. */
  get height(): number {
    return this.#root ? (depthOf(this.#root) + 1) * rowHeight : rowHeight;
  }

  #matches(frame: Frame): boolean {
    return frame.name.toLowerCase().includes(this.#search);
  }

  #lay(): void {
    this.#bars = [];
    const focus = this.#focus;
    if (!focus) return;
    // Those around the focus, in full width; it, and what is in it.
    for (let at: Frame | null = focus.parent; at; at = at.parent) {
      this.#bars.push({ frame: at, left: 0, width: 1, row: at.depth });
    }
    const add = (frame: Frame, left: number, width: number): void => {
      this.#bars.push({ frame, left, width, row: frame.depth });
      let at = left;
      for (const child of frame.children) {
        const part = frame.weight === 0 ? 0 : (child.weight / frame.weight) * width;
        if (part > 0.0005) add(child, at, part);
        at += part;
      }
    };
    add(focus, 0, 1);
  }

  draw(): void {
    if (this.canvas.clientWidth === 0) return;
    const ratio = fitCanvas(this.canvas);
    const context = this.canvas.getContext('2d');
    if (!context) return;
    const colour = (name: string): string => this.#host.colour(name);
    const { width } = this.canvas;
    context.clearRect(0, 0, width, this.canvas.height);
    context.font = `${12 * ratio}px system-ui, sans-serif`;
    context.textBaseline = 'middle';
    for (const { frame, left, width: share, row } of this.#bars) {
      const x = left * width;
      const y = row * rowHeight * ratio;
      const barWidth = Math.max(1, share * width - ratio);
      const barHeight = (rowHeight - 1) * ratio;
      const found = this.#search !== '' && this.#matches(frame);
      context.globalAlpha = this.#search !== '' && !found ? 0.28 : 1;
      context.fillStyle = found ? colour('--soft') : this.#fill(frame, colour);
      context.fillRect(x, y, barWidth, barHeight);
      if (frame === this.#pointed) {
        context.strokeStyle = colour('--text');
        context.lineWidth = 2 * ratio;
        context.strokeRect(x + ratio, y + ratio, barWidth - 2 * ratio, barHeight - 2 * ratio);
      }
      if (barWidth > 34 * ratio) {
        context.fillStyle = found ? colour('--on-accent') : colour(frame.depth === 0 ? '--text' : '--flame-text');
        context.fillText(this.#fitting(context, frame.name, barWidth - 12 * ratio), x + 6 * ratio, y + barHeight / 2);
      }
    }
    context.globalAlpha = 1;
  }

  #fill(frame: Frame, colour: (name: string) => string): string {
    if (frame.depth === 0) return colour('--map-free');
    if (this.#signed) return colour(frame.bytes > 0 ? '--flame-more' : frame.bytes < 0 ? '--flame-less' : '--map-free');
    // Neighbours differ, and a name has the same shade everywhere.
    let hash = 0;
    for (let i = 0; i < frame.name.length; ++i) hash = (hash * 31 + frame.name.charCodeAt(i)) | 0;
    return colour(`--flame-${Math.abs(hash) % 4}`);
  }

  #fitting(context: CanvasRenderingContext2D, name: string, width: number): string {
    if (context.measureText(name).width <= width) return name;
    let low = 0;
    let high = name.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${name.slice(0, middle)}…`).width <= width) low = middle;
      else high = middle - 1;
    }
    return low < 2 ? '' : `${name.slice(0, low)}…`;
  }

  #frameAt(event: MouseEvent): Frame | null {
    const { left, top, width } = this.canvas.getBoundingClientRect();
    const x = (event.clientX - left) / width;
    const row = Math.floor((event.clientY - top) / rowHeight);
    return this.#bars.find((bar) => bar.row === row && x >= bar.left && x < bar.left + bar.width)?.frame ?? null;
  }

  #point(frame: Frame | null): void {
    if (frame === this.#pointed) return;
    this.#pointed = frame;
    this.draw();
    this.#onPoint(frame);
  }

  /** Of a frame that the keyboard went to. */
  #reveal(frame: Frame | null): void {
    const box = this.canvas.parentElement;
    if (!box || !frame) return;
    const top = frame.depth * rowHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight;
  }

  #onKey(event: KeyboardEvent): void {
    const at = this.#pointed ?? this.#focus;
    if (!at) return;
    const beside = (by: number): Frame | null => {
      const siblings = at.parent?.children ?? [];
      return siblings[siblings.indexOf(at) + by] ?? null;
    };
    const actions: Record<string, () => void> = {
      ArrowUp: () => at.parent && this.#point(at.parent),
      ArrowDown: () => at.children[0] && this.#point(at.children[0]),
      ArrowLeft: () => {
        const frame = beside(-1);
        if (frame) this.#point(frame);
      },
      ArrowRight: () => {
        const frame = beside(1);
        if (frame) this.#point(frame);
      },
      Enter: () => this.focus(at),
      Escape: () => this.#root && this.focus(this.#root),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
    this.#reveal(this.#pointed);
  }
}

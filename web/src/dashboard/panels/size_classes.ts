// How the small blocks are spread over the size classes, and what the large ones take.
import type { SizeClassStats } from '../../heap_stats.js';
import { frame, h, setText } from '../dom.js';
import * as format from '../format.js';
import type { ModuleView } from '../module_view.js';
import { emptyState, type Panel } from './panel.js';

interface Row {
  element: HTMLTableRowElement;
  live: HTMLElement;
  liveBytes: HTMLElement;
  free: HTMLElement;
  bar: HTMLElement;
  share: HTMLElement;
}

export class SizeClassesPanel implements Panel {
  readonly element: HTMLElement;
  readonly #body = h('tbody');
  readonly #empty = h('div', {});
  readonly #scroll: HTMLElement;
  readonly #note = h('span', { class: 'note number' });
  readonly #rows = new Map<number, Row>();
  #view: ModuleView | null = null;

  constructor() {
    const head = ['Block', 'Live', 'Bytes', 'Free', 'In use'].map((text, i) =>
      h('th', { scope: 'col', class: i < 4 ? 'number' : '' }, text),
    );
    this.#scroll = h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Size classes' },
      h('table', {}, h('thead', {}, h('tr', {}, ...head)), this.#body),
    );
    this.element = frame('size-classes', 'Size classes', [this.#note], this.#empty, this.#scroll);
  }

  show(view: ModuleView): void {
    this.#view = view;
    const missing = view.source.missing('sizeClasses');
    this.#empty.replaceChildren(...(missing ? [emptyState('No size classes here', missing)] : []));
    this.#scroll.hidden = missing !== null;
    this.#rows.clear();
    this.#body.replaceChildren();
    setText(this.#note, '');
    this.update();
  }

  update(): void {
    const classes = this.#view?.source.sizeClasses();
    if (!classes) return;
    const seen = new Set<number>();
    let freeBytes = 0;
    classes.forEach((stats, index) => {
      seen.add(stats.blockBytes);
      freeBytes += stats.freeBlocks * stats.blockBytes;
      const row = this.#rows.get(stats.blockBytes) ?? this.#addRow(stats.blockBytes);
      if (this.#body.children[index] !== row.element)
        this.#body.insertBefore(row.element, this.#body.children[index] ?? null);
      fill(row, stats);
    });
    for (const [blockBytes, { element }] of this.#rows) {
      if (seen.has(blockBytes)) continue;
      element.remove();
      this.#rows.delete(blockBytes);
    }
    setText(this.#note, classes.length === 0 ? 'No block is allocated.' : `${format.bytes(freeBytes)} free in slabs`);
  }

  #addRow(blockBytes: number): Row {
    const bar = h('i', { class: blockBytes === 0 ? 'large' : '' });
    const live = h('td', { class: 'number' });
    const liveBytes = h('td', { class: 'number' });
    const free = h('td', { class: 'number' });
    const share = h('span', { class: 'sr' });
    const element = h(
      'tr',
      {},
      h('th', { scope: 'row', class: 'number' }, blockBytes === 0 ? 'larger' : `${format.count(blockBytes)} B`),
      live,
      liveBytes,
      free,
      h('td', { class: 'bar' }, h('div', {}, bar), share),
    );
    const row = { element, live, liveBytes, free, bar, share };
    this.#rows.set(blockBytes, row);
    return row;
  }
}

function fill(row: Row, { blockBytes, liveBlocks, liveBytes, freeBlocks }: SizeClassStats): void {
  setText(row.live, format.count(liveBlocks));
  setText(row.liveBytes, format.bytes(liveBytes));
  setText(row.free, blockBytes === 0 ? '' : format.count(freeBlocks));
  const share = blockBytes === 0 ? 1 : liveBlocks / Math.max(1, liveBlocks + freeBlocks);
  setText(row.share, format.percent(share));
  const width = `${(share * 100).toFixed(1)}%`;
  if (row.bar.style.width !== width) row.bar.style.width = width;
}

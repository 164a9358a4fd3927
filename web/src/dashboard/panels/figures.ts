// The row of figures under the head.
import { h, setText } from '../dom.js';
import * as format from '../format.js';
import type { ModuleView } from '../module_view.js';
import type { Reading } from '../source.js';
import type { Panel } from './panel.js';

interface Figure {
  id: string;
  label: string;
  value(reading: Reading): string;
  detail(reading: Reading): string;
}

const ofWhole = (part: number | null, whole: number | null, words: string): string =>
  part === null || !whole ? '' : `${format.percent(part / whole)} ${words}`;

const figures: Figure[] = [
  {
    id: 'used',
    label: 'Used',
    value: ({ used }) => format.bytes(used),
    detail: ({ liveBlocks }) => (liveBlocks === null ? 'not known' : format.blocks(liveBlocks)),
  },
  {
    id: 'reserved',
    label: 'Reserved',
    value: ({ reserved }) => format.bytes(reserved),
    detail: ({ used, reserved }) => ofWhole(used, reserved, 'of it used'),
  },
  {
    id: 'allocated',
    label: 'Linear memory',
    value: ({ allocated }) => format.bytes(allocated),
    detail: ({ used, allocated, limit }) =>
      limit ? `limit ${format.bytes(limit)}` : ofWhole(used, allocated, 'of it used'),
  },
  {
    id: 'peak',
    label: 'Peak',
    value: ({ peakUsed, peakAllocated }) => format.bytes(peakUsed ?? peakAllocated),
    detail: ({ peakUsed, peakAllocated }) =>
      peakUsed === null ? 'of linear memory' : `memory ${format.bytes(peakAllocated)}`,
  },
  {
    id: 'fragmentation',
    label: 'Fragmentation',
    value: ({ fragmentation }) => format.percent(fragmentation),
    detail: ({ free, largestFree }) => (free === null ? '' : `largest free ${format.bytes(largestFree)}`),
  },
  {
    id: 'rate',
    label: 'Allocation rate',
    value: ({ allocationRate }) => (allocationRate === null ? format.unknown : `${format.bytes(allocationRate)}/s`),
    detail: ({ efficiency }) => (efficiency === null ? '' : `efficiency ${efficiency.toFixed(0)} of 100`),
  },
];

export class FiguresPanel implements Panel {
  readonly element: HTMLElement;
  readonly #cells = new Map<
    string,
    { value: HTMLElement; number: HTMLElement; unit: HTMLElement; detail: HTMLElement }
  >();
  #view: ModuleView | null = null;

  constructor() {
    this.element = h('dl', { class: 'figures', 'aria-label': 'Memory now' });
    for (const { id, label } of figures) {
      const number = h('span', {}, format.unknown);
      const unit = h('small');
      const value = h('dd', { class: 'value', 'data-figure': id }, number, unit);
      // Cut off where the place is narrow: then the pointer tells.
      const detail = h('dd', { class: 'detail', onpointerenter: () => (detail.title = detail.textContent) });
      this.#cells.set(id, { value, number, unit, detail });
      this.element.append(h('div', {}, h('dt', {}, label), value, detail));
    }
  }

  show(view: ModuleView): void {
    this.#view = view;
  }

  update(): void {
    const reading = this.#view?.latest;
    for (const figure of figures) {
      const cell = this.#cells.get(figure.id);
      if (!cell) continue;
      const [number = '', unit = ''] = (reading ? figure.value(reading) : format.unknown).split(' ');
      setText(cell.number, number);
      setText(cell.unit, unit && ` ${unit}`);
      const words = reading ? figure.detail(reading) : '';
      setText(cell.detail, words);
    }
  }
}

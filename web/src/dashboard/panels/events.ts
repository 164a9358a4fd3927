// What has happened, newest first: the markers of the timeline as text.
import { frame, h } from '../dom.js';
import * as format from '../format.js';
import type { ModuleView } from '../module_view.js';
import type { Marker, MarkerKind } from '../source.js';
import { emptyState, type Panel } from './panel.js';

const words: Record<MarkerKind, string> = {
  growth: 'growth',
  shrink: 'shrink',
  compaction: 'compaction',
  collection: 'collection',
  warning: 'warning',
  leak: 'leak',
  note: 'note',
};
const mostRows = 100;

export class EventsPanel implements Panel {
  readonly element: HTMLElement;
  readonly #body = h('tbody');
  readonly #empty = h(
    'div',
    {},
    emptyState('Nothing has happened yet', 'Growth, shrinks, collections, warnings and leaks are noted here.'),
  );
  readonly #scroll: HTMLElement;
  #view: ModuleView | null = null;
  #newest: Marker | undefined;

  constructor() {
    this.#scroll = h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Events' },
      this.#empty,
      h(
        'table',
        {},
        h('thead', { class: 'sr' }, h('tr', {}, ...['Time', 'Kind', 'What'].map((text) => h('th', {}, text)))),
        this.#body,
      ),
    );
    this.element = frame('events', 'Events', [], this.#scroll);
  }

  show(view: ModuleView): void {
    this.#view = view;
    this.#newest = undefined;
    this.#body.replaceChildren();
    this.update();
  }

  update(): void {
    const markers = this.#view?.markers ?? [];
    const from = this.#newest ? markers.lastIndexOf(this.#newest) + 1 : 0;
    for (const marker of markers.slice(from).slice(-mostRows)) {
      this.#body.prepend(
        h(
          'tr',
          {},
          h('td', { class: 'mono' }, format.clockTime(marker.time)),
          h('td', {}, h('span', { class: 'tag', 'data-kind': marker.kind }, words[marker.kind])),
          h('td', {}, marker.text),
        ),
      );
    }
    while (this.#body.children.length > mostRows) this.#body.lastElementChild?.remove();
    this.#newest = markers.at(-1);
    const isEmpty = markers.length === 0;
    if (this.#empty.hidden === isEmpty) this.#empty.hidden = !isEmpty;
  }
}

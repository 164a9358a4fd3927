// The dashboard's head: name, modules, and what can be done to the view itself.
import { h, setText, svg } from './dom.js';

export type Theme = 'system' | 'light' | 'dark';

export interface HeadEvents {
  select(id: string): void;
  pause(): void;
  rate(hz: number): void;
  theme(theme: Theme): void;
  open(file: File): void;
  save(): void;
}

export class Head {
  readonly element: HTMLElement;
  readonly #events: HeadEvents;
  readonly #tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Modules' });
  readonly #dot = h('i', { 'aria-hidden': 'true' });
  readonly #words = h('span', { class: 'slot' });
  readonly #state = h('span', { class: 'state', 'data-state': 'paused' }, this.#dot, h('span', {}, this.#words));
  readonly #pause: HTMLButtonElement;
  readonly #save: HTMLButtonElement;

  constructor(events: HeadEvents, hz: number, theme: Theme) {
    this.#events = events;
    const file = h('input', {
      type: 'file',
      accept: '.json,application/json',
      hidden: true,
      onchange: () => {
        for (const each of file.files ?? []) events.open(each);
        file.value = '';
      },
    });
    this.#pause = h(
      'button',
      { type: 'button', 'data-action': 'pause', 'data-label': 'Resume', onclick: () => events.pause() },
      'Pause',
    );
    this.#save = h('button', { type: 'button', 'data-action': 'save', onclick: () => events.save() }, 'Save');
    const rates = [1, 2, 4, 10];
    if (!rates.includes(hz)) rates.push(hz);
    this.element = h(
      'header',
      { class: 'head' },
      h('div', { class: 'brand' }, mark(), h('h1', {}, 'Tidemark')),
      this.#tabs,
      h(
        'div',
        { class: 'tools' },
        this.#state,
        this.#pause,
        select(
          'How often',
          rates.sort((a, b) => a - b).map((rate) => [String(rate), `${rate} Hz`]),
          String(hz),
          (value) => events.rate(Number(value)),
        ),
        select(
          'Theme',
          [
            ['system', 'System'],
            ['light', 'Light'],
            ['dark', 'Dark'],
          ],
          theme,
          (value) => events.theme(value as Theme),
        ),
        h('button', { type: 'button', 'data-action': 'open', onclick: () => file.click() }, 'Open…'),
        file,
        this.#save,
      ),
    );
  }

  /** The modules, as tabs where there are several. */
  showModules(ids: readonly string[], selected: string | null): void {
    const tabs = ids.map((id, index) => {
      const chosen = id === selected;
      return h(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${index}`,
          'aria-selected': String(chosen),
          'aria-controls': 'module',
          tabindex: chosen ? 0 : -1,
          'data-module': id,
          'data-label': id,
          title: id,
          dir: 'auto',
          onclick: () => this.#events.select(id),
          onkeydown: (event: KeyboardEvent) => {
            const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
            if (next === undefined) return;
            event.preventDefault();
            this.#events.select(ids.at(next % ids.length) ?? id);
          },
        },
        id,
      );
    });
    this.#tabs.hidden = ids.length === 0;
    const isFocused = this.#tabs.matches(':focus-within');
    this.#tabs.replaceChildren(...tabs);
    if (isFocused) tabs[ids.indexOf(selected ?? '')]?.focus();
  }

  showState(state: 'live' | 'paused' | 'saved' | 'none', words: string): void {
    this.#state.dataset['state'] = state;
    setText(this.#words, words);
    setText(this.#pause, state === 'paused' ? 'Resume' : 'Pause');
    this.#pause.disabled = state === 'saved' || state === 'none';
    this.#save.disabled = state === 'none';
  }
}

function select(
  label: string,
  options: [string, string][],
  value: string,
  onChange: (value: string) => void,
): HTMLElement {
  const element = h(
    'select',
    { 'aria-label': label, onchange: () => onChange(element.value) },
    ...options.map(([id, text]) => h('option', { value: id, selected: id === value }, text)),
  );
  return element;
}

function mark(): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 40 40', width: 28, height: 28, 'aria-hidden': 'true' },
    svg('rect', { width: 40, height: 40, rx: 9, fill: '#0c8f8f' }),
    svg('path', { d: 'M6 13h28', stroke: '#fff', 'stroke-width': 2, 'stroke-dasharray': '3 3', opacity: 0.75 }),
    svg('path', {
      d: 'M6 24c3.5-4 6.500-4 9.500 0s6 4 9.500 0 6-4 9 0v7a4 4 0 0 1-4 4H10a4 4 0 0 1-4-4z',
      fill: '#fff',
    }),
  );
}

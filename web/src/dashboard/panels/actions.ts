// What can be done now, with what it would do beforehand, and what it did afterwards.
import { frame, h, setText } from '../dom.js';
import type { ModuleView } from '../module_view.js';
import type { Action } from '../source.js';
import { emptyState, type Panel, type PanelHost } from './panel.js';

export class ActionsPanel implements Panel {
  readonly element: HTMLElement;
  readonly #host: PanelHost;
  readonly #list = h('ul', { class: 'acts' });
  readonly #empty = h('div', {});
  readonly #outcome = h('p', { class: 'outcome', role: 'status' });
  #view: ModuleView | null = null;
  #shown: readonly Action[] = [];
  #forecasts: (() => void)[] = [];

  constructor(host: PanelHost) {
    this.#host = host;
    this.element = frame('actions', 'Actions', [], this.#empty, this.#list, this.#outcome);
    // Whoever is about to press a button reads what is true now.
    for (const about of ['pointerenter', 'focusin']) this.element.addEventListener(about, () => this.#forecast());
  }

  show(view: ModuleView): void {
    this.#view = view;
    this.#shown = view.source.actions;
    const missing = view.source.missing('actions');
    this.#empty.replaceChildren(...(missing ? [emptyState('Nothing can be done here', missing)] : []));
    this.#outcome.hidden = this.#list.hidden = missing !== null;
    setText(this.#outcome, '');
    delete this.#outcome.dataset['failed'];
    this.#forecasts = [];
    this.#list.replaceChildren(...this.#shown.map((action) => this.#row(action)));
    this.update();
  }

  update(): void {
    if (this.#view && this.#view.source.actions !== this.#shown) this.show(this.#view);
    this.#forecast();
  }

  /** Cost: a walk over the heap for each action that would move something. */
  #forecast(): void {
    for (const forecast of this.#forecasts) forecast();
  }

  #row(action: Action): HTMLElement {
    // How much a shrink returns changes all the time; the others' words don't.
    const words = h('span', action.id === 'shrink' ? { class: 'slot' } : {});
    const forecast = h('p', { class: 'forecast', id: `forecast-${action.id}` }, words);
    this.#forecasts.push(() => {
      let text: string;
      try {
        text = action.forecast();
      } catch (error) {
        text = error instanceof Error ? error.message : String(error);
      }
      setText(words, text);
    });
    const button = h(
      'button',
      {
        type: 'button',
        class: action.id === 'shrink' ? 'primary' : '',
        'data-action': action.id,
        'aria-describedby': forecast.id,
        onclick: () => void this.#run(action, button),
      },
      action.label,
    );
    const name = action.id.startsWith('collect-')
      ? 'Collect'
      : action.id === 'shrink'
        ? 'Give memory back'
        : 'Move together';
    return h('li', {}, h('h3', {}, name), button, forecast);
  }

  async #run(action: Action, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      const { text } = await action.run();
      delete this.#outcome.dataset['failed'];
      setText(this.#outcome, text);
    } catch (error) {
      this.#outcome.dataset['failed'] = 'true';
      setText(this.#outcome, error instanceof Error ? error.message : String(error));
    } finally {
      button.disabled = false;
      this.#host.refresh();
    }
  }
}

import type { Clock } from '../../context.js';
import { h } from '../dom.js';
import type { ModuleView } from '../module_view.js';

/** What panels ask the dashboard. */
export interface PanelHost {
  readonly clock: Clock;
  /** A colour of the style sheet, as canvases take it. */
  colour(name: string): string;
  /** Figures have changed for another reason than time: show them now. */
  refresh(): void;
}

export interface Panel {
  readonly element: HTMLElement;
  /** Another module is looked at from now on. */
  show(view: ModuleView): void;
  /** Cost counts: called while the panel can be seen, as often as its pace allows. */
  update(): void;
  /** Light has turned to dark, or the panel has another size. */
  redraw?(): void;
  dispose?(): void;
}

/** What stands where there is nothing to show. */
export function emptyState(title: string, text: string, ...more: Node[]): HTMLElement {
  return h('div', { class: 'empty' }, h('strong', {}, title), h('p', {}, text), ...more);
}

/** A canvas as sharp as the screen. Returns device pixels for each CSS pixel. */
export function fitCanvas(canvas: HTMLCanvasElement): number {
  const ratio = Math.max(1, globalThis.devicePixelRatio || 1);
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return ratio;
}

/** Buttons of which one is pressed. */
export function choice<Value extends string>(
  label: string,
  options: readonly { value: Value; label: string; title?: string }[],
  chosen: Value,
  onChoose: (value: Value) => void,
): { element: HTMLElement; choose: (value: Value | null) => void } {
  const buttons = options.map((option) =>
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(option.value === chosen),
        'data-value': option.value,
        'data-label': option.label,
        ...(option.title && { title: option.title }),
        onclick: () => onChoose(option.value),
      },
      option.label,
    ),
  );
  return {
    element: h('div', { class: 'group', role: 'group', 'aria-label': label }, ...buttons),
    choose(value) {
      for (const button of buttons) button.ariaPressed = String(button.dataset['value'] === value);
    },
  };
}

// `import { mountDashboard } from 'tidemark/dashboard'`: memory to look at, in any element of any page.
//
// Everything lives in a shadow root with constructed style sheets: the page's style and the dashboard's leave each other
// alone, and a strict content security policy has nothing to refuse. Nothing is ever requested from the network.
import type { attach } from '../attach.js';
import { aClock, aNumber, anObject, aString, checkOptions, isObject, oneOf, required, type Check } from '../checks.js';
import { systemClock, type Clock } from '../context.js';
import { symbolDispose } from '../disposable.js';
import { runtimeOf, type EmscriptenModule } from '../engine.js';
import { TidemarkError } from '../errors.js';
import type { WasmModule } from '../wasm_module.js';
import type { ComponentApi } from './component_api.js';
import { h } from './dom.js';
import type { Theme } from './head.js';
import { LiveSource } from './live_source.js';
import { Overlay } from './overlay.js';
import { Page } from './page.js';
import type { PanelHost } from './panels/panel.js';
import { paletteOf, styleSheet } from './styles.js';
import { Views } from './views.js';

export type { Clock } from '../context.js';
export { TidemarkError, type TidemarkErrorCode } from '../errors.js';
export type { WasmModule } from '../wasm_module.js';

export interface DashboardOptions {
  /** What to show: an instantiated Emscripten Module, a WebAssembly.Memory or Instance, or one of them with an `id`. */
  module?: object;
  /** Several, each with an `id`. */
  modules?: readonly WasmModule[];
  /** The name of `module` where it has none of its own. */
  id?: string;
  /**
   * The API that looks after the modules: `import * as api from 'tidemark'`, or what createTidemark() or attach() returned.
   * Without one, a module that is linked with Tidemark's runtime is attached to, and of others the size is shown.
   */
  api?: object;
  /** `overlay` is a small panel in the corner of the window. */
  mode?: 'page' | 'overlay';
  /** How often memory is looked at, 1–10 times a second. */
  hz?: number;
  theme?: Theme;
  clock?: Clock;
}

export interface Dashboard {
  /** @throws {TidemarkError} `'invalid-module'`, `'duplicate-module'` */
  addModule(module: WasmModule): void;
  removeModule(id: string): void;
  select(id: string): void;
  /** Opens a report, a history, test results or a recording. False, and a line on the page, when it is none of them. */
  open(file: Blob): Promise<boolean>;
  pause(): void;
  resume(): void;
  /** Safe to call twice. What adds, opens or resumes throws a TidemarkError `'disposed'` from then on. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Shows a dashboard in `element`, until it is disposed.
 *
 * @throws {TidemarkError} `'invalid-argument'`: no element; `'invalid-config'`: an option that can't be; `'invalid-module'`,
 *   `'duplicate-module'`
 */
export function mountDashboard(element: HTMLElement, options: DashboardOptions = {}): Dashboard {
  required('element', element, anElement);
  checkOptions(options, checks, 'invalid-config');
  const { mode = 'page', hz = 4, theme = 'system', clock = systemClock, api } = options;
  const views = new Views();
  const stops: (() => void)[] = [];
  const host = h('div', { 'data-tidemark': mode });
  const setTheme = (chosen: Theme): void => {
    if (chosen === 'system') delete host.dataset['theme'];
    else host.dataset['theme'] = chosen;
    recolour();
  };
  const root = host.attachShadow({ mode: 'open' });
  root.adoptedStyleSheets = [styleSheet()];
  let colour = paletteOf(host);
  const panelHost: PanelHost = { clock, colour: (name) => colour(name), refresh: () => page?.refresh() };
  let page: Page | null = null;
  let overlay: Overlay | null = null;

  const recolour = (): void => {
    colour = paletteOf(host);
    page?.redraw();
    overlay?.redraw();
  };
  const addModule = (given: WasmModule): void => {
    const source = new LiveSource(given, (api as ComponentApi | undefined) ?? null, clock);
    try {
      views.add(source, false);
    } catch (error) {
      source.dispose();
      throw error;
    }
    if (source.kind === 'linked') void connect(source, api === undefined ? (given as Linked) : null);
  };
  try {
    for (const module of named(options)) addModule(module);
  } catch (error) {
    views.dispose(); // those before it
    throw error;
  }
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', recolour);
  stops.push(() => dark.removeEventListener('change', recolour));

  const makePage = (): Page => {
    page = new Page(views, panelHost, clock, hz, theme, setTheme);
    return page;
  };
  if (theme !== 'system') host.dataset['theme'] = theme;
  element.append(host);
  colour = paletteOf(host);
  if (mode === 'page') {
    const whole = makePage();
    root.append(whole.element);
    whole.resume();
  } else {
    overlay = new Overlay(views, panelHost, clock, hz, () => {
      const whole = makePage();
      const close = h('button', { type: 'button', onclick: () => dialog.close() }, 'Close');
      const dialog = h(
        'dialog',
        {
          'aria-label': 'Tidemark dashboard',
          onclose: () => {
            whole.dispose();
            page = null;
            dialog.remove();
            overlay?.resume();
          },
        },
        h('div', { class: 'row' }, close),
        whole.element,
      );
      root.append(dialog);
      overlay?.pause();
      dialog.showModal();
      whole.redraw();
      whole.resume();
    });
    root.append(overlay.element);
    overlay.resume();
  }

  const requireOpen = (): void => {
    if (stops.length === 0) throw new TidemarkError('disposed', 'Dashboard: it was used after dispose()');
  };
  const dispose = (): void => {
    page?.dispose();
    overlay?.pause();
    for (const stop of stops.splice(0)) stop();
    views.dispose();
    host.remove();
  };
  return {
    addModule(module) {
      requireOpen();
      addModule(module);
    },
    removeModule: (id) => views.remove(id),
    select: (id) => views.select(id),
    async open(file) {
      requireOpen();
      return ((await page?.open(file)) ?? null) !== null;
    },
    pause() {
      page?.pause();
      overlay?.pause();
    },
    resume() {
      requireOpen();
      page?.resume();
      if (!page) overlay?.resume();
    },
    dispose,
    [symbolDispose]: dispose,
  };
}

type Linked = Parameters<typeof attach>[0];

/** What is on top of the program itself is loaded only where there is one that has it. */
async function connect(source: LiveSource, program: Linked | null): Promise<void> {
  const [{ readProfile }, { attach: attachTo }] = await Promise.all([
    import('./read_profile.js'),
    import('../attach.js'),
  ]);
  source.profileReader = readProfile;
  if (!program) return;
  const api = attachTo({ id: program.id, module: program.module });
  source.connect(api, () => api.dispose());
}

const anElement: Check = ['an HTMLElement', (value) => value instanceof HTMLElement];
const checks: Record<keyof DashboardOptions, Check> = {
  module: ['', () => true], // looked at where it is used
  modules: ['an array of modules', (value) => Array.isArray(value)],
  id: aString,
  api: anObject,
  mode: oneOf(['page', 'overlay']),
  hz: aNumber('a number from 1 to 10', (value) => value >= 1 && value <= 10),
  theme: oneOf(['system', 'light', 'dark']),
  clock: aClock,
};

/** What was given, each with its name. */
function named({ module, modules = [], id }: DashboardOptions): WasmModule[] {
  if (module === undefined) return [...modules];
  return [withName(module, id), ...modules];
}

function withName(module: object, id = 'module'): WasmModule {
  if (!isObject(module)) return module; // which is refused where it is looked at
  if (module instanceof WebAssembly.Memory) return { id, memory: module };
  if (module instanceof WebAssembly.Instance) return { id, instance: module };
  const program = module as EmscriptenModule & { id?: unknown };
  const isBare = program.HEAPU8 !== undefined || program.wasmMemory !== undefined || isLinked(program);
  return isBare && typeof program.id !== 'string' ? { id, module } : (module as WasmModule);
}

function isLinked(module: EmscriptenModule): boolean {
  return runtimeOf(module) !== null;
}

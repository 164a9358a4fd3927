// The tester's built-in suites: chosen, run while one watches, compared with the run before, and taken along as a file.
import { download, frame, h, setText } from '../dom.js';
import * as format from '../format.js';
import type { ModuleView } from '../module_view.js';
import type { Tester, TestRow, TestRun } from '../source.js';
import { emptyState, type Panel, type PanelHost } from './panel.js';

export class TestsPanel implements Panel {
  readonly element: HTMLElement;
  readonly #host: PanelHost;
  readonly #content = h('div', {});
  readonly #state = h('span', { class: 'note', role: 'status' });
  readonly #run: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #export: HTMLButtonElement;
  #view: ModuleView | null = null;
  #shownTester: Tester | null | undefined;
  #boxes: HTMLInputElement[] = [];
  #body = h('tbody');
  #running: AbortController | null = null;

  constructor(host: PanelHost) {
    this.#host = host;
    this.#run = h(
      'button',
      { type: 'button', class: 'primary', 'data-action': 'run-tests', onclick: () => void this.#start() },
      'Run',
    );
    this.#stop = h(
      'button',
      { type: 'button', hidden: true, 'data-action': 'stop-tests', onclick: () => this.#running?.abort() },
      'Stop',
    );
    this.#export = h(
      'button',
      { type: 'button', hidden: true, 'data-action': 'export-tests', onclick: () => this.#save() },
      'Export JSON',
    );
    this.element = frame('tests', 'Tests', [this.#state, this.#export, this.#stop, this.#run], this.#content);
  }

  show(view: ModuleView): void {
    this.#view = view;
    this.#shownTester = undefined;
    this.update();
  }

  update(): void {
    const view = this.#view;
    if (!view || view.source.tester === this.#shownTester) return;
    const tester = (this.#shownTester = view.source.tester);
    this.#run.hidden = tester === null;
    this.#export.hidden = view.testRun === null;
    setText(this.#state, '');
    const missing = view.source.missing('tests');
    if (missing !== null && view.testRun === null) {
      this.#content.replaceChildren(emptyState('No tests here', missing));
      return;
    }
    this.#boxes = (tester?.names ?? []).map((name) => h('input', { type: 'checkbox', value: name, checked: true }));
    this.#body = h('tbody');
    const head = ['Test', 'Result', 'Score', 'Time', 'Operations a second', 'Peak', 'Left over'].map((text, i) =>
      h('th', { scope: 'col', class: i > 1 ? 'number' : '' }, text),
    );
    this.#content.replaceChildren(
      h(
        'div',
        { class: 'choice', role: 'group', 'aria-label': 'Tests to run' },
        ...this.#boxes.map((box) => h('label', {}, box, box.value)),
      ),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Test results' },
        h('table', {}, h('thead', {}, h('tr', {}, ...head)), this.#body),
      ),
    );
    for (const row of view.testRun?.rows ?? []) this.#add(row);
    if (view.testRun) this.#conclude(view.testRun);
    else if (tester) setText(this.#state, 'They run in this module, and give back what they take.');
  }

  dispose(): void {
    this.#running?.abort();
  }

  async #start(): Promise<void> {
    const view = this.#view;
    const tester = view?.source.tester;
    if (!view || !tester || this.#running) return;
    const names = this.#boxes.filter(({ checked }) => checked).map(({ value }) => value);
    if (names.length === 0) {
      setText(this.#state, 'Choose a test first.');
      return;
    }
    const running = (this.#running = new AbortController());
    this.#run.disabled = true;
    this.#stop.hidden = false;
    this.#body.replaceChildren();
    view.testRunBefore = view.testRun;
    view.testRun = null;
    try {
      setText(this.#state, `0 of ${names.length}: ${names[0] ?? ''}`);
      let done = 0;
      const onRow = (row: TestRow): void => {
        if (this.#view !== view) return;
        this.#add(row);
        ++done;
        setText(this.#state, `${done} of ${names.length}${names[done] ? `: ${names[done] ?? ''}` : ''}`);
      };
      view.testRun = await tester.run(names, onRow, running.signal);
      if (this.#view === view) this.#conclude(view.testRun);
      const left = names.length - view.testRun.rows.length;
      if (this.#view === view && left > 0) setText(this.#state, `Stopped, ${left} not run; ${this.#state.textContent}`);
    } catch (error) {
      setText(this.#state, error instanceof Error ? error.message : String(error));
    } finally {
      this.#running = null;
      this.#run.disabled = false;
      this.#stop.hidden = true;
      this.#export.hidden = view.testRun === null;
      this.#host.refresh();
    }
  }

  #conclude(run: TestRun): void {
    const failed = run.rows.filter(({ passed }) => !passed).length;
    setText(
      this.#state,
      `${run.rows.length - failed} passed, ${failed} failed, score ${run.score.toFixed(0)}, ${format.duration(run.durationMs)}`,
    );
    this.#export.hidden = false;
  }

  #add(row: TestRow): void {
    const before = this.#view?.testRunBefore?.rows.find(({ name }) => name === row.name);
    const change = before ? row.score - before.score : 0;
    const number = (text: string): HTMLElement => h('td', { class: 'number' }, text);
    this.#body.append(
      h(
        'tr',
        { 'data-test': row.name },
        h('th', { scope: 'row' }, row.name),
        h(
          'td',
          {},
          h('span', { class: 'tag', 'data-level': row.passed ? 'passed' : 'failed' }, row.passed ? 'passed' : 'failed'),
          row.error ? ` ${row.error}` : '',
        ),
        number(`${row.score.toFixed(0)}${before ? ` (${change >= 0 ? '+' : '−'}${Math.abs(change).toFixed(0)})` : ''}`),
        number(format.duration(row.durationMs)),
        number(format.count(row.opsPerSecond)),
        number(format.bytes(row.peakBytes)),
        number(format.bytes(row.leakedBytes)),
      ),
    );
  }

  #save(): void {
    const view = this.#view;
    const run = view?.testRun;
    if (!view || !run) return;
    const { name, rows, ...rest } = run;
    const passed = rows.filter((row) => row.passed).length;
    const { score, durationMs, recommendations } = rest;
    const summary = { total: rows.length, passed, failed: rows.length - passed, score, durationMs, recommendations };
    download(
      `${view.source.id}.tests.json`,
      'application/json',
      JSON.stringify({ name, results: rows, summary }, null, 2),
    );
  }
}

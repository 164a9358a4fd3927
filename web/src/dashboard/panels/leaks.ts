// What the leak detector found: how bad, on what evidence, where from, and what to do about it.
import { frame, h, setText, svg } from '../dom.js';
import * as format from '../format.js';
import type { ModuleView } from '../module_view.js';
import type { LeakFinding, LeakFindings } from '../source.js';
import { emptyState, type Panel, type PanelHost } from './panel.js';

const mostHistory = 50;

export class LeaksPanel implements Panel {
  readonly element: HTMLElement;
  readonly #host: PanelHost;
  readonly #look: HTMLButtonElement;
  readonly #watch: HTMLButtonElement;
  readonly #verdict = h('span', { class: 'note', role: 'status' });
  readonly #content = h('div', {});
  readonly #history = h('ol', { class: 'sr' });
  #view: ModuleView | null = null;
  #shown: LeakFindings | null = null;
  #stopWatching: (() => void) | null = null;

  constructor(host: PanelHost) {
    this.#host = host;
    this.#look = h('button', { type: 'button', 'data-action': 'detect', onclick: () => this.#detect() }, 'Look now');
    this.#watch = h(
      'button',
      { type: 'button', 'aria-pressed': 'false', onclick: () => this.#toggleWatching() },
      'Every 10 s',
    );
    this.element = frame('leaks', 'Leaks', [this.#verdict, this.#watch, this.#look], this.#content, this.#history);
  }

  show(view: ModuleView): void {
    if (this.#view !== view) this.#stop();
    this.#view = view;
    const missing = view.source.missing('leaks');
    this.#look.hidden = this.#watch.hidden = missing !== null || view.source.kind === 'saved';
    setText(this.#verdict, '');
    const last = view.leakHistory.at(-1);
    if (missing) this.#content.replaceChildren(emptyState('No leak detector here', missing));
    else if (last) this.#showFindings(last.findings);
    else {
      this.#content.replaceChildren(
        emptyState(
          'Not looked at yet',
          'The detector scans memory from its roots, follows the trend of what is live, and tells what can’t be reached any more.',
        ),
      );
    }
  }

  update(): void {
    const view = this.#view;
    if (view && this.#look.hidden === (view.source.missing('leaks') === null) && view.source.kind !== 'saved')
      this.show(view);
  }

  dispose(): void {
    this.#stop();
  }

  #toggleWatching(): void {
    if (this.#stopWatching) {
      this.#stop();
      return;
    }
    this.#watch.ariaPressed = 'true';
    this.#stopWatching = this.#host.clock.every(10_000, () => this.#detect());
    this.#detect();
  }

  #stop(): void {
    this.#stopWatching?.();
    this.#stopWatching = null;
    this.#watch.ariaPressed = 'false';
  }

  #detect(): void {
    const view = this.#view;
    if (!view) return;
    try {
      const findings = view.source.detectLeaks();
      if (!findings) return;
      view.leakHistory.push({ time: this.#host.clock.now(), findings });
      if (view.leakHistory.length > mostHistory) view.leakHistory.shift();
      this.#showFindings(findings);
    } catch (error) {
      setText(this.#verdict, error instanceof Error ? error.message : String(error));
    }
  }

  #showFindings(leaks: LeakFindings): void {
    const history = this.#view?.leakHistory ?? [];
    setText(
      this.#verdict,
      `${leaks.hasLeak ? 'Leak' : 'No leak'}, ${format.percent(leaks.confidence)} sure; ${history.length === 1 ? 'looked once' : `looked ${history.length} times`}`,
    );
    this.#history.replaceChildren(
      ...history.map(({ time, findings }) =>
        h('li', {}, `${format.clockTime(time)}: ${findings.hasLeak ? findings.severity : 'no leak'}`),
      ),
    );
    if (this.#shown === leaks) return;
    this.#shown = leaks;
    if (leaks.findings.length === 0) {
      this.#content.replaceChildren(
        emptyState(
          'No leak found',
          leaks.samples > 0
            ? `${format.count(leaks.samples)} samples over ${format.duration(leaks.analyzedMs)} were looked at.`
            : 'Nothing speaks for one.',
        ),
      );
      return;
    }
    this.#content.replaceChildren(
      h(
        'ul',
        { class: 'findings' },
        ...leaks.findings.map((finding, index) => h('li', {}, findingOf(finding, index === 0))),
      ),
      (leaks.recommendations.length > 0 &&
        h('ul', { class: 'recommendations' }, ...leaks.recommendations.map((text) => h('li', {}, text)))) ||
        '',
    );
  }
}

function findingOf(finding: LeakFinding, open: boolean): HTMLElement {
  const { type, severity, confidence, bytes, blocks, ratePerSecond, description, sites, trend, cycle } = finding;
  const facts = [
    blocks > 0 ? `${format.bytes(bytes)} in ${format.blocks(blocks)}` : format.bytes(bytes),
    ratePerSecond !== null && ratePerSecond !== 0 && `${format.byteChange(ratePerSecond)} a second`,
    `${format.percent(confidence)} sure`,
  ].filter(Boolean);
  return h(
    'details',
    { class: 'finding', open },
    h(
      'summary',
      {},
      h('span', { class: 'tag', 'data-level': severity }, severity),
      h('strong', {}, type.replaceAll('-', ' ')),
      h('span', { class: 'muted number' }, format.bytes(bytes)),
    ),
    h(
      'div',
      { class: 'inside' },
      h('p', {}, description),
      h('p', { class: 'muted number' }, facts.join(', ')),
      trend.length > 1 && trendPlot(trend),
      cycle.length > 0 && h('p', { class: 'cycle mono' }, [...cycle, cycle[0]].join(' → ')),
      sites.length > 0 &&
        h(
          'ol',
          {},
          ...format
            .sites(sites)
            .slice(0, 5)
            .map((site) =>
              h('li', {}, h('code', {}, site.text), ` ${format.bytes(site.bytes)}, ${format.blocks(site.blocks)}`),
            ),
        ),
    ),
  );
}

function trendPlot(trend: LeakFinding['trend']): HTMLElement {
  const times = trend.map(({ time }) => time);
  const values = trend.map(({ bytes }) => bytes);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (time: number): string => (((time - first) / Math.max(1, last - first)) * 400).toFixed(1);
  const y = (value: number): string => (68 - ((value - low) / Math.max(1, high - low)) * 60).toFixed(1);
  const path = trend.map(({ time, bytes }, i) => `${i === 0 ? 'M' : 'L'}${x(time)} ${y(bytes)}`).join('');
  const words = `From ${format.bytes(values[0])} to ${format.bytes(values.at(-1))} within ${format.duration(last - first)}`;
  return h(
    'figure',
    {},
    svg(
      'svg',
      { class: 'trend', viewBox: '0 0 400 72', preserveAspectRatio: 'none', role: 'img', 'aria-label': words },
      svg('path', {
        ...{ d: path, fill: 'none', stroke: 'currentColor' },
        ...{ 'stroke-width': 1.5, 'vector-effect': 'non-scaling-stroke' },
      }),
    ),
    h('figcaption', { 'aria-hidden': 'true' }, words),
  );
}

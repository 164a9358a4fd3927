// Where the memory comes from: an icicle of allocation sites, of one moment or between two, and the profile as files.
import { download, frame, h, setText } from '../dom.js';
import * as format from '../format.js';
import { Icicle } from '../icicle.js';
import type { ModuleView } from '../module_view.js';
import { pathOf, sameFrame, treeOf, type Frame, type Measure } from '../site_tree.js';
import type { SiteProfile } from '../source.js';
import { choice, emptyState, type Panel, type PanelHost } from './panel.js';

const measures: { value: Measure; label: string; title: string; nothing: string }[] = [
  { value: 'live', label: 'Live', title: 'What is in use now', nothing: 'is in use now' },
  { value: 'total', label: 'Total', title: 'All that was ever allocated', nothing: 'was allocated' },
  {
    value: 'temporary',
    label: 'Temporary',
    title: 'What was freed before anything else was allocated',
    nothing: 'was freed before anything else was allocated',
  },
  {
    value: 'peak',
    label: 'At peak',
    title: 'What was in use when the most was in use',
    nothing: 'was in use at the peak',
  },
];

export class SitesPanel implements Panel {
  readonly element: HTMLElement;
  readonly #host: PanelHost;
  readonly #icicle: Icicle;
  readonly #measures;
  readonly #empty = h('div', {});
  readonly #content: HTMLElement;
  readonly #box: HTMLElement;
  readonly #pointed = h('p', { class: 'cell', 'aria-live': 'polite' });
  readonly #downloads = h('div', { class: 'downloads' });
  readonly #mark: HTMLButtonElement;
  readonly #diff: HTMLButtonElement;
  readonly #tools: HTMLElement;
  readonly #resize: ResizeObserver;
  #view: ModuleView | null = null;
  #profile: SiteProfile | null = null;
  #measure: Measure = 'live';
  #comparing = false;
  #path: string[] = [];
  #state = '';

  constructor(host: PanelHost) {
    this.#host = host;
    this.#icicle = new Icicle(
      host,
      (pointed) => this.#tell(pointed),
      (focus) => {
        this.#path = pathOf(focus);
        this.#tell(focus);
      },
    );
    this.#measures = choice('What is measured', measures, 'live', (measure) => {
      this.#measure = measure;
      this.#measures.choose(measure);
      this.#draw();
    });
    const search = h('input', {
      type: 'search',
      placeholder: 'Search sites',
      'aria-label': 'Search sites',
      oninput: () => {
        this.#icicle.search = search.value;
        this.#tell(null);
      },
    });
    this.#mark = h(
      'button',
      { type: 'button', title: 'Remember this moment, to compare with later', onclick: () => this.#remember() },
      'Mark moment',
    );
    this.#diff = h(
      'button',
      {
        type: 'button',
        'aria-pressed': 'false',
        disabled: true,
        title: 'Only what has changed since the marked moment',
        onclick: () => {
          this.#comparing = !this.#comparing;
          this.#draw();
        },
      },
      'Since the mark',
    );
    this.#tools = h('div', { class: 'beside' }, search, this.#measures.element, this.#mark, this.#diff);
    this.#box = h('div', { class: 'flame' }, this.#icicle.canvas);
    this.#content = h('div', {}, this.#box, this.#pointed, this.#downloads);
    this.element = frame('sites', 'Allocation sites', [], this.#empty, this.#content);
    this.element.querySelector('.beside')?.replaceWith(this.#tools);
    this.#resize = new ResizeObserver(() => this.#icicle.draw());
    this.#resize.observe(this.#box);
  }

  show(view: ModuleView): void {
    this.#view = view;
    this.#profile = null;
    this.#path = [];
    this.#comparing = false;
    this.#state = '';
    this.update();
  }

  update(): void {
    const view = this.#view;
    if (!view) return;
    const missing = view.source.missing('sites');
    if (missing === null) this.#profile = view.source.profile();
    const state = missing ?? (this.#profile ? 'profile' : 'none');
    if (state !== this.#state) {
      this.#state = state;
      this.#content.hidden = this.#tools.hidden = state !== 'profile';
      this.#empty.replaceChildren(
        ...(state === 'profile'
          ? []
          : [
              missing
                ? emptyState('No allocation sites here', missing)
                : emptyState(
                    'No sample yet',
                    'The profiler watches a few of the allocations; none of them has been sampled so far.',
                  ),
            ]),
      );
      this.#downloads.replaceChildren(...this.#downloadButtons());
    }
    if (this.#profile) this.#draw();
  }

  redraw(): void {
    this.#icicle.draw();
  }

  dispose(): void {
    this.#resize.disconnect();
  }

  #downloadButtons(): Node[] {
    const downloads = this.#profile?.downloads ?? [];
    if (downloads.length === 0) return [];
    return [
      h('span', { class: 'note' }, 'Download'),
      ...downloads.map(({ label }, index) =>
        h(
          'button',
          {
            type: 'button',
            'data-download': label,
            onclick: () => {
              // Of the profile as it is now, not as it was when the button was made.
              const now = this.#profile?.downloads[index];
              if (now) download(now.fileName, now.mimeType, now.content());
            },
          },
          label,
        ),
      ),
    ];
  }

  #remember(): void {
    const view = this.#view;
    if (!view || !this.#profile) return;
    view.baseline = { time: this.#host.clock.now(), sites: this.#profile.sites };
    this.#draw();
  }

  #draw(): void {
    const view = this.#view;
    const profile = this.#profile;
    if (!view || !profile) return;
    const { baseline } = view;
    this.#diff.disabled = baseline === null;
    if (!baseline) this.#comparing = false;
    this.#diff.ariaPressed = String(this.#comparing);
    const peaks = profile.sites.some(({ peakBytes }) => peakBytes !== null);
    const peakButton = this.#measures.element.querySelector<HTMLButtonElement>('[data-value=peak]');
    if (peakButton) peakButton.disabled = !peaks;
    const tree = treeOf(profile.sites, this.#measure, this.#comparing ? baseline?.sites : null);
    this.#icicle.show(tree, sameFrame(tree, this.#path), this.#comparing);
    this.#tell(this.#icicle.pointed);
  }

  /** Why the picture is empty. */
  #nothing(): string {
    if (this.#comparing) return 'Nothing of it has changed.';
    return `Nothing that was sampled ${measures.find(({ value }) => value === this.#measure)?.nothing ?? 'is here'}.`;
  }

  #tell(pointed: Frame | null): void {
    if (!this.#profile) return;
    if (pointed) {
      const bytes = this.#comparing ? format.byteChange(pointed.bytes) : format.bytes(pointed.bytes);
      const blocks = pointed.blocks === 0 ? '' : `, ${format.blocks(pointed.blocks)}`;
      setText(this.#pointed, `${pathOf(pointed).join(' › ') || 'all sites'}: ${bytes}${blocks}`);
      return;
    }
    const { foundShare: found, isEmpty } = this.#icicle;
    const since =
      this.#comparing && this.#view?.baseline ? ` Change since ${format.clockTime(this.#view.baseline.time)}.` : '';
    setText(
      this.#pointed,
      isEmpty
        ? `${this.#nothing()}${since}`
        : `${found === null ? this.#profile.method : `${format.percent(found)} found.`}${since}`,
    );
  }
}

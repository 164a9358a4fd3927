// The dashboard as a whole: a head, the figures, the panels, and the files that are dropped on it.
import type { Clock } from '../context.js';
import { messageOf, TidemarkError } from '../errors.js';
import { download, h, setText } from './dom.js';
import * as format from './format.js';
import { FrameMeter, windowFrames } from './frame_meter.js';
import { Head, type Theme } from './head.js';
import { Loop } from './loop.js';
import type { ModuleView } from './module_view.js';
import { ActionsPanel } from './panels/actions.js';
import { EventsPanel } from './panels/events.js';
import { FiguresPanel } from './panels/figures.js';
import { HeapMapPanel } from './panels/heap_map.js';
import { LeaksPanel } from './panels/leaks.js';
import { LimitsPanel } from './panels/limits.js';
import { emptyState, type Panel, type PanelHost } from './panels/panel.js';
import { SitesPanel } from './panels/sites.js';
import { SizeClassesPanel } from './panels/size_classes.js';
import { TestsPanel } from './panels/tests.js';
import { TimelinePanel } from './panels/timeline.js';
import type { Job, JobOptions } from './pace.js';
import { parse, save } from './saved_source.js';
import type { Source } from './source.js';
import type { Views } from './views.js';

/** Hours of a large program come to some megabytes; what is larger is something else, and would only stop the page. */
const mostFileBytes = 256 * 2 ** 20;

export class Page {
  readonly element: HTMLElement;
  readonly #views: Views;
  readonly #loop: Loop;
  readonly #clock: Clock;
  readonly #head: Head;
  readonly #panels: Panel[] = [];
  readonly #described = h('p', { class: 'described note' });
  readonly #problem = h('div', { class: 'problem', role: 'alert', hidden: true });
  readonly #drop = h('div', { class: 'drop', hidden: true }, 'Drop a report, a history or a recording');
  readonly #module = h('div', { id: 'module', role: 'tabpanel' });
  readonly #none = h('div', {});
  readonly #seen: IntersectionObserver;
  readonly #jobOf = new Map<Element, Job>();
  readonly #stops: (() => void)[] = [];
  #shown: ModuleView | null = null;
  /** Told once, and not each time that it is tried. */
  #lastFailure = '';

  constructor(views: Views, host: PanelHost, clock: Clock, hz: number, theme: Theme, onTheme: (theme: Theme) => void) {
    this.#views = views;
    this.#clock = clock;
    this.#loop = new Loop(clock, hz, new FrameMeter(windowFrames(clock)));
    this.#head = new Head(
      {
        select: (id) => views.select(id),
        pause: () => (this.#loop.running ? this.pause() : this.resume()),
        rate: (rate) => (this.#loop.hz = rate),
        theme: onTheme,
        open: (file) => void this.open(file),
        save: () => this.#save(),
      },
      hz,
      theme,
    );
    this.#seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const job = this.#jobOf.get(target);
        if (!job) continue;
        // Whoever has scrolled to a panel doesn't wait for its next time.
        if (isIntersecting && !job.visible) job.lastRun = -Infinity;
        job.visible = isIntersecting;
      }
    });
    this.#loop.add(null, () => this.#read(), { onCredit: true });
    const panels = h('div', { class: 'panels' });
    // What is drawn on canvases comes before what is written: a font of theirs asks for the style of all that is changed.
    this.#add(new TimelinePanel(host), null, panels);
    this.#add(new HeapMapPanel(host), 500, panels, { share: 0.0005 });
    const figures = new FiguresPanel();
    this.#add(figures, null);
    this.#loop.add(1000, () => this.#showState());
    this.#add(new ActionsPanel(host), 1000, panels, { share: 0.0003 });
    this.#add(new EventsPanel(), 500, panels);
    this.#add(new SitesPanel(host), 2000, panels, { share: 0.0007 });
    this.#add(new SizeClassesPanel(), 1000, panels, { share: 0.0005 });
    this.#add(new LeaksPanel(host), 1000, panels);
    this.#add(new LimitsPanel(), 1000, panels);
    this.#add(new TestsPanel(host), 1000, panels);
    this.#module.append(this.#described, figures.element, panels);
    this.element = h(
      'div',
      {
        class: 'dashboard',
        ondragenter: (event: DragEvent) => this.#dragged(event),
        ondragover: (event: DragEvent) => this.#dragged(event),
        ondragleave: (event: DragEvent) => {
          if (!this.element.contains(event.relatedTarget as Node | null)) this.#drop.hidden = true;
        },
        ondrop: (event: DragEvent) => this.#dropped(event),
      },
      this.#head.element,
      this.#problem,
      this.#none,
      this.#module,
      this.#drop,
    );
    this.#stops.push(views.onChange(() => this.#showSelected()));
    this.#showSelected();
  }

  #add(panel: Panel, everyMs: number | null, into?: HTMLElement, options: JobOptions = {}): void {
    this.#panels.push(panel);
    const job = this.#loop.add(everyMs, () => this.#try(() => panel.update()), options);
    this.#jobOf.set(panel.element, job);
    this.#seen.observe(panel.element);
    into?.append(panel.element);
  }

  resume(): void {
    this.#loop.start();
    this.refresh();
  }

  /** Nothing is read until resume(). */
  pause(): void {
    this.#loop.stop();
    for (const { track } of this.#views.all()) track.addGap(this.#clock.now());
    this.#showState();
  }

  refresh(): void {
    this.#loop.now();
    this.#showState();
  }

  redraw(): void {
    for (const panel of this.#panels) panel.redraw?.();
  }

  async open(file: Blob & { name?: string }): Promise<Source | null> {
    const name = file.name ?? 'file';
    this.#problem.hidden = true;
    try {
      if (file.size > mostFileBytes) {
        const [given, most] = [file.size, mostFileBytes].map(format.bytes);
        throw new TidemarkError('invalid-argument', `${name}: it has ${given}, and at most ${most} are expected`);
      }
      const source = parse(name, await file.text());
      this.#views.add(source, true);
      return source;
    } catch (error) {
      // A folder, or what was deleted in between, is told of without its name.
      this.#tellProblem(error instanceof TidemarkError ? error.message : `${name}: ${messageOf(error)}`);
      return null;
    }
  }

  dispose(): void {
    this.#loop.stop();
    this.#seen.disconnect();
    for (const stop of this.#stops) stop();
    for (const panel of this.#panels) panel.dispose?.();
  }

  #read(): void {
    const selected = this.#views.selected;
    for (const view of this.#views.all()) {
      // Those that aren't looked at are noted once a second.
      const age = this.#clock.now() - (view.latest?.time ?? 0);
      if (view === selected || age >= 995) this.#try(() => view.read(), view.source.id);
    }
  }

  /** A program that has failed doesn't take the dashboard, and the other modules, with it. */
  #try(show: () => void, id = this.#shown?.source.id): void {
    try {
      show();
    } catch (error) {
      const text = `${id}: it can’t be read: ${messageOf(error)}`;
      if (text === this.#lastFailure) return;
      this.#lastFailure = text;
      this.#tellProblem(text);
    }
  }

  #showSelected(): void {
    const view = this.#views.selected;
    this.#head.showModules(
      this.#views.all().map(({ source: { id } }) => id),
      view?.source.id ?? null,
    );
    this.#module.hidden = view === null;
    this.#none.replaceChildren(
      ...(view
        ? []
        : [
            emptyState(
              'No module yet',
              'Give one to mountDashboard(element, { module }), or drop a saved report here.',
            ),
          ]),
    );
    if (view) this.#module.setAttribute('aria-labelledby', `tab-${this.#views.all().indexOf(view)}`);
    if (view !== this.#shown) {
      this.#shown = view;
      if (view) {
        setText(this.#described, view.source.description);
        this.#try(() => view.read());
        for (const panel of this.#panels) this.#try(() => panel.show(view));
      }
    }
    this.refresh();
  }

  #showState(): void {
    if (!this.#views.selected) this.#head.showState('none', 'Nothing to show');
    else if (this.#views.selected.source.kind === 'saved') this.#head.showState('saved', 'A file');
    else if (!this.#loop.running) this.#head.showState('paused', 'Paused');
    else this.#head.showState('live', `Live, ${format.percent(this.#loop.share)} of a core`);
  }

  #save(): void {
    const view = this.#views.selected;
    // Maps are made while one looks at them: the file has one of now in any case.
    const map = view?.source.heapMap();
    if (map) view?.maps.add(view.latest?.time ?? this.#clock.now(), map);
    if (view) download(`${view.source.id}.tidemark.json`, 'application/json', save(view));
  }

  #dragged(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.#drop.hidden = false;
  }

  #dropped(event: DragEvent): void {
    this.#drop.hidden = true;
    if (!event.dataTransfer) return;
    event.preventDefault();
    for (const file of event.dataTransfer.files) void this.open(file);
  }

  #tellProblem(text: string): void {
    this.#problem.replaceChildren(
      h('span', {}, text),
      h('button', { type: 'button', onclick: () => (this.#problem.hidden = true) }, 'Close'),
    );
    this.#problem.hidden = false;
  }
}

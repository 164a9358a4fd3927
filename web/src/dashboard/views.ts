// The modules that a dashboard shows, and which of them is looked at.
import { TidemarkError } from '../errors.js';
import { ModuleView } from './module_view.js';
import { SavedSource } from './saved_source.js';
import type { Source } from './source.js';

export class Views {
  readonly #views = new Map<string, ModuleView>();
  readonly #listeners = new Set<() => void>();
  #selected: ModuleView | null = null;

  get selected(): ModuleView | null {
    return this.#selected;
  }

  all(): ModuleView[] {
    return [...this.#views.values()];
  }

  /** A file whose name is taken already gets another one; a module doesn't. */
  add(source: Source, select: boolean): void {
    if (this.#views.has(source.id)) {
      if (!(source instanceof SavedSource)) {
        throw new TidemarkError(
          'duplicate-module',
          `module: id "${source.id}" is another module's, and one of its own is expected`,
        );
      }
      let number = 2;
      while (this.#views.has(`${source.id} (${number})`)) ++number;
      source.id += ` (${number})`;
    }
    const view = new ModuleView(source);
    this.#views.set(source.id, view);
    if (select || !this.#selected) this.#selected = view;
    this.#changed();
  }

  remove(id: string): void {
    const view = this.#views.get(id);
    if (!view) return;
    this.#views.delete(id);
    view.dispose();
    if (this.#selected === view) this.#selected = this.all()[0] ?? null;
    this.#changed();
  }

  select(id: string): void {
    const view = this.#views.get(id);
    if (!view || view === this.#selected) return;
    this.#selected = view;
    this.#changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  dispose(): void {
    for (const view of this.#views.values()) view.dispose();
    this.#views.clear();
    this.#selected = null;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

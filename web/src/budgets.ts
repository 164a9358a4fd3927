// Named budgets: who has the memory. While a budget is the innermost scope, what is allocated less what is freed is its own;
// "renderer/textures" is a part of "renderer". Linked modules count by themselves (src/manager/budgets.h), of others counts
// what is recorded.
import { aLimit, refuse, required } from './checks.js';
import { TidemarkError } from './errors.js';
import { symbolDispose } from './disposable.js';
import type { ManagedModule } from './managed_module.js';

export interface BudgetReport {
  name: string;
  limitBytes: number | null;
  /** Parts included. Below 0 is 0: blocks of others were freed in the scope. */
  usedBytes: number;
  peakBytes: number;
  over: boolean;
  /** How often it went over its limit. */
  overruns: number;
  /** The bytes by module. */
  modules: Record<string, number>;
}

export interface OverBudget {
  readonly name: string;
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** A scope that was entered. Scopes are left innermost first. */
export interface BudgetScope {
  readonly name: string;
  leave(): void;
  /** As leave(). */
  dispose(): void;
  [Symbol.dispose](): void;
}

interface Budget {
  limit: number | null;
  /** Of modules that aren't linked: own bytes, by what is recorded of them. */
  readonly recorded: WeakMap<object, number>;
  peak: number;
  over: boolean;
  overruns: number;
}

const maxNameBytes = 47;
const hysteresis = 0.95;
const maxDepth = 32;

export class Budgets {
  readonly #budgets = new Map<string, Budget>();
  readonly #ids = new WeakMap<ManagedModule, Map<string, number>>();
  readonly #scopes: { name: string; linked: ManagedModule[] }[] = [];
  readonly #recorded = new WeakMap<ManagedModule, number>();

  constructor(
    private readonly modules: () => Iterable<ManagedModule>,
    private readonly onOver: (event: OverBudget) => void,
  ) {}

  /** @throws {TidemarkError} `'invalid-argument'` */
  setLimit(name: string, limitBytes: number | null): void {
    this.#checkName(name);
    if (limitBytes !== null) required(`budget "${name}"`, limitBytes, aLimit);
    this.#find(name).limit = limitBytes;
    this.settle();
  }

  /** @throws {TidemarkError} `'invalid-argument'`: no such name can be; `'over-limit'`: too many, or nested too deeply */
  enter(name: string): BudgetScope {
    this.#checkName(name);
    if (this.#scopes.length === maxDepth) {
      throw new TidemarkError('over-limit', `budget "${name}": ${maxDepth} scopes are entered, and no more can be`);
    }
    this.settle();
    const linked: ManagedModule[] = [];
    for (const module of this.modules()) {
      if (!module.watched.runtime) continue;
      const id = this.#idOf(module, name);
      if (id === 0 || !module.watched.runtime.engine.exports.tidemark_enter_budget(id)) {
        this.#leaveAll(linked);
        throw new TidemarkError(
          'over-limit',
          `budget "${name}": "${module.id}" has no room for another budget or scope`,
        );
      }
      linked.push(module);
    }
    this.#find(name);
    const scope = { name, linked };
    this.#scopes.push(scope);
    let left = false;
    const leave = (): void => {
      if (left) return;
      if (this.#scopes.at(-1) !== scope) {
        throw new TidemarkError(
          'invalid-argument',
          `budget "${name}": "${this.#scopes.at(-1)?.name}" was entered later, and has to be left first`,
        );
      }
      left = true;
      this.settle();
      this.#scopes.pop();
      this.#leaveAll(linked);
      this.#compare();
    };
    return { name, leave, dispose: leave, [symbolDispose]: leave };
  }

  /** Takes bytes off that were freed elsewhere. */
  credit(name: string, bytes: number, module: ManagedModule): void {
    this.#checkName(name);
    const { runtime } = module.watched;
    if (runtime) {
      runtime.engine.exports.tidemark_credit_budget(this.#idOf(module, name), Math.min(bytes, 2 ** 32 - 1));
    } else {
      const { recorded } = this.#find(name);
      recorded.set(module.watched, (recorded.get(module.watched) ?? 0) - bytes);
    }
    this.#compare();
  }

  /** Charges the innermost scope with what was recorded since, and tells of budgets that went over. */
  settle(): void {
    const scope = this.#scopes.at(-1);
    for (const module of this.modules()) {
      if (module.watched.runtime) continue;
      const now = module.countedBytes;
      const change = now - (this.#recorded.get(module) ?? now);
      this.#recorded.set(module, now);
      if (change === 0 || !scope) continue;
      const { recorded } = this.#find(scope.name);
      recorded.set(module.watched, (recorded.get(module.watched) ?? 0) + change);
    }
    this.#compare();
  }

  report(): BudgetReport[] {
    this.settle();
    return [...this.#budgets].map(([name, { limit, peak, over, overruns }]) => {
      const modules = this.#usedByModule(name);
      const usedBytes = Object.values(modules).reduce((sum, bytes) => sum + bytes, 0);
      return { name, limitBytes: limit, usedBytes, peakBytes: Math.max(peak, usedBytes), over, overruns, modules };
    });
  }

  #checkName(name: unknown): asserts name is string {
    const parts = typeof name === 'string' ? name.split('/') : [];
    if (parts.length === 0 || parts.includes('') || new TextEncoder().encode(name as string).length > maxNameBytes) {
      refuse('budget', name, `a name such as "renderer/textures", of at most ${maxNameBytes} bytes,`);
    }
  }

  /** The budget, which is made, with all that it is a part of, where there is none. */
  #find(name: string): Budget {
    const known = this.#budgets.get(name);
    if (known) return known;
    const slash = name.lastIndexOf('/');
    if (slash > 0) this.#find(name.slice(0, slash));
    const made = { limit: null, recorded: new WeakMap<object, number>(), peak: 0, over: false, overruns: 0 };
    this.#budgets.set(name, made);
    return made;
  }

  #leaveAll(linked: ManagedModule[]): void {
    for (const module of linked) module.watched.runtime?.engine.exports.tidemark_leave_budget();
  }

  /** The number of a budget in a linked module; 0 when it has no room for it. */
  #idOf(module: ManagedModule, name: string): number {
    let ids = this.#ids.get(module);
    if (!ids) this.#ids.set(module, (ids = new Map<string, number>()));
    let id = ids.get(name);
    const engine = module.watched.runtime?.engine;
    if (id === undefined && engine) {
      const buffer = engine.exports.tidemark_manager_name() >>> 0;
      const bytes = new TextEncoder().encode(`${name}\0`);
      engine.views.u8.set(bytes, buffer);
      id = engine.exports.tidemark_manager_open_budget();
      if (id !== 0) ids.set(name, id);
      // What it is a part of is there by now, and charged with it.
      const slash = name.lastIndexOf('/');
      if (id !== 0 && slash > 0) this.#idOf(module, name.slice(0, slash));
    }
    return id ?? 0;
  }

  #usedByModule(name: string): Record<string, number> {
    const used: Record<string, number> = {};
    for (const module of this.modules()) {
      const { runtime } = module.watched;
      let bytes = 0;
      if (runtime) {
        // One that has a limit may be entered by the program itself.
        const isLimited = typeof this.#budgets.get(name)?.limit === 'number';
        const id = isLimited ? this.#idOf(module, name) : this.#ids.get(module)?.get(name);
        if (!id) continue;
        const words = runtime.engine.exports.tidemark_manager_budget_stats(id) >>> 2;
        bytes = runtime.engine.views.u32[words + 2] as number;
      } else {
        for (const [part, { recorded }] of this.#budgets) {
          if (part === name || part.startsWith(`${name}/`)) bytes += recorded.get(module.watched) ?? 0;
        }
      }
      if (bytes > 0) used[module.id] = bytes;
    }
    return used;
  }

  #compare(): void {
    for (const [name, budget] of this.#budgets) {
      const usedBytes = Object.values(this.#usedByModule(name)).reduce((sum, bytes) => sum + bytes, 0);
      budget.peak = Math.max(budget.peak, usedBytes);
      const { limit } = budget;
      if (limit === null || usedBytes <= limit * hysteresis) {
        budget.over = false;
      } else if (usedBytes > limit && !budget.over) {
        budget.over = true;
        budget.overruns += 1;
        this.onOver({ name, usedBytes, limitBytes: limit });
      }
    }
  }
}

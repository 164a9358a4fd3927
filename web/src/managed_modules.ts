// The modules of a manager, by their ids, and the total that they share: which limit malloc of each is told, and who of them
// can spare most.
import type { ManagedModule } from './managed_module.js';
import { refuseId } from './checks.js';
import { mergeLimits } from './manager_config.js';

export interface ManagedModulesWork {
  /** Whose limits they are: several managers may have limits for one module. */
  readonly owner: object;
  /** Called inside of malloc of a linked module. */
  readonly onMalloc: (managed: ManagedModule, level: number, reason: number, wantedBytes: number) => void;
  /** Bytes that pressure handlers can be expected to give, beyond what the module knows of. */
  readonly expectedBytes: (moduleId: string) => number;
}

export class ManagedModules implements Iterable<ManagedModule> {
  readonly #byId = new Map<string, ManagedModule>();
  #totalLimit = Infinity;

  constructor(private readonly work: ManagedModulesWork) {}

  get size(): number {
    return this.#byId.size;
  }

  get ids(): string[] {
    return [...this.#byId.keys()];
  }

  [Symbol.iterator](): Iterator<ManagedModule> {
    return this.#byId.values();
  }

  find(moduleId: string): ManagedModule | undefined {
    return this.#byId.get(moduleId);
  }

  /** @throws {TidemarkError} `'unknown-module'` */
  get(moduleId: string): ManagedModule {
    const managed = this.#byId.get(moduleId);
    if (managed) return managed;
    return refuseId(moduleId, 'module of this manager', this.ids);
  }

  /** Whether it is there, and has not been taken out or replaced. */
  manages(managed: ManagedModule): boolean {
    return this.#byId.get(managed.id) === managed;
  }

  add(managed: ManagedModule): void {
    this.#byId.set(managed.id, managed);
  }

  /** Its limits go with it. */
  remove(managed: ManagedModule): void {
    managed.stopEnforcing(this.work.owner);
    this.#byId.delete(managed.id);
  }

  // --- the total

  get totalLimit(): number {
    return this.#totalLimit;
  }

  set totalLimit(bytes: number) {
    this.#totalLimit = bytes;
    for (const managed of this) this.enforce(managed);
  }

  get totalUsed(): number {
    return [...this].reduce((sum, { countedBytes }) => sum + countedBytes, 0);
  }

  /** Who can spare most first. */
  bySpare(): ManagedModule[] {
    return [...this]
      .map((managed) => ({ managed, bytes: managed.spareBytes + this.work.expectedBytes(managed.id) }))
      .sort((a, b) => b.bytes - a.bytes)
      .map(({ managed }) => managed);
  }

  /** Tells malloc of a linked module its limit: its own, or what the others leave of the total. */
  enforce(managed: ManagedModule): void {
    const others = this.totalUsed - managed.countedBytes;
    const left = Math.max(1, this.#totalLimit - others);
    const { limits } = managed;
    const enforced = left >= limits.hardLimit ? limits : mergeLimits({ hardLimit: left }, limits);
    managed.enforce(this.work.owner, enforced, (level, reason, wanted) =>
      this.work.onMalloc(managed, level, reason, wanted),
    );
  }
}

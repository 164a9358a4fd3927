// Who gives back when a module comes near its limit: pressure handlers, other modules, a collection.
import type { GCResult } from './collection.js';
import type { Emitter } from './emitter.js';
import type { ManagedModule } from './managed_module.js';
import type { ManagedModules } from './managed_modules.js';
import type { Collections } from './manager_collections.js';
import type { ResolvedConfig } from './manager_config.js';
import type { ManagerEvents, ReliefReport } from './manager_events.js';
import { pressureLevels } from './pressure.js';
import type {
  PressureEvent,
  PressureHandlerReport,
  PressureHandlers,
  PressureLevel,
  PressureReason,
} from './pressure.js';

/** As tidemark/manager.h numbers them. */
const reasons: readonly PressureReason[] = ['level', 'limit', 'growth', 'asked'];

export interface ReliefWork {
  readonly config: ResolvedConfig;
  readonly events: Emitter<ManagerEvents>;
  readonly handlers: PressureHandlers;
  readonly collections: Collections;
  readonly modules: ManagedModules;
}

export class Relief {
  constructor(private readonly work: ReliefWork) {}

  /** Called inside of malloc of a linked module. */
  onMalloc(managed: ManagedModule, level: number, reason: number, wantedBytes: number): void {
    if (reason === 0 || managed.busy) {
      queueMicrotask(() => {
        if (this.work.modules.manages(managed)) this.look(managed);
      });
      return;
    }
    const limit = managed.limits.hardLimit;
    const isHopeless = reason === 1 && wantedBytes > limit; // it is told of, and nobody is asked
    managed.busy = true;
    try {
      const before = managed.countedBytes;
      const gained = (): number => before - managed.countedBytes;
      const enough = (): boolean =>
        reason === 1 ? managed.countedBytes + wantedBytes <= limit : gained() >= wantedBytes;
      if (!isHopeless) this.runHandlers(managed, reasons[reason] ?? 'limit', 'critical', wantedBytes, enough);
      // A handler may have taken the module out, and its limits with it.
      const isManaged = !isHopeless && this.work.modules.manages(managed);
      if (isManaged && reason === 1 && this.work.modules.totalUsed + wantedBytes > this.work.modules.totalLimit) {
        this.#askOthers(managed, wantedBytes);
        if (this.work.modules.manages(managed)) this.work.modules.enforce(managed);
      }
      const gainedBytes = Math.max(0, gained());
      const event = {
        moduleId: managed.id,
        reason: reason === 2 ? 'growth' : 'limit',
        wantedBytes,
        gainedBytes,
      } as const;
      queueMicrotask(() => this.work.events.emit('limit', event));
    } finally {
      managed.busy = false;
    }
  }

  /** Under the total limit: the other modules give back, who can spare most first. */
  #askOthers(managed: ManagedModule, wantedBytes: number): void {
    for (const other of this.work.modules.bySpare()) {
      if (this.work.modules.totalUsed + wantedBytes <= this.work.modules.totalLimit) return;
      if (other !== managed && !other.busy && !this.work.collections.isCollecting(other))
        this.work.collections.start(other, 'aggressive');
    }
  }

  runHandlers(
    managed: ManagedModule,
    reason: PressureReason,
    level: PressureLevel,
    wantedBytes: number,
    enough: () => boolean,
  ): number {
    const event = this.#pressureEvent(managed, reason, level, wantedBytes);
    return this.work.handlers.run(event, () => managed.countedBytes, enough);
  }

  #pressureEvent(
    managed: ManagedModule,
    reason: PressureReason,
    level: PressureLevel,
    wantedBytes: number,
  ): PressureEvent {
    const { id: moduleId, used, limits } = managed;
    return { moduleId, level, reason, used, limit: limits.hardLimit, wantedBytes };
  }

  /** Compares the use with the marks: events, handlers. */
  tell(managed: ManagedModule): void {
    const { gauge, limits } = managed;
    const previous = gauge.level;
    const used = managed.filledBytes;
    const level = gauge.read(used);
    if (level === previous || !this.work.modules.manages(managed)) return;
    gauge.level = level;
    this.work.events.emit('pressure', { moduleId: managed.id, level, previous, used, limit: limits.hardLimit });
    if (pressureLevels.indexOf(level) > pressureLevels.indexOf(previous)) {
      this.runHandlers(managed, 'level', level, 0, () => false);
    }
  }

  /** As tell(), and an automatic collection where one is due. */
  look(managed: ManagedModule): void {
    this.tell(managed);
    const { gc } = this.work.config;
    if (!this.work.modules.manages(managed)) return; // who was told has taken it out
    if (gc.autoGC && managed.filledBytes >= (managed.limits.hardLimit * gc.gcThreshold) / 100)
      this.work.collections.request(managed);
  }

  async relieve(managed: ManagedModule, wantedBytes: number): Promise<ReliefReport> {
    const before = managed.gauge.read(managed.filledBytes);
    const handlers: PressureHandlerReport[] = [];
    const event = this.#pressureEvent(managed, 'asked', 'critical', Number.isFinite(wantedBytes) ? wantedBytes : 0);
    const first = managed.countedBytes;
    const byHandlers = await this.work.handlers.runAll(
      event,
      () => managed.countedBytes,
      () => first - managed.countedBytes >= wantedBytes,
      (report) => handlers.push(report),
    );
    let gc: GCResult | null = null;
    if (byHandlers < wantedBytes && this.work.modules.manages(managed)) {
      gc = this.work.collections.startWhole(managed, 'balanced');
    }
    return {
      moduleId: managed.id,
      before,
      after: managed.gauge.read(managed.filledBytes),
      reclaimedBytes: byHandlers + (gc?.reclaimedBytes ?? 0),
      returnedBytes: gc?.returnedBytes ?? 0,
      handlers,
      gc,
    };
  }
}

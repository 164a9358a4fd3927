// How near its limit a module is, and who gives memory back then.
import type { MemoryLimits } from './manager_config.js';
import { catchLater, isPromise } from './promises.js';
import { aFunction, aNumber, aString, checkOptions, oneOf, required } from './checks.js';

export type PressureLevel = 'none' | 'low' | 'medium' | 'high' | 'critical';
export const pressureLevels: readonly PressureLevel[] = ['none', 'low', 'medium', 'high', 'critical'];

/** Why handlers are called: the pressure has risen; an allocation would pass a limit; memory can't grow; relieve(); a collection. */
export type PressureReason = 'level' | 'limit' | 'growth' | 'asked' | 'gc';

export interface PressureEvent {
  readonly moduleId: string;
  readonly level: PressureLevel;
  readonly reason: PressureReason;
  /** Bytes in live blocks; null where they aren't known. */
  readonly used: number | null;
  readonly limit: number;
  /** What the allocation that is waiting needs; 0 where none is. */
  readonly wantedBytes: number;
}

/** Gives back what the program can do without. A promise is waited for by relieve(). */
export type PressureHandler = (event: PressureEvent) => unknown;

export interface PressureHandlerOptions {
  /** In reports. */
  name?: string;
  /** Of one module; of all by default. */
  moduleId?: string;
  /** The level from which on it is called; 'medium' by default. At the limit all are. */
  level?: Exclude<PressureLevel, 'none'>;
  /** The highest goes first; 0 by default. */
  priority?: number;
}

export interface PressureHandlerReport {
  name: string;
  moduleId: string | null;
  runs: number;
  /** In all, and the last time: bytes in live blocks before less after. */
  gainedBytes: number;
  lastGainedBytes: number;
  runsWithoutGain: number;
  errors: number;
  lastError: unknown;
}

/** A handler that doesn't do what it is for. */
export interface HandlerProblem {
  readonly name: string;
  readonly moduleId: string;
  readonly problem: 'threw' | 'no-gain';
  readonly error: unknown;
}

/** The marks of docs/limits.md, and the level with 5 points of hysteresis: as src/manager/pressure_gauge.h. */
export class PressureGauge {
  /** As it was last told of. */
  level: PressureLevel = 'none';
  #marks: readonly number[] = [];
  #releaseBytes = 0;

  constructor(limits: MemoryLimits) {
    this.configure(limits);
  }

  configure({ hardLimit, criticalLimit, softLimit }: MemoryLimits): void {
    this.#marks = [0, softLimit * 0.8, softLimit, criticalLimit, Math.max(criticalLimit, hardLimit * 0.95)];
    this.#releaseBytes = Number.isFinite(hardLimit) ? hardLimit * 0.05 : 0;
  }

  /** The level with so many bytes in use. Whoever only asks changes nothing of what is told. */
  read(usedBytes: number): PressureLevel {
    let level = this.#marks.length - 1;
    while (level > 0 && usedBytes < (this.#marks[level] as number)) level -= 1;
    const told = pressureLevels.indexOf(this.level);
    if (level < told) {
      level = told;
      while (level > 0 && usedBytes + this.#releaseBytes < (this.#marks[level] as number)) level -= 1;
    }
    return pressureLevels[level] as PressureLevel;
  }
}

const patience = 3; // runs without gain, in a row, after which a handler is reported

const checks = {
  level: /* @__PURE__ */ oneOf(/* @__PURE__ */ pressureLevels.slice(1)),
  priority: /* @__PURE__ */ aNumber('a number', (value) => !Number.isNaN(value)),
  moduleId: ['a string, or null for all,', (value: unknown) => typeof value === 'string' || value === null] as const,
  name: aString,
};

interface Entry {
  readonly handler: PressureHandler;
  readonly level: number;
  readonly priority: number;
  readonly report: PressureHandlerReport;
  /** It is being called: what it does doesn't call it again. */
  isCalled: boolean;
}

export class PressureHandlers {
  #entries: Entry[] = [];

  constructor(private readonly onProblem: (problem: HandlerProblem) => void) {}

  add(handler: PressureHandler, options: PressureHandlerOptions = {}): () => void {
    required('handler', handler, aFunction);
    checkOptions(options, checks);
    const { level = 'medium', priority = 0, moduleId = null } = options;
    const rank = pressureLevels.indexOf(level);
    const name = options.name ?? (handler.name || 'handler');
    const report: PressureHandlerReport = {
      ...{ name, moduleId, runs: 0, gainedBytes: 0, lastGainedBytes: 0 },
      ...{ runsWithoutGain: 0, errors: 0, lastError: null },
    };
    const entry = { handler, level: rank, priority, report, isCalled: false };
    // Stable: of the same priority, the one that came first goes first.
    this.#entries = [...this.#entries, entry].sort((a, b) => b.priority - a.priority);
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  get count(): number {
    return this.#entries.length;
  }

  reports(): PressureHandlerReport[] {
    return this.#entries.map(({ report }) => ({ ...report }));
  }

  /** What handlers gave the last time, together: a guess at what they could give again. */
  expectedBytes(moduleId: string): number {
    const of = this.#entries.filter(({ report }) => report.moduleId === null || report.moduleId === moduleId);
    return of.reduce((sum, { report }) => sum + report.lastGainedBytes, 0);
  }

  /** Calls each once, until `enough`; promises are left to themselves. Returns what was gained. */
  run(event: PressureEvent, measure: () => number, enough: () => boolean): number {
    let gained = 0;
    for (const entry of this.#of(event)) {
      if (enough()) break;
      if (entry.isCalled) continue;
      const before = measure();
      let result: unknown;
      try {
        result = call(entry, event);
      } catch (error) {
        this.#failed(entry, event, error);
      }
      catchLater(result, (error) => this.#failed(entry, event, error));
      gained += this.#count(entry, event, before - measure(), isPromise(result));
    }
    return gained;
  }

  /** As run(), and waits for each before the next is called. Tells `ran` of each that was. */
  async runAll(
    event: PressureEvent,
    measure: () => number,
    enough: () => boolean,
    ran: (report: PressureHandlerReport) => void,
  ): Promise<number> {
    let gained = 0;
    for (const entry of this.#of(event)) {
      if (enough()) break;
      if (entry.isCalled) continue;
      const before = measure();
      try {
        await call(entry, event);
      } catch (error) {
        this.#failed(entry, event, error);
      }
      gained += this.#count(entry, event, before - measure(), false);
      ran({ ...entry.report });
    }
    return gained;
  }

  clear(): void {
    this.#entries = [];
  }

  #of(event: PressureEvent): Entry[] {
    const rank = pressureLevels.indexOf(event.level);
    return this.#entries.filter(
      ({ level, report }) => level <= rank && (report.moduleId === null || report.moduleId === event.moduleId),
    );
  }

  #failed({ report }: Entry, { moduleId }: PressureEvent, error: unknown): void {
    report.errors += 1;
    report.lastError = error;
    this.onProblem({ name: report.name, moduleId, problem: 'threw', error });
  }

  #count({ report }: Entry, { moduleId }: PressureEvent, change: number, unfinished: boolean): number {
    const gained = Math.max(0, change);
    report.runs += 1;
    report.gainedBytes += gained;
    report.lastGainedBytes = gained;
    report.runsWithoutGain = gained > 0 ? 0 : report.runsWithoutGain + (unfinished ? 0 : 1);
    if (report.runsWithoutGain === patience) {
      this.onProblem({ name: report.name, moduleId, problem: 'no-gain', error: null });
    }
    return gained;
  }
}

function call(entry: Entry, event: PressureEvent): unknown {
  entry.isCalled = true;
  try {
    return entry.handler(event);
  } finally {
    entry.isCalled = false;
  }
}

// What a manager tells of: its events, and the report of relieve().
import type { OverBudget } from './budgets.js';
import type { GCResult } from './collection.js';
import type { HandlerProblem, PressureHandlerReport, PressureLevel } from './pressure.js';

export interface PressureChange {
  readonly moduleId: string;
  readonly level: PressureLevel;
  readonly previous: PressureLevel;
  readonly used: number;
  readonly limit: number;
}

/** What on() tells of. */
export interface ManagerEvents {
  gc: GCResult;
  pressure: PressureChange;
  'over-budget': OverBudget;
  /** A pressure handler threw, or has given nothing three times in a row. */
  handler: HandlerProblem;
  /** An allocation would have passed the hard limit, or memory could not grow; handlers were called, if they could help. */
  limit: { moduleId: string; reason: 'limit' | 'growth'; wantedBytes: number; gainedBytes: number };
}

export interface ReliefReport {
  moduleId: string;
  before: PressureLevel;
  after: PressureLevel;
  /** By handlers, and by the collection that follows them. */
  reclaimedBytes: number;
  returnedBytes: number;
  handlers: PressureHandlerReport[];
  gc: GCResult | null;
}

// What can be done to a live module, each with what it is about to do.
import type { Runtime } from '../engine.js';
import type { ApiGcResult, ComponentApi } from './component_api.js';
import * as format from './format.js';
import type { Action, MarkerKind } from './source.js';

type Tell = (kind: MarkerKind, text: string) => void;

export function collected(result: ApiGcResult): string {
  return (
    `Collected (${result.strategy}): ${format.bytes(result.reclaimedBytes)} reclaimed, ` +
    `${format.bytes(result.returnedBytes)} returned, ${format.bytes(result.movedBytes)} moved, ${format.duration(result.durationMs)}` +
    (result.completed ? '' : '; more is left to do')
  );
}

export function actionsOf(id: string, runtime: Runtime | null, api: ComponentApi | null, tell: Tell): Action[] {
  const actions: Action[] = [];
  if (runtime) {
    actions.push(
      {
        id: 'shrink',
        label: 'Shrink',
        forecast() {
          const { returnedBytes, allocatedAfter, copiedBytes } = runtime.benefit();
          return returnedBytes > 0
            ? `Returns ${format.bytes(returnedBytes)}, leaves ${format.bytes(allocatedAfter)}, copies ${format.bytes(copiedBytes)}.`
            : 'Nothing to return now: the top of the heap is in use.';
        },
        async run() {
          const report = await runtime.shrinkSoon();
          return {
            text: `Shrunk: ${format.bytes(report.returnedBytes)} returned to the system, ${format.bytes(report.allocatedBefore)} → ${format.bytes(report.allocatedAfter)} in ${format.duration(report.durationMs)}.`,
          };
        },
      },
      {
        id: 'compact',
        label: 'Compact',
        forecast: () => 'Moves movable blocks together, for 10 ms at most.',
        run() {
          const { movedBytes, releasedBytes, completed } = runtime.compact(10_000);
          const text = `Compacted: ${format.bytes(movedBytes)} moved, ${format.bytes(releasedBytes)} released${completed ? '' : '; more is left to do'}.`;
          tell('compaction', text);
          return { text };
        },
      },
    );
  }
  const manager = api?.wasmMemoryManager;
  if (manager?.has(id)) {
    for (const strategy of ['conservative', 'balanced', 'aggressive'] as const) {
      const purposes = {
        conservative: 'Drains disposals, purges expired entries, releases empty pages.',
        balanced: 'As conservative; trims pools and compacts, within a budget.',
        aggressive: 'As balanced; evicts caches, calls pressure handlers, may shrink.',
      };
      actions.push({
        id: `collect-${strategy}`,
        label: strategy.charAt(0).toUpperCase() + strategy.slice(1),
        forecast: () => purposes[strategy],
        run() {
          const text = collected(manager.triggerGC(id, { strategy }));
          if (!manager.on) tell('collection', text);
          return { text };
        },
      });
    }
  }
  return actions;
}

// Looks at a module's memory while a test runs: what a monitor would say of it, from the beginning of the test on.
import type { Context } from './context.js';
import type { MemoryStats } from './memory_stats.js';
import { monitorConfig } from './monitor_config.js';
import { MonitoredModule } from './monitored_module.js';
import type { WatchedModule } from './wasm_module.js';

const mostKept = 1000;
// Of the history that rates are computed over, which is in the engine's memory.
const historySize = 64;

export class TestSamples {
  readonly #kept: MemoryStats[] = [];
  readonly #monitored: MonitoredModule;

  /** @throws {TidemarkError} `'out-of-memory'` */
  constructor(watched: WatchedModule, context: Context) {
    const config = monitorConfig({ maxHistorySize: historySize, autoGC: false });
    this.#monitored = new MonitoredModule(watched, null, config, context, () => {});
  }

  get kept(): MemoryStats[] {
    return this.#kept;
  }

  /** As things are now, and not kept. */
  look(): MemoryStats {
    return this.#monitored.now();
  }

  take(): MemoryStats {
    // When there is no more room, every second one goes: they still cover all of the test.
    if (this.#kept.length >= mostKept) this.#kept.splice(0, mostKept, ...this.#kept.filter((_, i) => i % 2 === 0));
    const { stats } = this.#monitored.take();
    this.#kept.push(stats);
    return stats;
  }

  dispose(): void {
    this.#monitored.dispose();
  }
}

/** What the module holds: of its heap, of what its allocator has asked for, or all of its memory. */
export function heldBytes(sample: MemoryStats): number {
  return sample.reserved ?? sample.allocated;
}

// The functions of the API that are about monitoring, on one monitor that all of them share.
import type { Context } from './context.js';
import { firstSlabKind, heapMapKinds } from './heap_map.js';
import type { PartialMonitorConfig } from './monitor_config.js';
import type { MemoryStats } from './memory_stats.js';
import { WasmMemoryMonitor } from './monitor.js';
import type { MemoryProfile } from './profile.js';
import type { MemoryWarning } from './warnings.js';
import type { WasmModule } from './wasm_module.js';

export interface MonitorApi {
  /** The one that the functions below speak of. */
  readonly wasmMemoryMonitor: WasmMemoryMonitor;
  /** {@link WasmMemoryMonitor} in this engine. */
  readonly WasmMemoryMonitor: new (config?: PartialMonitorConfig) => WasmMemoryMonitor;
  /** What the cells of {@link WasmMemoryMonitor.getHeapMap} say, and from which kind on they are slabs by size class. */
  readonly heapMapKinds: typeof heapMapKinds;
  readonly firstSlabKind: typeof firstSlabKind;
  /** Starts to look after a module; per cents are of `limit`, in bytes. */
  startMonitoring: (module: WasmModule, limit?: number | null, options?: PartialMonitorConfig) => void;
  stopMonitoring: (moduleId: string) => void;
  getMemoryStats: (moduleId: string) => MemoryStats;
  getMemoryProfile: (moduleId: string) => MemoryProfile;
  /** Returns the function that ends it. */
  onWarning: (callback: (warning: MemoryWarning) => void) => () => void;
}

export function createMonitorApi(context: Context): MonitorApi {
  const monitor = new WasmMemoryMonitor({}, context);
  return {
    wasmMemoryMonitor: monitor,
    WasmMemoryMonitor: class extends WasmMemoryMonitor {
      constructor(config?: PartialMonitorConfig) {
        super(config, context);
      }
    },
    heapMapKinds,
    firstSlabKind,
    startMonitoring: (module, limit, options) => monitor.startMonitoring(module, limit, options),
    stopMonitoring: (moduleId) => monitor.stopMonitoring(moduleId),
    getMemoryStats: (moduleId) => monitor.getMemoryStats(moduleId),
    getMemoryProfile: (moduleId) => monitor.getMemoryProfile(moduleId),
    onWarning: (callback) => monitor.onWarning(callback),
  };
}

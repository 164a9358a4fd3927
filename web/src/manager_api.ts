// The manager's functions, bound to one context: a part of createApi().
import type { Context } from './context.js';
import { DisposalScope } from './disposal.js';
import { WasmMemoryManager } from './manager.js';
import type { MemoryManagerConfig } from './manager_config.js';
import { suggestLimit } from './suggest_limit.js';

export interface ManagerApi {
  readonly WasmMemoryManager: typeof WasmMemoryManager;
  readonly DisposalScope: typeof DisposalScope;
  /** The manager that the functions here are those of. */
  readonly wasmMemoryManager: WasmMemoryManager;
  readonly registerModule: WasmMemoryManager['registerModule'];
  readonly unregisterModule: WasmMemoryManager['unregisterModule'];
  readonly canAllocate: WasmMemoryManager['canAllocate'];
  readonly explainAllocation: WasmMemoryManager['explainAllocation'];
  readonly recordAllocation: WasmMemoryManager['recordAllocation'];
  readonly recordDeallocation: WasmMemoryManager['recordDeallocation'];
  readonly triggerGC: WasmMemoryManager['triggerGC'];
  readonly getAggregateStats: WasmMemoryManager['getAggregateStats'];
  readonly setTotalLimit: WasmMemoryManager['setTotalLimit'];
  readonly onPressure: WasmMemoryManager['onPressure'];
  readonly relieve: WasmMemoryManager['relieve'];
  readonly setBudget: WasmMemoryManager['setBudget'];
  readonly withBudget: WasmMemoryManager['withBudget'];
  readonly getBudgets: WasmMemoryManager['getBudgets'];
  readonly registerDisposable: WasmMemoryManager['registerDisposable'];
  readonly suggestLimit: typeof suggestLimit;
}

export function createManagerApi(context: Context): ManagerApi {
  class BoundManager extends WasmMemoryManager {
    constructor(config: MemoryManagerConfig = {}) {
      super(config, context);
    }
  }
  class BoundScope extends DisposalScope {
    constructor() {
      super(context);
    }
  }
  Object.defineProperty(BoundManager, 'name', { value: 'WasmMemoryManager' });
  Object.defineProperty(BoundScope, 'name', { value: 'DisposalScope' });
  const manager = new BoundManager();
  return {
    WasmMemoryManager: BoundManager,
    DisposalScope: BoundScope,
    wasmMemoryManager: manager,
    registerModule: (module, limits) => manager.registerModule(module, limits),
    unregisterModule: (id) => manager.unregisterModule(id),
    canAllocate: (id, size) => manager.canAllocate(id, size),
    explainAllocation: (id, size) => manager.explainAllocation(id, size),
    recordAllocation: (id, size) => manager.recordAllocation(id, size),
    recordDeallocation: (id, size) => manager.recordDeallocation(id, size),
    triggerGC: (id, aggressive) => manager.triggerGC(id, aggressive),
    getAggregateStats: () => manager.getAggregateStats(),
    setTotalLimit: (bytes) => manager.setTotalLimit(bytes),
    onPressure: (handler, options) => manager.onPressure(handler, options),
    relieve: (id, wantedBytes) => manager.relieve(id, wantedBytes),
    setBudget: (name, bytes) => manager.setBudget(name, bytes),
    withBudget: (name, body) => manager.withBudget(name, body),
    getBudgets: () => manager.getBudgets(),
    registerDisposable: (object, dispose) => manager.registerDisposable(object, dispose),
    suggestLimit,
  };
}

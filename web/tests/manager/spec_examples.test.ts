// The examples of the feature specification in the manager's area, as they stand there.
import { expect, test } from 'vitest';
import {
  canAllocate,
  defaultModule,
  getAggregateStats,
  recordAllocation,
  registerModule,
  unregisterModule,
  WasmMemoryManager,
  wasmMemoryManager,
} from 'tidemark';
import { bareModule } from './support.js';

test('memory management', () => {
  const myWasmModule = bareModule('mine');
  registerModule(myWasmModule, {
    hardLimit: 128 * 1024 * 1024, // 128MB
    softLimit: 96 * 1024 * 1024, // 96MB
    criticalLimit: 112 * 1024 * 1024, // 112MB
  });
  let allocated = false;
  if (canAllocate(myWasmModule.id, 1024 * 1024)) {
    recordAllocation(myWasmModule.id, 1024 * 1024);
    allocated = true;
  }
  expect(allocated).toBe(true);
  const stats = getAggregateStats();
  expect(stats.totalUsed).toBe(1024 * 1024);
  expect(stats.averageEfficiency).toBeGreaterThanOrEqual(0);
  expect(stats.averageEfficiency).toBeLessThanOrEqual(100);
  unregisterModule(myWasmModule.id);
  expect(getAggregateStats().modules).toBe(0);
});

test('the default configuration', () => {
  const { limits, gc } = new WasmMemoryManager().config;
  expect(limits).toEqual({
    hardLimit: 64 * 1024 * 1024,
    softLimit: 48 * 1024 * 1024,
    criticalLimit: 56 * 1024 * 1024,
    growthRateLimit: 1024 * 1024,
    maxAllocationSize: 10 * 1024 * 1024,
    quotaResetInterval: 60000,
  });
  expect(gc).toMatchObject({
    autoGC: true,
    gcThreshold: 75,
    aggressiveGCThreshold: 90,
    minGCInterval: 5000,
    strategy: 'balanced',
  });
});

test('a custom configuration', () => {
  const memoryManager = new WasmMemoryManager({
    limits: {
      hardLimit: 128 * 1024 * 1024, // 128MB
      softLimit: 96 * 1024 * 1024, // 96MB
      criticalLimit: 112 * 1024 * 1024, // 112MB
    },
    gc: {
      strategy: 'aggressive',
      incrementalGC: true,
      enableCompaction: true,
    },
  });
  expect(memoryManager.config.limits.hardLimit).toBe(128 * 1024 * 1024);
  expect(memoryManager.config.limits.growthRateLimit).toBe(1024 * 1024);
  expect(memoryManager.config.gc).toMatchObject({ strategy: 'aggressive', incrementalGC: true, minGCInterval: 5000 });
  memoryManager.registerModule(defaultModule);
  expect(memoryManager.triggerGC(defaultModule.id)).toMatchObject({ strategy: 'aggressive', aggressive: true });
  memoryManager.dispose();
});

test('the manager of the functions is the one that is exported', () => {
  registerModule(bareModule('shared'));
  expect(wasmMemoryManager.has('shared')).toBe(true);
  wasmMemoryManager.unregister('shared');
});

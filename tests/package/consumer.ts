// A program that installed the npm package: what it says of the module is checked by the compiler, and then run.
import { readHeapStats, TidemarkError, type HeapStats, type LinkedModule } from 'tidemark';

export function liveBlocks(module: LinkedModule): number {
  const stats: HeapStats = readHeapStats(module);
  return stats.liveBlocks;
}

export function refusal(): string {
  try {
    readHeapStats({} as LinkedModule);
  } catch (error) {
    if (error instanceof TidemarkError) return error.code;
  }
  return 'nothing was refused';
}

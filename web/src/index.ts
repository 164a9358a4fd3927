export { TidemarkError, type TidemarkErrorCode } from './errors.js';
export { readHeapStats, type HeapStats, type LinkedModule, type SizeClassStats } from './heap_stats.js';

// One run of the workload on one malloc, watched: the same module serves Node and the browser.

/** Tidemark first, then the three that Emscripten has. */
export const allocators = ['tidemark', 'dlmalloc', 'emmalloc', 'mimalloc'];

/** The rows of the biggest table in the full workload. */
export const fullOrders = 200_000;

/** The module of a malloc, in the folder of the built page. */
export const moduleFile = (allocator) => `sqlite-${allocator}.mjs`;

/** SQLite's code for a failed malloc. */
export const SQLITE_NOMEM = 7;

// AllocatorStats in src/allocator_stats.h, in the same order.
const statNames = [
  'usedBytes',
  'reservedBytes',
  'peakReservedBytes',
  'freeBytes',
  'largestFreeBytes',
  'topFreeBytes',
  'liveBlocks',
  'freeBlocks',
  'metadataBytes',
];

// SizeClassStats, likewise.
const sizeClassNames = ['blockBytes', 'liveBlocks', 'freeBlocks', 'slabs'];

// Between two points of the timeline at least; looking costs some microseconds.
const sampleEveryMs = 8;

/**
 * @typedef {object} Heap
 * What a malloc tells about itself, bytes and counts; null where it has no way to tell.
 * @property {number | null} usedBytes in blocks that SQLite holds, as the malloc counts them
 * @property {number | null} reservedBytes up to the last of those blocks: what is free below it, and its own data, too
 * @property {number | null} peakReservedBytes
 * @property {number | null} freeBytes could be handed out without growing the memory
 * @property {number | null} largestFreeBytes
 * @property {number | null} topFreeBytes free above the last block, up to the end of linear memory
 * @property {number | null} liveBlocks
 * @property {number | null} freeBlocks
 * @property {number | null} metadataBytes
 * @property {{ blockBytes: number, liveBlocks: number, freeBlocks: number, slabs: number }[]} sizeClasses
 *   `blockBytes` 0 stands for the large blocks; empty when the malloc can't tell
 *
 * @typedef {object} Moment
 * @property {number} memoryBytes of linear memory
 * @property {number} heldBytes by SQLite, by its own count
 * @property {number} heldBlocks likewise
 * @property {Heap} heap
 *
 * @typedef {object} Measurement
 * @property {string} allocator
 * @property {number} orders
 * @property {string} sqliteVersion
 * @property {number} code SQLite's result code: 0 is success
 * @property {string | null} digest of every row that every query returned; null after a failure
 * @property {string | null} message SQLite's words; null after a success
 * @property {string | null} check after a failure: what PRAGMA integrity_check says about the database that is left
 * @property {(Moment & { name: string, ms: number })[]} phases as it was at the end of each
 * @property {Moment} closed after the database was closed
 * @property {number} totalMs of all phases, without the time that was spent on looking
 * @property {number} peakMemoryBytes of linear memory
 * @property {number} finalMemoryBytes of linear memory, with the database closed
 * @property {number} peakHeldBytes by SQLite, by its own count
 * @property {{ ms: number[], phase: number[], memoryBytes: number[], heldBytes: number[] }} timeline `phase` is an index
 */

/**
 * Requires a module that has not run yet: memory that has grown stays, and would be taken for the next run's.
 *
 * @param {(options: object) => Promise<object>} createSqlite the default export of a built module
 * @param {object} options
 * @param {string} options.allocator for the record
 * @param {number} [options.orders] how much work
 * @param {BufferSource} [options.wasmBinary] in place of the file beside the module
 * @param {(progress: { phase: string, fraction: number, timeline: Measurement['timeline'] }) => void} [options.onProgress]
 *   about 100 times a second; `fraction` of the whole is done
 * @returns {Promise<Measurement>}
 */
export async function measure(createSqlite, { allocator, orders = fullOrders, wasmBinary, onProgress }) {
  const phases = [];
  const timeline = { ms: [], phase: [], memoryBytes: [], heldBytes: [] };
  let phaseStartMs = 0;
  let lookedMs = 0; // so far, in all
  let lastSampleMs = -Infinity;

  const workMs = () => performance.now() - lookedMs;
  const memoryBytes = () => sqlite.wasmMemory.buffer.byteLength;

  const uncounted = (look) => {
    const startMs = performance.now();
    look();
    lookedMs += performance.now() - startMs;
  };

  const sample = (phase, permille) => {
    lastSampleMs = performance.now();
    timeline.ms.push(workMs() - startMs);
    timeline.phase.push(phase);
    timeline.memoryBytes.push(memoryBytes());
    timeline.heldBytes.push(sqlite._sqlite_held_bytes());
    onProgress?.({ phase: phaseNames[phase], fraction: (phase + permille / 1000) / phaseNames.length, timeline });
  };

  const moment = () => ({
    memoryBytes: memoryBytes(),
    heldBytes: sqlite._sqlite_held_bytes(),
    heldBlocks: sqlite._sqlite_held_blocks(),
    heap: readHeap(sqlite),
  });

  const sqlite = await createSqlite({
    ...(wasmBinary && { wasmBinary }),
    phaseBegan(phase) {
      uncounted(() => sample(phase, 0));
      phaseStartMs = workMs();
    },
    phaseEnded(phase) {
      const ms = workMs() - phaseStartMs;
      uncounted(() => {
        sample(phase, 1000);
        phases.push({ name: phaseNames[phase], ms, ...moment() });
      });
    },
    progressed(permille) {
      if (performance.now() - lastSampleMs >= sampleEveryMs) uncounted(() => sample(phases.length, permille));
    },
  });
  const phaseNames = Array.from({ length: sqlite._workload_phase_count() }, (_, phase) =>
    sqlite.UTF8ToString(sqlite._workload_phase_name(phase)),
  );

  const startMs = workMs();
  const code = sqlite._workload_run(orders);
  const answer = sqlite.UTF8ToString(sqlite._workload_answer());
  const check = code === 0 ? null : sqlite.UTF8ToString(sqlite._workload_check());
  const peakHeldBytes = sqlite._sqlite_peak_held_bytes();
  sqlite._workload_close();
  const closed = moment();
  return {
    allocator,
    orders,
    sqliteVersion: sqlite.UTF8ToString(sqlite._sqlite_version()),
    code,
    digest: code === 0 ? answer : null,
    message: code === 0 ? null : answer,
    check,
    phases,
    closed,
    totalMs: phases.reduce((sum, phase) => sum + phase.ms, 0),
    peakMemoryBytes: Math.max(closed.memoryBytes, ...timeline.memoryBytes),
    finalMemoryBytes: closed.memoryBytes,
    peakHeldBytes,
    timeline,
  };
}

/** @returns {Heap} */
function readHeap(sqlite) {
  // The address first: asking may grow the memory, and the view is a new one then.
  const readDoubles = (address, count) => Array.from(sqlite.HEAPF64.subarray(address / 8, address / 8 + count));
  const stats = readDoubles(sqlite._read_allocator_stats(), statNames.length);
  const heap = Object.fromEntries(statNames.map((name, i) => [name, Number.isNaN(stats[i]) ? null : stats[i]]));
  const rowCount = sqlite._read_size_class_stats();
  heap.sizeClasses = Array.from({ length: rowCount }, (_, row) => {
    const values = readDoubles(sqlite._size_class_rows() + row * 8 * sizeClassNames.length, sizeClassNames.length);
    return Object.fromEntries(sizeClassNames.map((name, i) => [name, values[i]]));
  });
  return heap;
}

/** How much of the free memory lies outside the largest free block, 0 to 1; null when the malloc can't tell. */
export function fragmentation({ freeBytes, largestFreeBytes }) {
  if (freeBytes === null || largestFreeBytes === null) return null;
  return freeBytes === 0 ? 0 : 1 - largestFreeBytes / freeBytes;
}

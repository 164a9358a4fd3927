// What a person wants to know of some runs, as rows of words: the table in the terminal and the one on the page.
import { fragmentation } from './measure.mjs';

/** In place of what a malloc has no way to tell. */
export const unknown = '–';

const mebibyte = 2 ** 20;
const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const known = (format) => (value) => (value === null || value === undefined ? unknown : format(value));
export const asBytes = known((bytes) => {
  if (bytes >= mebibyte) return `${(bytes / mebibyte).toFixed(1)} MiB`;
  return bytes >= 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${bytes} B`;
});
export const asCount = known((value) => count.format(value));
export const asMs = known((ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`));
export const asPercent = known((share) => `${(100 * share).toFixed(1)} %`);

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Several runs on one malloc as one: times are medians, the memory is the same in each. When one has failed, it is that.
 *
 * @param {import('./measure.mjs').Measurement[]} runs at least one
 */
export function summarize(runs) {
  const first = runs.find(({ code }) => code !== 0) ?? runs[0];
  const medianMs = (i) => median(runs.flatMap(({ phases }) => phases[i]?.ms ?? []));
  return {
    ...first,
    totalMs: median(runs.map((run) => run.totalMs)),
    phases: first.phases.map((phase, i) => ({ ...phase, ms: medianMs(i) })),
    peakResidentBytes: first.peakResidentBytes && median(runs.map((run) => run.peakResidentBytes)),
    digests: [...new Set(runs.map((run) => run.digest))],
  };
}

/** The end of the phase at which SQLite holds most; the end of the last one. */
export const fullest = ({ phases }) =>
  phases.reduce((most, phase) => (phase.heldBytes > most.heldBytes ? phase : most));
export const last = ({ phases }) => phases[phases.length - 1];

const heapRows = (momentOf) => [
  ['used, in blocks that SQLite holds', (run) => asBytes(momentOf(run).heap.usedBytes)],
  ['reserved, up to the last of those blocks', (run) => asBytes(momentOf(run).heap.reservedBytes)],
  ['free, without growing the memory', (run) => asBytes(momentOf(run).heap.freeBytes)],
  ['largest free block', (run) => asBytes(momentOf(run).heap.largestFreeBytes)],
  ['free at the top', (run) => asBytes(momentOf(run).heap.topFreeBytes)],
  ['fragmentation: free, but not in the largest', (run) => asPercent(fragmentation(momentOf(run).heap))],
  ['blocks in use', (run) => asCount(momentOf(run).heap.liveBlocks)],
  ['free blocks', (run) => asCount(momentOf(run).heap.freeBlocks)],
  ['the malloc’s own data', (run) => asBytes(momentOf(run).heap.metadataBytes)],
];

const heldWords = ({ name, heldBytes, heldBlocks }) =>
  `Heap after “${name}”: SQLite holds ${asBytes(heldBytes)} in ${asCount(heldBlocks)} blocks`;

/**
 * @param {ReturnType<typeof summarize>[]} runs the first of them gives the words
 * @returns {{ title: string, rows: [string, (run: ReturnType<typeof summarize>) => string][] }[]}
 */
export function sections([first]) {
  const full = fullest(first);
  const resident = first.peakResidentBytes
    ? [['resident memory of the process, peak', (run) => asBytes(run.peakResidentBytes)]]
    : [];
  return [
    {
      title: 'Time',
      rows: [
        ...first.phases.map(({ name }, i) => [name, (run) => asMs(run.phases[i].ms)]),
        ['all phases', (run) => asMs(run.totalMs)],
      ],
    },
    {
      title: `Memory, for the ${asBytes(first.peakHeldBytes)} that SQLite held at most`,
      rows: [
        ['linear memory, peak', (run) => asBytes(run.peakMemoryBytes)],
        ['linear memory, at the end', (run) => asBytes(run.finalMemoryBytes)],
        ['reserved, peak', (run) => asBytes(run.closed.heap.peakReservedBytes)],
        ...resident,
      ],
    },
    {
      title: heldWords(full),
      rows: heapRows((run) => run.phases.find(({ name }) => name === full.name)),
    },
    { title: heldWords(last(first)), rows: heapRows(last) },
  ];
}

/** Tidemark's size classes at a moment, smallest first; the last row is that of the large blocks. */
export function sizeClassRows({ heap }) {
  return heap.sizeClasses.map(({ blockBytes, liveBlocks, freeBlocks, slabs }) => [
    blockBytes === 0 ? 'larger' : `${blockBytes} B`,
    asCount(liveBlocks),
    blockBytes === 0 ? unknown : asCount(freeBlocks),
    blockBytes === 0 ? unknown : asCount(slabs),
  ]);
}

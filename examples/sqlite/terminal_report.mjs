// The report of `npm start`, as tables for a terminal.
import Table from 'cli-table3';
import { asCount, fullest, sections, sizeClassRows } from './summary.mjs';

const names = { tidemark: 'Tidemark' };
const plain = { head: [], border: [], compact: true };

/**
 * @param {ReturnType<typeof import('./summary.mjs').summarize>[]} runs one of each malloc
 * @returns {string}
 */
export function comparisonTable(runs) {
  const table = new Table({
    style: plain,
    head: ['', ...runs.map(({ allocator }) => names[allocator] ?? allocator)],
    colAligns: ['left', ...runs.map(() => 'right')],
  });
  for (const [i, { title, rows }] of sections(runs).entries()) {
    if (i > 0) table.push([{ colSpan: runs.length + 1, content: '' }]);
    table.push([{ colSpan: runs.length + 1, content: title.toUpperCase() }]);
    for (const [label, value] of rows) table.push([`  ${label}`, ...runs.map(value)]);
  }
  return table.toString();
}

/** Tidemark's size classes when the database is fullest, in two columns. Empty when the malloc has none. */
export function sizeClassTable(run) {
  const moment = fullest(run);
  const rows = sizeClassRows(moment);
  if (rows.length === 0) return '';
  const half = Math.ceil(rows.length / 2);
  const head = ['block', 'in use', 'free', 'slabs'];
  const table = new Table({ style: plain, head: [...head, ...head], colAligns: Array(8).fill('right') });
  for (let i = 0; i < half; ++i) table.push([...rows[i], ...(rows[half + i] ?? ['', '', '', ''])]);
  return `Tidemark’s size classes after “${moment.name}”, ${asCount(moment.heap.liveBlocks)} blocks in all\n${table}`;
}

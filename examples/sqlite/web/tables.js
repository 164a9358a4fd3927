// The comparison of the runs, and Tidemark's size classes.
import { asCount, fullest, sections } from './summary.mjs';

const element = (tag, text = '', properties = {}) =>
  Object.assign(document.createElement(tag), { textContent: text, ...properties });

/** @param {HTMLTableElement} table is emptied first */
export function showComparison(table, runs) {
  table.replaceChildren();
  const head = table.createTHead().insertRow();
  head.append(
    element('th'),
    ...runs.map(({ allocator }) => element('th', allocator === 'tidemark' ? 'Tidemark' : allocator, { scope: 'col' })),
  );
  for (const { title, rows } of sections(runs)) {
    const body = table.createTBody();
    body
      .insertRow()
      .append(element('th', title, { colSpan: runs.length + 1, scope: 'colgroup', className: 'section' }));
    for (const [label, value] of rows) {
      body.insertRow().append(element('th', label, { scope: 'row' }), ...runs.map((run) => element('td', value(run))));
    }
  }
}

/** A bar for each size class, as long as its slabs have blocks; the blocks in use in full colour. */
export function showSizeClasses(list, note, run) {
  const moment = fullest(run);
  const classes = moment.heap.sizeClasses.filter(({ blockBytes }) => blockBytes !== 0);
  const larger = moment.heap.sizeClasses.find(({ blockBytes }) => blockBytes === 0)?.liveBlocks ?? 0;
  note.textContent =
    `After “${moment.name}”: ${asCount(moment.heap.liveBlocks)} blocks in use, ${asCount(larger)} of them ` +
    'too large for a size class. Full colour: in use; pale: free.';
  const most = Math.max(...classes.map(({ liveBlocks, freeBlocks }) => liveBlocks + freeBlocks));
  const bar = (className, blocks) => {
    const part = element('i', '', { className });
    part.style.width = `${((100 * blocks) / most).toFixed(2)}%`;
    return part;
  };
  list.replaceChildren(
    ...classes.map(({ blockBytes, liveBlocks, freeBlocks, slabs }) => {
      const bars = element('span', '', { className: 'bar' });
      bars.append(bar('free', liveBlocks + freeBlocks), bar('live', liveBlocks));
      const title = `${asCount(liveBlocks)} in use, ${asCount(freeBlocks)} free, slabs: ${asCount(slabs)}`;
      const row = element('div', '', { className: 'size-class', title });
      row.append(
        element('span', `${blockBytes} B`, { className: 'size' }),
        bars,
        element('span', `${asCount(liveBlocks)} of ${asCount(liveBlocks + freeBlocks)}`, { className: 'count' }),
      );
      return row;
    }),
  );
}

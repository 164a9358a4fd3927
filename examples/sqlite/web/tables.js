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

/** A bar for each size class: its blocks in use, and its free ones behind them, on a scale of square roots. */
export function showSizeClasses(list, note, run) {
  const moment = fullest(run);
  note.textContent = `After “${moment.name}”: ${asCount(moment.heap.liveBlocks)} blocks in use. Full colour: in use; pale: free in slabs.`;
  const most = Math.max(...moment.heap.sizeClasses.map(({ liveBlocks, freeBlocks }) => liveBlocks + freeBlocks));
  const width = (blocks) => `${(100 * Math.sqrt(blocks / most)).toFixed(2)}%`;
  list.replaceChildren(
    ...moment.heap.sizeClasses.map(({ blockBytes, liveBlocks, freeBlocks, slabs }) => {
      const large = blockBytes === 0;
      const row = element('div', '', {
        className: 'size-class',
        title: large
          ? `${asCount(liveBlocks)} larger blocks`
          : `${asCount(liveBlocks)} in use, ${asCount(freeBlocks)} free, in ${asCount(slabs)} slabs`,
      });
      const bar = element('span', '', { className: 'bar' });
      const all = element('i', '', { className: 'free' });
      all.style.width = width(liveBlocks + (large ? 0 : freeBlocks));
      const live = element('i', '', { className: 'live' });
      live.style.width = width(liveBlocks);
      bar.append(all, live);
      row.append(
        element('span', large ? 'larger' : `${blockBytes} B`, { className: 'size' }),
        bar,
        element('span', asCount(liveBlocks), { className: 'count' }),
      );
      return row;
    }),
  );
}

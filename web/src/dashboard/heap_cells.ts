// The kinds of memory in a heap map (MapCell in src/monitor/heap_map.h), their words, and their places in the palette.

export const slabKind = 16;

/** In the order of the legend. `colour` is a custom property of the style sheet. */
export const kinds = [
  { id: 'static', label: 'static data', colour: '--map-static' },
  { id: 'stack', label: 'stack', colour: '--map-stack' },
  { id: 'metadata', label: 'heap’s own data', colour: '--map-metadata' },
  { id: 'slab', label: 'small blocks, by size', colour: '--map-slab' },
  { id: 'large', label: 'large blocks', colour: '--map-large' },
  { id: 'movable', label: 'movable', colour: '--map-movable' },
  { id: 'watched', label: 'watched by the profiler', colour: '--map-watched' },
  { id: 'foreign', label: 'taken by others', colour: '--map-foreign' },
  { id: 'free', label: 'free', colour: '--map-free' },
] as const;

export type CellKind = (typeof kinds)[number]['id'];

const byByte: CellKind[] = ['free', 'static', 'stack', 'metadata', 'foreign', 'large', 'movable', 'watched'];

export function kindOf(cell: number): CellKind {
  return cell >= slabKind ? 'slab' : (byByte[cell] ?? 'foreign');
}

/** What a cell of the kind is in a map; of slabs the first of all. */
export function byteOf(kind: CellKind): number {
  return kind === 'slab' ? slabKind : byByte.indexOf(kind);
}

/** Block size of a size class: eight steps a doubling, of 8 bytes (src/base/steps.h). */
export function blockBytesOf(sizeClass: number): number {
  const units = sizeClass < 16 ? sizeClass : (8 + (sizeClass % 8)) << (Math.floor(sizeClass / 8) - 1);
  return units * 8;
}

/** The largest size class there is: blocks of 2 KiB. */
export const lastSizeClass = 48;

/** What a cell is, in words. */
export function cellWords(cell: number): string {
  if (cell >= slabKind) return `blocks of ${blockBytesOf(cell - slabKind).toLocaleString('en')} bytes`;
  const kind = kindOf(cell);
  return kinds.find(({ id }) => id === kind)?.label ?? kind;
}

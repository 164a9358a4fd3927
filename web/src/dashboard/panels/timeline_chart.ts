// The chart under the timeline: uPlot with our lines, axes and colours.
import uPlot from 'uplot';
import type { Column } from '../track.js';
import { byteAxis, byteLabels, byteSteps, edge, timeLabels } from './timeline_axis.js';

export const series: { column: Column; label: string }[] = [
  { column: 'used', label: 'used' },
  { column: 'reserved', label: 'reserved' },
  { column: 'allocated', label: 'linear memory' },
];

/** How a column is drawn. */
export interface Line {
  column: Column;
  stroke: string;
  fill: string | null;
  width: number;
  /** A value holds until the next one. */
  isStepped: boolean;
}

export function linesOf(colour: (name: string) => string): Line[] {
  const stroke = (column: Column): Pick<Line, 'column' | 'stroke'> => ({ column, stroke: colour(`--${column}`) });
  return [
    { ...stroke('used'), fill: colour('--used-fill'), width: 2, isStepped: false },
    { ...stroke('reserved'), fill: null, width: 1.5, isStepped: false },
    { ...stroke('allocated'), fill: null, width: 1.5, isStepped: true },
  ];
}

/** A chart without readings, in `box`. Requires  that the box has a size. */
export function makeChart(
  box: HTMLElement,
  lines: readonly Line[],
  hidden: ReadonlySet<Column>,
  colour: (name: string) => string,
  hooks: uPlot.Hooks.Arrays,
): uPlot {
  const axis = { stroke: colour('--muted'), font: '12px system-ui, sans-serif', ticks: { show: false } };
  const stepped = (uPlot.paths.stepped as NonNullable<typeof uPlot.paths.stepped>)({ align: 1 });
  return new uPlot(
    {
      width: box.clientWidth,
      height: box.clientHeight,
      ms: 1,
      padding: [18, edge, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => null },
      },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: { x: { time: true, auto: false }, y: { auto: false } },
      series: [
        {},
        ...lines.map(({ column, stroke, fill, width, isStepped }) => ({
          stroke,
          ...(fill && { fill }),
          width,
          points: { show: false },
          show: !hidden.has(column),
          ...(isStepped && { paths: stepped }),
        })),
      ],
      axes: [
        { ...axis, grid: { show: false }, size: 26, gap: 6, space: 80, values: timeLabels },
        {
          ...axis,
          grid: { stroke: colour('--grid'), width: 1 },
          size: byteAxis,
          space: 38,
          incrs: byteSteps,
          values: (_, splits) => byteLabels(splits),
        },
      ],
      hooks,
    },
    [[], [], [], []],
    box,
  );
}

/** uPlot breaks a line at null; NaN it would draw. */
export function withGaps(values: Float64Array): Float64Array | (number | null)[] {
  for (const value of values) {
    if (Number.isNaN(value)) return Array.from(values, (each) => (Number.isNaN(each) ? null : each));
  }
  return values;
}

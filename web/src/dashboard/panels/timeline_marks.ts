// What the timeline draws besides its lines.
import type uPlot from 'uplot';
import * as format from '../format.js';
import type { Limit, Marker, MarkerKind } from '../source.js';
import { placeLabel, type Box, type Curve } from './timeline_labels.js';

type Colour = (name: string) => string;

const markerColours: Record<MarkerKind, string> = {
  growth: '--muted',
  shrink: '--good',
  compaction: '--good',
  collection: '--good',
  warning: '--soft',
  leak: '--bad',
  note: '--accent',
};

const letters: Record<MarkerKind, string> = {
  growth: '',
  shrink: 'S',
  compaction: 'C',
  collection: 'G',
  warning: '!',
  leak: 'L',
  note: '•',
};

/** Tinted grounds from each limit up to the next. */
export function drawBands(chart: uPlot, limits: readonly Limit[], colour: Colour): void {
  const { ctx, bbox } = chart;
  for (const { bytes, meaning } of limits) {
    const y = Math.max(bbox.top, chart.valToPos(bytes, 'y', true));
    if (y >= bbox.top + bbox.height || y <= bbox.top) continue;
    ctx.fillStyle = colour(meaning === 'hard' ? '--limit-fill' : '--soft-fill');
    ctx.fillRect(bbox.left, bbox.top, bbox.width, y - bbox.top);
  }
}

/** A line across, and its words. */
export interface Level {
  bytes: number;
  text: string;
  style: string;
  dash: readonly number[];
}

export function levelsOf(limits: readonly Limit[], peak: number | null, colour: Colour): Level[] {
  const levels: Level[] = limits.map(({ bytes, label, meaning }) => ({
    bytes,
    text: `${label.toLowerCase()} ${format.bytes(bytes)}`,
    style: colour(meaning === 'hard' ? '--limit' : '--soft'),
    dash: [6, 4],
  }));
  if (peak !== null && peak > 0)
    levels.push({ bytes: peak, text: `peak ${format.bytes(peak)}`, style: colour('--used'), dash: [2, 3] });
  return levels;
}

/** Whether two peaks are the same line with the same words, as near as one can see. */
export function looksSame(chart: uPlot, a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  const away = Math.abs(chart.valToPos(a, 'y', true) - chart.valToPos(b, 'y', true));
  return away < 0.5 && format.bytes(a) === format.bytes(b);
}

export function drawLevels(chart: uPlot, levels: readonly Level[]): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.lineWidth = ratio;
  for (const { bytes, style, dash } of levels) {
    const y = Math.round(chart.valToPos(bytes, 'y', true)) + 0.5;
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = style;
    ctx.setLineDash(dash.map((length) => length * ratio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** The words of the levels, each where the curves leave room. Returns where they are. */
export function drawLabels(chart: uPlot, levels: readonly Level[], curves: readonly Curve[], colour: Colour): Box[] {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio || 1;
  const { min: from = 0, max: to = 1 } = chart.scales['x'] as { min?: number; max?: number };
  const { min: low = 0, max: high = 1 } = chart.scales['y'] as { min?: number; max?: number };
  const perX = (to - from) / bbox.width;
  const perY = (high - low) / bbox.height;
  const shown = levels.filter(({ bytes }) => bytes >= low && bytes <= high);
  const boxes: Box[] = [];
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4 * ratio;
  ctx.strokeStyle = colour('--panel');
  for (const { bytes, text, style } of shown) {
    const size = {
      time: (ctx.measureText(text).width + 8 * ratio) * perX,
      bytes: 14 * ratio * perY,
      gap: 2 * ratio * perY,
    };
    const others = shown.filter((level) => level.bytes !== bytes);
    const taken = [
      ...boxes,
      ...others.map((level) => ({ from, to, low: level.bytes - perY, high: level.bytes + perY })),
    ];
    const { box } = placeLabel(bytes, size, { from, to, low, high }, curves, taken);
    boxes.push(box);
    const x = chart.valToPos(box.from, 'x', true) + 4 * ratio;
    const y = chart.valToPos((box.low + box.high) / 2, 'y', true);
    // Whatever runs behind is held off.
    ctx.strokeText(text, x, y);
    ctx.fillStyle = style;
    ctx.fillText(text, x, y);
  }
  ctx.restore();
  return boxes;
}

export function drawMarkers(chart: uPlot, markers: readonly Marker[], colour: Colour): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.font = `600 ${9 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.lineWidth = ratio;
  for (const { time, kind } of markers) {
    const x = Math.round(chart.valToPos(time, 'x', true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(markerColours[kind]);
    if (kind === 'growth') {
      ctx.beginPath();
      ctx.moveTo(x, bbox.top - 3 * ratio);
      ctx.lineTo(x - 3 * ratio, bbox.top + 2 * ratio);
      ctx.lineTo(x + 3 * ratio, bbox.top + 2 * ratio);
      ctx.fill();
      continue;
    }
    ctx.globalAlpha = 0.55;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.arc(x, bbox.top - 8 * ratio, 7 * ratio, 0, 2 * Math.PI);
    ctx.fill();
    ctx.fillStyle = colour('--panel');
    ctx.fillText(letters[kind], x, bbox.top - 7.5 * ratio);
  }
  ctx.restore();
}

/** The marker within 8 pixels of a place on the chart. */
export function markerNear(chart: uPlot, markers: readonly Marker[], left: number): Marker | undefined {
  let nearest: Marker | undefined;
  let distance = 8;
  for (const marker of markers) {
    const away = Math.abs(chart.valToPos(marker.time, 'x') - left);
    // What is rarer than growth is what one points at.
    if (away < distance || (away === distance && marker.kind !== 'growth')) {
      nearest = marker;
      distance = away;
    }
  }
  return nearest;
}

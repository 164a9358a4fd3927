// What the timeline draws besides its lines.
import type uPlot from 'uplot';
import * as format from '../format.js';
import type { Limit, Marker, MarkerKind } from '../source.js';

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

export function drawLimits(chart: uPlot, limits: readonly Limit[], peak: number | null, colour: Colour): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'bottom';
  ctx.textAlign = 'right';
  const line = (bytes: number, text: string, style: string, dash: number[]): void => {
    const y = Math.round(chart.valToPos(bytes, 'y', true)) + 0.5;
    if (y < bbox.top || y > bbox.top + bbox.height) return;
    ctx.strokeStyle = ctx.fillStyle = style;
    ctx.lineWidth = ratio;
    ctx.setLineDash(dash.map((length) => length * ratio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(text, bbox.left + bbox.width - 4 * ratio, y - 2 * ratio);
  };
  if (peak !== null && peak > 0) line(peak, `peak ${format.bytes(peak)}`, colour('--used'), [2, 3]);
  for (const { bytes, label, meaning } of limits) {
    line(
      bytes,
      `${label.toLowerCase()} ${format.bytes(bytes)}`,
      colour(meaning === 'hard' ? '--limit' : '--soft'),
      [6, 4],
    );
  }
  ctx.restore();
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

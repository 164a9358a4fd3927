// What was read since the chart was drawn, drawn onto it: the rest of the picture stays, which is most of what it costs.
import type uPlot from 'uplot';
import type { Track } from '../track.js';
import { crossings, type Box } from './timeline_labels.js';
import type { Line } from './timeline_chart.js';

export class Tail {
  readonly #chart: uPlot;
  readonly #lines: readonly Line[];
  readonly #labels: readonly Box[];
  /** Of the last reading that is in the picture. */
  #time: number;

  constructor(chart: uPlot, lines: readonly Line[], labels: readonly Box[], time: number) {
    this.#chart = chart;
    this.#lines = lines;
    this.#labels = labels;
    this.#time = time;
  }

  /** False when the picture has to be drawn anew: there is no room for what has been read, or it would run through words. */
  draw(track: Track): boolean {
    const times = track.column('time');
    let begin = times.length;
    while (begin > 0 && (times[begin - 1] ?? 0) > this.#time) --begin;
    const { x, y } = this.#chart.scales;
    const isBeyond = begin > 0 && (times[begin - 1] ?? 0) > (x?.max ?? 0);
    if (begin === times.length || isBeyond) return true;
    // The last known value of each line: it is where the line goes on.
    const stretches = this.#lines.map((line) => {
      const values = track.column(line.column);
      const from = Math.max(0, begin - 1);
      return { line, times: times.subarray(from), values: values.subarray(from), isStepped: line.isStepped };
    });
    const top = y?.max ?? 0;
    for (const curve of stretches) {
      for (const value of curve.values) if (value > top) return false;
      for (const label of this.#labels) if (crossings(curve, label) > 0) return false;
    }
    const { ctx, bbox } = this.#chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineCap = ctx.lineJoin = 'round';
    for (const { line, times: at, values } of stretches) this.#stroke(line, at, values);
    ctx.restore();
    this.#time = times[times.length - 1] ?? this.#time;
    return true;
  }

  #stroke({ stroke, fill, width, isStepped }: Line, times: Float64Array, values: Float64Array): void {
    const { ctx, bbox } = this.#chart;
    const ratio = devicePixelRatio || 1;
    const places: [x: number, y: number][] = [];
    const bottom = bbox.top + bbox.height;
    const lineWidth = Math.round(width * ratio * 1000) / 1000;
    const offset = (lineWidth % 2) / 2; // as uPlot has it: lines are sharp
    ctx.translate(offset, offset);
    ctx.lineWidth = lineWidth;
    ctx.strokeStyle = stroke;
    ctx.fillStyle = fill ?? stroke;
    const drawPlaces = (): void => {
      const [first, last] = [places[0], places.at(-1)];
      if (first && last && places.length > 1) {
        const follow = (): void => {
          ctx.beginPath();
          for (const [x, y] of places) ctx.lineTo(x, y);
        };
        if (fill) {
          follow();
          ctx.lineTo(last[0], bottom);
          ctx.lineTo(first[0], bottom);
          ctx.fill();
        }
        follow();
        ctx.stroke();
      }
      places.length = 0;
    };
    for (let at = 0; at < values.length; ++at) {
      const value = values[at] ?? NaN;
      if (!Number.isNaN(value)) {
        const x = Math.round(this.#chart.valToPos(times[at] ?? 0, 'x', true));
        const y = Math.round(this.#chart.valToPos(value, 'y', true));
        const before = places.at(-1);
        if (isStepped && before) places.push([x, before[1]]);
        places.push([x, y]);
      } else drawPlaces();
    }
    drawPlaces();
    ctx.translate(-offset, -offset);
  }
}

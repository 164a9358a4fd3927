// The memory timeline: linear memory of each run as a line, and what SQLite holds of it as the ground below.
import uPlot from './uPlot.esm.js';

const titles = { tidemark: 'Tidemark' };
const mebibyte = 2 ** 20;
const height = () => (window.innerWidth < 700 ? 260 : 360);

/** A colour of the style sheet, as a canvas understands it. */
function colour(name) {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Each point's place when every phase is as wide as the others; within a phase by time. */
function phasePlaces({ ms, phase }) {
  const first = new Map();
  const last = new Map();
  phase.forEach((index, i) => {
    if (!first.has(index)) first.set(index, ms[i]);
    last.set(index, ms[i]);
  });
  return phase.map((index, i) => index + (ms[i] - first.get(index)) / (last.get(index) - first.get(index) || 1));
}

/**
 * @typedef {object} Track one run, growing while it goes on
 * @property {string} allocator
 * @property {{ ms: number[], phase: number[], memoryBytes: number[], heldBytes: number[] }} points
 */
export class Timeline {
  #element;
  #tracks = [];
  #phaseNames = [];
  #axis = 'ms';
  #chart;
  #redrawAsked = false;

  constructor(element) {
    this.#element = element;
    new ResizeObserver(() => this.#chart?.setSize({ width: element.clientWidth, height: height() })).observe(element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#build());
  }

  /** @param {Track[]} tracks kept, and read again at every update */
  setTracks(tracks) {
    this.#tracks = tracks;
    this.#build();
  }

  setPhaseNames(names) {
    this.#phaseNames = names;
  }

  /** @param {'ms' | 'phase'} axis */
  setAxis(axis) {
    this.#axis = axis;
    this.#build();
  }

  /** Draws what is new, with the next frame. */
  update() {
    if (this.#redrawAsked) return;
    this.#redrawAsked = true;
    requestAnimationFrame(() => {
      this.#redrawAsked = false;
      this.#chart?.setData(this.#data());
    });
  }

  /** The ground is the first run's: SQLite asks the same of every malloc. */
  #data() {
    const places = (points) => (this.#axis === 'ms' ? points.ms.map((ms) => ms / 1000) : phasePlaces(points));
    const table = (points, values) => [places(points), values.map((bytes) => bytes / mebibyte)];
    const [ground] = this.#tracks;
    return uPlot.join([
      table(ground.points, ground.points.heldBytes),
      ...this.#tracks.map(({ points }) => table(points, points.memoryBytes)),
    ]);
  }

  #build() {
    this.#chart?.destroy();
    if (this.#tracks.length === 0) return;
    const text = colour('--muted');
    const grid = { stroke: colour('--grid'), width: 1 };
    const ticks = { show: false };
    const font = `12px ${getComputedStyle(this.#element).fontFamily}`;
    const value = (_, bytes) => (bytes === null || bytes === undefined ? '' : `${bytes.toFixed(1)} MiB`);
    const series = (label, stroke, more) => ({
      label,
      stroke,
      spanGaps: true,
      points: { show: false },
      value,
      ...more,
    });
    const byTime = this.#axis === 'ms';
    this.#chart = new uPlot(
      {
        width: this.#element.clientWidth,
        height: height(),
        padding: [12, 12, 0, 0],
        cursor: { y: false, points: { size: 7 } },
        scales: {
          x: { time: false, ...(byTime ? {} : { range: [0, this.#phaseNames.length || 1] }) },
          y: { range: [0, null] },
        },
        series: [
          { label: byTime ? 'time' : 'phase', value: (_, x) => this.#xWords(x) },
          series('held by SQLite', colour('--held-line'), { fill: colour('--held'), width: 1 }),
          ...this.#tracks.map(({ allocator }) =>
            series(titles[allocator] ?? allocator, colour(`--${allocator}`), {
              width: allocator === 'tidemark' ? 2.5 : 1.75,
              paths: uPlot.paths.stepped({ align: 1 }),
            }),
          ),
        ],
        axes: [
          {
            stroke: text,
            font,
            grid,
            ticks,
            ...(byTime
              ? { values: (_, splits) => splits.map((seconds) => `${seconds} s`) }
              : { splits: () => this.#phaseNames.map((_, i) => i + 0.5), values: () => this.#phaseLabels() }),
          },
          { stroke: text, font, grid, ticks, size: 72, values: (_, splits) => splits.map((bytes) => `${bytes} MiB`) },
        ],
      },
      this.#data(),
      this.#element,
    );
  }

  #xWords(x) {
    if (x === null || x === undefined) return '';
    if (this.#axis === 'ms') return `${x.toFixed(2)} s`;
    return this.#phaseNames[Math.min(Math.floor(x), this.#phaseNames.length - 1)] ?? '';
  }

  /** Where the names don't fit beside each other, every other one is left out. */
  #phaseLabels() {
    const every = Math.ceil((this.#phaseNames.length * 80) / this.#element.clientWidth);
    return this.#phaseNames.map((name, i) => (i % every === 0 ? name : ''));
  }
}

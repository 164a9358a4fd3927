// The chart of a measurement as SVG, for light and dark pages alike.

const megabyte = 2 ** 20;
const width = 880;
const height = 408;
const plot = { left: 62, right: 704, top: 92, bottom: 344 };

const style = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: var(--text) }
  .title { font-size: 17px; font-weight: 600 }
  .muted { fill: var(--muted) }
  .value { font-size: 22px; font-weight: 650 }
  .grid { stroke: var(--grid); stroke-width: 1 }
  .line { fill: none; stroke-linejoin: round; stroke-linecap: round }
  .before { stroke: var(--before); stroke-width: 2 }
  .after { stroke: var(--after); stroke-width: 2.75 }
  .beforeText { fill: var(--before) }
  .afterText { fill: var(--after) }
  .marker { stroke: var(--after); stroke-width: 1.25; stroke-dasharray: 3 4 }
  .level { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 1 4; stroke-linecap: round }
  .phase { fill: var(--band) }
  svg { --text: #1f2328; --muted: #656d76; --grid: #e3e8ed; --band: #f3f6f9; --before: #8a6d3b; --after: #0b6bcb }
  @media (prefers-color-scheme: dark) {
    svg { --text: #e6edf3; --muted: #9198a1; --grid: #2b323b; --band: #171c23; --before: #c9a86a; --after: #58a6ff }
  }
`;

const rounded = (x) => Math.round(x * 10) / 10;
const inMegabytes = (bytes) => Math.round(bytes / megabyte);

/** A step that is a multiple of 50 MB, so that there are about five of them. */
function stepFor(bytes) {
  return Math.ceil(bytes / megabyte / 5 / 50) * 50 * megabyte;
}

/**
 * @typedef {{ samples: { ms: number, bytes: number }[], marks: Record<string, number>, liveBytes: number }} Measurement
 *
 * @param {{ before: Measurement, after: Measurement, engine: string }} measured
 * @returns {string} an SVG document
 */
export function draw({ before, after, engine }) {
  const { marks } = after;
  const lastMs = marks.end;
  const most = Math.max(...[...before.samples, ...after.samples].map(({ bytes }) => bytes));
  const step = stepFor(most);
  const ceiling = Math.ceil((most * 1.04) / step) * step;
  const x = (ms) => rounded(plot.left + ((plot.right - plot.left) * Math.min(ms, lastMs)) / lastMs);
  const y = (bytes) => rounded(plot.bottom - ((plot.bottom - plot.top) * bytes) / ceiling);
  const last = (measurement) => measurement.samples.at(-1).bytes;
  const path = (measurement) =>
    `M${measurement.samples.map(({ ms, bytes }) => `${x(ms)} ${y(bytes)}`).join('L')}H${x(lastMs)}`;
  const area = `${path(after)}V${plot.bottom}H${x(after.samples[0].ms)}Z`;
  const start = after.samples[0].bytes;

  const grid = [];
  for (let bytes = 0; bytes <= ceiling; bytes += step) {
    grid.push(
      `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(bytes)}" y2="${y(bytes)}"/>`,
      `<text class="muted" x="${plot.left - 10}" y="${y(bytes) + 4.5}" text-anchor="end">${inMegabytes(bytes)}${bytes ? '' : ' MB'}</text>`,
    );
  }
  for (let second = 0; second * 1000 <= lastMs; ++second) {
    const at = x(second * 1000);
    grid.push(
      `<text class="muted" x="${at}" y="${plot.bottom + 20}" text-anchor="middle">${second}${second ? '' : ' s'}</text>`,
    );
  }

  const band = (from, to, label) =>
    `<rect class="phase" x="${x(from)}" y="${plot.top}" width="${rounded(x(to) - x(from))}" height="${plot.bottom - plot.top}"/>` +
    `<text class="muted" x="${rounded((x(from) + x(to)) / 2)}" y="${plot.top - 10}" text-anchor="middle">${label}</text>`;

  const endLabel = (measurement, name, kind, note) => {
    const at = y(last(measurement));
    return (
      `<circle cx="${x(lastMs)}" cy="${at}" r="4" fill="var(--${kind})"/>` +
      `<text class="value ${kind}Text" x="${plot.right + 16}" y="${at + 3}">${inMegabytes(last(measurement))} MB</text>` +
      `<text x="${plot.right + 16}" y="${at + 22}">${name}</text>` +
      `<text class="muted" x="${plot.right + 16}" y="${at + 40}">${note}</text>`
    );
  };
  const live = (after.liveBytes / megabyte).toFixed(1);

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t d">
<title id="t">Resident memory of a process over time, with and without a shrink</title>
<desc id="d">Both rise from ${inMegabytes(start)} MB to ${inMegabytes(most)} MB. After nearly all was freed, Emscripten's default malloc stays at ${inMegabytes(last(before))} MB; with Tidemark's shrink it falls to ${inMegabytes(last(after))} MB.</desc>
<style>${style}</style>
<text class="title" x="${plot.left - 38}" y="32">Memory that comes back down</text>
<text class="muted" x="${plot.left - 38}" y="54">resident memory of the process, ${engine}; ${live} MB are live at the end, in blocks scattered over all that was allocated</text>
${band(marks.allocate, marks.peak, 'allocates 400 MB')}
${band(marks.free, marks.freed, 'frees 199 of 200')}
${grid.join('\n')}
<line class="level" x1="${plot.left}" x2="${plot.right}" y1="${y(start)}" y2="${y(start)}"/>
<defs><linearGradient id="g" x1="0" x2="0" y1="0" y2="1"><stop offset="0" stop-color="var(--after)" stop-opacity=".22"/><stop offset="1" stop-color="var(--after)" stop-opacity=".03"/></linearGradient></defs>
<path d="${area}" fill="url(#g)"/>
<path class="line before" d="${path(before)}"/>
<path class="line after" d="${path(after)}"/>
<line class="marker" x1="${x(marks.shrink)}" x2="${x(marks.shrink)}" y1="${plot.top}" y2="${plot.bottom}"/>
<text class="afterText" x="${x(marks.shrink)}" y="${plot.top - 10}" text-anchor="middle" font-weight="600">shrink()</text>
${endLabel(before, 'Emscripten’s default', 'before', '-sMALLOC=dlmalloc')}
${endLabel(after, 'Tidemark', 'after', `${inMegabytes(start)} MB at the start`)}
</svg>
`;
}

// The leak detector: what it finds in the corpus, how fast it scans, what it costs a program that does work.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run as runCommand } from '../../../scripts/environment.mjs';
import { buildRuntimeProgram, sqliteInputs } from '../runner/runtime_program.mjs';
import { geometricMean, median } from '../runner/statistics.mjs';
import { fixed, table } from '../runner/table.mjs';

const folder = fileURLToPath(new URL('../leaks', import.meta.url));
const shapes = [
  { name: '256 MiB of nodes', nodes: 256, numbers: 0 },
  { name: '128 MiB of nodes, 128 of numbers', nodes: 128, numbers: 128 },
  { name: '256 MiB of numbers', nodes: 0, numbers: 256 },
];

async function measured(flags, script, ...args) {
  const { stdout } = await runCommand(process.execPath, [...flags, join(folder, script), ...args.map(String)], {
    capture: true,
  });
  return JSON.parse(stdout);
}

const sources = join(root, 'tests/leaks/programs');
/** What is measured here, by what its rows are called. */
const programs = {
  corpus: () =>
    buildRuntimeProgram(
      'corpus',
      readdirSync(sources)
        .filter((name) => name.endsWith('.cpp'))
        .map((name) => join(sources, name)),
      ['-std=c++20', '-fno-builtin-malloc', '-fno-builtin-free', '-sEXPORTED_FUNCTIONS=_malloc,_calloc,_free'].concat([
        '-sEXPORTED_RUNTIME_METHODS=UTF8ToString,HEAPU8,HEAPU32',
      ]),
    ),
  shapes: () => buildRuntimeProgram('heap_shapes', [join(folder, 'heap_shapes.cpp')], ['-std=c++20']),
  shapesWithSimd: () =>
    buildRuntimeProgram('heap_shapes_simd', [join(folder, 'heap_shapes.cpp')], ['-std=c++20', '-msimd128']),
  database: async () => buildRuntimeProgram('database', await sqliteInputs()),
};

/** All that is wanted, at the same time; nothing is measured meanwhile. */
async function built(names) {
  const found = await Promise.all(names.map((name) => programs[name]()));
  return Object.fromEntries(names.map((name, i) => [name, found[i]]));
}

/** Medians of what scan.mjs has measured of one program. */
function scanOf({ totalMs, sliceMs, passMs, slices, parts, scannedBytes, ownBytes }) {
  const longestOf = (part) => median(parts.map((each) => each[part].longestMs));
  return {
    totalMs: median(totalMs),
    passMs: median(passMs),
    longestMs: median(sliceMs),
    partsMs: Object.fromEntries(Object.keys(parts[0]).map((part) => [part, longestOf(part)])),
    gbPerSecond: scannedBytes / median(totalMs) / 1e6,
    slices: median(slices),
    ownShare: ownBytes / scannedBytes,
  };
}

export async function run({ quick, filter, repetitions, nodeFlags, progress }) {
  const wanted = (name) => name.includes(filter);
  const rows = [];
  const checks = [];
  const texts = [];
  const scans = shapes.filter(({ name }) => wanted(name));
  progress('building');
  const builds = await built([
    ...(wanted('corpus') ? ['corpus'] : []),
    ...(scans.length > 0 ? ['shapes', 'shapesWithSimd'] : []),
    ...(wanted('SQLite') ? ['database'] : []),
  ]);

  if (wanted('corpus')) {
    progress('corpus');
    const found = await measured([...nodeFlags, '--expose-gc'], 'corpus.mjs', builds.corpus);
    const said = ({ found, told }) => (found ? 'leak' : told ? 'maybe' : 'clean');
    const isRight = ({ leaks, slow, found, told }) => (slow ? told : leaks === found);
    const lines = found.whole.rows.map((row, i) => [
      row.name,
      row.slow ? 'slow leak' : row.leaks ? 'leak' : 'clean',
      said(row),
      said(found.slices.rows[i]),
      row.by.join(', ') || '–',
      isRight(row) && isRight(found.slices.rows[i]) ? '' : '✗',
    ]);
    texts.push(table(['program', 'is', 'found', 'in slices', 'by', ''], lines));
    for (const [how, title] of [
      ['whole', 'in one go'],
      ['slices', 'in slices'],
    ]) {
      const { rows: programsFound, ...score } = found[how];
      const { programs, leaking, slow, precision, recall, recallOfAll, precisionOfTold, recallOfTold } = score;
      texts.push(
        `${title}: ${programs} programs, ${leaking} of which leak, ${slow} of them below the threshold`,
        `  named a leak: precision ${fixed(precision, 3)}, recall ${fixed(recall, 3)}, with the slow ones ${fixed(recallOfAll, 3)}`,
        `  told, maybe too: precision ${fixed(precisionOfTold, 3)}, recall ${fixed(recallOfTold, 3)}`,
      );
      rows.push({ name: `corpus ${title}`, ...score, programsFound });
      for (const [what, value] of Object.entries({ precision, recall })) {
        checks.push({
          target: `corpus, ${title}: 1 - ${what} at most 0.05`,
          measured: 1 - value,
          limit: 0.05,
          unit: '',
        });
      }
    }
  }

  if (scans.length > 0) {
    const lines = [];
    for (const { name: shape, nodes, numbers } of scans) {
      progress(shape);
      const rounds = repetitions ?? (quick ? 2 : 7);
      const both = await measured(nodeFlags, 'scan.mjs', builds.shapes, builds.shapesWithSimd, nodes, numbers, rounds);
      for (const [name, found] of [
        [shape, both.plain],
        [`${shape}, with SIMD`, both.simd],
      ]) {
        const row = { name, ...scanOf(found) };
        rows.push(row);
        lines.push([
          ...[name, fixed(row.totalMs, 0), fixed(row.gbPerSecond, 2), fixed(row.passMs, 0), String(row.slices)],
          fixed(row.longestMs, 2),
          Object.values(row.partsMs)
            .map((ms) => fixed(ms))
            .join(' / '),
          `${fixed(100 * row.ownShare)} %`,
        ]);
        checks.push(
          { target: `${name}: a whole scan takes at most 300 ms`, measured: row.totalMs, limit: 300, unit: 'ms' },
          { target: `${name}: the longest slice takes at most 5 ms`, measured: row.longestMs, limit: 5, unit: 'ms' },
          { target: `${name}: a GB takes at most 1000 ms`, measured: 1000 / row.gbPerSecond, limit: 1000, unit: 'ms' },
        );
      }
    }
    texts.push(
      table(['scan', 'ms', 'GB/s', 'plain pass ms', 'slices', 'longest ms', 'by part', 'its own memory'], lines),
    );
  }

  if (wanted('SQLite')) {
    progress('SQLite');
    // A round has to be longer than detectionIntervalMs, or there is no detection in it.
    const { rounds, memoryBytes } = await measured(nodeFlags, 'database.mjs', builds.database, repetitions ?? 1, 34);
    const sum = (of) => rounds.reduce((all, round) => all + round[of], 0);
    const share = (sum('samplesMs') + sum('detectionsMs')) / sum('elapsedMs');
    // Each database is the watched one in half of the rounds: what differs between the two falls out.
    const ratio = geometricMean(rounds.map((round) => round.ratio));
    const cost = share + ratio - 1;
    const sampleMs = sum('samplesMs') / sum('samples');
    const detectionMs = sum('detectionsMs') / sum('detections');
    rows.push({ name: 'SQLite', cost, share, ratio, sampleMs, detectionMs, rounds, memoryBytes });
    texts.push(
      `SQLite in ${fixed(memoryBytes / 2 ** 20)} MiB: the detector has ${fixed(share * 100, 3)} % of the time (${fixed(sampleMs, 3)} ms a sample, ${fixed(detectionMs)} ms a detection, of which there were ${sum('detections')}); a step beside it takes ${fixed(ratio, 4)} of one without (median of ${sum('steps')} pairs, in turns; by round ${rounds.map((round) => fixed(round.ratio, 4)).join(', ')})`,
    );
    checks.push({ target: 'SQLite: the detector costs at most 2 %', measured: cost * 100, limit: 2, unit: '%' });
  }
  return { rows, checks, failures: [], text: texts.join('\n\n') };
}

// The leak detector: what it finds in the corpus, how fast it scans, what it costs a program that does work.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run as runCommand } from '../../../scripts/environment.mjs';
import { buildRuntimeProgram, sqliteInputs } from '../runner/runtime_program.mjs';
import { median } from '../runner/statistics.mjs';
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

async function corpus(flags) {
  const sources = join(root, 'tests/leaks/programs');
  const program = await buildRuntimeProgram(
    'corpus',
    readdirSync(sources)
      .filter((name) => name.endsWith('.cpp'))
      .map((name) => join(sources, name)),
    ['-std=c++20', '-fno-builtin-malloc', '-fno-builtin-free', '-sEXPORTED_FUNCTIONS=_malloc,_calloc,_free'].concat([
      '-sEXPORTED_RUNTIME_METHODS=UTF8ToString,HEAPU8,HEAPU32',
    ]),
  );
  return measured([...flags, '--expose-gc'], 'corpus.mjs', program);
}

export async function run({ quick, filter, repetitions, nodeFlags, progress }) {
  const wanted = (name) => name.includes(filter);
  const rows = [];
  const checks = [];
  const texts = [];

  if (wanted('corpus')) {
    progress('corpus');
    const found = await corpus(nodeFlags);
    const said = { true: 'leak', false: 'clean' };
    const lines = found.whole.rows.map((row, i) => [
      row.name,
      said[row.leaks],
      said[row.found],
      said[found.slices.rows[i].found],
      row.by.join(', ') || '–',
      row.leaks === row.found && row.leaks === found.slices.rows[i].found ? '' : '✗',
    ]);
    texts.push(table(['program', 'is', 'found', 'in slices', 'by', ''], lines));
    for (const [how, title] of [
      ['whole', 'in one go'],
      ['slices', 'in slices'],
    ]) {
      const { programs, leaking, precision, recall } = found[how];
      texts.push(
        `${title}: ${programs} programs, ${leaking} of which leak; precision ${fixed(precision, 3)}, recall ${fixed(recall, 3)}`,
      );
      rows.push({ name: `corpus ${title}`, programs, leaking, precision, recall, programsFound: found[how].rows });
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

  if (shapes.some(({ name }) => wanted(name))) {
    const program = await buildRuntimeProgram('heap_shapes', [join(folder, 'heap_shapes.cpp')], ['-std=c++20']);
    const lines = [];
    for (const { name, nodes, numbers } of shapes.filter((shape) => wanted(shape.name))) {
      progress(name);
      const found = await measured(nodeFlags, 'scan.mjs', program, nodes, numbers, repetitions ?? (quick ? 2 : 7));
      const totalMs = median(found.totalMs);
      const longestMs = median(found.sliceMs);
      const gbPerSecond = found.scannedBytes / totalMs / 1e6;
      const passMs = median(found.passMs);
      const longestOf = (part) => median(found.parts.map((parts) => parts[part].longestMs));
      const partsMs = Object.fromEntries(Object.keys(found.parts[0]).map((part) => [part, longestOf(part)]));
      const slices = median(found.slices);
      rows.push({
        name,
        totalMs,
        passMs,
        longestMs,
        partsMs,
        gbPerSecond,
        slices,
        ownShare: found.ownBytes / found.scannedBytes,
      });
      lines.push(
        [name, fixed(totalMs, 0), fixed(gbPerSecond, 2), fixed(passMs, 0), String(slices), fixed(longestMs, 2)].concat([
          Object.values(partsMs)
            .map((ms) => fixed(ms))
            .join(' / '),
          `${fixed((100 * found.ownBytes) / found.scannedBytes)} %`,
        ]),
      );
      checks.push(
        { target: `${name}: a whole scan takes at most 300 ms`, measured: totalMs, limit: 300, unit: 'ms' },
        { target: `${name}: the longest slice takes at most 5 ms`, measured: longestMs, limit: 5, unit: 'ms' },
        { target: `${name}: a GB takes at most 1000 ms`, measured: 1000 / gbPerSecond, limit: 1000, unit: 'ms' },
      );
    }
    texts.push(
      table(['scan', 'ms', 'GB/s', 'plain pass ms', 'slices', 'longest ms', 'by part', 'its own memory'], lines),
    );
  }

  if (wanted('SQLite')) {
    progress('SQLite');
    // A round has to be longer than detectionIntervalMs, or there is no detection in it.
    const program = await buildRuntimeProgram('database', await sqliteInputs());
    const found = await measured(nodeFlags, 'database.mjs', program, repetitions ?? (quick ? 1 : 5), quick ? 33 : 65);
    const shares = found.rounds.map(({ elapsedMs, samplesMs, detectionsMs }) => (samplesMs + detectionsMs) / elapsedMs);
    const share = median(shares);
    const noise = Math.max(...shares) - Math.min(...shares);
    const sum = (of) => found.rounds.reduce((all, round) => all + round[of], 0);
    const sampleMs = sum('samplesMs') / sum('samples');
    const detectionMs = sum('detectionsMs') / sum('detections');
    rows.push({
      name: 'SQLite',
      share,
      noise,
      sampleMs,
      detectionMs,
      rounds: found.rounds,
      memoryBytes: found.memoryBytes,
    });
    texts.push(
      `SQLite in ${fixed(found.memoryBytes / 2 ** 20)} MiB: the detector has ${fixed(share * 100, 3)} % of the time, rounds apart by ${fixed(noise * 100, 3)} %; ${fixed(sampleMs, 3)} ms a sample, ${fixed(detectionMs)} ms a detection, of which there were ${sum('detections')}`,
    );
    checks.push({
      target: 'SQLite: the detector has at most 2 % of the time',
      measured: share * 100,
      limit: 2,
      unit: '%',
    });
  }
  return { rows, checks, failures: [], text: texts.join('\n\n') };
}

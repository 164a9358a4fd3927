// The corpus: precision and recall of the detector at its default settings, in one go and in slices.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, test } from 'vitest';
import { loadEnvironment, root } from '../../scripts/environment.mjs';
import { installedPrefix } from '../shrink/support/program.mjs';
import { runCorpus, scoreOf } from './support/corpus.mjs';
import { fieldProgramsInJavaScript } from './support/field_programs.mjs';

let scalar;
let simd;
let attach;

// i16x8.narrow_i32x4_s, i8x16.narrow_i16x8_s: as in leaks/pointer_filter.h, and nowhere else.
const ofTheFilter = Buffer.from([0xfd, 0x85, 0x01, 0xfd, 0x65]);

async function build(sources, prefix, name, flags) {
  const output = join(root, 'build/leaks');
  mkdirSync(output, { recursive: true });
  const file = join(output, `${name}-${process.pid}.mjs`);
  const port = join(prefix, 'share/tidemark/tidemark.py:runtime=true');
  await promisify(execFile)(
    'em++',
    [
      ...sources,
      ...flags,
      ...[
        '-O2',
        '-std=c++20',
        '-fno-builtin-malloc',
        '-fno-builtin-free',
        '--profiling-funcs',
        `--use-port=${port}`,
        '--no-entry',
      ],
      ...['-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6', '-sENVIRONMENT=node'],
      ...[
        '-sEXPORTED_FUNCTIONS=_malloc,_calloc,_free',
        '-sEXPORTED_RUNTIME_METHODS=UTF8ToString,HEAPU8,HEAPU32',
        '-o',
        file,
      ],
    ],
    { env: loadEnvironment() },
  );
  const hasSimd = readFileSync(file.replace(/mjs$/, 'wasm')).includes(ofTheFilter);
  return { create: (await import(pathToFileURL(file).href)).default, hasSimd };
}

beforeAll(async () => {
  setFlagsFromString('--expose-gc'); // forgotten wrappers are found when they are collected
  globalThis.gc = runInNewContext('gc');
  const folder = join(import.meta.dirname, 'programs');
  const sources = readdirSync(folder).filter((name) => name.endsWith('.cpp'));
  const paths = sources.map((name) => join(folder, name));
  const prefix = await installedPrefix();
  [scalar, simd] = await Promise.all([
    build(paths, prefix, 'corpus', []),
    build(paths, prefix, 'corpus-simd', ['-msimd128']),
  ]);
  ({ attach } = await import('tidemark/attach'));
}, 600_000);

test('a program has SIMD when it was linked with it', () => {
  expect([scalar.hasSimd, simd.hasSimd]).toEqual([false, true]);
});

/** The programs of field_leaking.cpp, field_healthy.cpp and field_programs.mjs, which were written last. */
function fieldPrograms() {
  const folder = join(import.meta.dirname, 'programs');
  const files = readdirSync(folder).filter((name) => name.startsWith('field_'));
  const texts = files.map((name) => readFileSync(join(folder, name), 'utf8'));
  const names = texts.flatMap((text) => [...text.matchAll(/PROGRAM\((\w+)/g)].map(([, name]) => name));
  return new Set([...names, ...fieldProgramsInJavaScript.map(({ name }) => name)]);
}

/** Of what else is said than should be, and why. */
const otherwise = {
  XorLinkedList: 'called a leak: its pointers are kept in a form that nobody can know',
  KeptAmongTheCrowd: 'maybe: without the profiler, what comes and goes hides it',
  SmartPointerOfAFailedCall: 'maybe: the garbage collector has them deleted',
  SmartPointersOnceAMinute: 'the same',
  LogInOneString: 'clean: its capacity doubles, and who knows whether it will again',
  TrailsOfObjects: 'the same',
  PlacesByNumberOfTask: 'the same',
};

for (const slices of [false, true]) {
  test(`the corpus, ${slices ? 'in slices, with SIMD' : 'in one go'}`, { timeout: 600_000 }, async () => {
    const rows = await runCorpus((slices ? simd : scalar).create, attach, { slices });
    const wrong = rows.filter(({ leaks, slow, found, told }) => (slow ? !told : leaks !== found));
    expect(wrong.map(({ name }) => name).sort()).toEqual(Object.keys(otherwise).sort());
    const score = scoreOf(rows);
    expect(score.programs).toBeGreaterThanOrEqual(180);
    const field = fieldPrograms();
    const { programs, precision, recall } = scoreOf(rows.filter(({ name }) => !field.has(name)));
    expect([programs, field.size]).toEqual([rows.length - 54, 54]);
    assert.ok(precision >= 0.95 && recall >= 0.95, `without them: precision ${precision}, recall ${recall}`);
    for (const part of ['precision', 'precisionOfTold', 'recallOfTold'])
      assert.ok(score[part] >= 0.95, JSON.stringify(score));
  });
}

/** The patterns of one program, by type, and what is recommended. */
async function told(only, prepare) {
  const [{ result }] = await runCorpus(scalar.create, attach, { only, prepare });
  assert.equal(result.hasLeak, true);
  return { of: (type) => result.patterns.find((pattern) => pattern.type === type), result };
}

const sampledEach = (sampleBytes) => (api, module) => {
  api.startMonitoring(module, null, { maxProfilingDuration: 3_600_000 });
  api.wasmMemoryMonitor.startProfiling(module.id, { sampleBytes, maxOverhead: 0 });
};

test('cycles of shared_ptr are told as paths, with the names of their types', async () => {
  const { of, result } = await told('SharedPointerCycle');
  expect(of('circular-reference').evidence).toMatchObject({ shared: true, whole: true });
  expect(of('circular-reference').evidence.path).toMatch(/^\S*Node\(\d+ B\) → \S*Node\(\d+ B\) → \S*Node\(\d+ B\)$/);
  expect(result.recommendations.join('\n')).toMatch(
    /Break the cycle .*Node.*: make one of its shared_ptr members a weak_ptr/,
  );

  const through = await told('ObserversOwnTheirSubject'); // and a vector in between
  expect(through.of('circular-reference').evidence.path).toMatch(/Subject\(\d+ B\)/);
  expect(through.of('circular-reference').evidence.path).toMatch(/Observer\(\d+ B\)/);
});

test('growth is told with the site that it comes from, before those that stay as they are', async () => {
  const { of, result } = await told('SmallLeakInALargeHeap', sampledEach(16384));
  expect(of('growth').sites[0].stack.join(' ')).toMatch(/SmallLeakInALargeHeap::second/);
  expect(result.recommendations.join('\n')).toMatch(/allocated at .*put a bound on the container/);
});

test('a site that rises alone, hidden in the whole by what comes and goes, is a leak with its name', async () => {
  const { of, result } = await told('KeptAmongTheCrowd', sampledEach(16384));
  expect(of('growth')).toMatchObject({ verdict: 'leak', evidence: { source: 'allocation site' } });
  expect(of('growth').sites[0].stack.join(' ')).toMatch(/KeptAmongTheCrowd::keep/);
  expect(of('growth').ratePerSecond / (40 * 1600)).toBeGreaterThan(0.7); // 40 texts of 1,600 bytes a second, by samples, about four a second
  expect(of('growth').ratePerSecond / (40 * 1600)).toBeLessThan(1.5);
  expect(result.recommendations.join('\n')).toMatch(/allocated at .*KeptAmongTheCrowd::keep/);
});

test('a site that rises as another one makes room for it is none', async () => {
  const [{ result }] = await runCorpus(scalar.create, attach, {
    only: 'OtherContentMovesIn',
    prepare: sampledEach(4096),
  });
  const grown = result.patterns.filter(({ type }) => type === 'growth');
  expect(grown).toMatchObject([{ verdict: 'maybe', evidence: { source: 'allocation site' } }]);
  expect(grown[0].sites[0].stack.join(' ')).toMatch(/OtherContentMovesIn::second/);
  expect(result.hasLeak).toBe(false);
});

test('blocks that nobody points to are told with their site and number', async () => {
  const { of, result } = await told('ErasedButNotFreed', (api, module) => {
    api.startMonitoring(module, null, { maxProfilingDuration: 3_600_000 });
    api.wasmMemoryMonitor.startProfiling(module.id, { sampleBytes: 0 });
  });
  expect(of('unreachable')).toMatchObject({ blocks: 40, verdict: 'leak' });
  expect(of('unreachable').sites[0]).toMatchObject({ blocks: 40 });
  expect(of('unreachable').sites[0].stack.join(' ')).toMatch(/ErasedButNotFreed::second/);
  expect(result.recommendations.join('\n')).toMatch(
    /allocated at .*ErasedButNotFreed::second.*free them on every path/,
  );
});

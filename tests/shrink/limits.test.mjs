// When a shrink is refused, or fails, nothing has changed; and a hundred of them leave nothing behind.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { runInThisContext } from 'node:vm';
import { describe, test } from 'vitest';
import { build, shrinkAfterPeak, start } from './support/program.mjs';

const module = ['-O2', '-sMODULARIZE', '-sEXPORT_ES6'];

async function startCore(argument = {}, flags = []) {
  const methods = '-sEXPORTED_RUNTIME_METHODS=wasmMemory';
  return start('core.c', [...module, methods, ...flags], { print() {}, ...argument });
}

/** Runs `attempt` with holder[name] throwing; the failure must leave the program as it was. */
function withFailing(holder, name, attempt) {
  const original = holder[name];
  holder[name] = function () {
    throw new RangeError(`no ${name} for you`);
  };
  try {
    return attempt();
  } finally {
    holder[name] = original;
  }
}

describe('a shrink that is refused', () => {
  test('from within a call, at any depth of the stack', async () => {
    const program = await startCore();
    program._fill();
    const memory = program.wasmMemory;
    const deep = (depth, then) => (depth === 0 ? then() : deep(depth - 1, then));
    Error.stackTraceLimit = 3;
    assert.throws(() => program._shrink_inside(), { name: 'TidemarkError', code: 'busy' });
    assert.throws(() => deep(500, () => program._shrink_inside()), { code: 'busy' });
    assert.equal(Error.stackTraceLimit, 3);
    Error.stackTraceLimit = 10;
    assert.equal(program.wasmMemory, memory);
    assert.equal(program._verify(), 20000);
    // Of our own frames there may be many.
    deep(500, () => program.tidemark.shrink());
    assert.equal(program._verify(), 20000);
  });

  test('not for what a script or a function of JavaScript is called', async () => {
    const program = await startCore();
    const name = '[wasm code]/wasm-stub:wasm-function[1]:0x1';
    const named = { [name]: (then) => then() }[name];
    const source = `(then) => then()\n//# sourceURL=http://localhost/${name}`;
    const from = [named, (0, eval)(source), runInThisContext(source, { filename: `/srv/${name}.js` })];
    for (const call of from) assert.equal(call(() => program.tidemark.shrink()).copiedBytes > 0, true);
    for (const call of from) assert.throws(() => call(() => program._shrink_inside()), { code: 'busy' });
  });

  test('of a frozen Error, when the trace that it gives does not reach to its end; malloc takes samples then, too', async () => {
    const file = await build('core.c', ['-sALLOW_MEMORY_GROWTH', ...module]);
    const script = `
      Object.freeze(Error);
      const { default: create } = await import(${JSON.stringify(pathToFileURL(file).href)});
      const program = await create({ print() {} });
      program._fill();
      const deep = (depth, then) => (depth === 0 ? then() : deep(depth - 1, then));
      const code = (attempt) => {
        try {
          return attempt().returnedBytes > 2 ** 25;
        } catch (error) {
          return error.code;
        }
      };
      program._peak(2 ** 26);
      const { shrink } = program.tidemark;
      const found = [code(() => deep(500, shrink)), code(() => program._shrink_inside()), code(() => deep(500, () => program._shrink_inside())), code(shrink)];
      console.log(JSON.stringify([...found, program._verify()]));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    assert.deepEqual(JSON.parse(stdout), ['busy', 'busy', 'busy', true, 20000]);
  });

  test('shrinkSoon() waits until it can', async () => {
    const program = await startCore();
    program._fill();
    program._thin(100);
    program._peak(64 << 20);
    program._shrink_soon_inside();
    assert.equal(program.tidemark.shrinkSoon(), program.soon); // one is enough
    program._fill(); // and the heap may grow meanwhile
    program._thin(50);
    const { returnedBytes } = await program.soon;
    assert.ok(returnedBytes > 32 << 20);
    assert.equal(program._verify(), 400);
  });

  test('a custom instantiateWasm that keeps the module to itself', async () => {
    const file = await build('core.c', ['-sALLOW_MEMORY_GROWTH', ...module]);
    const { default: create } = await import(pathToFileURL(file).href);
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(file.replace('.mjs', '.wasm'));
    const custom = (give) => ({
      print() {},
      instantiateWasm(imports, receive) {
        const compiled = new WebAssembly.Module(bytes);
        give(receive, new WebAssembly.Instance(compiled, imports), compiled);
        return {};
      },
    });
    const silent = await create(custom((receive, instance) => receive(instance)));
    assert.throws(() => silent.tidemark.shrink(), { code: 'not-supported' });
    const open = await create(custom((receive, instance, compiled) => receive(instance, compiled)));
    shrinkAfterPeak(open);
    assert.equal(open._bump(), 8);
    // Imports of its own, in place of those that it was given.
    const own = await create({
      print() {},
      instantiateWasm(imports, receive) {
        const compiled = new WebAssembly.Module(bytes);
        const instance = new WebAssembly.Instance(compiled, { ...imports });
        for (const name of Object.keys(imports)) delete imports[name];
        receive(instance, compiled);
        return {};
      },
    });
    const { memoryBytes } = own.tidemark.stats();
    const refusal = { code: 'not-supported', message: /imports that instantiateWasm was given/ };
    assert.throws(() => own.tidemark.shrink(), refusal);
    await assert.rejects(own.tidemark.shrinkSoon(), refusal);
    assert.equal(own._bump(), 8);
    assert.equal(own.tidemark.stats().memoryBytes, memoryBytes);
  });

  test('what cannot work at all, when the program is linked', async () => {
    for (const [flag, reason] of [
      ['-pthread', /Tidemark does not work with threads/],
      ['-sMEMORY64', /Tidemark works with addresses of 32 bits/],
      ['-sMALLOC=dlmalloc', /-sMALLOC=dlmalloc is another malloc/],
      ['-fsanitize=address', /-fsanitize=address.* bring a malloc of their own/],
      ['-fsanitize=leak', /-fsanitize=leak.* bring a malloc of their own/],
      ['-sSOURCE_PHASE_IMPORTS', /does not work with .*SOURCE_PHASE_IMPORTS/],
      ['-sMAIN_MODULE=1', /does not work with .*MAIN_MODULE=1/],
      ['-sLINKABLE', /does not work with .*LINKABLE/],
    ]) {
      await assert.rejects(build('core.c', [...module, flag]), ({ output }) => reason.test(output));
    }
  });
});

describe('a shrink that fails', () => {
  for (const [reason, holder, name, flags] of [
    ['the engine makes no instance', WebAssembly, 'Instance', []],
    ['the new memory cannot grow', WebAssembly.Memory.prototype, 'grow', []],
    ['the engine makes no memory to import', WebAssembly, 'Memory', ['-sIMPORTED_MEMORY']],
  ]) {
    test(`because ${reason}`, async () => {
      const program = await startCore({}, flags);
      program._fill();
      program._thin(20);
      program._peak(64 << 20);
      const memory = program.wasmMemory;
      const bytes = memory.buffer.byteLength;
      const { liveBlocks, liveBytes } = program.tidemark.stats();
      let notified = 0;
      program.tidemark.onShrink(() => (notified += 1));
      withFailing(holder, name, () =>
        assert.throws(() => program.tidemark.shrink(), { name: 'TidemarkError', code: 'out-of-memory' }),
      );
      assert.equal(notified, 0);
      assert.equal(program.wasmMemory, memory);
      assert.equal(memory.buffer.byteLength, bytes);
      assert.equal(program._verify(), 1000);
      const after = program.tidemark.stats();
      assert.deepEqual([after.liveBlocks, after.liveBytes], [liveBlocks, liveBytes]);
      assert.ok(program.tidemark.shrink().returnedBytes > 32 << 20);
      assert.equal(notified, 1);
      assert.equal(program._verify(), 1000);
    });
  }
});

describe('what Module.tidemark tells', () => {
  test('options that are none are refused, and nothing is done', async () => {
    const program = await startCore();
    program._peak(100 << 20);
    const before = program.tidemark.stats();
    const { shrink, shrinkSoon, compact } = program.tidemark;
    const refusal = (name) => ({
      name: 'TidemarkError',
      code: 'invalid-argument',
      message: new RegExp(`${name}: .*expected`),
    });
    for (const value of [null, NaN, -1, '5', {}, true, 1n, Symbol('s')]) {
      for (const name of ['minReturnedBytes', 'compactBudget', 'nonsense']) {
        assert.throws(() => shrink({ [name]: value }), refusal(name));
        await assert.rejects(shrinkSoon({ [name]: value }), refusal(name));
      }
      assert.throws(() => compact(value), refusal('microseconds'));
    }
    assert.deepEqual(program.tidemark.stats(), before);
  });

  test('benefit, statistics and listeners', async () => {
    const told = [];
    const program = await startCore({ printErr: (line) => told.push(line) });
    program._peak(100 << 20);
    const before = program.tidemark.stats();
    const benefit = program.tidemark.benefit();
    assert.deepEqual(program.tidemark.stats(), before);
    const reports = [];
    const failures = [
      program.tidemark.onShrink(() => {
        throw new Error('of a listener');
      }),
      program.tidemark.onShrink(() => Promise.reject(new Error('of one that is asynchronous'))),
      program.tidemark.onShrink(() => null),
    ];
    const unsubscribe = program.tidemark.onShrink((report) => reports.push(report));
    assert.deepEqual(program.tidemark.shrink({ minReturnedBytes: 1 << 30 }).returnedBytes, 0);
    assert.deepEqual((await program.tidemark.shrinkSoon({ minReturnedBytes: 1 << 30 })).returnedBytes, 0);
    assert.equal(reports.length, 0);
    const report = program.tidemark.shrink();
    assert.deepEqual(reports, [report]);
    assert.ok(Math.abs(report.returnedBytes - benefit.returnedBytes) <= 65536);
    assert.ok(Math.abs(report.copiedBytes - benefit.copiedBytes) <= 1 << 20);
    assert.equal(program.tidemark.stats().memoryBytes, report.allocatedAfter);
    unsubscribe();
    await Promise.resolve(); // its rejection is told, which would else end the process
    assert.deepEqual(told, [
      'tidemark: a listener of onShrink threw Error: of a listener',
      'tidemark: a listener of onShrink threw Error: of one that is asynchronous',
    ]);
    for (const leave of failures) leave();
    program.tidemark.shrink();
    assert.equal(reports.length, 1);
    assert.match(program.tidemark.version, /^\d+\.\d+\.\d+$/);
    assert.deepEqual(program.tidemark.compact(1000), { movedBytes: 0, releasedBytes: 0, completed: true });
    assert.throws(() => program.tidemark.onShrink(5), program.tidemark.TidemarkError);
  });
});

test('a hundred rounds of work and shrink keep every byte', { timeout: 300_000 }, async () => {
  const program = await startCore();
  const bump = program._bump;
  for (let round = 1; round <= 100; ++round) {
    program._work(1000, round);
    if (round % 25 === 0) program._peak(100 << 20);
    const before = program.tidemark.stats().liveBlocks;
    program.tidemark.shrink();
    assert.ok(program._verify() > 0, `round ${round}`);
    assert.equal(program.tidemark.stats().liveBlocks, before);
    assert.equal(bump(), 7 + round);
    if (round % 20 === 0) await new Promise(setImmediate);
  }
});

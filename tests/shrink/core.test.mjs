// A C program across a shrink, at every level of optimisation and in every kind of output.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'vitest';
import { build, shrinkAfterPeak } from './support/program.mjs';

const methods =
  'ccall,cwrap,dynCall,addFunction,removeFunction,UTF8ToString,stringToNewUTF8,HEAPU8,wasmExports,wasmMemory,wasmTable';
const growing = ['-sALLOW_MEMORY_GROWTH', '-sALLOW_TABLE_GROWTH', `-sEXPORTED_RUNTIME_METHODS=${methods}`];
const withFree = '-sEXPORTED_FUNCTIONS=_main,_free,_malloc';

const es6 = ['-sMODULARIZE', '-sEXPORT_ES6'];
const variants = [
  ['-O0', '-sASSERTIONS=2', '-sSTACK_OVERFLOW_CHECK=2', ...es6],
  ['-O1', '-sASSERTIONS', '-sABORT_ON_WASM_EXCEPTIONS', ...es6],
  ['-O2', '-sASSERTIONS=2', '-sSTACK_OVERFLOW_CHECK=2', ...es6],
  ['-O2', '-sWASM_BIGINT=0', '-sWASM_ASYNC_COMPILATION=0', ...es6],
  ['-O3', '-sSINGLE_FILE', '-sSTACK_SIZE=4MB', ...es6],
  ['-Os', '-sMAXIMUM_MEMORY=4GB', ...es6],
  ['-Oz', '-sDYNCALLS', ...es6],
  ['-O1', '-sSAFE_HEAP', ...es6],
  ['-O2', '-sIMPORTED_MEMORY', '-sINITIAL_MEMORY=8MB', ...es6],
  ['-O2', '-sINITIAL_HEAP=1MB', ...es6],
  ['-O2', '--closure=1', ...es6],
  ['-O2', '-sSTRICT', '-sINCOMING_MODULE_JS_API=print', ...es6],
  ['-O2', '-sMODULARIZE'],
  ['-O3', '-sEXIT_RUNTIME=0'],
];

async function startVariant(flags) {
  const lines = [];
  const argument = { print: (line) => lines.push(line) };
  if (flags.includes('-sEXPORT_ES6')) {
    const { default: create } = await import(
      pathToFileURL(await build('core.c', [...growing, withFree, ...flags])).href
    );
    return { program: await create(argument), lines };
  }
  const required = createRequire(import.meta.url)(
    await build('core.c', [...growing, withFree, ...flags], { suffix: '.cjs' }),
  );
  if (typeof required === 'function') return { program: await required(argument), lines };
  // Without -sMODULARIZE the script's Module is what it exports; it starts by itself.
  await new Promise((resolve) => (required.calledRun ? resolve() : (required.onRuntimeInitialized = resolve)));
  return { program: required, lines: ['main runs'] };
}

describe('a program goes on after a shrink', () => {
  for (const flags of variants) {
    test(flags.join(' '), async () => {
      const { program, lines } = await startVariant(flags);
      const add = program.addFunction((x) => x + 1000, 'ii');
      const removed = program.addFunction((x) => x, 'ii');
      const kept = {
        bump: program._bump,
        wrapped: program.cwrap('bump', 'number', []),
        text: program.cwrap('get_text', 'string', []),
        raw: Object.values(program.wasmExports).filter((f) => typeof f === 'function'),
        view: program.HEAPU8,
      };
      const string = program.stringToNewUTF8('kept on the heap');
      assert.equal(program._bump(), 8);
      program._zero();
      assert.equal(program._bump_local(), 6);
      assert.equal(program._set_bss(1000, 3), 3);
      program._fill();
      program._thin(200);
      program._keep_bump();

      const { allocatedBefore, allocatedAfter, returnedBytes, copiedBytes } = shrinkAfterPeak(program);
      assert.equal(returnedBytes, allocatedBefore - allocatedAfter);
      assert.equal(program.wasmMemory.buffer.byteLength, allocatedAfter);
      assert.ok(copiedBytes > 0 && copiedBytes < allocatedAfter);

      assert.equal(program._verify(), 100);
      assert.equal(program._get_zeroed(), 0);
      assert.equal(program._bump_local(), 7);
      assert.equal(program._set_bss(1000, 4), 7);
      assert.deepEqual(
        [program._bump(), kept.bump(), kept.wrapped(), program.ccall('bump', 'number', [])],
        [9, 10, 11, 12],
      );
      assert.equal(kept.text(), 'read-only text');
      assert.equal(program.UTF8ToString(string), 'kept on the heap');
      program._free(string);
      assert.equal(program.ccall('length_of', 'number', ['string'], ['five!']), 5);
      assert.equal(program._call_function(program._get_function(1), 5), 22);
      assert.equal(program._call_static(5), 15);
      assert.equal(program.dynCall('ii', program._get_function(1), [5]), 22);
      assert.equal(program.dynCall('ii', add, [5]), 1005);
      assert.equal(program._through_javascript(5), 22);
      assert.equal(program._call_function(add, 5), 1005);
      assert.equal(program._use_stack(100), 100);
      if (!flags.includes('-sWASM_BIGINT=0')) assert.equal(program._add64(1n << 40n, 1n), (1n << 40n) + 1n);
      for (const f of kept.raw) {
        assert.throws(f, (error) => {
          assert.ok(error instanceof WebAssembly.RuntimeError);
          assert.match(error.message, /an instance that shrink\(\) has replaced; take it from the Module again/);
          return true;
        });
      }
      await Promise.resolve();
      assert.equal(kept.view.length, 0);

      // More functions, growth, and another shrink.
      program.removeFunction(removed);
      assert.equal(
        program.addFunction((x) => x - 1, 'ii'),
        removed,
      );
      program._fill();
      assert.equal(program._verify(), 20000);
      program._thin(50);
      shrinkAfterPeak(program, 100 << 20);
      assert.equal(program._verify(), 400);
      assert.equal(program._call_function(removed, 5), 4);
      assert.equal(program._call_function(add, 5), 1005);
      assert.equal(kept.bump(), 13);
      assert.equal(program.keptBump(), 14);
      assert.ok(program._zeroes_are_zero(1 << 20));
      assert.deepEqual(lines, ['main runs']);
    });
  }
});

test('exported functions can be put into the table, and are moved there too', async () => {
  const { program } = await startVariant(['-O3', ...es6]);
  const stack = program.addFunction(program._use_stack);
  assert.equal(program.addFunction(program._use_stack), stack);
  shrinkAfterPeak(program);
  assert.equal(program._call_function(stack, 10), 10);
  assert.equal(program.addFunction(program._use_stack), stack);
});

test('an exported function that C has put into the table is the same function there', async () => {
  const { program } = await startVariant(['-O1', ...es6]);
  const address = program._address_of_use_stack();
  const { length } = program.wasmTable;
  for (let round = 0; round < 3; ++round) {
    assert.equal(program.addFunction(program._use_stack), address);
    assert.equal(program.addFunction(program.wasmExports.use_stack), address);
    assert.equal(program.wasmTable.length, length);
    assert.equal(program.wasmTable.get(address), program._use_stack);
    shrinkAfterPeak(program);
  }
});

test('what the user put in the place of an export stays there', async () => {
  const { program } = await startVariant(['-O3', ...es6]);
  const bump = program._bump;
  const own = (program._bump = () => 100 * bump());
  shrinkAfterPeak(program);
  assert.equal(program._bump, own);
  assert.equal(program._bump(), 800);
});

test('a table that JavaScript has kept is the one of the program, also in its length', async () => {
  const { program } = await startVariant(['-O2', ...es6]);
  const table = program.wasmTable;
  const first = program.addFunction((x) => x + 1, 'ii');
  shrinkAfterPeak(program);
  assert.equal(table.length, program.wasmTable.length);
  const second = program.addFunction((x) => x + 2, 'ii'); // which grows it
  assert.equal(table.length, program.wasmTable.length);
  assert.ok(second < table.length);
  assert.deepEqual([table.get(first)(1), table.get(second)(1)], [2, 3]);
  assert.equal(table.grow(1), program.wasmTable.length - 1);
  shrinkAfterPeak(program);
  assert.equal(table.length, program.wasmTable.length);
});

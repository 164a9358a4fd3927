// Both flavours of exceptions, and of longjmp.
import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

const flavours = {
  'by JavaScript': ['-fexceptions', '-sSUPPORT_LONGJMP=emscripten'],
  'by WebAssembly': ['-fwasm-exceptions', '-sSUPPORT_LONGJMP=wasm'],
};

// Emscripten builds system libraries for a flavour when it is used for the first time.
describe('exceptions and longjmp', { timeout: 600_000 }, () => {
  for (const [name, flags] of Object.entries(flavours)) {
    test(name, async () => {
      const program = await start('exceptions.cpp', [
        ...flags,
        '-O1',
        '--no-entry',
        '-sMODULARIZE',
        '-sEXPORT_ES6',
        '-sEXPORTED_RUNTIME_METHODS=getExceptionMessage,decrementExceptionRefcount',
      ]);
      const check = () => {
        assert.deepEqual([0, 1, 2, 3].map(program._catch_it), [0, 'r'.charCodeAt(), 42, 41]);
        assert.equal(program._alive(), 0);
        assert.equal(program._jump_back(5), 53);
      };
      check();
      program._keep();
      let escaped;
      try {
        program._escape();
      } catch (error) {
        escaped = error;
      }
      for (let round = 0; round < 3; ++round) {
        shrinkAfterPeak(program);
        check();
        assert.equal(program._rethrow(), 'u'.charCodeAt());
        assert.throws(program._escape);
      }
      assert.deepEqual(program.getExceptionMessage(escaped), ['std::runtime_error', 'runtime']);
      program.decrementExceptionRefcount(escaped);
    });
  }
});

describe('exceptions that JavaScript holds', { timeout: 600_000 }, () => {
  for (const [name, flags] of Object.entries(flavours)) {
    test(name, async () => {
      const program = await start('thrown.cpp', [
        ...flags,
        '-std=c++20',
        '-O1',
        '--no-entry',
        '-sMODULARIZE',
        '-sEXPORT_ES6',
        '-sEXPORTED_RUNTIME_METHODS=getExceptionMessage,decrementExceptionRefcount',
      ]);
      const caught = [];
      for (let round = 0; round < 3; ++round) {
        program.keep();
        try {
          program.fail(`round ${round}`);
        } catch (error) {
          caught.push(error);
        }
        shrinkAfterPeak(program);
        assert.equal(program.throwKept(), 'kept as a value of JavaScript');
        shrinkAfterPeak(program);
        assert.equal(program.throwKept(), 'kept as a value of JavaScript');
        assert.equal(program.alive(), 2 + round);
        program.dropKept();
        assert.equal(program.alive(), 1 + round);
      }
      for (const error of caught) {
        assert.match(program.getExceptionMessage(error)[0], /Counted/);
        program.decrementExceptionRefcount(error);
      }
      assert.equal(program.alive(), 0);
    });
  }
});

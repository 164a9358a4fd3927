// Embind: everything that was handed out before a shrink goes on, on the same objects.
import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { shrinkAfterPeak, start } from './support/program.mjs';

describe('Embind', () => {
  for (const flags of [['-O0', '-sASSERTIONS=2'], ['-O2']]) {
    test(flags.join(' '), async () => {
      const program = await start('classes.cpp', ['-lembind', '-std=c++20', '-sMODULARIZE', '-sEXPORT_ES6', ...flags]);
      const account = new program.Account('a name longer than fits into a string object');
      account.add(1);
      const seen = [];
      const heard = [];
      account.callBack((amount) => seen.push(amount)); // kept as a val
      account.listen((amount) => heard.push(amount)); // kept in a std::function
      const savings = program.makeSavings('s');
      const vector = new program.IntVector();
      for (let i = 0; i < 1000; ++i) vector.push_back(i);
      const map = new program.StringMap();
      map.set('key', 5);
      const adder = account.adder();
      const Derived = program.Account.extend('Derived', {
        describe() {
          return `derived ${this.total()}`;
        },
      });
      const derived = new Derived('d');
      const { add, total } = account; // methods, kept
      const { mirrored } = program;
      const object = { some: 'object' };
      program.hold(object);

      for (let round = 1; round <= 3; ++round) {
        shrinkAfterPeak(program);
        account.add(10);
        assert.equal(account.total(), 1 + 10 * round);
        assert.equal(total.call(account), 1 + 10 * round);
        assert.deepEqual(seen, Array(round).fill(10));
        assert.deepEqual(heard, seen);
        assert.equal(account.name, 'a name longer than fits into a string object');
        assert.equal(vector.get(999), 999);
        assert.equal(vector.size(), 1000);
        assert.equal(map.get('key'), 5);
        assert.equal(adder.call(1), 2);
        assert.equal(program.describe(derived), 'derived 0');
        assert.equal(program.describe(account), account.describe());
        assert.match(program.describe(savings), /^savings s:/);
        assert.deepEqual(mirrored({ x: 1, y: 2 }), { x: 2, y: 1 });
        assert.equal(program.getHeld(), object);
        const another = new program.Account(`round ${round}`);
        add.call(another, round);
        assert.equal(another.describe(), `round ${round}:${round}`);
        another.delete();
      }
      program.hold((x) => x * 7);
      shrinkAfterPeak(program);
      assert.equal(program.callHeld(6), 42);
      account.name = 'renamed';
      assert.equal(account.clone().describe(), 'renamed:31');
      for (const held of [account, savings, vector, map, adder, derived]) held.delete();
      assert.throws(() => account.total(), /deleted object|BindingError/);
    });
  }
});

// SQLite with a database in memory: shrunk between statements, between the rows of one, and within a transaction's life.
import assert from 'node:assert/strict';
import { test } from 'vitest';
import { start, withDatabase } from './support/program.mjs';

test('a database in memory survives a shrink between any two statements', { timeout: 300_000 }, async () => {
  const flags = ['-O1', '--no-entry', '-sMODULARIZE', '-sEXPORT_ES6'];
  const program = await start('database.c', [...flags, ...withDatabase()]);
  const shrink = () => program.tidemark.shrink();
  assert.equal(program._open_database(), 1);
  shrink();
  let first = 0;
  for (let batch = 0; batch < 20; ++batch, first += 1000) {
    assert.equal(program._insert(first, 1000), 1);
    shrink();
  }
  assert.equal(program._delete_but(20), 1);
  const { copiedBytes, returnedBytes, allocatedAfter } = shrink();
  assert.ok(returnedBytes > 0, `${returnedBytes} bytes came back`);
  assert.ok(allocatedAfter < 33e6, `${allocatedAfter} bytes are left`);
  assert.ok(copiedBytes < 3 << 20, `${copiedBytes} bytes were copied`);
  assert.equal(program._is_sound(), 1);
  shrink();

  assert.equal(program._begin_query(), 1);
  const ids = new Set();
  for (let id = program._next_row(); id !== -1; id = program._next_row()) {
    assert.ok(id >= 0 && id % 20 === 0);
    ids.add(id);
    if (ids.size % 7 === 0) shrink();
  }
  assert.equal(ids.size, 1000);
  assert.equal(program._insert(first, 5000), 1);
  shrink();
  assert.equal(program._is_sound(), 1);
});

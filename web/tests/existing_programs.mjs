// Programs that nobody wrote for Tidemark, managed from the package: the same in Node and in a page. Each `run` returns what
// it saw, and its `verify` says what that has to be.
const mib = 1 << 20;

/** SQLite through its own C interface, with nothing but what Emscripten exports. */
function database(module) {
  const slot = module._malloc(4);
  const opened = module.ccall('sqlite3_open', 'number', ['string', 'number'], [':memory:', slot]);
  const handle = module.getValue(slot, 'i32');
  module._free(slot);
  if (opened !== 0) throw new Error(`sqlite3_open: ${opened}`);
  const types = ['number', 'string', 'number', 'number', 'number'];
  return {
    run: (sql) => module.ccall('sqlite3_exec', 'number', types, [handle, sql, 0, 0, 0]),
    close: () => module.ccall('sqlite3_close', 'number', ['number'], [handle]),
  };
}

const fill = `CREATE TABLE items(id INTEGER PRIMARY KEY, payload BLOB);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO items SELECT i, randomblob(500) FROM n;`;

/** Linked with the runtime: seen whole, limited inside of malloc, shrunk when its database is closed, and going on. */
export async function linkedSqlite(createSqlite, attach) {
  const module = await createSqlite();
  const api = attach({ id: 'sqlite', module });
  let db = database(module);
  api.initializeMemoryOptimization(api.defaultModule, { memoryLimit: 64 * mib });
  const filled = db.run(fill);
  const full = api.getMemoryStats('sqlite');
  const profile = api.getMemoryProfile('sqlite');
  // An open one keeps a few blocks at the top, wherever its pages went: its table of them, for one.
  const emptied = db.close();
  const shrunk = api.shrink('sqlite');
  const after = api.getMemoryStats('sqlite');
  db = database(module);
  const refilled = db.run(fill);
  const { used } = api.getMemoryStats('sqlite');
  api.cleanupMemoryOptimization('sqlite');
  api.registerModule(api.defaultModule, { hardLimit: used + mib });
  const refused = db.run('INSERT INTO items SELECT id + 100000, randomblob(1000) FROM items');
  api.unregisterModule('sqlite');
  const allowed = db.run('INSERT INTO items VALUES(1000000, randomblob(1000))');
  return {
    filled,
    full,
    sites: profile.sites.length,
    emptied,
    shrunk,
    after,
    refilled,
    refused,
    allowed,
    closed: db.close(),
  };
}

/** On dlmalloc: the package looks after it from outside, and says of nothing more than it can know. */
export async function plainSqlite(createSqlite, api) {
  const module = await createSqlite();
  const plain = { id: 'plain', module };
  const db = database(module);
  api.startMonitoring(plain, 64 * mib);
  api.registerModule(plain, { hardLimit: 64 * mib, maxAllocationSize: 8 * mib });
  const filled = db.run(fill);
  const full = api.getMemoryStats('plain');
  const advice = [
    api.canAllocate('plain', mib),
    api.canAllocate('plain', 16 * mib),
    api.canAllocate('plain', 60 * mib),
  ];
  const anyway = module._malloc(16 * mib) !== 0; // advice, and no more: it is another's malloc
  api.recordAllocation('plain', 3 * mib);
  const recorded = api.getMemoryStats('plain').used;
  api.recordDeallocation('plain', 3 * mib);
  const { basicAllocation } = api.getBuiltInTests();
  const tested = await api.runMemoryPerformanceTest(plain, basicAllocation);
  const works = db.run('SELECT count(*) FROM items');
  api.stopMonitoring('plain');
  api.unregisterModule('plain');
  return { filled, full, advice, anyway, recorded, tested, works, closed: db.close() };
}

/** Another compiler's program: a memory, and what one records. */
export async function assemblyScript(bytes, api) {
  const { instance } = await WebAssembly.instantiate(bytes, { env: { abort() {} } });
  const { memory, keep, sum } = instance.exports;
  const bare = { id: 'assemblyscript', memory };
  api.startMonitoring(bare, 64 * mib);
  // Ten megabytes at once are more growth than is thought well of by default.
  api.registerModule(bare, { hardLimit: 64 * mib, growthRateLimit: 1024 * mib });
  const before = api.getMemoryStats('assemblyscript');
  for (let i = 0; i < 100; ++i) {
    keep(100_000);
    api.recordAllocation('assemblyscript', 100_000);
  }
  const after = api.getMemoryStats('assemblyscript');
  const advice = [api.canAllocate('assemblyscript', mib), api.canAllocate('assemblyscript', 60 * mib)];
  const report = String(api.getMemoryReport('assemblyscript'));
  let shrink = 'done';
  try {
    api.shrink('assemblyscript');
  } catch (error) {
    shrink = error.code;
  }
  api.stopMonitoring('assemblyscript');
  api.unregisterModule('assemblyscript');
  return { before, after, bytes: memory.buffer.byteLength, sum: sum(), advice, report, shrink };
}

const ok = 0; // SQLITE_OK
const outOfMemory = 7; // SQLITE_NOMEM
const rows = 20_000 * 500; // bytes of payload

/** @param {Awaited<ReturnType<typeof linkedSqlite>>} seen */
export function verifyLinkedSqlite(seen, expect) {
  expect([seen.filled, seen.emptied, seen.refilled, seen.allowed, seen.closed]).toEqual([ok, ok, ok, ok, ok]);
  expect(seen.full.used).toBeGreaterThan(rows);
  expect(seen.full.liveBlocks).toBeGreaterThan(1000);
  expect(seen.full.limit).toBe(64 * mib);
  expect(seen.sites).toBeGreaterThan(0);
  expect(seen.shrunk.returnedBytes).toBeGreaterThan(rows / 2);
  expect(seen.after.allocated).toBe(seen.shrunk.allocatedAfter);
  expect(seen.after.used).toBeLessThan(mib);
  expect(seen.refused).toBe(outOfMemory); // as from any malloc that has no more; the database lives on
}

/** @param {Awaited<ReturnType<typeof plainSqlite>>} seen */
export function verifyPlainSqlite(seen, expect) {
  expect([seen.filled, seen.works, seen.closed]).toEqual([ok, ok, ok]);
  expect(seen.full.allocated).toBeGreaterThan(rows);
  expect(seen.full).toMatchObject({ used: null, reserved: null, free: null, largestFree: null, liveBlocks: null });
  expect(seen.advice).toEqual([true, false, false]);
  expect(seen.anyway).toBe(true);
  expect(seen.recorded).toBe(3 * mib);
  expect(seen.tested).toMatchObject({ name: 'basicAllocation', passed: true, error: null });
  expect(seen.tested.operations).toBeGreaterThan(0);
}

/** @param {Awaited<ReturnType<typeof assemblyScript>>} seen */
export function verifyAssemblyScript(seen, expect) {
  expect(seen.sum).toBe(100 * 100_000);
  expect(seen.before).toMatchObject({ used: null, reserved: null, liveBlocks: null });
  expect(seen.after.allocated).toBe(seen.bytes);
  expect(seen.after.allocated).toBeGreaterThan(100 * 100_000);
  expect(seen.after.used).toBe(100 * 100_000);
  expect(seen.after.reserved).toBeNull();
  expect(seen.advice).toEqual([true, false]);
  expect(seen.report).toContain('assemblyscript');
  expect(seen.shrink).toBe('not-supported');
}

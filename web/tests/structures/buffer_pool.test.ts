import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { BufferPool, createBufferPool, defaultModule, PooledBuffer } from 'tidemark';
import { describe, expect, test } from 'vitest';
import { classBytes } from '../../src/structures/buffer_store.js';
import { liveBytes, upheaval, upset } from './random_programs.js';

const refused = (code: string): object => expect.objectContaining({ name: 'TidemarkError', code }) as object;

test('a buffer is bytes of linear memory until it is released', () => {
  using pool = createBufferPool();
  const buffer = pool.acquire(100);
  expect(buffer).toBeInstanceOf(PooledBuffer);
  expect(buffer.bytes).toHaveLength(100);
  expect(buffer.bytes.byteOffset).toBe(buffer.address);
  buffer.write([1, 2, 3], 97);
  expect([...buffer.read(96)].slice(1)).toEqual([1, 2, 3]);
  expect(buffer.get(98)).toBe(2);
  expect(buffer.get(100)).toBeUndefined();
  buffer.set(0, 257);
  expect(buffer.get(0)).toBe(1);
  buffer.release();
  expect(buffer.released).toBe(true);
  for (const use of [
    () => buffer.bytes,
    () => buffer.address,
    () => buffer.get(0),
    () => buffer.set(0, 0),
    () => buffer.read(),
    () => buffer.write([]),
    () => buffer.use(() => 0),
  ]) {
    expect(use).toThrow(refused('disposed'));
  }
});

test('what is released twice, or is of another pool, is refused, and nothing changes', () => {
  using pool = createBufferPool();
  using other = createBufferPool();
  const buffer = pool.acquire(10);
  const before = other.stats;
  expect(() => other.release(buffer)).toThrow(/not of this pool/);
  expect(other.stats).toEqual(before);
  pool.release(buffer);
  buffer.dispose();
  expect(() => pool.release(buffer)).toThrow(/released already/);
  expect(() => buffer.release()).toThrow(refused('invalid-argument'));
  buffer[Symbol.dispose]();
  expect(pool.stats).toMatchObject({ inUse: 0, idle: 1, acquired: 1 });
});

test('arguments that are none', () => {
  using pool = createBufferPool();
  for (const bytes of [-1, 0.5, NaN, Infinity, 2 ** 31, '8' as unknown as number]) {
    expect(() => pool.acquire(bytes)).toThrow(refused('invalid-argument'));
  }
  const options =
    (given: object): (() => BufferPool) =>
    () =>
      new BufferPool(given);
  expect(options({ zero: 'always' })).toThrow(refused('invalid-config'));
  expect(options({ maxIdleBytes: -1 })).toThrow(refused('invalid-config'));
  const buffer = pool.acquire(4);
  for (const index of [-1, 4, 0.5]) expect(() => buffer.set(index, 0)).toThrow(refused('invalid-argument'));
  expect(() => buffer.write([1, 2], 3)).toThrow(refused('invalid-argument'));
  expect(pool.stats.inUse).toBe(1);
});

test('a class is at most a quarter larger than what it serves, and every class serves itself', () => {
  for (let bytes = 65; bytes < 100_000; ++bytes) {
    const size = classBytes(bytes);
    if (size < bytes || size >= bytes * 1.25 || classBytes(size) !== size) expect([bytes, size]).toBe('a class');
  }
  expect(classBytes(0)).toBe(64);
  expect(classBytes(2 ** 31 - 1)).toBe(2 ** 31);
});

describe('zeroing', () => {
  const dirty = (buffer: PooledBuffer): void => void buffer.bytes.fill(0xaa);
  test('an acquired buffer is zero where that is asked for', () => {
    for (const zero of [true, 'release'] as const) {
      using pool = createBufferPool({ zero });
      for (let round = 0; round < 3; ++round) {
        const buffer = pool.acquire(1000);
        expect(buffer.read().every((byte) => byte === 0)).toBe(true);
        dirty(buffer);
        buffer.release();
      }
      // Another length of the same class.
      expect(
        pool
          .acquire(1024)
          .read()
          .every((byte) => byte === 0),
      ).toBe(true);
    }
  });

  test("with 'release' nothing of it stays in memory; by default it does", () => {
    const { views } = (defaultModule as { module: { tidemark: { engine: { views: { u8: Uint8Array } } } } }).module
      .tidemark.engine;
    for (const [zero, left] of [
      ['release', 0],
      [false, 0xaa],
    ] as const) {
      using pool = createBufferPool({ zero });
      const buffer = pool.acquire(1000);
      dirty(buffer);
      const { address } = buffer;
      buffer.release();
      expect(views.u8.subarray(address, address + 1000).every((byte) => byte === left)).toBe(true);
    }
  });
});

test('what waits never exceeds maxIdleBytes, and trim() gives it back', () => {
  const before = liveBytes();
  const pool = createBufferPool({ maxIdleBytes: 10_240 });
  const buffers = Array.from({ length: 20 }, () => pool.acquire(1024));
  expect(pool.memoryUsage).toBe(20 * 1024);
  for (const buffer of buffers) buffer.release();
  expect(pool.stats).toMatchObject({ inUse: 0, idle: 10, idleBytes: 10_240, freed: 10, peakInUseBytes: 20 * 1024 });
  pool.trim(4096);
  expect(pool.stats).toMatchObject({ idle: 4, idleBytes: 4096 });
  pool.trim();
  expect(pool.memoryUsage).toBe(0);
  pool.dispose();
  expect(liveBytes() - before).toBeLessThan(4096); // of movable memory's own chunks
});

test('idle buffers beyond the recent high water go after two periods, and a steady use asks for nothing', () => {
  using pool = createBufferPool();
  const burst = Array.from({ length: 200 }, () => pool.acquire(4096));
  for (const buffer of burst) buffer.release();
  const steady = (rounds: number): void => {
    for (let i = 0; i < rounds; ++i) {
      const three = [pool.acquire(4000), pool.acquire(4000), pool.acquire(4000)];
      for (const buffer of three) buffer.release();
    }
  };
  expect(pool.stats.idle).toBeGreaterThan(100);
  steady(100); // 300 releases: more than two periods of 64
  expect(pool.stats.idle).toBe(3);
  const { freed, reused } = pool.stats;
  steady(100);
  expect(pool.stats).toMatchObject({ freed, reused: reused + 300 });
});

test('with() releases, whatever becomes of it', async () => {
  using pool = createBufferPool();
  expect(pool.with(10, (buffer) => buffer.length)).toBe(10);
  expect(() =>
    pool.with(10, () => {
      throw new Error('on purpose');
    }),
  ).toThrow('on purpose');
  await expect(pool.with(10, () => Promise.reject(new Error('later')))).rejects.toThrow('later');
  pool.with(10, (buffer) => {
    buffer.release();
  });
  expect(pool.stats).toMatchObject({ inUse: 0, acquired: 4 });
});

test('dispose() takes back what is lent', () => {
  const pool = createBufferPool();
  const buffer = pool.acquire(1000);
  expect(buffer.use((bytes) => bytes.length)).toBe(1000);
  const pinned = pool.acquire(1000);
  expect(pinned.bytes).toHaveLength(1000);
  pool.dispose();
  pool.dispose();
  for (const each of [buffer, pinned]) expect(() => each.bytes).toThrow(refused('disposed'));
  expect(() => pool.acquire(1)).toThrow(refused('disposed'));
  expect(() => pool.release(buffer)).toThrow(refused('disposed'));
  expect(pool.memoryUsage).toBe(0);
});

test('use() of a buffer that is released meanwhile', () => {
  using pool = createBufferPool();
  const buffer = pool.acquire(1000);
  buffer.use(() => buffer.release());
  const next = pool.acquire(1000);
  next.write([7]);
  upset('compact');
  expect(next.get(0)).toBe(7);
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('acquire' as const), bytes: fc.nat(20_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'fill' as const), which: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('view' as const, 'use' as const), which: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('upset' as const), what: upheaval }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), bytes: fc.nat(50_000) }) },
);

test('each buffer keeps its bytes through growth, compaction and shrink, and no two share any', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      using pool = createBufferPool();
      const lent: { buffer: PooledBuffer; byte: number; view: Uint8Array | null }[] = [];
      let next = 0;
      for (const each of steps) {
        const one = 'which' in each && lent.length > 0 ? lent[each.which % lent.length] : undefined;
        switch (each.do) {
          case 'acquire': {
            const buffer = pool.acquire(each.bytes);
            const byte = ++next & 0xff;
            buffer.use((bytes) => bytes.fill(byte));
            lent.push({ buffer, byte, view: null });
            break;
          }
          case 'release':
            if (one === undefined) break;
            one.buffer.release();
            lent.splice(lent.indexOf(one), 1);
            break;
          case 'fill':
            if (one === undefined) break;
            one.byte = ++next & 0xff;
            one.buffer.bytes.fill(one.byte);
            break;
          case 'view':
            if (one !== undefined) one.view = one.buffer.bytes;
            break;
          case 'use':
            one?.buffer.use((bytes) => expect(bytes.every((byte) => byte === one.byte)).toBe(true));
            break;
          case 'upset':
            upset(each.what);
            // Until the end of the job, what was kept is a view of the memory as it was.
            if (each.what === 'shrink') for (const other of lent) other.view = null;
            break;
          case 'trim':
            pool.trim(each.bytes);
            break;
        }
        for (const { buffer, byte, view } of lent) {
          const content = buffer.read();
          if (content.length !== buffer.length || content.some((value) => value !== byte)) {
            expect([...content]).toBe(`${buffer.length} times ${byte}`);
          }
          // A view that was kept is the buffer's own, or detached: never of another's bytes.
          if (view !== null && view.length !== 0 && view.some((value) => value !== byte)) {
            expect([...view]).toBe('a kept view');
          }
        }
      }
      expect(pool.stats.inUse).toBe(lent.length);
    }),
    { numRuns: 150 },
  );
});

test('a view that was kept across growth or shrink is detached, and `bytes` is not', async () => {
  using pool = createBufferPool();
  const buffer = pool.acquire(100);
  buffer.bytes.fill(7);
  for (const what of ['grow', 'shrink'] as const) {
    const kept = buffer.bytes;
    upset(what);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(kept).toHaveLength(0);
    expect([...buffer.bytes]).toEqual(Array<number>(100).fill(7));
  }
});

test('a buffer that was lost comes back to the pool', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const pool = createBufferPool();
  const acquire = (): number => pool.acquire(1000).bytes.length;
  for (let i = 0; i < 10; ++i) expect(acquire()).toBe(1000);
  for (let i = 0; i < 50 && pool.stats.leaked < 10; ++i) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  expect(pool.stats).toMatchObject({ leaked: 10, inUse: 0, idle: 10 });
  pool.dispose();
});

test('a pool that was lost gives back its memory, idle and lent', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const before = liveBytes();
  const forget = (): WeakRef<object> => {
    const pool = createBufferPool({ zero: 'release' });
    pool.acquire(100_000).release();
    pool.acquire(200_000);
    return new WeakRef(pool);
  };
  const pools = Array.from({ length: 5 }, forget);
  expect(liveBytes()).toBeGreaterThan(before + 5 * 300_000);
  for (let i = 0; i < 50 && (pools.some((pool) => pool.deref()) || liveBytes() > before); ++i) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    collect();
  }
  expect(pools.filter((pool) => pool.deref())).toEqual([]);
  expect(liveBytes()).toBeLessThanOrEqual(before);
});

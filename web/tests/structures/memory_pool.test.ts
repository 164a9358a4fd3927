import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMemoryPool, MemoryPool } from 'tidemark';
import { expect, test } from 'vitest';

class Particle {
  x = 0;
  reset(): void {
    this.x = 0;
  }
}

const particles = (maxSize?: number): MemoryPool<Particle> =>
  createMemoryPool(
    () => new Particle(),
    (particle) => particle.reset(),
    maxSize,
  );

test('a released object is reset, and acquired again', () => {
  const pool = particles();
  const one = pool.acquire();
  one.x = 5;
  pool.release(one);
  expect(pool.acquire()).toBe(one);
  expect(one.x).toBe(0);
  expect(pool.stats).toEqual({
    created: 1,
    inUse: 1,
    idle: 0,
    reused: 1,
    discarded: 0,
    peakInUse: 1,
    leaked: 0,
    maxSize: 100,
  });
});

test('what is released twice, or is not of the pool, is refused, and nothing changes', () => {
  const pool = particles();
  const one = pool.acquire();
  pool.release(one);
  expect(() => pool.release(one)).toThrow(/released already/);
  expect(() => pool.release(new Particle())).toThrow(/not of this pool/);
  expect(pool.stats).toMatchObject({ inUse: 0, idle: 1 });
  expect(pool.acquire()).not.toBe(pool.acquire());
});

test('keeps maxSize objects, and discards the others', () => {
  const pool = particles(2);
  const objects = [pool.acquire(), pool.acquire(), pool.acquire()];
  for (const object of objects) pool.release(object);
  expect(pool.stats).toMatchObject({ idle: 2, discarded: 1, peakInUse: 3 });
  pool.maxSize = 1;
  expect(pool.size).toBe(1);
  pool.prefill(5);
  expect(pool.size).toBe(1);
  pool.trim();
  expect(pool.size).toBe(0);
});

test('a reset that throws leaves the object in use; a factory that gives no new object is refused', () => {
  const pool = new MemoryPool<Particle>(
    () => new Particle(),
    () => {
      throw new Error('broken');
    },
  );
  const one = pool.acquire();
  expect(() => pool.release(one)).toThrow('broken');
  expect(pool.stats.inUse).toBe(1);
  const same = new Particle();
  const bad = new MemoryPool(() => same);
  bad.acquire();
  expect(() => bad.acquire()).toThrow(/has already/);
  expect(() => new MemoryPool(() => 5 as never).acquire()).toThrow(/an object is expected/);
  expect(() => new MemoryPool(5 as never)).toThrow(/a function is expected/);
});

test('with() releases, after a promise too, and after an error', async () => {
  const pool = particles();
  expect(pool.with((particle) => ++particle.x)).toBe(1);
  await expect(pool.with(() => Promise.reject(new Error('late')))).rejects.toThrow('late');
  expect(() =>
    pool.with(() => {
      throw new Error('at once');
    }),
  ).toThrow('at once');
  expect(pool.stats).toMatchObject({ inUse: 0, idle: 1, created: 1 });
});

test('an object that was lost is reported, and not held', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const pool = particles();
  (() => {
    pool.acquire();
  })();
  for (let i = 0; i < 50 && pool.stats.leaked === 0; ++i) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(pool.stats).toMatchObject({ leaked: 1, inUse: 0 });
});

test('a pool that was lost is not held, nor are the objects that wait in it', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const forget = (): WeakRef<object>[] => {
    const pool = particles();
    const object = pool.acquire();
    pool.release(object);
    return [new WeakRef(pool), new WeakRef(object)];
  };
  const forgotten = forget();
  for (let i = 0; i < 50 && forgotten.some((each) => each.deref()); ++i) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    gc();
  }
  expect(forgotten.filter((each) => each.deref())).toEqual([]);
});

test('after dispose() it is refused', () => {
  const pool = particles();
  pool.dispose();
  pool.dispose();
  expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: 'disposed' }) as Error);
});

test('a reset that releases its object, too, is refused, and the object is in the pool once', () => {
  let again = true;
  const pool: MemoryPool<object> = new MemoryPool(
    () => ({}),
    (object) => {
      if (again) pool.release(object);
    },
  );
  const object = pool.acquire();
  expect(() => pool.release(object)).toThrow('released already');
  expect(pool.stats).toMatchObject({ inUse: 1, idle: 0 });
  again = false;
  pool.release(object);
  expect(pool.stats).toMatchObject({ inUse: 0, idle: 1 });
  expect(pool.acquire()).toBe(object);
  expect(pool.acquire()).not.toBe(object);
});

test('prefill() adds to what waits; a factory that throws leaves what it has made', () => {
  let left = 3;
  const pool = new MemoryPool<object>(() => {
    if (left-- === 0) throw new Error('no more');
    return {};
  });
  pool.prefill(2);
  expect(() => pool.prefill(5)).toThrow('no more');
  expect(pool.stats).toMatchObject({ created: 3, inUse: 0, idle: 3, peakInUse: 0, leaked: 0 });
  left = 9;
  pool.prefill(5);
  expect(pool.size).toBe(5);
});

test('a factory that makes null is refused', () => {
  const pool = new MemoryPool<object>(() => null as unknown as object);
  expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: 'invalid-argument' }) as Error);
});

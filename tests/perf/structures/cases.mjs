// What the structures are measured by, and what each is measured against. The same code runs in Node and in a page.
//
// A case is a function of (world, contender, count) that returns { bytes, set, get, … }: bytes an entry, of linear memory and
// of the JavaScript heap together, and nanoseconds an operation. Loops are written out: one that is shared between contenders
// would be compiled for all of them. A first round, on fewer entries, is for the compiler. `onlyMany`: how many entries there
// are changes nothing.
//
// world: { tidemark, LRUCache, now(): ms, heapBytes(): bytes of the JavaScript heap and its buffers after a collection }

/** Scattered over all integers of 32 bits, each once: an odd number times 0, 1, 2, … */
const intKey = (i) => Math.imul(i, 0x9e3779b1) | 0;
/** The keys in an order that is not that of insertion: they are asked for in it. */
function shuffled(keys) {
  const count = keys.length;
  const step = [7919, 104729, 1299709].find((prime) => count % prime !== 0);
  return keys.map((_, i) => keys[(i * step) % count]);
}
/** In an order that no processor foresees, as it does one of equal steps. */
function scattered(keys) {
  const order = keys.slice();
  let seed = 1;
  for (let i = order.length - 1; i > 0; --i) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((seed / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
/** What a function has made on its way is not held by a frame of the caller's when bytes are counted. */
const secondHalf = (keys) => shuffled(keys.slice(keys.length / 2));
const textKey = (i) => `key${(i * 2654435761 + 1e9).toString(36).slice(-9).padStart(9, '0')}`;

/** Fails where a result is not what it must be: a benchmark of a wrong answer is none. */
function expect(what, value, expected) {
  if (!Object.is(value, expected)) throw new Error(`${what}: ${value} in place of ${expected}`);
}

const perOperation = (begin, end, count) => ((end - begin) * 1e6) / count;

function maps(keysOf, valueOf, optionsOf, hasBulk) {
  return {
    contenders: ['tidemark', 'Map'],
    measure(world, contender, count) {
      const { now } = world;
      const keys = keysOf(count);
      const askedKeys = shuffled(keys);
      const values = Float64Array.from({ length: count }, (_, i) => valueOf(i));
      let sum = 0;
      for (const value of values) sum += value;
      const before = world.heapBytes();
      const ours = contender === 'tidemark';
      const map = ours ? world.tidemark.createCompactMap(optionsOf?.()) : new Map();
      const figures = {};

      let begin = now();
      for (let i = 0; i < count; ++i) map.set(keys[i], values[i]);
      figures.set = perOperation(begin, now(), count);
      figures.bytes = (world.heapBytes() - before + (ours ? map.memoryUsage : 0)) / count;

      let got = 0;
      begin = now();
      for (let i = 0; i < count; ++i) got += map.get(askedKeys[i]);
      figures.get = perOperation(begin, now(), count);

      begin = now();
      for (let i = 0; i < count; ++i) map.set(askedKeys[i], values[i]);
      figures.replace = perOperation(begin, now(), count);

      let seen = 0;
      begin = now();
      map.forEach((value) => {
        seen += value;
      });
      figures.forEach = perOperation(begin, now(), count);
      begin = now();
      for (const [, value] of map) seen -= value;
      figures.iterate = perOperation(begin, now(), count);
      expect('the sum of what was seen', Math.abs(seen) < 1e-6 * Math.abs(sum) + 1e-6, true);
      expect('the sum of what was got', Math.abs(got - sum) <= 1e-9 * Math.abs(sum) + 1e-6, true);

      if (hasBulk) {
        const batch = Int32Array.from(askedKeys);
        let found = 0;
        begin = now();
        if (ours) {
          const results = map.getMany(batch);
          for (let i = 0; i < count; ++i) found += results[i];
        } else {
          const results = new Float64Array(count);
          for (let i = 0; i < count; ++i) results[i] = map.get(batch[i]);
          for (let i = 0; i < count; ++i) found += results[i];
        }
        figures.getMany = perOperation(begin, now(), count);
        expect('what getMany found', Math.abs(found - sum) <= 1e-9 * Math.abs(sum) + 1e-6, true);
        const fresh = ours ? world.tidemark.createCompactMap(optionsOf?.()) : new Map();
        const insertion = Int32Array.from(keys);
        begin = now();
        if (ours) fresh.setMany(insertion, values);
        else for (let i = 0; i < count; ++i) fresh.set(insertion[i], values[i]);
        figures.setMany = perOperation(begin, now(), count);
        expect('the size', fresh.size, count);
        fresh.dispose?.();
      }
      begin = now();
      let erased = 0;
      for (let i = 0; i < count; ++i) erased += map.delete(askedKeys[i]) ? 1 : 0;
      figures.delete = perOperation(begin, now(), count);
      expect('how many were erased', erased, count);
      expect('the keys, which have to be there when bytes are counted', keys.length, count);
      map.dispose?.();
      return figures;
    },
  };
}

const ints = (count) => Array.from({ length: count }, (_, i) => intKey(i));

const sets = {
  contenders: ['tidemark', 'Set'],
  measure(world, contender, count) {
    const { now } = world;
    const keys = ints(count);
    const asked = shuffled(keys);
    const before = world.heapBytes();
    const ours = contender === 'tidemark';
    const set = ours ? world.tidemark.createCompactSet() : new Set();
    const figures = {};
    let begin = now();
    for (let i = 0; i < count; ++i) set.add(keys[i]);
    figures.set = perOperation(begin, now(), count);
    figures.bytes = (world.heapBytes() - before + (ours ? set.memoryUsage : 0)) / count;
    let found = 0;
    begin = now();
    for (let i = 0; i < count; ++i) found += set.has(asked[i]) ? 1 : 0;
    figures.get = perOperation(begin, now(), count);
    expect('how many were found', found, count);
    let seen = 0;
    begin = now();
    set.forEach((value) => {
      seen ^= value;
    });
    figures.forEach = perOperation(begin, now(), count);
    begin = now();
    for (const value of set) seen ^= value;
    figures.iterate = perOperation(begin, now(), count);
    expect('what was seen twice', seen, 0);
    const batch = Int32Array.from(asked);
    begin = now();
    let counted = 0;
    if (ours) for (const has of set.hasMany(batch)) counted += has;
    else for (let i = 0; i < count; ++i) counted += set.has(batch[i]) ? 1 : 0;
    figures.getMany = perOperation(begin, now(), count);
    expect('how many were found at once', counted, count);
    expect('the keys, which have to be there when bytes are counted', keys.length, count);
    set.dispose?.();
    return figures;
  },
};

/** Passes over an array: one of a million elements takes less than a millisecond, and compiling the loop several. */
const passesOver = (count) => Math.ceil(20_000_000 / count);

/** The loops over an array of one contender's; written out for each, see above. */
const arrayLoops = {
  tidemark: {
    make: ({ tidemark }, count, options) => {
      const array = tidemark.createCompactArray(options);
      for (let i = 0; i < count; ++i) array.push(i + 0.5);
      return array;
    },
    set(array, count, passes) {
      for (let pass = 0; pass < passes; ++pass) for (let i = 0; i < count; ++i) array.set(i, i * 0.5);
    },
    get(array, count, passes) {
      let sum = 0;
      for (let pass = 0; pass < passes; ++pass) for (let i = 0; i < count; ++i) sum += array.at(i);
      return sum;
    },
    forEach(array) {
      let sum = 0;
      array.forEach((value) => {
        sum += value;
      });
      return sum;
    },
    iterate(array) {
      let sum = 0;
      for (const value of array) sum += value;
      return sum;
    },
  },
  Float64Array: {
    make(_, count) {
      const array = new Float64Array(count);
      for (let i = 0; i < count; ++i) array[i] = i + 0.5;
      return array;
    },
    set(array, count, passes) {
      for (let pass = 0; pass < passes; ++pass) for (let i = 0; i < count; ++i) array[i] = i * 0.5;
    },
    get(array, count, passes) {
      let sum = 0;
      for (let pass = 0; pass < passes; ++pass) for (let i = 0; i < count; ++i) sum += array[i];
      return sum;
    },
    forEach(array) {
      let sum = 0;
      array.forEach((value) => {
        sum += value;
      });
      return sum;
    },
    iterate(array) {
      let sum = 0;
      for (const value of array) sum += value;
      return sum;
    },
  },
  /** What any view of a linear memory costs once that has grown: V8 then looks at each access whether it was detached. */
  'grown memory': {
    make(_, count) {
      const memory = new WebAssembly.Memory({ initial: 1 });
      memory.grow(Math.ceil((count * 8) / 65536));
      const array = new Float64Array(memory.buffer, 0, count);
      for (let i = 0; i < count; ++i) array[i] = i + 0.5;
      return array;
    },
    set(array, count, passes) {
      for (let pass = 0; pass < passes; ++pass) for (let i = 0; i < count; ++i) array[i] = i * 0.5;
    },
    get(array, count, passes) {
      let sum = 0;
      for (let pass = 0; pass < passes; ++pass) for (let i = 0; i < count; ++i) sum += array[i];
      return sum;
    },
    forEach(array) {
      let sum = 0;
      array.forEach((value) => {
        sum += value;
      });
      return sum;
    },
    iterate(array) {
      let sum = 0;
      for (const value of array) sum += value;
      return sum;
    },
  },
  Array: {
    make(_, count) {
      const array = [];
      for (let i = 0; i < count; ++i) array.push(i + 0.5);
      return array;
    },
    set(array, count, passes) {
      for (let pass = 0; pass < passes; ++pass) for (let i = 0; i < count; ++i) array[i] = i * 0.5;
    },
    get(array, count, passes) {
      let sum = 0;
      for (let pass = 0; pass < passes; ++pass) for (let i = 0; i < count; ++i) sum += array[i];
      return sum;
    },
    forEach(array) {
      let sum = 0;
      array.forEach((value) => {
        sum += value;
      });
      return sum;
    },
    iterate(array) {
      let sum = 0;
      for (const value of array) sum += value;
      return sum;
    },
  },
};

function arrays(options) {
  return {
    contenders: ['tidemark', 'Float64Array', 'grown memory', 'Array'],
    onlyMany: true,
    measure(world, contender, count) {
      const { now } = world;
      const loops = arrayLoops[contender];
      const passes = passesOver(count);
      const figures = {};
      const before = world.heapBytes();
      let begin = now();
      const array = loops.make(world, count, options);
      figures.push = perOperation(begin, now(), count);
      figures.bytes = (world.heapBytes() - before + (array.memoryUsage ?? 0)) / count;
      begin = now();
      loops.set(array, count, passes);
      figures.set = perOperation(begin, now(), passes * count);
      const sum = (count * (count - 1)) / 4;
      begin = now();
      const got = loops.get(array, count, passes);
      figures.get = perOperation(begin, now(), passes * count);
      expect('what was got', got, passes * sum);
      for (const figure of ['forEach', 'iterate']) {
        begin = now();
        const seen = loops[figure](array);
        figures[figure] = perOperation(begin, now(), count);
        expect(`what ${figure} has seen`, seen, sum);
      }
      array.dispose?.();
      return figures;
    },
  };
}

/** As each is by default: tidemark's reads the clock at each use, lru-cache's once a millisecond. And each as the other one. */
const caches = {
  contenders: ['tidemark', 'lru-cache', 'tidemark, coarse clock', 'lru-cache, exact clock'],
  measure(world, contender, count) {
    const { now } = world;
    const keys = ints(2 * count);
    const asked = secondHalf(keys);
    const scatteredKeys = scattered(asked);
    const before = world.heapBytes();
    const ours = contender.startsWith('tidemark');
    const options = { max: count, ttl: 3_600_000 };
    if (contender.includes('coarse')) options.ttlResolution = 1;
    if (contender.includes('exact')) options.ttlResolution = 0;
    const cache = ours ? world.tidemark.createCache(options) : new world.LRUCache(options);
    const figures = {};
    let begin = now();
    for (let i = 0; i < count; ++i) cache.set(keys[i], i);
    figures.set = perOperation(begin, now(), count);
    figures.bytes = (world.heapBytes() - before + (ours ? cache.memoryUsage : 0)) / count;
    begin = now();
    for (let i = count; i < 2 * count; ++i) cache.set(keys[i], i);
    figures.replace = perOperation(begin, now(), count); // one is evicted for each
    let sum = 0;
    begin = now();
    for (let i = 0; i < count; ++i) sum += cache.get(asked[i]);
    figures.get = perOperation(begin, now(), count);
    begin = now();
    for (let i = 0; i < count; ++i) sum += cache.get(scatteredKeys[i]);
    figures.scattered = perOperation(begin, now(), count);
    sum /= 2;
    expect('the sum of what was got', sum, (count * (3 * count - 1)) / 2);
    let seen = 0;
    begin = now();
    for (const [, value] of cache.entries()) seen += value;
    figures.iterate = perOperation(begin, now(), count);
    expect('the sum of what was seen', seen, sum);
    cache.dispose?.();
    return figures;
  },
};

export const cases = {
  'map<int,int>': maps(ints, (i) => i, undefined, true),
  'map<i32,i32>': maps(
    ints,
    (i) => i,
    () => ({ key: 'i32', value: 'i32' }),
    true,
  ),
  'map<int,double>': maps(ints, (i) => i + 0.5, undefined, true),
  'map<string,number>': maps(
    (count) => Array.from({ length: count }, (_, i) => textKey(i)),
    (i) => i,
    undefined,
    false,
  ),
  'set<int>': sets,
  'array of f64': arrays({ type: 'f64' }),
  'array of any': arrays({}),
  'cache with ttl': caches,
};

/**
 * The figures of one contender: bytes from a first round; times are medians of later ones, in which nothing is collected on
 * purpose, since that also discards what was compiled.
 */
export function measure(world, name, contender, count) {
  const { measure: once } = cases[name];
  const { bytes } = once(world, contender, count);
  const timed = { ...world, heapBytes: () => 0 };
  for (let round = 0; round < 3; ++round) once(timed, contender, Math.min(count, 20_000));
  const rounds = Array.from({ length: count < 500_000 ? 5 : 3 }, () => once(timed, contender, count));
  const figures = { ...rounds[0], bytes };
  for (const figure of Object.keys(figures)) {
    if (figure === 'bytes') continue;
    figures[figure] = rounds.map((round) => round[figure]).sort((a, b) => a - b)[rounds.length >> 1];
  }
  return figures;
}

// How many WebAssembly instructions run where malloc and free go their shortest way: src/heap/README.md says so to readers,
// and nothing may be added there unseen. The way is followed through the linked module, branch by branch.
import { decode } from '@webassemblyjs/wasm-parser';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const kReturn = Infinity;
const names = new Set(['end', 'local']); // of places; they do nothing

/**
 * Instructions that run from the start of a function to its return.
 *
 * @param {object[]} body  as the parser gives it
 * @param {boolean[]} branches  at each `if` and `br_if` that is come to: whether its condition holds
 */
function instructionsOnTheWay(body, branches) {
  const way = [];
  const decide = (id) => {
    if (branches.length === 0) throw new Error(`no answer is left for the ${id} after ${way.slice(-12).join(' ')}`);
    return branches.shift();
  };
  /** @returns {number} how many enclosing blocks are left: 0 goes on behind this one */
  function run(instructions) {
    for (const { type, id, args, instr, consequent, alternate } of instructions) {
      let left = 0;
      if (type === 'BlockInstruction') {
        left = run(instr);
      } else if (type === 'IfInstruction') {
        way.push('if');
        left = run(decide('if') ? consequent : alternate);
      } else if (type === 'LoopInstruction') {
        throw new Error('a loop on the way');
      } else if (!names.has(id)) {
        way.push(id);
        if (id === 'return') return kReturn;
        if (id === 'br' || (id === 'br_if' && decide('br_if'))) return args[0].value + 1;
        continue;
      }
      if (left > 1) return left - 1;
    }
    return 0;
  }
  run(body);
  expect(branches, 'answers that nothing asked for').toEqual([]);
  return way;
}

/** Bodies of functions, by name; what a name `requires` is no part of it. */
function bodiesIn(program) {
  const file = fileURLToPath(new URL(`../../build/wasm/tests/override/${program}.wasm`, import.meta.url));
  const module = decode(readFileSync(file), { ignoreDataSection: true });
  const nameOf = ({ name }) => name?.value?.replace(/ requires .*/, '');
  return (name) => module.body[0].fields.find((field) => nameOf(field) === name).body;
}

// What the conditions ask is in src/heap/heap.h, allocate() and free(), of small blocks.
const malloc = { name: 'tidemark_malloc', branches: [false, true], instructions: 37, loads: 5, stores: 1 };
const free = {
  name: 'tidemark_free',
  branches: [false, false, false, false],
  instructions: 55,
  loads: 9,
  stores: 1,
};

// With the runtime, limits, the profiler and the statistics are there: free counts bytes and blocks up in one word, and malloc
// counts them down in another from what is left until the nearest mark, be that a sample or a limit. One load, one comparison
// and one store serve all of them, and are there whether a limit is armed or not: no other memory is looked at.
const observed = 'tidemark::Heap<tidemark::WasmPages, tidemark::HeapMeter>::';
const observedMalloc = {
  ...{ name: `${observed}allocate(unsigned long)`, branches: [false, true, false] },
  ...{ instructions: 59, loads: 6, stores: 2 },
};
const observedFree = { ...free, name: `${observed}free(void*)`, instructions: 64, loads: 11, stores: 2 };

describe.each([
  ['fast_path', [malloc, free]],
  ['fast_path_runtime', [observedMalloc, observedFree]],
])('the shortest way through, in %s', (program, ways) => {
  const bodyOf = bodiesIn(program);
  test.each(ways)('$name', ({ name, branches, instructions, loads, stores }) => {
    const way = instructionsOnTheWay(bodyOf(name), [...branches]);
    const count = (kind) => way.filter((id) => id.startsWith(kind)).length;
    expect(way, way.join(' ')).toHaveLength(instructions);
    expect({ loads: count('load'), stores: count('store') }, way.join(' ')).toEqual({ loads, stores });
  });
});

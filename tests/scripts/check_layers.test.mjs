import { describe, expect, test } from 'vitest';
import { violations } from '../../scripts/check_layers.mjs';

const found = (path, ...lines) => violations([[path, lines.join('\n')]]);

describe('what the layers allow', () => {
  test.each([
    ['src/heap/heap.h', '#include "heap/runs.h"'],
    ['src/heap/heap.h', '#include "base/units.h"'],
    ['src/heap/heap.h', '#include <tidemark/heap_stats.h>'],
    ['src/heap/heap.h', '#include <cstddef>'],
    ['src/heap/heap.h', '#include <sys/mman.h>'],
    ['src/override/malloc.cpp', '#include "leaks/growth.h"'],
    ['src/platform/wasm_pages.h', '#include <emscripten/heap.h>'],
    ['src/tidemark/other.h', '#include <tidemark/heap_stats.h>'],
    ['bindings/monitor.cpp', '#include "monitor/history.h"'],
    ['bindings/monitor.cpp', '#include <emscripten/bind.h>'],
    ['tests/unit/heap_test.cpp', '#include "heap/heap.h"'],
  ])('%s may have %s', (path, line) => {
    expect(found(path, line)).toEqual([]);
  });
});

describe('what they do not', () => {
  test.each([
    ['src/base/units.h', '#include "heap/heap.h"', 'heap/ is not below base/'],
    ['src/heap/heap.h', '#  include <override/malloc.h>', 'override/ is not below heap/'],
    ['src/leaks/growth.h', '#include "manager/limits.h"', 'manager/ is not below leaks/'],
    ['src/pool/pool.h', '#include "movable/handle.h"', 'movable/ is not below pool/'],
    ['src/heap/heap.h', '#include <emscripten.h>', "Emscripten's headers stay in"],
    ['src/heap/heap.h', '#include "runs.h"', 'named from src/ on'],
    ['src/heap/heap.h', '#include "../base/units.h"', 'named from src/ on'],
    ['src/tidemark/heap_stats.h', '#include "heap/heap.h"', 'public headers only'],
    ['src/override/malloc.cpp', '#include "bindings/monitor.h"', 'nothing includes bindings/'],
    ['tests/unit/heap_test.cpp', '#include "bindings/monitor.h"', 'nothing includes bindings/'],
    ['src/stuff/stuff.h', '#include "base/units.h"', 'src/stuff/ is in no layer'],
  ])('%s may not have %s', (path, line, why) => {
    const lines = found(path, '// first', line);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${path}:2: includes`);
    expect(lines[0]).toContain(why);
  });

  test('a comment is no include', () => {
    expect(found('src/base/units.h', '// #include "heap/heap.h"')).toEqual([]);
  });
});

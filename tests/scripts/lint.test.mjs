import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../../scripts/environment.mjs';
import { clangTidy } from '../../scripts/lint.mjs';

let checkout;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'tidemark-lint-'));
  mkdirSync(join(checkout, 'src/base'), { recursive: true });
  copyFileSync(join(root, '.clang-tidy'), join(checkout, '.clang-tidy'));
});

afterEach(() => rmSync(checkout, { recursive: true }));

test('clang-tidy finds a fault in a header of ours', async () => {
  writeFileSync(
    join(checkout, 'src/base/bad.h'),
    '#pragma once\ninline int BadName(int* p) { return p == 0 ? 1 : *p; }\n',
  );
  await expect(clangTidy(checkout)).rejects.toMatchObject({
    output: expect.stringMatching(/invalid case style for function 'BadName'[\s\S]*use nullptr/),
  });
});

test('clang-tidy has nothing to say of a good header', async () => {
  writeFileSync(
    join(checkout, 'src/base/good.h'),
    '#pragma once\n#include <cstddef>\ninline constexpr std::size_t kPageBytes = 64 * 1024;\n',
  );
  await clangTidy(checkout);
});

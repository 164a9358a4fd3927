// The examples of README.md, as they stand there.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

const text = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const examples = [...text.matchAll(/```js\n([\s\S]*?)```\n/g)].map(([, code = '']) => code);
const folder = join(import.meta.dirname, '../../build/readme_examples');
mkdirSync(folder, { recursive: true });

async function printed(index: number): Promise<unknown[]> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const file = join(folder, `example_${index}.mjs`);
  writeFileSync(file, examples[index] ?? '');
  await import(/* @vite-ignore */ file);
  const [words = []] = log.mock.calls;
  log.mockRestore();
  return words;
}

test('there are two', () => expect(examples).toHaveLength(2));

test('a report', async () => {
  const [report] = await printed(0);
  expect(report).toContain('shop');
  expect(report).toContain('64');
});

test('structures', async () => {
  expect(await printed(1)).toEqual([3.2, 42, '<h1>Hello</h1>', expect.any(Number)]);
});

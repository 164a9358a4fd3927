// What a page loads for the dashboard: small, and without the core of the package.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const dist = new URL('../../dist/', import.meta.url);

/** A file of the package, and all that it imports by itself. */
function loaded(name: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(name)) return found;
  const text = readFileSync(new URL(name, dist), 'utf8');
  found.set(name, text);
  for (const [, other = ''] of text.matchAll(/(?:from|import)\s*["']\.\/([\w-]+\.js)["']/g)) loaded(other, found);
  return found;
}

test('at most 60 KiB, compressed', () => {
  const files = loaded('dashboard.js');
  expect(files.size).toBeGreaterThan(1); // what it shares with other entry points counts
  const bytes = [...files.values()].reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
  expect(bytes).toBeLessThan(60 * 1024);
});

test('the core is another matter: nothing of the manager, and no engine', () => {
  const names = [...loaded('dashboard.js').keys()];
  expect(names).not.toContain('index.js');
  const core = loaded('index.js');
  const bytesOf = (files: Iterable<string>): number => [...files].reduce((sum, text) => sum + text.length, 0);
  const shared = names.filter((name) => core.has(name)).map((name) => core.get(name) ?? '');
  expect(bytesOf(shared)).toBeLessThan(bytesOf(core.values()) / 4);
});

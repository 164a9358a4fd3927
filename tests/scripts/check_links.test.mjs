import { describe, expect, test } from 'vitest';
import { anchors, brokenLinks } from '../../scripts/check_links.mjs';

const found = (text, other = '') =>
  brokenLinks(
    new Map([
      ['docs/a.md', text],
      ['docs/b.md', other],
    ]),
  );

test('anchors are what GitHub makes of headings', () => {
  const text =
    '# Look at it\n## `Module.tidemark`\n## Names, files and lines\n## Look at it\n```sh\n# no heading\n```\n';
  expect([...anchors(text)]).toEqual(['look-at-it', 'moduletidemark', 'names-files-and-lines', 'look-at-it-1']);
});

describe('links that lead somewhere', () => {
  test.each([
    ['a file', '[b](b.md)'],
    ['a file of the checkout', '[the license](../LICENSE)'],
    ['a folder', '[`src/`](../src)'],
    ['a heading', '[b](b.md#far-away)', '## Far away'],
    ['a heading of the same file', '# Here\n[up](#here)'],
    ['another site', '[site](https://example.com/none.md#none)'],
    ['no link, but code', '`f[i](none.md)`\n```js\na[i](none.md)\n```'],
  ])('%s', (_what, text, other) => expect(found(text, other)).toEqual([]));
});

describe('links that lead nowhere', () => {
  test.each([
    ['a file', 'one\n[`b`](none.md)', 'docs/a.md:2: none.md: there is no docs/none.md'],
    ['a heading', '[b](b.md#none)', 'docs/a.md:1: b.md#none: docs/b.md has no such heading'],
    ['a heading of the same file', '[b](#none)', 'docs/a.md:1: #none: docs/a.md has no such heading'],
    ['a picture', '<img src="images/none.png">', 'docs/a.md:1: images/none.png: there is no docs/images/none.png'],
    ['the second of two', '[b](b.md) [c](c.md)', 'docs/a.md:1: c.md: there is no docs/c.md'],
  ])('%s', (_what, text, line) => expect(found(text)).toEqual([line]));
});

// Links of the Markdown files: the file that each names is there, and so is the heading after `#`, by GitHub's rules.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './environment.mjs';

const skipped = new Set(['.git', 'build', 'dist', 'node_modules', 'test-results', 'playwright-report']);

/** What is code is no link and no heading: it is left out, its lines are kept. */
const withoutCode = (text) => text.replace(/^(```|~~~).*\n[\s\S]*?^\1[ \t]*$/gm, (code) => code.replace(/[^\n]/g, ''));

/** The anchors of a text, as GitHub makes them of its headings; a second one of the same name ends with -1. */
export function anchors(text) {
  const found = new Set();
  for (const [, heading] of withoutCode(text).matchAll(/^#{1,6}[ \t]+(.*?)[ \t#]*$/gm)) {
    const name = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = name;
    for (let i = 1; found.has(anchor); ++i) anchor = `${name}-${i}`;
    found.add(anchor);
  }
  return found;
}

/**
 * @param {Map<string, string>} texts  Markdown files, by path from the root of the checkout
 * @param {string} checkout
 * @returns {string[]} one line for each link that leads nowhere, as `path:line: …`
 */
export function brokenLinks(texts, checkout = root) {
  const found = [];
  for (const [path, text] of texts) {
    withoutCode(text)
      .split('\n')
      .forEach((line, index) => {
        const prose = line.replace(/`[^`]*`/g, 'code');
        const links = prose.matchAll(/\]\(<?([^)>\s]+)[^)]*\)|\b(?:href|src|srcset)="([^"]+)"/g);
        for (const [, inMarkdown, inHtml] of links) {
          const target = inMarkdown ?? inHtml;
          if (/^[a-z][a-z+.-]*:/i.test(target)) continue;
          const [file, anchor] = target.split('#');
          const to = file ? join(dirname(path), decodeURIComponent(file)) : path;
          const say = (why) => found.push(`${path}:${index + 1}: ${target}: ${why}`);
          if (!texts.has(to) && !existsSync(join(checkout, to))) say(`there is no ${to}`);
          else if (anchor !== undefined && !anchors(texts.get(to) ?? '').has(anchor)) say(`${to} has no such heading`);
        }
      });
  }
  return found;
}

function markdownFiles(folder = '') {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : markdownFiles(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function main() {
  const texts = new Map(markdownFiles().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  const found = brokenLinks(texts);
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
  else console.log(`the links of ${texts.size} files lead somewhere`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) main();

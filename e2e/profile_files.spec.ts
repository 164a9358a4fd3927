// Files of profiles, opened by the programs that they are for: speedscope, which needs a WebGL that Firefox hasn't got
// everywhere, and Chromium's own DevTools. Not for Firefox: playwright.config.ts.
import { calls, profilePlaces } from './places.js';
import { expect, test } from './server.js';

const profilerPanel = 'devtools://devtools/bundled/panels/profiler/profiler.js';
const total = calls.reduce((sum, [bytes]) => sum + bytes, 0);
const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KB`;
/** A row of speedscope's table of functions. */
const row = (name: string, inclusive: number, own: number): RegExp => {
  const cell = (bytes: number): string => `${bytes === 0 ? '0 B' : kilobytes(bytes)} \\([^)]*\\)`;
  return new RegExp(`^\\s*${cell(inclusive)}\\s*${cell(own)}\\s*${name}(?![:\\w])`);
};

test('speedscope opens the files for pprof, for speedscope and for Chrome', async ({ page, site }) => {
  const files = await profilePlaces(page, site);
  const contents = [
    ['heap.pb.gz', Buffer.from(files.pprof, 'base64'), 'Importing as protobuf'],
    ['heap.speedscope.json', Buffer.from(files.speedscope), 'Importing as speedscope'],
    ['heap.heapprofile', Buffer.from(files.chrome), 'Importing as Chrome Heap Profile'],
  ] as const;
  for (const [name, buffer, importer] of contents) {
    await page.goto(`${site}node_modules/speedscope/dist/release/index.html`);
    const imported = page.waitForEvent('console', (message) => message.text().startsWith(importer));
    await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
    await imported;
    await page.getByText('Sandwich').click();
    const rows = page.locator('tr');
    await expect(rows.filter({ hasText: row('game::take_texture', 10_000, 10_000) })).toHaveCount(1);
    await expect(rows.filter({ hasText: row('game::Mesh::Mesh', 5000, 5000) })).toHaveCount(1);
    await expect(rows.filter({ hasText: row('begin_level', total, 0) })).toHaveCount(1);
  }
});

test("Chromium's DevTools open their heap profile", async ({ page, site }) => {
  const { chrome } = await profilePlaces(page, site);
  await page.goto('devtools://devtools/bundled/devtools_app.html');
  // The texts of the application come later than its page, and whoever shows anything before them throws.
  await page.waitForFunction(async (url) => {
    const { HeapProfileView } = (await import(url)) as {
      HeapProfileView: { SamplingHeapProfileType: new () => object };
    };
    try {
      new HeapProfileView.SamplingHeapProfileType();
    } catch (error) {
      if (/locale/i.test(String(error))) return false;
      throw error;
    }
    return true;
  }, profilerPanel);
  const stacks = await page.evaluate(
    async ([text, url]) => {
      interface Node {
        functionName: string;
        self: number;
        total: number;
        children: Node[];
      }
      const { HeapProfileView } = (await import(url)) as {
        HeapProfileView: {
          SamplingHeapProfileType: new () => { createProfileLoadedFromFile(name: string): Header };
          SamplingHeapProfileModel: new (profile: object) => { root: Node };
        };
      };
      interface Header {
        profile: object;
        loadFromFile(file: File): Promise<unknown>;
      }
      const header = new HeapProfileView.SamplingHeapProfileType().createProfileLoadedFromFile('heap.heapprofile');
      const error = await header.loadFromFile(new File([text], 'heap.heapprofile'));
      if (error instanceof Error) throw error;
      const { root } = new HeapProfileView.SamplingHeapProfileModel(header.profile);
      const found: [bytes: number, stack: string[]][] = [];
      const visit = (node: Node, stack: string[]): void => {
        if (node.self > 0) found.push([node.self, stack]);
        for (const child of node.children) visit(child, [child.functionName.replace(/\(.*/, ''), ...stack]);
      };
      visit(root, []);
      return { total: root.total, found };
    },
    [chrome, profilerPanel] as const,
  );
  expect(stacks.total).toBe(total);
  const inner = stacks.found.map(([bytes, stack]) => [bytes, stack.slice(0, stack.indexOf('begin_level') + 1)]);
  expect(inner).toHaveLength(calls.length);
  expect(inner).toEqual(expect.arrayContaining(calls.map(([bytes, stack]) => [bytes, [...stack]])));
});

// Existing programs, managed from the package, in browsers; web/tests/existing_programs.test.ts does the same in Node.
import type { Page } from '@playwright/test';
import { compileAssemblyScript } from '../web/tests/assemblyscript_program.mjs';
import { verifyAssemblyScript, verifyLinkedSqlite, verifyPlainSqlite } from '../web/tests/existing_programs.mjs';
import { expect, test } from './server.js';

type Existing = Record<'linkedSqlite' | 'plainSqlite' | 'assemblyScript', (bytes: number[]) => Promise<never>>;

async function run(page: Page, site: string, name: keyof Existing, bytes: number[] = []): Promise<never> {
  await page.goto(`${site}e2e/pages/existing.html`);
  await page.waitForFunction(() => 'existing' in globalThis);
  return page.evaluate<never, readonly [keyof Existing, number[]]>(
    ([which, given]) => (globalThis as unknown as { existing: Existing }).existing[which](given),
    [name, bytes],
  );
}

test('SQLite, linked with the runtime', async ({ page, site }) => {
  verifyLinkedSqlite(await run(page, site, 'linkedSqlite'), expect);
});

test('SQLite on plain dlmalloc', async ({ page, site }) => {
  verifyPlainSqlite(await run(page, site, 'plainSqlite'), expect);
});

test('an AssemblyScript program, as a bare memory', async ({ page, site }) => {
  verifyAssemblyScript(await run(page, site, 'assemblyScript', [...(await compileAssemblyScript())]), expect);
});

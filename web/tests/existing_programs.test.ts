// Existing programs, managed from the package, in Node. e2e/existing.spec.ts does the same in browsers.
import { expect, test } from 'vitest';
import * as tidemark from 'tidemark';
import { attach } from 'tidemark/attach';
import { compileAssemblyScript } from './assemblyscript_program.mjs';
import * as programs from './existing_programs.mjs';

const load = async (name: string): Promise<unknown> => {
  const url = new URL(`../../build/wasm/web/${name}.mjs`, import.meta.url);
  return ((await import(url.href)) as { default: unknown }).default;
};

test('SQLite, linked with the runtime', async () => {
  programs.verifyLinkedSqlite(await programs.linkedSqlite(await load('sqlite_tidemark'), attach), expect);
});

test('SQLite on plain dlmalloc', async () => {
  programs.verifyPlainSqlite(await programs.plainSqlite(await load('sqlite_dlmalloc'), tidemark), expect);
});

test('an AssemblyScript program, as a bare memory', async () => {
  programs.verifyAssemblyScript(await programs.assemblyScript(await compileAssemblyScript(), tidemark), expect);
});

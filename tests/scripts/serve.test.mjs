import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../scripts/serve.mjs';

let work;
let server;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'tidemark-serve-'));
  const root = join(work, 'root');
  mkdirSync(join(root, 'folder'), { recursive: true });
  writeFileSync(join(root, 'index.html'), '<p>Hello</p>');
  writeFileSync(join(root, 'app.mjs'), 'export {};');
  writeFileSync(join(root, 'app.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  writeFileSync(join(root, '.hidden'), 'secret');
  writeFileSync(join(work, 'outside.txt'), 'secret');
  server = await serve({ root, port: 0 });
});

afterAll(async () => {
  await server.close();
  rmSync(work, { recursive: true });
});

/** A request whose path is sent as it is: fetch would resolve the dots. */
function statusOf(path, method = 'GET') {
  return new Promise((done, failed) => {
    request({ host: '127.0.0.1', port: server.port, path, method }, (response) => {
      response.resume();
      done(response.statusCode);
    })
      .on('error', failed)
      .end();
  });
}

test.each([
  ['', 'text/html; charset=utf-8'],
  ['app.mjs', 'text/javascript; charset=utf-8'],
  ['app.wasm', 'application/wasm'],
])('/%s is served as %s', async (path, type) => {
  const response = await fetch(server.url + path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(type);
});

test('what is served can be compiled as it streams in', async () => {
  const response = await fetch(`${server.url}app.wasm`);
  expect(await WebAssembly.compileStreaming(response)).toBeInstanceOf(WebAssembly.Module);
});

test.each([
  '/../outside.txt',
  '/%2e%2e/outside.txt',
  '/..%2foutside.txt',
  '/.hidden',
  '/none',
  '/folder',
  '/%00',
  '/%zz',
])('%s is not found', async (path) => {
  expect(await statusOf(path)).toBe(404);
});

test('nothing but reading is answered', async () => {
  expect(await statusOf('/', 'POST')).toBe(405);
  expect(await statusOf('/', 'HEAD')).toBe(200);
});

test('a port in use is passed over, with one line', async () => {
  const lines = [];
  const second = await serve({ root: work, port: server.port, say: (line) => lines.push(line) });
  try {
    expect(second.port).toBeGreaterThan(server.port);
    expect(lines).toEqual([`Port ${server.port} is in use: serving on ${second.port} instead.`]);
    expect((await fetch(`${second.url}outside.txt`)).status).toBe(200);
  } finally {
    await second.close();
  }
});

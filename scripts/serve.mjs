// A static file server for pages and their WebAssembly: `node scripts/serve.mjs [--root FOLDER] [--port N]`.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const mimeTypes = new Map([
  ['.cjs', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.png', 'image/png'],
  ['.svg', 'image/svg+xml'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.wasm', 'application/wasm'],
]);

/** The file a URL path stands for, inside `root`; undefined for what is outside, hidden, or no path at all. */
function fileFor(root, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  if (path.includes('\0') || path.split('/').some((part) => part.startsWith('.'))) return undefined;
  const file = normalize(join(root, path.endsWith('/') ? `${path}index.html` : path));
  return file.startsWith(root + sep) ? file : undefined;
}

function answer(root, request, response) {
  const fail = (status, words) => response.writeHead(status, { 'content-type': 'text/plain' }).end(`${words}\n`);
  if (request.method !== 'GET' && request.method !== 'HEAD') return fail(405, 'only GET and HEAD are answered');
  const file = fileFor(root, request.url);
  if (!file) return fail(404, 'not found');
  stat(file)
    .then((found) => {
      if (!found.isFile()) return fail(404, 'not found');
      response.writeHead(200, {
        'content-type': mimeTypes.get(extname(file)) ?? 'application/octet-stream',
        'content-length': found.size,
        // What is served was just built: nothing of it is kept.
        'cache-control': 'no-store',
        // Isolated from other origins, so that pages get timers of full precision.
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      });
      if (request.method === 'HEAD') return response.end();
      return createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response);
    })
    .catch(() => fail(404, 'not found'));
}

function listen(server, host, port) {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, host, () => {
      server.removeListener('error', failed);
      done(server.address().port);
    });
  });
}

/**
 * Serves the files below `root`, to this machine only unless `host` says otherwise. A port that is taken is passed over,
 * with one line that says so; port 0 takes any free one.
 *
 * @param {{ root: string, port?: number, host?: string, say?: (line: string) => void }} options
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>} `url` ends with a slash
 */
export async function serve({ root, port = 8080, host = '127.0.0.1', say = console.log }) {
  const folder = resolve(root);
  const server = createServer((request, response) => answer(folder, request, response));
  let taken;
  for (let candidate = port; ; ++candidate) {
    try {
      taken = await listen(server, host, candidate);
      break;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || candidate >= Math.min(port + 100, 65535)) throw error;
    }
  }
  if (port !== 0 && taken !== port) say(`Port ${port} is in use: serving on ${taken} instead.`);
  const close = () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`, port: taken, close };
}

async function main() {
  const { values } = parseArgs({ options: { root: { type: 'string' }, port: { type: 'string' } } });
  const port = Number(values.port ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(`--port: ${values.port} was given, and a number from 0 to 65535 is expected`);
    process.exitCode = 2;
    return;
  }
  const { url } = await serve({ root: values.root ?? '.', port });
  console.log(`Serving on ${url} (Ctrl+C stops)`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) await main();

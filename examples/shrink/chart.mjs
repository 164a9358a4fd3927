// npm run chart: what the system says of a process whose program peaks at 400 MB and frees nearly all of it, on Emscripten's
// default malloc and on Tidemark with a shrink; measured now, and drawn to docs/images/shrink.svg.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { loadEnvironment, main, root, run } from '../../scripts/environment.mjs';
import { draw } from './draw.mjs';

const here = import.meta.dirname;
const output = join(root, 'build/chart');
const intervalMs = 15;

async function installedPrefix() {
  if (process.env.TIDEMARK_PREFIX) return process.env.TIDEMARK_PREFIX;
  const prefix = join(output, 'prefix');
  await run('cmake', ['--install', join(root, 'build/wasm'), '--prefix', prefix], { capture: true });
  return prefix;
}

async function build(name, flags) {
  const file = join(output, `${name}.mjs`);
  const common = ['-O2', '--no-entry', '-sALLOW_MEMORY_GROWTH', '-sMODULARIZE', '-sEXPORT_ES6', '-sENVIRONMENT=node'];
  await run('emcc', [join(here, 'program.c'), ...common, ...flags, '-o', file], { capture: true });
  return file;
}

function residentBytes(pid) {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Runs the timeline; returns samples { ms, bytes } and marks { phase: ms, … }, from its begin on. */
async function measure(file) {
  const child = spawn(process.execPath, [join(here, 'timeline.mjs'), file], {
    env: loadEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const samples = [];
  const timer = setInterval(() => {
    try {
      samples.push({ at: Date.now(), bytes: residentBytes(child.pid) });
    } catch {
      // It has ended.
    }
  }, intervalMs);
  let told = '';
  for await (const text of child.stdout) told += text;
  clearInterval(timer);
  const lines = told
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  if (lines.at(-1)?.phase !== 'end') throw new Error(`the timeline of ${file} did not come to its end`);
  const begin = lines[0].at;
  const end = lines.at(-1);
  if (end.liveBytes < 0) throw new Error(`${file}: a block has changed`);
  return {
    samples: samples
      .filter(({ at, bytes }) => at >= begin && at <= end.at && bytes > 0)
      .map(({ at, bytes }) => ({ ms: at - begin, bytes })),
    marks: Object.fromEntries(lines.map(({ phase, at }) => [phase, at - begin])),
    liveBytes: end.liveBytes,
    pauseMs: lines.find(({ phase }) => phase === 'shrink').durationMs,
  };
}

await main(async () => {
  mkdirSync(output, { recursive: true });
  const port = join(await installedPrefix(), 'share/tidemark/tidemark.py:runtime=true');
  const before = await measure(await build('dlmalloc', ['-sMALLOC=dlmalloc']));
  const after = await measure(await build('tidemark', [`--use-port=${port}`]));
  const megabytes = (bytes) => Math.round(bytes / 2 ** 20);
  for (const [name, { samples, liveBytes }] of Object.entries({ dlmalloc: before, Tidemark: after })) {
    const all = samples.map(({ bytes }) => bytes);
    console.log(
      `${name}: ${megabytes(all[0])} MB at first, ${megabytes(Math.max(...all))} at the peak, ${megabytes(all.at(-1))} at the end; ${(liveBytes / 2 ** 20).toFixed(1)} MB live`,
    );
  }
  console.log(`shrink() took ${after.pauseMs.toFixed(1)} ms`);
  const image = join(root, 'docs/images/shrink.svg');
  mkdirSync(join(root, 'docs/images'), { recursive: true });
  writeFileSync(image, draw({ before, after, engine: `Node ${process.versions.node}` }));
  console.log(`drawn to ${image}`);
});

// Makes dist/ from src/, and puts the licence where npm packs it from.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = import.meta.dirname;
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));

rmSync(join(folder, 'dist'), { recursive: true, force: true });
// npm reads the output of `npm pack --json`: what is told here goes to stderr.
const { status } = spawnSync(process.execPath, [join(typescript, 'bin/tsc'), '--project', folder], {
  stdio: ['ignore', 2, 2],
});
if (status === 0) copyFileSync(join(folder, '../LICENSE'), join(folder, 'LICENSE'));
process.exitCode = status ?? 1;

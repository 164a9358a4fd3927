// Set-up and processes, for every script of the repository: what `source toolchain/env.sh` gives a shell, given to Node.
import { spawn, spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, without a slash at its end. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A failure that is told in one line, without a stack trace. `output` is what the failed command had printed. */
export class CommandError extends Error {
  constructor(message, code, output = '') {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.output = output;
  }
}

const setUpMark = 'TIDEMARK_SET_UP';
let loaded;

function setUp() {
  const quiet = { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] };
  if (spawnSync('bash', ['toolchain/setup', '--check'], quiet).status === 0) return;
  const { status, signal } = spawnSync('bash', ['toolchain/setup'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0)
    throw new CommandError('toolchain/setup did not succeed; the lines above say why', status ?? signal);
}

/**
 * The environment with emcc, em++ and emcmake on PATH. Runs toolchain/setup first when something is missing, and shows
 * its progress. The result is kept, and processes started with it do not check again.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function loadEnvironment() {
  if (loaded) return loaded;
  if (process.env[setUpMark] !== root) setUp();
  const { status, stdout, stderr } = spawnSync('bash', ['-c', '. toolchain/env.sh && env -0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new CommandError(stderr.trim() || 'toolchain/env.sh did not succeed', status);
  const entries = stdout
    .split('\0')
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  loaded = { ...Object.fromEntries(entries), [setUpMark]: root };
  return loaded;
}

/** A command on a line that fits. */
function shortened(words) {
  const line = words.join(' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

/**
 * Runs a command, in the root of the checkout and with `loadEnvironment()` unless told otherwise.
 *
 * @param {string} command
 * @param {string[]} [args]
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]  replaces the environment
 * @param {boolean} [options.capture]  keep the output instead of showing it
 * @param {(text: string) => void} [options.onOutput]  called with each piece of output, when it is captured
 * @param {boolean} [options.mayFail]  an exit code other than 0 is a result, not an error
 * @returns {Promise<{ code: number, stdout: string, stderr: string, output: string }>} `output` is both in the order they came
 * @throws {CommandError} the command is not there, was killed, or failed
 */
export function run(command, args = [], options = {}) {
  const { cwd = root, env = loadEnvironment(), capture = false, onOutput, mayFail = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    });
    const stopWithUs = () => child.kill('SIGTERM');
    process.once('exit', stopWithUs);
    let stdout = '';
    let stderr = '';
    let output = '';
    const collect = (stream, keep) => {
      stream?.setEncoding('utf8');
      stream?.on('data', (text) => {
        keep(text);
        output += text;
        onOutput?.(text);
      });
    };
    collect(child.stdout, (text) => (stdout += text));
    collect(child.stderr, (text) => (stderr += text));
    child.on('error', (error) => {
      process.removeListener('exit', stopWithUs);
      reject(
        new CommandError(
          error.code === 'ENOENT' ? `${command}: no such program` : `${command}: ${error.message}`,
          error.code,
        ),
      );
    });
    child.on('close', (code, signal) => {
      process.removeListener('exit', stopWithUs);
      if (signal) reject(new CommandError(`${command} was stopped by ${signal}`, signal, output));
      else if (code !== 0 && !mayFail)
        reject(new CommandError(`${shortened([command, ...args])} failed with ${code}`, code, output));
      else resolve({ code, stdout, stderr, output });
    });
  });
}

/** Runs a script's main function; a CommandError, or an option that is none, ends it with one line and no stack trace. */
export async function main(program) {
  try {
    process.exitCode = (await program()) ?? 0;
  } catch (error) {
    const isAnswer = error instanceof CommandError || error.code?.startsWith?.('ERR_PARSE_ARGS');
    if (!isAnswer) throw error;
    if (error.output) process.stderr.write(`${error.output.trimEnd()}\n`);
    console.error(error.message);
    process.exitCode = 1;
  }
}

// Starts an Emscripten application in this process, once: what emcc writes as an ES module, as CommonJS with -sMODULARIZE, or
// as a plain script.
import { readFileSync } from 'node:fs';
import { Module as NodeModule } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EmscriptenModule } from '../engine.js';
import { messageOf } from '../errors.js';
import { CliError } from './cli_error.js';
import { keepForResults } from './output.js';

export interface StartOptions {
  /** Milliseconds for the application to be ready. */
  startTimeout: number;
}

type Factory = (options: object) => Promise<EmscriptenModule | undefined> | EmscriptenModule | undefined;

const options = {
  print: (text: string) => void process.stderr.write(`${text}\n`),
  noExitRuntime: true,
};

/** It is started without arguments, for those of the command line aren't meant for it, and prints to standard error. */
function setStage(): void {
  keepForResults();
  process.argv.length = 2;
}

/** The content of a file that is a CommonJS module, whatever the package.json beside it says of .js files. */
function requireText(path: string, text: string, global?: { Module: object }): unknown {
  const module = new NodeModule(path) as NodeModule & { _compile(code: string, path: string): void };
  module.filename = path;
  module.paths = [dirname(path)];
  Object.assign(module, global);
  module._compile(global ? `var Module = module.Module; ${text}` : text, path);
  return module.exports;
}

/** What comes without -sMODULARIZE, as a plain script: it takes the variable Module where there is one, and runs main() at once. */
function startedScript(path: string, text: string): Promise<EmscriptenModule> {
  return new Promise((done, fail) => {
    const module = {
      ...options,
      onRuntimeInitialized: () => setImmediate(done, module),
      onAbort: (what: unknown) => fail(new Error(`Aborted(${String(what)})`)),
    };
    requireText(path, text, { Module: module });
  });
}

/** The function that starts a program, and what its file exports. */
async function exportsOf(path: string, text: string): Promise<[unknown, object]> {
  let failure: { error: unknown } | null = null;
  try {
    const namespace = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    const exported = namespace['default'] ?? namespace['module.exports'];
    if (typeof exported === 'function') return [exported, namespace];
  } catch (error) {
    failure = { error };
  }
  if (/^\s*(import|export)\s/m.test(text)) {
    if (failure) throw failure.error;
    return [null, {}];
  }
  return [requireText(path, text), {}];
}

async function started(path: string, text: string): Promise<unknown> {
  if (/=\s*typeof Module\s*!==?\s*["']/.test(text)) return startedScript(path, text);
  const [start, namespace] = await exportsOf(path, text);
  if (typeof start !== 'function') return null;
  const module = await (start as Factory)({ ...options });
  return module ?? ('tidemark' in namespace || 'HEAPU8' in namespace ? namespace : null); // -sMODULARIZE=instance
}

/** Rejects when `start` takes longer, which it does not by work that it did in one piece. Its timer keeps no process alive. */
function within<T>(timeoutMs: number, start: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    const late = (): void =>
      fail(new Error(`it was not ready after ${timeoutMs} ms; --start-timeout <ms> gives it more`));
    const timer = setTimeout(() => setImmediate(late), timeoutMs).unref();
    start.then(done, fail).finally(() => clearTimeout(timer));
  });
}

/** @throws {CliError} it can't be read, or started in that time, or isn't what emcc writes */
export async function loadApp(
  file: string,
  { startTimeout }: StartOptions,
): Promise<{ id: string; module: EmscriptenModule }> {
  const path = resolve(file);
  if (/\.wasm$/.test(file)) {
    throw new CliError(3, `${file}: this is the binary; give the JavaScript that emcc made with it`);
  }
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(3, `${file}: it can't be read: ${(error as Error).message}`);
  }
  setStage();
  let module: unknown;
  try {
    module = await within(startTimeout, started(path, text));
  } catch (error) {
    throw new CliError(3, `${file}: it could not be started: ${messageOf(error)}`);
  }
  if (typeof module !== 'object' || module === null) {
    throw new CliError(
      3,
      `${file}: it exports no Emscripten module; link it for Node (-sENVIRONMENT=node), with -sMODULARIZE or as it comes`,
    );
  }
  return { id: basename(file).replace(/\.[cm]?js$/, '') || 'app', module: module as EmscriptenModule };
}

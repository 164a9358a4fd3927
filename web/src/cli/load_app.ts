// Starts an Emscripten application in this process: what emcc writes as an ES module, as CommonJS with -sMODULARIZE, or as a
// plain script.
import { readFileSync } from 'node:fs';
import { Module as NodeModule } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EmscriptenModule } from '../engine.js';
import { CliError } from './cli_error.js';

type Factory = (options: object) => Promise<EmscriptenModule> | EmscriptenModule;

/** What the application prints goes to standard error: standard output is for results. */
const options = {
  print: (text: string) => void process.stderr.write(`${text}\n`),
  noExitRuntime: true,
};

/** The content of a file that is a CommonJS module, whatever the package.json beside it says of .js files. */
function requireText(path: string, text: string, exports: object = {}): unknown {
  const module = new NodeModule(path) as NodeModule & { _compile(code: string, path: string): void };
  module.filename = path;
  module.exports = exports;
  module.paths = [dirname(path)];
  module._compile(text, path);
  return module.exports;
}

async function exportsOf(path: string, text: string): Promise<unknown> {
  // A plain script runs where it is read, and may do so once only. It takes the Module that is there.
  if (/\bvar Module\s*=\s*typeof Module\b/.test(text)) {
    return requireText(path, `var Module = module.exports; ${text}\nmodule.exports = Module;`, { ...options });
  }
  let failure: Error | null = null;
  try {
    const namespace = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    const exported = namespace['default'] ?? namespace['module.exports'];
    if (typeof exported === 'function') return exported;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  if (/^\s*(import|export)\s/m.test(text)) {
    if (failure) throw failure;
    return null;
  }
  const exported = requireText(path, text);
  if (typeof exported === 'function') return exported;
  // A plain script that Closure has renamed the Module of.
  return /\bvar Module\b/.test(text) ? requireText(path, `${text}\nmodule.exports = Module;`) : null;
}

function started(module: EmscriptenModule & { calledRun?: boolean }): Promise<EmscriptenModule> {
  return new Promise((done) => {
    if (module.calledRun) done(module);
    else Object.assign(module, { onRuntimeInitialized: () => done(module) });
  });
}

/** @throws {CliError} it can't be read or started, or isn't what emcc writes */
export async function loadApp(file: string): Promise<{ id: string; module: EmscriptenModule }> {
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
  let module: unknown;
  try {
    const exported = await exportsOf(path, text);
    if (typeof exported === 'function') module = await (exported as Factory)({ ...options });
    else if (typeof exported === 'object' && exported !== null) module = await started(exported as EmscriptenModule);
  } catch (error) {
    throw new CliError(3, `${file}: it could not be started: ${(error as Error).message ?? String(error)}`);
  }
  if (typeof module !== 'object' || module === null) {
    throw new CliError(
      3,
      `${file}: it exports no Emscripten module; link it for Node (-sENVIRONMENT=node), with -sMODULARIZE or as it comes`,
    );
  }
  return { id: basename(file).replace(/\.[cm]?js$/, '') || 'app', module: module as EmscriptenModule };
}

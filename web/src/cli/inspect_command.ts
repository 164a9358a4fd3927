// tidemark inspect app.wasm
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import Table from 'cli-table3';
import { shownBytes } from '../shown_bytes.js';
import { CliError } from './cli_error.js';
import { inspect, type Inspection } from './inspection.js';
import { tell } from './output.js';

const counted = (count: number, of: string): string => `${count} ${of}${count === 1 ? '' : 's'}`;

/** Names are whatever the binary says, and some of it would move a terminal's cursor. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '\ufffd');

/** What the runtime exports for itself says nothing of the program: --json has all. */
function exportsRow(names: string[]): string {
  const own = names.filter((name) => !name.startsWith('tidemark_'));
  const others = names.length - own.length;
  return [...own, ...(others > 0 ? [`and ${others} of Tidemark's`] : [])].join(', ');
}

const hex = (address: number): string => `0x${address.toString(16)}`;

function rows(found: Inspection): [string, string][] {
  const { memory, staticData, stack, shrink } = found;
  const most = memory?.maximumBytes;
  const possible = shrink.possible === null ? 'not known' : shrink.possible ? 'possible' : 'not possible';
  return [
    ['binary', shownBytes(found.bytes)],
    [
      'memory',
      memory
        ? `${shownBytes(memory.initialBytes)}${memory.imported ? ', imported' : ''}${memory.shared ? ', shared' : ''}`
        : 'none',
    ],
    [
      'may grow to',
      memory
        ? memory.growable
          ? most === null || most === undefined
            ? '4.0 GiB (no maximum)'
            : shownBytes(most)
          : "it can't grow"
        : '',
    ],
    [
      'static data',
      staticData
        ? `${shownBytes(staticData.bytes)}, ${hex(staticData.beginAddress)} to ${hex(staticData.endAddress)}`
        : 'none',
    ],
    ['stack', stack ? `at most ${shownBytes(stack.mostBytes)}, from ${hex(stack.topAddress)} down` : 'not known'],
    ['allocator', `${found.allocator} (${printable(found.evidence)})`],
    ['functions', `${found.functions}, and ${counted(found.imports, 'import')}`],
    ['exports', printable(exportsRow(found.exports))],
    ['shrink', possible],
    ...shrink.needs.map(({ need, there }): [string, string] => [
      `  ${need}`,
      there === null ? 'not known' : there ? 'yes' : 'no',
    ]),
  ];
}

/** Returns the exit code. */
export function inspectCommand(file: string, options: { json?: boolean }): number {
  const stem = file.replace(/\.(wasm|[cm]?js)$/, '');
  const wasm = `${stem}.wasm`;
  const isScript = /\.[cm]?js$/.test(file);
  if (isScript && existsSync(file) && !existsSync(wasm)) {
    throw new CliError(
      3,
      `${file}: there is no ${basename(wasm)} beside it; with -sSINGLE_FILE the script holds the binary itself: link it without to inspect it`,
    );
  }
  // Beside a binary, any that is there: emcc may have written app.js and app.mjs, one after the other.
  const scripts = isScript
    ? [file]
    : ['.js', '.mjs', '.cjs'].map((end) => stem + end).filter((path) => existsSync(path));
  let bytes: Uint8Array;
  let glue: string[];
  try {
    bytes = readFileSync(isScript ? wasm : file);
    glue = scripts.map((path) => readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CliError(3, `${file}: it can't be read: ${(error as Error).message}`);
  }
  let found: Inspection;
  try {
    found = inspect(file, bytes, glue.length > 0 ? glue.join('\n') : null);
  } catch (error) {
    throw new CliError(3, `${file}: it can't be inspected: ${(error as Error).message}`);
  }
  if (options.json) {
    tell(`${JSON.stringify(found, null, 2)}\n`);
    return 0;
  }
  const table = new Table({ style: { head: [], border: [] }, colWidths: [null, 90], wordWrap: true });
  table.push(...rows(found));
  tell(`${table.toString()}\n`);
  return 0;
}

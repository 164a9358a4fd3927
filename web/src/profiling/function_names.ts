// Names of functions in WebAssembly: what the engine has told already, and the name section.
import type { ProfilerTables, RawFrame } from '../profiler_tables.js';
import type { ProfileFrame } from './profile_data.js';

export class FunctionNames {
  readonly #tables: Pick<ProfilerTables, 'sections'>;
  #names: Map<number, string> | null = null;

  constructor(tables: Pick<ProfilerTables, 'sections'>) {
    this.#tables = tables;
  }

  frame(raw: RawFrame): ProfileFrame {
    const { kind, position, functionIndex, script: file, line, column } = raw;
    if (kind !== 'wasm') {
      const name = raw.name || (file === '' ? '(anonymous)' : '');
      return { name, kind, file, line, column, address: 0, functionIndex };
    }
    const name = raw.name || this.#nameOf(functionIndex) || unnamedFunction(functionIndex);
    return { name, kind, file: '', line: 0, column: 0, address: position, functionIndex };
  }

  #nameOf(index: number): string | undefined {
    this.#names ??= readNameSection(this.#tables.sections('name')[0]);
    return this.#names.get(index);
  }
}

/** What stands for the name of a function that has none. */
export const unnamedFunction = (index: number): string => `wasm-function[${index}]`;

/** Function names of a name section: subsection 1, (index, name) in LEB128 and UTF-8. */
export function readNameSection(section: ArrayBuffer | undefined): Map<number, string> {
  const names = new Map<number, string>();
  if (section === undefined) return names;
  const bytes = new Uint8Array(section);
  const text = new TextDecoder();
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const kind = bytes[at++];
    const end = number() + at;
    if (kind === 1) {
      for (let count = number(); count > 0 && at < end; --count) {
        const index = number();
        const length = number();
        names.set(index, text.decode(bytes.subarray(at, at + length)));
        at += length;
      }
    }
    at = end;
  }
  return names;
}

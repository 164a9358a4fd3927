// Names of places in WebAssembly: what the engine has told already, the name section, a source map.
import { GREATEST_LOWER_BOUND, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { TidemarkError } from '../errors.js';
import type { ProfilerTables, RawFrame } from '../profiler_tables.js';
import type { ProfileFrame, SymbolSources } from './profile_data.js';

// How far in front of a call its line is looked for.
const mostBytesBack = 64;

export class FunctionNames {
  readonly #tables: ProfilerTables;
  readonly #map: TraceMap | null;
  #names: Map<number, string> | null = null;

  /** @throws {TidemarkError} `'invalid-argument'`: no such source map */
  constructor(tables: ProfilerTables, { sourceMap }: SymbolSources) {
    this.#tables = tables;
    try {
      this.#map = sourceMap === undefined ? null : new TraceMap(sourceMap as string);
    } catch (cause) {
      throw new TidemarkError('invalid-argument', `sourceMap: ${String(cause)}, and a source map is expected`, {
        cause,
      });
    }
  }

  resolve(raw: RawFrame): ProfileFrame {
    const { kind, position, functionIndex } = raw;
    if (kind !== 'wasm') {
      return { name: raw.name, kind, file: raw.script, line: raw.line, column: raw.column, address: 0, functionIndex };
    }
    const name = raw.name || this.#nameOf(functionIndex) || `wasm-function[${functionIndex}]`;
    const place = this.#placeOf(position);
    return {
      name,
      kind,
      file: place?.source ?? '',
      line: place?.line ?? 0,
      column: place?.column ?? 0,
      address: position,
      functionIndex,
    };
  }

  /** Emscripten's source maps have one line, and byte offsets for columns; what the optimiser has made has no place there. */
  #placeOf(position: number): { source: string | null; line: number | null; column: number | null } | null {
    if (this.#map === null) return null;
    for (let column = position; column > Math.max(position - mostBytesBack, 0); --column) {
      const place = originalPositionFor(this.#map, { line: 1, column, bias: GREATEST_LOWER_BOUND });
      if (place.source !== null) return place;
    }
    return null;
  }

  #nameOf(index: number): string | undefined {
    this.#names ??= readNameSection(this.#tables.sections('name')[0]);
    return this.#names.get(index);
  }
}

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

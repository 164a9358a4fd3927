// What makes places in WebAssembly readable: DWARF and source maps. A chunk of its own, loaded when a profile is symbolized.
import { GREATEST_LOWER_BOUND, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { checkOptions, type Check } from '../checks.js';
import { shown, TidemarkError } from '../errors.js';
import { unnamedFunction } from '../profiling/function_names.js';
import type { ProfileFrame } from '../profiling/profile_data.js';
import { Dwarf, type SourcePlace } from './dwarf.js';
import { dwarfIn, findSymbols, readBytes, type ProgramCode } from './symbol_files.js';

/** Where the lines of a program are; without any, what the program itself names is looked for. */
export interface SymbolSources {
  /** The .wasm that was linked with `-g`, or the file that `-gseparate-dwarf` made: its content, or where it is. */
  dwarf?: BufferSource | URL;
  /** The .wasm.map file that `-gsource-map` made: its content, as text or parsed, or where it is. */
  sourceMap?: string | object | URL;
}

/** The frames that one stands for: those of inlined functions first, the function that has the code last. */
export type Symbols = (frame: ProfileFrame) => ProfileFrame[];

const anything: Check = ['', () => true]; // looked at where it is read

// How far in front of a call its line is looked for in a source map.
const mostBytesBack = 64;

/**
 * @throws {TidemarkError} `'invalid-argument'`: no such file, or one without what it should have; `'not-supported'`: none was
 *   given, and the program names none that can be read
 */
export async function loadSymbols(sources: SymbolSources = {}, code: ProgramCode): Promise<Symbols> {
  checkOptions(sources, { dwarf: anything, sourceMap: anything });
  const { dwarf, sourceMap } = sources;
  if (dwarf !== undefined) return dwarfSymbols(dwarfIn(await given('dwarf', dwarf)));
  if (sourceMap !== undefined) {
    const text = sourceMap instanceof URL ? new TextDecoder().decode(await given('sourceMap', sourceMap)) : sourceMap;
    return sourceMapSymbols(text);
  }
  const found = await findSymbols(code);
  return found.kind === 'dwarf' ? dwarfSymbols(found.dwarf) : sourceMapSymbols(found.text);
}

async function given(name: string, source: BufferSource | URL): Promise<Uint8Array> {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof URL) return readBytes(name, source.href);
  throw new TidemarkError(
    'invalid-argument',
    `${name}: ${shown(source)} was given, and the content of a file, or its URL, is expected`,
  );
}

function dwarfSymbols(dwarf: Dwarf): Symbols {
  return expander(({ address, functionIndex }) => {
    try {
      // JavaScriptCore tells the function alone, and not where in it.
      return address > 0 ? dwarf.places(address) : dwarf.functionPlaces(functionIndex);
    } catch (cause) {
      throw new TidemarkError('invalid-argument', `dwarf: it can't be read: ${String(cause)}`, { cause });
    }
  });
}

function sourceMapSymbols(source: string | object): Symbols {
  let map: TraceMap;
  try {
    map = new TraceMap(source as string);
  } catch (cause) {
    throw new TidemarkError('invalid-argument', `sourceMap: ${String(cause)}, and a source map is expected`, { cause });
  }
  // Emscripten's source maps have one line, and byte offsets for columns; what the optimiser has made has no place there.
  return expander(({ address }) => {
    for (let column = address; column > Math.max(address - mostBytesBack, 0); --column) {
      const place = originalPositionFor(map, { line: 1, column, bias: GREATEST_LOWER_BOUND });
      if (place.source !== null) return [{ name: '', file: place.source, line: place.line, column: place.column }];
    }
    return [];
  });
}

const expander =
  (placesOf: (frame: ProfileFrame) => SourcePlace[]): Symbols =>
  (frame) => {
    if (frame.kind !== 'wasm') return [frame];
    const places = placesOf(frame);
    if (places.length === 0) return [frame];
    const own = frame.name === unnamedFunction(frame.functionIndex) ? '' : frame.name;
    return places.map((place, depth) => ({
      ...frame,
      ...place,
      // The binary names the function with its parameters.
      name: (depth === places.length - 1 && own) || place.name || frame.name,
    }));
  };

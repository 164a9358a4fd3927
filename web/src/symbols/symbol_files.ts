// Where a program's symbols are: in itself, or in files that sections of it name.
import { TidemarkError } from '../errors.js';
import { ByteReader } from './byte_reader.js';
import { Dwarf } from './dwarf.js';
import { wasmSections } from './wasm_sections.js';

/** A program's code, as far as it is known: its sections without a place in memory, and where it was loaded from. */
export interface ProgramCode {
  sections(name: string): ArrayBuffer[];
  source(): string | Uint8Array | null;
}

/** @throws {TidemarkError} `'invalid-argument'` */
export async function readBytes(name: string, href: string): Promise<Uint8Array> {
  try {
    // fetch() reads no files in Node.
    const files = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.('node:fs');
    if (files && !/^(https?|data|blob):/.test(href))
      return files.readFileSync(/^file:/.test(href) ? new URL(href) : href);
    const response = await fetch(href);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new TidemarkError('invalid-argument', `${name}: ${href} could not be read: ${String(cause)}`, { cause });
  }
}

interface NodeProcess {
  getBuiltinModule?(name: 'node:fs'): { readFileSync(path: string | URL): Uint8Array };
}

/** @throws {TidemarkError} `'invalid-argument'` */
export function dwarfIn(bytes: Uint8Array): Dwarf {
  let cause: Error | undefined;
  try {
    const sections = wasmSections(bytes);
    const dwarf = sections && Dwarf.of(sections);
    if (dwarf) return dwarf;
  } catch (error) {
    if (error instanceof Error) cause = error;
  }
  throw new TidemarkError(
    'invalid-argument',
    `dwarf: there is no DWARF that can be read in these ${bytes.length} bytes${cause ? ` (${cause.message})` : ''}, and a WebAssembly binary that was linked with -g is expected`,
    { cause },
  );
}

/** What the program itself has, or names. @throws {TidemarkError} */
export async function findSymbols(
  code: ProgramCode,
): Promise<{ kind: 'dwarf'; dwarf: Dwarf } | { kind: 'sourceMap'; text: string }> {
  const source = code.source();
  const base = typeof source === 'string' ? source : '';
  const separate = named(code.sections('external_debug_info')[0]);
  if (separate !== '') return { kind: 'dwarf', dwarf: dwarfIn(await readBytes('dwarf', beside(base, separate))) };
  if (code.sections('.debug_info').length > 0 && source !== null) {
    const bytes = typeof source === 'string' ? await readBytes('dwarf', source) : source;
    return { kind: 'dwarf', dwarf: dwarfIn(bytes) };
  }
  const map = named(code.sections('sourceMappingURL')[0]);
  if (map !== '') {
    return { kind: 'sourceMap', text: new TextDecoder().decode(await readBytes('sourceMap', beside(base, map))) };
  }
  throw new TidemarkError(
    'not-supported',
    'symbolize: neither DWARF nor a source map is named by the program, or it was not loaded from a file that is known; link it with -g, -gseparate-dwarf or -gsource-map, or give { dwarf } or { sourceMap }',
  );
}

/** The string that a section consists of. */
function named(section: ArrayBuffer | undefined): string {
  if (!section) return '';
  const reader = new ByteReader(new Uint8Array(section));
  const length = reader.uleb();
  return new TextDecoder().decode(reader.bytes.subarray(reader.at, reader.at + length));
}

/** A path as sections have it, which is relative to the program's file. */
function beside(base: string, path: string): string {
  if (/^[a-z]+:/i.test(path) || path.startsWith('/')) return path;
  return /^[a-z]+:/i.test(base) ? new URL(path, base).href : base.replace(/[^\\/]*$/, '') + path;
}

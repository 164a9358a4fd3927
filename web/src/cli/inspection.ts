// What a program will do with its memory, as far as its binary and the JavaScript beside it tell.
import { parseWasm, type WasmBinary } from './wasm_binary.js';

export type Allocator = 'tidemark' | 'dlmalloc' | 'emmalloc' | 'mimalloc' | 'unknown';

export interface Need {
  need: string;
  /** Null where neither the binary nor the JavaScript beside it tells. */
  there: boolean | null;
}

export interface Inspection {
  file: string;
  bytes: number;
  memory: {
    initialBytes: number;
    maximumBytes: number | null;
    growable: boolean;
    imported: boolean;
    shared: boolean;
  } | null;
  staticData: { beginAddress: number; endAddress: number; bytes: number } | null;
  /** `mostBytes`: what lies between it and static data, some of which is static data that begins with zeros. */
  stack: { topAddress: number; mostBytes: number } | null;
  allocator: Allocator;
  /** What `allocator` was told by. */
  evidence: string;
  functions: number;
  imports: number;
  exports: string[];
  shrink: { possible: boolean | null; needs: Need[] };
}

const pageBytes = 65_536;

function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(Buffer.from(part));
}

const marks: { allocator: Allocator; names: RegExp; text?: string }[] = [
  { allocator: 'tidemark', names: /^(_?tidemark_|tidemark::)/, text: 'this block is free already' },
  { allocator: 'mimalloc', names: /^_?mi_(malloc|free|heap_)/, text: 'mimalloc: ' },
  { allocator: 'emmalloc', names: /^_?emmalloc_/ },
  { allocator: 'dlmalloc', names: /^_?(dlmalloc|dlfree)$/ },
];

/** i32.const 0x55555558: what dlmalloc makes its magic number with, and nothing else is known to have. */
const dlmallocMagic = new Uint8Array([0x41, 0xd8, 0xaa, 0xd5, 0xaa, 0x05]);

function allocatorOf(binary: WasmBinary): { allocator: Allocator; evidence: string } {
  const names = [...binary.functionNames, ...binary.exports.map(({ name }) => name)];
  for (const { allocator, names: pattern, text } of marks) {
    const name = names.find((candidate) => pattern.test(candidate));
    if (name !== undefined) return { allocator, evidence: `a function named ${name}` };
    const written = text === undefined ? null : new TextEncoder().encode(text);
    if (written && binary.dataBytes.some((data) => contains(data, written))) {
      return { allocator, evidence: `its text "${text}"` };
    }
  }
  if (contains(binary.code, dlmallocMagic)) return { allocator: 'dlmalloc', evidence: 'its constant 0x55555558' };
  return { allocator: 'unknown', evidence: 'no name, text or constant of any that is known' };
}

/** The stack lies above static data, or, with --stack-first, below it. */
function stackBytes(top: number, data: WasmBinary['data']): number {
  return data === null || top <= data.begin ? top : top - data.end;
}

/** @param glue  the JavaScript that emcc made with it, where that is at hand */
export function inspect(file: string, bytes: Uint8Array, glue: string | null): Inspection {
  const binary = parseWasm(bytes);
  const { memory, data, stackPointer } = binary;
  const { allocator, evidence } = allocatorOf(binary);
  const needs: Need[] = [
    { need: "Tidemark's malloc", there: allocator === 'tidemark' ? true : allocator === 'unknown' ? null : false },
    {
      need: 'the runtime (Module.tidemark), linked into the JavaScript',
      there: glue === null ? null : glue.includes('shrinkSoon'),
    },
    { need: 'a memory', there: memory !== null },
    { need: 'memory that is not shared with threads', there: memory !== null && !memory.shared },
    { need: 'addresses of 32 bits', there: memory !== null && !memory.is64 },
    { need: 'one module, no dynamic linking', there: !binary.customSections.some((name) => /^dylink/.test(name)) },
  ];
  const missing = needs.some(({ there }) => there === false);
  return {
    file,
    bytes: binary.bytes,
    memory: memory && {
      initialBytes: memory.minimum * pageBytes,
      maximumBytes: memory.maximum === null ? null : memory.maximum * pageBytes,
      growable: memory.maximum === null || memory.maximum > memory.minimum,
      imported: memory.imported,
      shared: memory.shared,
    },
    staticData: data && { beginAddress: data.begin, endAddress: data.end, bytes: data.bytes },
    stack: stackPointer === null ? null : { topAddress: stackPointer, mostBytes: stackBytes(stackPointer, data) },
    allocator,
    evidence,
    functions: binary.functions,
    imports: binary.imports.length,
    exports: binary.exports.map(({ name, kind }) => (kind === 'function' ? name : `${name} (${kind})`)),
    shrink: { possible: missing ? false : needs.every(({ there }) => there) ? true : null, needs },
  };
}

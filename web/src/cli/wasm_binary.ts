// What a WebAssembly binary says of itself, without running it (WebAssembly Core Specification 2.0, section 5).

export interface Limits {
  minimum: number;
  maximum: number | null;
  shared: boolean;
  is64: boolean;
}

export interface WasmBinary {
  bytes: number;
  memory: (Limits & { imported: boolean }) | null;
  imports: { module: string; name: string; kind: string }[];
  exports: { name: string; kind: string }[];
  functions: number;
  /** Of active data segments, where their place is a constant. */
  data: { begin: number; end: number; bytes: number; segments: number } | null;
  passiveBytes: number;
  /** Where the stack begins, in what LLVM links; null where nothing speaks for a stack in memory. */
  stackPointer: number | null;
  customSections: string[];
  /** Names of functions, where the name section is there. */
  functionNames: string[];
  /** Static data and code, to look for what is known of some libraries. */
  dataBytes: Uint8Array[];
  code: Uint8Array;
}

const kinds = ['function', 'table', 'memory', 'global', 'tag'];

/** One that is none of those which LLVM writes: of a vector, or of something collected. */
class UnknownConstant extends Error {}

/** Of a number in LEB128: what is longer is none. */
const mostBytes = 10;
/** i32.add, sub, mul; i64.add, sub, mul: what constants are computed by. */
const arithmetic = [0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e];
/** (ref null …) and (ref …), which say of what; all other types are one byte. */
const references = [0x63, 0x64];

class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error('it ends in the middle');
    return byte;
  }

  /** LEB128, unsigned; up to 2^53. */
  unsigned(): number {
    let value = 0;
    for (let i = 0; i < mostBytes; i++) {
      const byte = this.byte();
      value += (byte & 127) * 128 ** i;
      if (byte < 128) return value;
    }
    throw new Error('it has a number that has no end');
  }

  /** LEB128, of 32 bits, as an address. */
  address(): number {
    return Number(BigInt.asUintN(32, this.signed()));
  }

  signed(): bigint {
    let value = 0n;
    for (let i = 0; i < mostBytes; i++) {
      const byte = this.byte();
      const shift = BigInt(7 * i);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return byte & 64 ? value - (1n << (shift + 7n)) : value;
    }
    throw new Error('it has a number that has no end');
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new Error('it ends in the middle');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.unsigned()));
  }

  /** Of a value or a reference: its first byte. */
  type(): number {
    const type = this.byte();
    if (references.includes(type)) this.signed();
    return type;
  }

  limits(): Limits {
    const flags = this.byte();
    const minimum = this.unsigned();
    return { minimum, maximum: flags & 1 ? this.unsigned() : null, shared: (flags & 2) !== 0, is64: (flags & 4) !== 0 };
  }

  /** A constant expression: its value when it is one i32.const, i64.const, else null, for none is computed. */
  constant(): number | null {
    let value: number | null = null;
    for (let operators = 0; ; operators++) {
      const opcode = this.byte();
      if (opcode === 0x0b) return operators === 1 ? value : null;
      if (opcode === 0x41) value = this.address();
      else if (opcode === 0x42) value = Number(this.signed());
      else if (opcode === 0x23 || opcode === 0xd2) this.unsigned();
      else if (opcode === 0x43) this.take(4);
      else if (opcode === 0x44) this.take(8);
      else if (opcode === 0xd0) this.signed();
      else if (!arithmetic.includes(opcode))
        throw new UnknownConstant(`it has the opcode 0x${opcode.toString(16)} in a constant`);
    }
  }
}

/** @throws {Error} what is wrong with it */
export function parseWasm(bytes: Uint8Array): WasmBinary {
  const reader = new Reader(bytes);
  if (bytes.length < 8 || [0, 97, 115, 109].some((byte, i) => bytes[i] !== byte))
    throw new Error('it is no WebAssembly');
  reader.at = 4;
  const version = [reader.byte(), reader.byte(), reader.byte(), reader.byte()];
  if (version.join() !== '1,0,0,0')
    throw new Error(`it is of version ${version.join('.')}, a component perhaps, and 1 is expected`);
  const found: WasmBinary = {
    bytes: bytes.length,
    memory: null,
    imports: [],
    exports: [],
    functions: 0,
    data: null,
    passiveBytes: 0,
    stackPointer: null,
    customSections: [],
    functionNames: [],
    dataBytes: [],
    code: new Uint8Array(),
  };
  while (!reader.atEnd) {
    const id = reader.byte();
    section(id, new Reader(reader.take(reader.unsigned())), found);
  }
  return found;
}

function section(id: number, reader: Reader, found: WasmBinary): void {
  const each = (read: () => void): void => {
    for (let count = reader.unsigned(); count > 0; count--) read();
  };
  if (id === 0) {
    const name = reader.name();
    found.customSections.push(name);
    if (name === 'name') names(reader, found);
  } else if (id === 2) {
    each(() => importOf(reader, found));
  } else if (id === 3) {
    found.functions = reader.unsigned();
  } else if (id === 5) {
    each(() => memoryOf(reader, found, false));
  } else if (id === 6) {
    found.stackPointer = stackPointerIn(reader, found.memory);
  } else if (id === 7) {
    each(() => {
      const name = reader.name();
      found.exports.push({ name, kind: kinds[reader.byte()] ?? 'unknown' });
      reader.unsigned();
    });
  } else if (id === 10) {
    found.code = reader.bytes;
  } else if (id === 11) {
    each(() => segment(reader, found));
  }
}

/**
 * LLVM's stack pointer is the first global that changes and has the type of an address; it is aligned to 16 bytes, and within
 * memory. Compilers that have no such stack have something else there, as often as not 0.
 */
function stackPointerIn(reader: Reader, memory: Limits | null): number | null {
  if (!memory) return null;
  try {
    for (let count = reader.unsigned(); count > 0; count--) {
      const type = reader.type();
      const mutable = reader.byte() === 1;
      const value = reader.constant();
      if (!mutable || type !== (memory.is64 ? 0x7e : 0x7f)) continue;
      return value && value % 16 === 0 && value <= memory.minimum * 65_536 ? value : null;
    }
  } catch (error) {
    if (!(error instanceof UnknownConstant)) throw error;
  }
  return null;
}

/** Of several, the first is the program's. */
function memoryOf(reader: Reader, found: WasmBinary, imported: boolean): void {
  const limits = reader.limits();
  found.memory ??= { ...limits, imported };
}

function importOf(reader: Reader, found: WasmBinary): void {
  const module = reader.name();
  const name = reader.name();
  const kind = reader.byte();
  found.imports.push({ module, name, kind: kinds[kind] ?? 'unknown' });
  if (kind === 0) reader.unsigned();
  else if (kind === 1) {
    reader.type();
    reader.limits();
  } else if (kind === 2) memoryOf(reader, found, true);
  else if (kind === 3) {
    reader.type();
    reader.byte();
  } else if (kind === 4) {
    reader.byte();
    reader.unsigned();
  } else throw new Error(`it imports something of the kind ${kind}`);
}

function segment(reader: Reader, found: WasmBinary): void {
  const flags = reader.unsigned();
  const isFirst = flags !== 2 || reader.unsigned() === 0;
  const begin = flags === 1 ? null : reader.constant();
  const content = reader.take(reader.unsigned());
  found.dataBytes.push(content);
  if (begin === null || !isFirst) {
    if (begin === null) found.passiveBytes += content.length;
    return;
  }
  const { data } = found;
  found.data = {
    begin: Math.min(data?.begin ?? begin, begin),
    end: Math.max(data?.end ?? 0, begin + content.length),
    bytes: (data?.bytes ?? 0) + content.length,
    segments: (data?.segments ?? 0) + 1,
  };
}

function names(reader: Reader, found: WasmBinary): void {
  while (!reader.atEnd) {
    const id = reader.byte();
    const part = new Reader(reader.take(reader.unsigned()));
    if (id !== 1) continue;
    for (let count = part.unsigned(); count > 0; count--) {
      part.unsigned();
      found.functionNames.push(part.name());
    }
  }
}

import { ByteReader } from './byte_reader.js';

export interface WasmSections {
  bytes: Uint8Array;
  /** Where the content of the import section begins; 0 without one. */
  importsOffset: number;
  /** Where the content of the code section begins: what DWARF counts addresses from. */
  codeOffset: number;
  custom: Map<string, Uint8Array>;
}

/** Sections of a WebAssembly binary; null for what is none. */
export function wasmSections(bytes: Uint8Array): WasmSections | null {
  if (bytes.length < 8 || new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== 0x0061736d) return null;
  const found: WasmSections = { bytes, importsOffset: 0, codeOffset: 0, custom: new Map() };
  const reader = new ByteReader(bytes, 8);
  while (!reader.atEnd) {
    const id = reader.u8();
    const length = reader.uleb();
    const end = reader.at + length;
    if (id === 2) found.importsOffset = reader.at;
    if (id === 10) found.codeOffset = reader.at;
    if (id === 0) {
      const nameLength = reader.uleb();
      const name = new TextDecoder().decode(bytes.subarray(reader.at, reader.at + nameLength));
      found.custom.set(name, bytes.subarray(reader.at + nameLength, end));
    }
    reader.at = end;
  }
  return found;
}

/** Offsets of a byte of the code of each function, by its number; none of those that are imported. */
export function functionOffsets({ bytes, importsOffset, codeOffset }: WasmSections): number[] {
  const offsets = new Array<number>(importsOffset === 0 ? 0 : importedFunctions(new ByteReader(bytes, importsOffset)));
  const reader = new ByteReader(bytes, codeOffset);
  for (let count = reader.uleb(); count > 0; --count) {
    const size = reader.uleb();
    offsets.push(reader.at + 1); // past the count of locals: within the function, whichever byte it is said to begin with
    reader.skip(size);
  }
  return offsets;
}

function importedFunctions(reader: ByteReader): number {
  let functions = 0;
  const type = (): void => {
    if ([0x63, 0x64].includes(reader.u8())) reader.sleb(); // a reference, and to what
  };
  const limits = (): void => {
    const flags = reader.uleb();
    reader.uleb();
    if (flags & 1) reader.uleb();
  };
  const skip: Record<number, () => void> = {
    0: () => {
      ++functions;
      reader.uleb();
    },
    1: () => {
      type();
      limits();
    },
    2: limits,
    3: () => {
      type();
      reader.skip(1);
    },
    4: () => {
      reader.skip(1);
      reader.uleb();
    },
  };
  for (let count = reader.uleb(); count > 0; --count) {
    for (let name = 0; name < 2; ++name) reader.skip(reader.uleb());
    skip[reader.u8()]?.(); // a function, table, memory, global or tag
  }
  return functions;
}

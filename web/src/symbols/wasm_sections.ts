import { ByteReader } from './byte_reader.js';

export interface WasmSections {
  /** Where the content of the code section begins: what DWARF counts addresses from. */
  codeOffset: number;
  custom: Map<string, Uint8Array>;
}

/** Sections of a WebAssembly binary; null for what is none. */
export function wasmSections(bytes: Uint8Array): WasmSections | null {
  if (bytes.length < 8 || new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== 0x0061736d) return null;
  const found: WasmSections = { codeOffset: 0, custom: new Map() };
  const reader = new ByteReader(bytes, 8);
  while (!reader.atEnd) {
    const id = reader.u8();
    const length = reader.uleb();
    const end = reader.at + length;
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

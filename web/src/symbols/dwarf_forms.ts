// Sections of DWARF, and the forms that values of attributes have (DWARF 5, section 7.5).
import { textAt, type ByteReader } from './byte_reader.js';

export interface DwarfSections {
  info: Uint8Array;
  abbrev: Uint8Array;
  line: Uint8Array;
  str?: Uint8Array | undefined;
  lineStr?: Uint8Array | undefined;
  ranges?: Uint8Array | undefined;
  rnglists?: Uint8Array | undefined;
  strOffsets?: Uint8Array | undefined;
  addr?: Uint8Array | undefined;
}

/** How a unit writes its values. */
export interface UnitFormat {
  version: number;
  /** 64-bit DWARF: offsets have 8 bytes. */
  wide: boolean;
  addressBytes: number;
}

/** A number that stands for something in another section, by its number there. */
export class Indexed {
  constructor(
    readonly of: 'string' | 'address' | 'ranges',
    readonly index: number,
  ) {}
}

/** Numbers, strings, references into the unit as `{ unit }` and to anywhere as `{ info }`; null for what nobody needs. */
export type FormValue = number | string | null | Indexed | { unit: number } | { info: number };

const skipped = (reader: ByteReader, count: number): null => {
  reader.skip(count);
  return null;
};

/** @throws {RangeError} a form that DWARF 5 doesn't have */
export function readForm(
  reader: ByteReader,
  form: number,
  { wide, addressBytes, version }: UnitFormat,
  sections: DwarfSections,
  implicit = 0,
): FormValue {
  const offset = (): number => reader.unsigned(wide ? 8 : 4);
  switch (form) {
    case 0x01: // addr
      return reader.unsigned(addressBytes);
    case 0x03: // block2
      return skipped(reader, reader.u16());
    case 0x04: // block4
      return skipped(reader, reader.u32());
    case 0x05: // data2
      return reader.u16();
    case 0x06: // data4
      return reader.u32();
    case 0x07: // data8
      return reader.u64();
    case 0x08: // string
      return reader.text();
    case 0x09: // block
    case 0x18: // exprloc
      return skipped(reader, reader.uleb());
    case 0x0a: // block1
      return skipped(reader, reader.u8());
    case 0x0b: // data1
    case 0x0c: // flag
      return reader.u8();
    case 0x0d: // sdata
      return reader.sleb();
    case 0x0e: // strp
      return textAt(sections.str, offset());
    case 0x0f: // udata
      return reader.uleb();
    case 0x10: // ref_addr
      return { info: version < 3 ? reader.unsigned(addressBytes) : offset() };
    case 0x11: // ref1
      return { unit: reader.u8() };
    case 0x12: // ref2
      return { unit: reader.u16() };
    case 0x13: // ref4
      return { unit: reader.u32() };
    case 0x14: // ref8
      return { unit: reader.u64() };
    case 0x15: // ref_udata
      return { unit: reader.uleb() };
    case 0x16: // indirect
      return readForm(reader, reader.uleb(), { wide, addressBytes, version }, sections);
    case 0x17: // sec_offset
      return offset();
    case 0x19: // flag_present
      return 1;
    case 0x1a: // strx
      return new Indexed('string', reader.uleb());
    case 0x1b: // addrx
      return new Indexed('address', reader.uleb());
    case 0x1c: // ref_sup4
      return skipped(reader, 4);
    case 0x1d: // strp_sup
      return skipped(reader, wide ? 8 : 4);
    case 0x1e: // data16
      return skipped(reader, 16);
    case 0x1f: // line_strp
      return textAt(sections.lineStr, offset());
    case 0x20: // ref_sig8
    case 0x24: // ref_sup8
      return skipped(reader, 8);
    case 0x21: // implicit_const
      return implicit;
    case 0x22: // loclistx
      reader.uleb();
      return null;
    case 0x23: // rnglistx
      return new Indexed('ranges', reader.uleb());
    case 0x25: // strx1
      return new Indexed('string', reader.u8());
    case 0x26: // strx2
      return new Indexed('string', reader.u16());
    case 0x27: // strx3
      return new Indexed('string', reader.u24());
    case 0x28: // strx4
      return new Indexed('string', reader.u32());
    case 0x29: // addrx1
      return new Indexed('address', reader.u8());
    case 0x2a: // addrx2
      return new Indexed('address', reader.u16());
    case 0x2b: // addrx3
      return new Indexed('address', reader.u24());
    case 0x2c: // addrx4
      return new Indexed('address', reader.u32());
    default:
      throw new RangeError(`DWARF: there is a form 0x${form.toString(16)}, which version 5 doesn't have`);
  }
}

// A unit of .debug_info (DWARF 5, section 7.5): its entries, of which those are kept that functions are named and found by.
import { ByteReader, textAt } from './byte_reader.js';
import { Indexed, readForm, type DwarfSections, type FormValue, type UnitFormat } from './dwarf_forms.js';
import { readLineTable, type LineTable } from './dwarf_lines.js';

export const tags = {
  classType: 0x02,
  structType: 0x13,
  unionType: 0x17,
  inlined: 0x1d,
  subprogram: 0x2e,
  namespace: 0x39,
} as const;
const keptTags = new Set<number>(Object.values(tags));

const attributes = {
  name: 0x03,
  stmtList: 0x10,
  lowPc: 0x11,
  highPc: 0x12,
  compDir: 0x1b,
  abstractOrigin: 0x31,
  specification: 0x47,
  ranges: 0x55,
  callColumn: 0x57,
  callFile: 0x58,
  callLine: 0x59,
  linkageName: 0x6e,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
  rnglistsBase: 0x74,
} as const;

export interface Entry {
  tag: number;
  /** The innermost entry that is kept and has this one within it. */
  parent: Entry | null;
  name: string;
  linkageName: string;
  /** Offset in .debug_info of what this is the definition or the inlined copy of. */
  origin: number | null;
  ranges: [begin: number, end: number][];
  callFile: number;
  callLine: number;
  callColumn: number;
  inlined: Entry[];
}

interface Abbreviation {
  tag: number;
  hasChildren: boolean;
  attributes: { name: number; form: number; implicit: number }[];
}

export class Unit {
  readonly begin: number;
  readonly end: number;
  readonly #sections: DwarfSections;
  readonly #format: UnitFormat;
  readonly #abbreviations: Map<number, Abbreviation>;
  readonly #firstEntry: number;
  readonly #root: Map<number, FormValue>;
  #entries: Map<number, Entry> | null = null;
  #functions: Entry[] = [];
  #lines: LineTable | null | undefined;
  #ownRanges: [number, number][] | undefined;

  constructor(sections: DwarfSections, offset: number) {
    this.#sections = sections;
    this.begin = offset;
    const reader = new ByteReader(sections.info, offset);
    let length = reader.u32();
    const wide = length === 0xffffffff;
    if (wide) length = reader.u64();
    this.end = reader.at + length;
    const version = reader.u16();
    let kind = 1;
    let addressBytes = 0;
    if (version >= 5) {
      kind = reader.u8();
      addressBytes = reader.u8();
    }
    const abbreviationsAt = reader.unsigned(wide ? 8 : 4);
    if (version < 5) addressBytes = reader.u8();
    if (kind === 4 || kind === 5) reader.skip(8); // of what is split to another file
    if (kind === 2 || kind === 6) reader.skip(8 + (wide ? 8 : 4));
    this.#format = { version, wide, addressBytes };
    this.#abbreviations = readAbbreviations(sections.abbrev, abbreviationsAt);
    this.#firstEntry = reader.at;
    this.#root = this.#attributes(reader, this.#abbreviations.get(reader.uleb()));
  }

  /** What of the program the unit is about; empty where it doesn't say. */
  get ranges(): [number, number][] {
    return (this.#ownRanges ??= this.#ranges(this.#root));
  }

  get lines(): LineTable | null {
    if (this.#lines === undefined) {
      const at = this.#root.get(attributes.stmtList);
      const directory = this.#text(this.#root.get(attributes.compDir));
      this.#lines = typeof at === 'number' ? readLineTable(this.#sections, at, directory) : null;
    }
    return this.#lines;
  }

  /** The entry at an offset of .debug_info. */
  entryAt(offset: number): Entry | undefined {
    return this.#readEntries().get(offset);
  }

  /** Functions that have code. */
  get functions(): Entry[] {
    this.#readEntries();
    return this.#functions;
  }

  #readEntries(): Map<number, Entry> {
    if (this.#entries) return this.#entries;
    const entries = (this.#entries = new Map<number, Entry>());
    const reader = new ByteReader(this.#sections.info, this.#firstEntry);
    const parents: (Entry | null)[] = [];
    let parent: Entry | null = null;
    while (reader.at < this.end) {
      const offset = reader.at;
      const code = reader.uleb();
      if (code === 0) {
        parent = parents.pop() ?? null;
        if (parents.length === 0) break;
        continue;
      }
      const abbreviation = this.#abbreviations.get(code);
      const kept = abbreviation !== undefined && keptTags.has(abbreviation.tag);
      const values = this.#attributes(reader, abbreviation, kept);
      let entry: Entry | null = null;
      if (abbreviation && kept) {
        entry = this.#entry(abbreviation.tag, values, parent);
        entries.set(offset, entry);
        if (entry.tag === tags.subprogram && entry.ranges.length > 0) this.#functions.push(entry);
        if (entry.tag === tags.inlined) parent?.inlined.push(entry);
      }
      if (abbreviation?.hasChildren) {
        parents.push(parent);
        parent = entry ?? parent;
      }
    }
    return entries;
  }

  #entry(tag: number, values: Map<number, FormValue>, parent: Entry | null): Entry {
    const origin = values.get(attributes.abstractOrigin) ?? values.get(attributes.specification);
    const number = (attribute: number): number => Number(values.get(attribute) ?? 0);
    return {
      tag,
      parent,
      name: this.#text(values.get(attributes.name)),
      linkageName: this.#text(values.get(attributes.linkageName)),
      origin: this.#reference(origin),
      ranges: this.#ranges(values),
      callFile: number(attributes.callFile),
      callLine: number(attributes.callLine),
      callColumn: number(attributes.callColumn),
      inlined: [],
    };
  }

  #reference(value: FormValue | undefined): number | null {
    if (typeof value !== 'object' || value === null) return null;
    if ('unit' in value) return this.begin + value.unit;
    return 'info' in value ? value.info : null;
  }

  /** @throws {RangeError} an entry of a kind that isn't declared */
  #attributes(reader: ByteReader, abbreviation: Abbreviation | undefined, kept = true): Map<number, FormValue> {
    if (!abbreviation) throw new RangeError(`DWARF: the entry before ${reader.at} has no abbreviation`);
    const values = new Map<number, FormValue>();
    for (const { name, form, implicit } of abbreviation.attributes) {
      const value = readForm(reader, form, this.#format, this.#sections, implicit);
      if (kept) values.set(name, value);
    }
    return values;
  }

  #text(value: FormValue | undefined): string {
    if (typeof value === 'string') return value;
    if (!(value instanceof Indexed)) return '';
    const { strOffsets, str } = this.#sections;
    const size = this.#format.wide ? 8 : 4;
    const base = Number(this.#root.get(attributes.strOffsetsBase) ?? 8);
    if (!strOffsets) return '';
    return textAt(str, new ByteReader(strOffsets, base + value.index * size).unsigned(size));
  }

  #address(value: FormValue | undefined): number | null {
    if (typeof value === 'number') return value;
    if (!(value instanceof Indexed) || !this.#sections.addr) return null;
    const { addressBytes } = this.#format;
    const base = Number(this.#root.get(attributes.addrBase) ?? 8);
    return new ByteReader(this.#sections.addr, base + value.index * addressBytes).unsigned(addressBytes);
  }

  #ranges(values: Map<number, FormValue>): [number, number][] {
    const low = this.#address(values.get(attributes.lowPc));
    const high = values.get(attributes.highPc);
    const ranges = values.get(attributes.ranges);
    let found: [number, number][] = [];
    if (ranges !== undefined) {
      const base = this.#address(this.#root.get(attributes.lowPc)) ?? 0;
      found = this.#format.version >= 5 ? this.#rangeList5(ranges, base) : this.#rangeList4(Number(ranges), base);
    } else if (low !== null && high !== undefined) {
      // A length, but in DWARF before 4: an address, which is the greater one of what both could be.
      const end = high instanceof Indexed ? this.#address(high) : Number(high);
      found = [[low, this.#format.version < 4 || high instanceof Indexed ? (end ?? 0) : low + (end ?? 0)]];
    }
    // What the linker or the optimiser has removed begins at 0 or far above, or ends where it begins.
    return found.filter(([begin, end]) => begin > 0 && end > begin && end < 0xfffffff0);
  }

  #rangeList4(offset: number, unitBase: number): [number, number][] {
    const found: [number, number][] = [];
    const { addressBytes } = this.#format;
    if (!this.#sections.ranges) return found;
    const reader = new ByteReader(this.#sections.ranges, offset);
    let base = unitBase;
    for (;;) {
      const begin = reader.unsigned(addressBytes);
      const end = reader.unsigned(addressBytes);
      if (begin === 0 && end === 0) return found;
      if (begin === 2 ** (8 * addressBytes) - 1) base = end;
      else found.push([base + begin, base + end]);
    }
  }

  #rangeList5(value: FormValue, unitBase: number): [number, number][] {
    const found: [number, number][] = [];
    const { rnglists } = this.#sections;
    if (!rnglists) return found;
    let offset = Number(value);
    if (value instanceof Indexed) {
      const table = Number(this.#root.get(attributes.rnglistsBase) ?? 12);
      const size = this.#format.wide ? 8 : 4;
      offset = table + new ByteReader(rnglists, table + value.index * size).unsigned(size);
    }
    const reader = new ByteReader(rnglists, offset);
    const indexed = (): number => this.#address(new Indexed('address', reader.uleb())) ?? 0;
    const address = (): number => reader.unsigned(this.#format.addressBytes);
    let base = unitBase;
    for (;;) {
      const kind = reader.u8();
      if (kind === 0) return found;
      if (kind === 1) base = indexed();
      else if (kind === 2) found.push([indexed(), indexed()]);
      else if (kind === 3) found.push(lengthFrom(indexed(), reader.uleb()));
      else if (kind === 4) found.push([base + reader.uleb(), base + reader.uleb()]);
      else if (kind === 5) base = address();
      else if (kind === 6) found.push([address(), address()]);
      else if (kind === 7) found.push(lengthFrom(address(), reader.uleb()));
      else throw new RangeError(`DWARF: there is a range of kind ${kind}`);
    }
  }
}

const lengthFrom = (begin: number, length: number): [number, number] => [begin, begin + length];

// Units of one compilation share a table.
const tables = new WeakMap<Uint8Array, Map<number, Map<number, Abbreviation>>>();

function readAbbreviations(section: Uint8Array, offset: number): Map<number, Abbreviation> {
  const known = tables.get(section) ?? new Map<number, Map<number, Abbreviation>>();
  tables.set(section, known);
  const before = known.get(offset);
  if (before) return before;
  const found = new Map<number, Abbreviation>();
  known.set(offset, found);
  const reader = new ByteReader(section, offset);
  for (let code = reader.uleb(); code !== 0; code = reader.uleb()) {
    const abbreviation: Abbreviation = { tag: reader.uleb(), hasChildren: reader.u8() !== 0, attributes: [] };
    for (;;) {
      const name = reader.uleb();
      const form = reader.uleb();
      const implicit = form === 0x21 ? reader.sleb() : 0;
      if (name === 0 && form === 0) break;
      abbreviation.attributes.push({ name, form, implicit });
    }
    found.set(code, abbreviation);
  }
  return found;
}

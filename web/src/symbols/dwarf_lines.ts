// Line tables of DWARF 2 to 5 (.debug_line; DWARF 5, section 6.2).
import { ByteReader } from './byte_reader.js';
import { readForm, type DwarfSections } from './dwarf_forms.js';

export interface LineTable {
  /** Paths by the numbers that the tables and `DW_AT_call_file` have for them. */
  files: string[];
  /** The place of an address; null where there is none. */
  find(address: number): { file: string; line: number; column: number } | null;
}

interface Row {
  address: number;
  file: number;
  line: number;
  column: number;
}

/** The rows from one address up, which end at `end`. */
interface Sequence {
  begin: number;
  end: number;
  rows: Row[];
}

// What the linker writes for functions that it has left out: 0, or the highest addresses.
const isLive = (address: number): boolean => address > 0 && address < 0xfffffff0;

/** The table at an offset of .debug_line. `directory` is what relative paths are relative to. */
export function readLineTable(sections: DwarfSections, offset: number, directory: string): LineTable {
  const reader = new ByteReader(sections.line, offset);
  let length = reader.u32();
  const wide = length === 0xffffffff;
  if (wide) length = reader.u64();
  const end = reader.at + length;
  const version = reader.u16();
  let addressBytes = 4;
  if (version >= 5) {
    addressBytes = reader.u8();
    reader.skip(1); // selectors of segments
  }
  const programBegin = reader.unsigned(wide ? 8 : 4) + reader.at;
  const minimumLength = reader.u8();
  if (version >= 4) reader.skip(1); // operations an instruction: 1
  reader.skip(1); // whether rows begin statements
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const firstSpecial = reader.u8();
  const operandCounts = [0];
  for (let opcode = 1; opcode < firstSpecial; ++opcode) operandCounts.push(reader.u8());
  const files =
    version >= 5 ? readTable5(reader, sections, { wide, addressBytes, directory }) : readTable4(reader, directory);
  reader.at = programBegin;

  const sequences: Sequence[] = [];
  let rows: Row[] = [];
  let row: Row = { address: 0, file: 1, line: 1, column: 0 };
  const advance = (operations: number): void => void (row.address += operations * minimumLength);
  while (reader.at < end) {
    const opcode = reader.u8();
    if (opcode >= firstSpecial) {
      const operation = opcode - firstSpecial;
      advance(Math.floor(operation / lineRange));
      row.line += lineBase + (operation % lineRange);
      rows.push({ ...row });
    } else if (opcode === 0) {
      const next = reader.uleb() + reader.at;
      const extended = reader.u8();
      if (extended === 1) {
        if (rows[0] && isLive(rows[0].address)) sequences.push({ begin: rows[0].address, end: row.address, rows });
        rows = [];
        row = { address: 0, file: 1, line: 1, column: 0 };
      } else if (extended === 2) {
        row.address = reader.unsigned(next - reader.at);
      }
      reader.at = next;
    } else if (opcode === 1) {
      rows.push({ ...row });
    } else if (opcode === 2) {
      advance(reader.uleb());
    } else if (opcode === 3) {
      row.line += reader.sleb();
    } else if (opcode === 4) {
      row.file = reader.uleb();
    } else if (opcode === 5) {
      row.column = reader.uleb();
    } else if (opcode === 8) {
      advance(Math.floor((255 - firstSpecial) / lineRange));
    } else if (opcode === 9) {
      row.address += reader.u16();
    } else {
      for (let operands = operandCounts[opcode] ?? 0; operands > 0; --operands) reader.uleb();
    }
  }
  sequences.sort((a, b) => a.begin - b.begin);
  return { files, find: (address) => find(sequences, files, address) };
}

/** The last of `items`, sorted, that isn't after `address`. */
function lastBefore<Item>(items: readonly Item[], address: number, of: (item: Item) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (of(items[middle] as Item) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function find(
  sequences: readonly Sequence[],
  files: readonly string[],
  address: number,
): ReturnType<LineTable['find']> {
  const sequence = sequences[lastBefore(sequences, address, ({ begin }) => begin)];
  if (!sequence || address >= sequence.end) return null;
  let at = lastBefore(sequence.rows, address, (row) => row.address);
  // Line 0 is code that no line of the source is the reason of.
  while (at > 0 && sequence.rows[at]?.line === 0) --at;
  const row = sequence.rows[at];
  return row && row.line > 0 ? { file: files[row.file] ?? '', line: row.line, column: row.column } : null;
}

const isAbsolute = (path: string): boolean => /^(\/|[a-z]:[\\/])/i.test(path);
const joined = (directory: string, path: string): string =>
  isAbsolute(path) || directory === '' ? path : `${directory.replace(/\/$/, '')}/${path}`;

function readTable4(reader: ByteReader, directory: string): string[] {
  const directories = [directory];
  for (let path = reader.text(); path !== ''; path = reader.text()) directories.push(joined(directory, path));
  const files = [''];
  for (let path = reader.text(); path !== ''; path = reader.text()) {
    files.push(joined(directories[reader.uleb()] ?? '', path));
    reader.uleb(); // when it was changed
    reader.uleb(); // its length
  }
  return files;
}

function readTable5(
  reader: ByteReader,
  sections: DwarfSections,
  unit: { wide: boolean; addressBytes: number; directory: string },
): string[] {
  const entries = (): { path: string; directory: number }[] => {
    const format: [content: number, form: number][] = [];
    for (let count = reader.u8(); count > 0; --count) format.push([reader.uleb(), reader.uleb()]);
    const found = [];
    for (let count = reader.uleb(); count > 0; --count) {
      const entry = { path: '', directory: 0 };
      for (const [content, form] of format) {
        const value = readForm(reader, form, { ...unit, version: 5 }, sections);
        if (content === 1) entry.path = typeof value === 'string' ? value : '';
        else if (content === 2) entry.directory = Number(value);
      }
      found.push(entry);
    }
    return found;
  };
  const directories = entries().map(({ path }) => joined(unit.directory, path));
  return entries().map(({ path, directory }) => joined(directories[directory] ?? '', path));
}

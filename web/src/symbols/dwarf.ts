// Places of a program by its DWARF: the file and line of a byte of its code, and the functions that were inlined there.
import { Unit, tags, type Entry } from './dwarf_unit.js';
import type { DwarfSections } from './dwarf_forms.js';
import { functionOffsets, type WasmSections } from './wasm_sections.js';

export interface SourcePlace {
  /** Of the function, with its namespaces and classes; '' where it isn't known. */
  name: string;
  file: string;
  line: number;
  column: number;
}

const contains = (ranges: readonly [number, number][], address: number): boolean =>
  ranges.some(([begin, end]) => address >= begin && address < end);

export class Dwarf {
  readonly #wasm: WasmSections;
  readonly #units: Unit[] = [];
  #functions: number[] | null = null;

  private constructor(sections: DwarfSections, wasm: WasmSections) {
    this.#wasm = wasm;
    for (let offset = 0; offset < sections.info.length;) {
      const unit = new Unit(sections, offset);
      this.#units.push(unit);
      offset = unit.end;
    }
  }

  /** The DWARF of a binary; null where it has none. */
  static of(wasm: WasmSections): Dwarf | null {
    const { codeOffset, custom } = wasm;
    const [info, abbrev, line] = ['info', 'abbrev', 'line'].map((name) => custom.get(`.debug_${name}`));
    if (!info || !abbrev || !line || codeOffset === 0) return null;
    const sections: DwarfSections = {
      info,
      abbrev,
      line,
      str: custom.get('.debug_str'),
      lineStr: custom.get('.debug_line_str'),
      ranges: custom.get('.debug_ranges'),
      rnglists: custom.get('.debug_rnglists'),
      strOffsets: custom.get('.debug_str_offsets'),
      addr: custom.get('.debug_addr'),
    };
    return new Dwarf(sections, wasm);
  }

  /**
   * What the byte at an offset of the binary belongs to: the innermost inlined function first, the function that has the
   * code last; empty where nothing is known of it.
   */
  places(offset: number): SourcePlace[] {
    const address = offset - this.#wasm.codeOffset;
    for (const unit of this.#units) {
      const { ranges } = unit;
      if (ranges.length > 0 && !contains(ranges, address)) continue;
      const place = unit.lines?.find(address);
      const called = unit.functions.find((entry) => contains(entry.ranges, address));
      if (!place && !called) continue;
      return this.#placesIn(unit, called, address, place ?? { file: '', line: 0, column: 0 });
    }
    return [];
  }

  /** The function with a number, and its file: of a frame of which no more is known. Empty where nothing is known of it. */
  functionPlaces(index: number): SourcePlace[] {
    const offset = (this.#functions ??= functionOffsets(this.#wasm))[index];
    const place = offset === undefined ? undefined : this.places(offset).at(-1);
    return place ? [{ ...place, line: 0, column: 0 }] : [];
  }

  #placesIn(
    unit: Unit,
    outermost: Entry | undefined,
    address: number,
    innermost: { file: string; line: number; column: number },
  ): SourcePlace[] {
    const chain: Entry[] = [];
    for (let entry = outermost; entry; entry = entry.inlined.find(({ ranges }) => contains(ranges, address))) {
      chain.push(entry);
    }
    if (chain.length === 0) return [{ name: '', ...innermost }];
    // Each is where the next inner one was called.
    return chain
      .map((entry, depth): SourcePlace => {
        const inner = chain[depth + 1];
        const place = inner
          ? { file: unit.lines?.files[inner.callFile] ?? '', line: inner.callLine, column: inner.callColumn }
          : innermost;
        return { name: this.#nameOf(entry), ...place };
      })
      .reverse();
  }

  #nameOf(entry: Entry): string {
    let named = entry;
    // From the code to what it is a copy of, to its declaration: 2 steps in what compilers write.
    for (let steps = 0; named.origin !== null && steps < 4; ++steps) {
      const { origin } = named;
      const owner = this.#units.find(({ begin, end }) => origin >= begin && origin < end);
      const next = owner?.entryAt(origin);
      if (!next || (next.name === '' && next.origin === null)) break;
      named = next;
    }
    const parts = [named.name || named.linkageName];
    for (let scope = named.parent; scope; scope = scope.parent) {
      if (scope.tag === tags.subprogram || scope.tag === tags.inlined) break;
      parts.unshift(scope.name || (scope.tag === tags.namespace ? '(anonymous namespace)' : '(anonymous class)'));
    }
    return parts.join('::');
  }
}

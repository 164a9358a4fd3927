// A source map as Emscripten writes them (tc39.es/ecma426): one generated line, whose columns are offsets of bytes.

interface Segment {
  offset: number;
  source: number; // -1: what the optimiser has made, without a place
  line: number; // from 1
  column: number; // from 0
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** How far in front of a call its line is looked for, in bytes. */
const mostBytesBack = 64;

export class SourceMap {
  readonly #sources: readonly string[];
  readonly #segments: readonly Segment[];

  /** @throws {Error} it is none */
  constructor(given: unknown) {
    const map: unknown = typeof given === 'string' ? JSON.parse(given) : given;
    const { version, mappings, sources, sourceRoot } = (map ?? {}) as Record<string, unknown>;
    if (Number(version) !== 3 || typeof mappings !== 'string' || !Array.isArray(sources)) {
      throw new Error('this has no version 3, mappings and sources');
    }
    const root = typeof sourceRoot === 'string' && sourceRoot !== '' ? `${sourceRoot.replace(/\/$/, '')}/` : '';
    this.#sources = sources.map((source) => root + String(source ?? ''));
    this.#segments = decode(mappings.split(';', 1)[0] ?? '');
  }

  /** Where the code at an offset comes from. Null where nothing near it has a place. Cost: a binary search. */
  placeOf(offset: number): { source: string; line: number; column: number } | null {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#segments[middle]?.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0; --i) {
      const segment = this.#segments[i];
      if (!segment) break;
      const source = this.#sources[segment.source];
      if (source !== undefined) return { source, line: segment.line, column: segment.column };
      if (segment.offset <= offset - mostBytesBack + 1) break;
    }
    return null;
  }
}

/** One line of mappings: numbers in base 64, five bits a digit, the sign in the lowest bit, each as its difference. */
function decode(line: string): Segment[] {
  const segments: Segment[] = [];
  const at = [0, 0, 0, 0]; // offset, source, line, column
  for (const text of line.split(',')) {
    let field = 0;
    let value = 0;
    let shift = 0;
    for (const letter of text) {
      const digit = digits.indexOf(letter);
      if (digit < 0) throw new Error(`${JSON.stringify(letter)} is no digit of its mappings`);
      value += (digit & 31) * 2 ** shift;
      shift += 5;
      if (digit >= 32) continue;
      const half = Math.floor(value / 2);
      if (field < 4) at[field] = (at[field] ?? 0) + (value % 2 === 1 ? -half : half);
      field++;
      value = shift = 0;
    }
    if (field === 0) continue;
    const [offset = 0, source = 0, fromZero = 0, column = 0] = at;
    segments.push({ offset, source: field >= 4 ? source : -1, line: fromZero + 1, column });
  }
  return segments;
}

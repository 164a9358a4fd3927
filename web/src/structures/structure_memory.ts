// What every structure needs of the engine: its raw functions, the views, whether blocks have moved, and a place for texts.
import type { Context } from '../context.js';
import type { EngineExports, EngineViews } from '../engine.js';
import { TidemarkError } from '../errors.js';

declare module '../engine.js' {
  interface EngineExports {
    tidemark_movable_epoch(): number;
    tidemark_structures_answer(): number;
    tidemark_structures_scratch(which: number, bytes: number): number;
    tidemark_structures_scratch_release(): void;
  }
}

/** As TextForm of src/structures/text_record.h. */
export const TextForm = { ascii: 0, latin1: 1, utf16: 2, bytes: 3 } as const;

const shortBytes = 2048; // what the scratch has without a block of its own
const decoderBytes = 48; // from here on TextDecoder is faster than a loop
const encoderLength = 64;

/** Who has views that are good until blocks move or the memory grows. */
export interface ViewHolder {
  dropViews(): void;
}

export class StructureMemory {
  /** The raw functions of the instance that runs now, as one object with fixed fields: engine.exports is a dictionary. */
  exports: EngineExports;
  readonly views: EngineViews;
  /** Counts up when blocks have moved: `epoch[0]`. Replaced when the memory is; compare with {@link epochNow}. */
  epoch: Uint32Array;
  /** Counts up with that, and when the memory has grown or is another one: views and addresses are good while it is the same. */
  generation = 0;
  /** Form and bytes of the text that was written last. */
  form: number = TextForm.ascii;
  private readonly epochAddress: number;
  private readonly answer: number;
  private readonly shortTexts: [number, number];
  readonly #written: [number, number] = [0, 0];
  private hasLongText = false;
  /** Those who have made views since they were told last. */
  #holders: WeakRef<ViewHolder>[] = [];
  #holdersAfterPurge = 0;
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();

  constructor(private readonly context: Context) {
    const { engine } = context;
    this.exports = { ...engine.exports };
    this.views = engine.views;
    this.epochAddress = this.exports.tidemark_movable_epoch() >>> 0;
    this.answer = this.exports.tidemark_structures_answer() >>> 2;
    this.shortTexts = [
      this.exports.tidemark_structures_scratch(0, 0) >>> 0,
      this.exports.tidemark_structures_scratch(1, 0) >>> 0,
    ];
    this.epoch = new Uint32Array(this.views.u32.buffer, this.epochAddress, 1);
    engine.moved.push(() => {
      ++this.generation;
      const holders = this.#holders;
      this.#holders = [];
      this.#holdersAfterPurge = 0;
      for (const holder of holders) holder.deref()?.dropViews();
    });
    context.runtime.onShrink(() => {
      this.exports = { ...engine.exports };
      // The old memory stays readable until the end of the job: who compares with its epoch must see a difference.
      if (this.epoch.length !== 0 && this.epoch.buffer !== this.views.u32.buffer) this.epoch[0] = 0xffffffff;
    });
  }

  /** The epoch of the memory that is there now; also makes {@link epoch} a view of it. */
  epochNow(): number {
    if (this.epoch.buffer !== this.views.u32.buffer) {
      this.epoch = new Uint32Array(this.views.u32.buffer, this.epochAddress, 1);
    }
    return this.epoch[0] as number;
  }

  /** Once, what `holder` names is told by dropViews() that its views may not be good any longer. */
  watch(holder: WeakRef<ViewHolder>): void {
    this.#holders.push(holder);
    if (this.#holders.length < 2 * this.#holdersAfterPurge + 1024) return;
    this.#holders = this.#holders.filter((each) => each.deref() !== undefined);
    this.#holdersAfterPurge = this.#holders.length;
  }

  /** Where the texts begin that belong to the entry found last. */
  get texts(): number {
    return this.views.u32[this.answer] as number;
  }
  /** The references that the last change dropped; -1 for none. */
  get releasedKey(): number {
    return (this.views.u32[this.answer + 1] as number) - 1;
  }
  get releasedValue(): number {
    return (this.views.u32[this.answer + 2] as number) - 1;
  }
  /** Where the value is of the entry that a cache has found. */
  get value(): number {
    return this.views.u32[this.answer + 4] as number;
  }
  /** What a look-up of a cache that gave no number has found. */
  get outcome(): number {
    return this.views.u32[this.answer + 5] as number;
  }
  /** The entry found or written last. */
  get entry(): number {
    return this.views.u32[this.answer + 3] as number;
  }

  /** Puts a text into the scratch, 0 for a key and 1 for a value; returns its bytes, and leaves its form in `form`. */
  writeText(which: 0 | 1, text: string): number {
    const { length } = text;
    const at = 2 * length <= shortBytes ? this.shortTexts[which] : this.longText(which, 2 * length);
    this.#written[which] = at;
    const { u8 } = this.views;
    if (length >= encoderLength) {
      const { read, written } = this.encoder.encodeInto(text, u8.subarray(at, at + length));
      if (read === length && written === length) {
        this.form = TextForm.ascii;
        return length;
      }
    }
    let all = 0;
    for (let i = 0; i < length; ++i) {
      const unit = text.charCodeAt(i);
      u8[at + i] = unit;
      all |= unit;
    }
    if (all < 256) {
      this.form = all < 128 ? TextForm.ascii : TextForm.latin1;
      return length;
    }
    const { u16 } = this.views;
    for (let i = 0, to = at >>> 1; i < length; ++i) u16[to + i] = text.charCodeAt(i);
    this.form = TextForm.utf16;
    return 2 * length;
  }

  writeBytes(which: 0 | 1, bytes: Uint8Array): number {
    const at = bytes.length <= shortBytes ? this.shortTexts[which] : this.longText(which, bytes.length);
    this.#written[which] = at;
    this.views.u8.set(bytes, at);
    this.form = TextForm.bytes;
    return bytes.length;
  }

  /** Where the text stands that was written last. */
  scratchAddress(which: 0 | 1): number {
    return this.#written[which];
  }

  /** After a call that took texts. */
  releaseTexts(): void {
    if (!this.hasLongText) return;
    this.exports.tidemark_structures_scratch_release();
    this.hasLongText = false;
  }

  /** The text, or the bytes, of a record (src/structures/text_record.h). */
  readText(at: number): string | Uint8Array<ArrayBuffer> {
    const { u8 } = this.views;
    const head = u8[at] as number;
    let bytes = head >>> 2;
    let from = at + 1;
    if (bytes >= 60) {
      const lengthBytes = bytes - 59;
      bytes = 0;
      for (let i = 0; i < lengthBytes; ++i) bytes += (u8[from++] as number) * 2 ** (8 * i);
    }
    switch (head & 3) {
      case TextForm.utf16:
        return this.readUtf16(from, bytes);
      case TextForm.bytes:
        return u8.slice(from, from + bytes);
      case TextForm.ascii:
        if (bytes >= decoderBytes) return this.decoder.decode(u8.subarray(from, from + bytes));
    }
    return this.readLatin1(from, bytes);
  }

  /** Room in the heap for the time of `use`. */
  withRoom<Result>(bytes: number, use: (address: number) => Result): Result {
    const address = this.exports.malloc(bytes) >>> 0;
    if (address === 0) throw outOfMemory('bulk operation');
    try {
      return use(address);
    } finally {
      this.exports.free(address);
    }
  }

  private longText(which: 0 | 1, bytes: number): number {
    const at = this.exports.tidemark_structures_scratch(which, bytes) >>> 0;
    if (at === 0) {
      this.releaseTexts();
      throw outOfMemory(`text of ${bytes} bytes`);
    }
    this.hasLongText = true;
    return at;
  }

  private readLatin1(from: number, bytes: number): string {
    const { u8 } = this.views;
    if (bytes <= 24) {
      let text = '';
      for (let i = from; i < from + bytes; ++i) text += String.fromCharCode(u8[i] as number);
      return text;
    }
    return inParts(bytes, (begin, end) => String.fromCharCode(...u8.subarray(from + begin, from + end)));
  }

  private readUtf16(from: number, bytes: number): string {
    // Records begin anywhere: a copy is aligned.
    const units = new Uint16Array(this.views.u8.slice(from, from + bytes).buffer);
    return inParts(units.length, (begin, end) => String.fromCharCode(...units.subarray(begin, end)));
  }
}

/** What fits on the stack as arguments at once. */
const partLength = 4096;

function inParts(length: number, part: (begin: number, end: number) => string): string {
  if (length <= partLength) return part(0, length);
  const parts: string[] = [];
  for (let at = 0; at < length; at += partLength) parts.push(part(at, Math.min(at + partLength, length)));
  return parts.join('');
}

export const outOfMemory = (what: string): TidemarkError =>
  new TidemarkError('out-of-memory', `${what}: the memory of the engine can't grow any further`);

const memories = new WeakMap<Context, StructureMemory>();

export function structureMemory(context: Context): StructureMemory {
  let memory = memories.get(context);
  if (memory === undefined) {
    memory = new StructureMemory(context);
    memories.set(context, memory);
  }
  return memory;
}

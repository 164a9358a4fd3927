// The processed format of the Firefox Profiler (profiler.firefox.com, docs-developer/processed-profile-format.md), version
// 48, which later ones upgrade: one thread whose native allocations are the sites, with what is alive, and the same with
// what was allocated and freed again as allocations and deallocations.
import { frameKey, Interner, rootFirst } from './frame_tables.js';
import type { ProfileData, ProfileFrame, ProfileSite } from './profile_data.js';

const version = 48;
const categories = [
  { name: 'Other', color: 'grey', subcategories: ['Other'] },
  { name: 'WebAssembly', color: 'purple', subcategories: ['Other'] },
  { name: 'JavaScript', color: 'yellow', subcategories: ['Other'] },
];
const categoryOf = { scope: 0, wasm: 1, javascript: 2 } as const;

export function toFirefoxProfile(data: ProfileData): object {
  const strings = new Interner<string>();
  const string = (text: string): number => strings.number(text, () => text);
  const frames = new Interner<string, ProfileFrame>();
  const functions = new Interner<string, ProfileFrame>();
  const stacks = new Interner<string, { frame: number; prefix: number | null; category: number }>();
  const functionOf = (frame: ProfileFrame): number =>
    functions.number(`${frame.kind}\n${frame.name}\n${frame.file}`, () => frame);

  const stackOf = (site: ProfileSite): number | null => {
    let prefix: number | null = null;
    for (const frame of rootFirst(site)) {
      const number = frames.number(frameKey(frame), () => frame);
      const before: number | null = prefix;
      prefix = stacks.number(`${number},${before}`, () => ({
        frame: number,
        prefix: before,
        category: categoryOf[frame.kind],
      }));
    }
    return prefix;
  };

  const durationMs = Math.max(data.takenAt - data.startedAt, 1);
  const time: number[] = [];
  const weight: number[] = [];
  const stack: (number | null)[] = [];
  const memoryAddress: number[] = [];
  const add = (at: number, bytes: number, of: number | null, address: number): void => {
    if (bytes === 0) return;
    time.push(at);
    weight.push(bytes);
    stack.push(of);
    memoryAddress.push(address);
  };
  // Sites don't keep when and where their blocks came. What of each is alive has one address, and what is not another one, at
  // which it is freed at the end: so allocations, deallocations and what is retained are right.
  const parts = data.sites.map((site, i) => ({ ...site, number: stackOf(site), address: 2 * i + 1 }));
  for (const { liveBytes, number, address } of parts) add(0, liveBytes, number, address);
  for (const { totalBytes, liveBytes, number, address } of parts) add(0, totalBytes - liveBytes, number, address + 1);
  for (const { totalBytes, liveBytes, number, address } of parts)
    add(durationMs, -(totalBytes - liveBytes), number, address + 1);

  const column = <Value>(table: readonly ProfileFrame[], value: (frame: ProfileFrame) => Value): Value[] =>
    table.map(value);
  const nulls = (length: number): null[] => new Array<null>(length).fill(null);
  const frameTable = {
    length: frames.values.length,
    address: column(frames.values, ({ kind, address }) => (kind === 'wasm' ? address : -1)),
    inlineDepth: column(frames.values, () => 0),
    category: column(frames.values, ({ kind }) => categoryOf[kind]),
    subcategory: column(frames.values, () => 0),
    func: column(frames.values, functionOf),
    nativeSymbol: nulls(frames.values.length),
    innerWindowID: nulls(frames.values.length),
    implementation: nulls(frames.values.length),
    line: column(frames.values, ({ line }) => line || null),
    column: column(frames.values, ({ column: at }) => at || null),
  };
  const funcTable = {
    length: functions.values.length,
    name: column(functions.values, ({ name, file }) => string(name || file)),
    isJS: column(functions.values, ({ kind }) => kind === 'javascript'),
    relevantForJS: column(functions.values, () => false),
    resource: column(functions.values, () => -1),
    fileName: column(functions.values, ({ file }) => (file === '' ? null : string(file))),
    lineNumber: nulls(functions.values.length),
    columnNumber: nulls(functions.values.length),
  };
  const thread = {
    processType: 'default',
    processStartupTime: 0,
    processShutdownTime: null,
    registerTime: 0,
    unregisterTime: null,
    pausedRanges: [],
    name: data.moduleId,
    isMainThread: true,
    processName: data.moduleId,
    pid: '0',
    tid: 0,
    samples: { length: 0, time: [], stack: [], weight: null, weightType: 'samples' },
    nativeAllocations: {
      length: time.length,
      time,
      weight,
      weightType: 'bytes',
      stack,
      memoryAddress,
      threadId: time.map(() => 0),
    },
    markers: { length: 0, category: [], data: [], endTime: [], name: [], phase: [], startTime: [] },
    stackTable: {
      length: stacks.values.length,
      frame: stacks.values.map(({ frame }) => frame),
      prefix: stacks.values.map(({ prefix }) => prefix),
      category: stacks.values.map(({ category }) => category),
      subcategory: stacks.values.map(() => 0),
    },
    frameTable,
    funcTable,
    resourceTable: { length: 0, lib: [], name: [], host: [], type: [] },
    nativeSymbols: { length: 0, address: [], functionSize: [], libIndex: [], name: [] },
    stringArray: strings.values,
  };
  return {
    meta: {
      interval: 1,
      startTime: data.startedAt,
      abi: 'wasm32',
      product: 'tidemark',
      stackwalk: 1,
      debug: false,
      version: 28,
      preprocessedProfileVersion: version,
      processType: 0,
      categories,
      markerSchema: [],
      importedFrom: 'tidemark',
      symbolicated: true,
      doesNotUseFrameImplementation: true,
      sourceCodeIsNotOnSearchfox: true,
    },
    libs: [],
    pages: [],
    threads: [thread],
  };
}

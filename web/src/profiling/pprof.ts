// pprof's format (github.com/google/pprof, proto/profile.proto), in gzip's envelope: `go tool pprof`, Pyroscope,
// speedscope, …. Values are those of the whole program, not of the samples: as `inuse_…` and `alloc_…` of Go's heap profiles.
import { gzipStored } from './gzip.js';
import type { ProfileData, ProfileFrame } from './profile_data.js';
import { encode, type Message } from './protobuf.js';

export function toPprof(data: ProfileData): Uint8Array {
  const strings = new Map<string, number>([['', 0]]);
  const text = (value: string): number => {
    const known = strings.get(value);
    if (known !== undefined) return known;
    strings.set(value, strings.size);
    return strings.size - 1;
  };
  const valueType = (type: string, unit: string): Message => [
    [1, text(type)],
    [2, text(unit)],
  ];
  const functions = new Map<string, { id: number; message: Message }>();
  const locations = new Map<string, { id: number; message: Message }>();

  const functionOf = ({ name, file }: ProfileFrame): number => {
    const key = `${name}\n${file}`;
    let called = functions.get(key);
    if (!called) {
      const id = functions.size + 1;
      const named = text(name || file);
      const message: Message = [
        [1, id],
        [2, named],
        [3, named],
        [4, text(file)],
      ];
      called = { id, message };
      functions.set(key, called);
    }
    return called.id;
  };
  const locationOf = (frame: ProfileFrame): number => {
    const { name, file, line, address } = frame;
    const key = `${name}\n${file}\n${line}\n${address}`;
    let location = locations.get(key);
    if (!location) {
      const id = locations.size + 1;
      const lineOf: Message = [
        [1, functionOf(frame)],
        [2, line],
      ];
      location = {
        id,
        message: [
          [1, id],
          [2, 1], // the one mapping
          [3, address],
          [4, lineOf],
        ],
      };
      locations.set(key, location);
    }
    return location.id;
  };

  const samples = data.sites.map((site): readonly [number, Message] => [
    2,
    [
      [1, site.frames.map(locationOf)],
      [2, [site.totalBlocks, site.totalBytes, site.liveBlocks, site.liveBytes]],
    ],
  ]);
  const mapping: Message = [
    [1, 1],
    [3, 2 ** 32 - 1],
    [5, text(data.moduleId)],
    [7, 1], // has functions
  ];
  const nanoseconds = (ms: number): bigint => BigInt(Math.max(0, Math.round(ms))) * 1_000_000n;
  const rest: Message = [
    [9, nanoseconds(data.takenAt)],
    [10, nanoseconds(data.takenAt - data.startedAt)],
    [11, valueType('space', 'bytes')],
    [12, Math.round(data.meanBytes)],
    [14, text('inuse_space')],
  ];
  return gzipStored(
    encode([
      [1, valueType('alloc_objects', 'count')],
      [1, valueType('alloc_space', 'bytes')],
      [1, valueType('inuse_objects', 'count')],
      [1, valueType('inuse_space', 'bytes')],
      ...samples,
      [3, mapping],
      ...[...locations.values()].map(({ message }): [number, Message] => [4, message]),
      ...[...functions.values()].map(({ message }): [number, Message] => [5, message]),
      ...[...strings.keys()].map((value): [number, string] => [6, value]),
      ...rest,
    ]),
  );
}

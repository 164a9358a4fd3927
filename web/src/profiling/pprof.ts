// pprof's format (github.com/google/pprof, proto/profile.proto), gzipped: `go tool pprof`, Pyroscope, speedscope, ….
// Values are those of the whole program, not of the samples: as `inuse_…` and `alloc_…` of Go's heap profiles.
import { Interner } from './frame_tables.js';
import { gzip } from './gzip.js';
import type { ProfileData, ProfileFrame } from './profile_data.js';
import { encode, type Message } from './protobuf.js';

export function toPprof(data: ProfileData): Uint8Array {
  const strings = new Interner<string>();
  const string = (text: string): number => strings.number(text, () => text);
  string(''); // is number 0
  const functions = new Interner<string, Message>();
  const locations = new Interner<string, Message>();

  // Numbers of functions and locations begin at 1.
  const functionOf = ({ name, file }: ProfileFrame): number =>
    1 +
    functions.number(`${name}\n${file}`, () => {
      const called = string(name || file);
      return { 1: functions.values.length + 1, 2: called, 3: called /* systemName */, 4: string(file) };
    });
  const locationOf = (frame: ProfileFrame): number => {
    const { name, file, line, address } = frame;
    return (
      1 +
      locations.number(`${name}\n${file}\n${line}\n${address}`, () => ({
        1: locations.values.length + 1,
        2: 1, // the mapping
        3: address,
        4: { 1: functionOf(frame), 2: line },
      }))
    );
  };
  const valueType = (type: string, unit: string): Message => ({ 1: string(type), 2: string(unit) });

  const sampleTypes = [
    valueType('alloc_objects', 'count'),
    valueType('alloc_space', 'bytes'),
    valueType('inuse_objects', 'count'),
    valueType('inuse_space', 'bytes'),
  ];
  const samples = data.sites.map(({ frames, totalBlocks, totalBytes, liveBlocks, liveBytes }) => ({
    1: frames.map(locationOf),
    2: [totalBlocks, totalBytes, liveBlocks, liveBytes],
  }));
  const mapping = { 1: 1, 3: 2 ** 32 - 1 /* its end */, 5: string(data.moduleId), 7: 1 /* it has functions */ };
  const period = valueType('space', 'bytes');
  const shownFirst = string('inuse_space');
  const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;
  const profile = {
    1: sampleTypes,
    2: samples,
    3: mapping,
    4: locations.values,
    5: functions.values,
    6: strings.values,
    9: nanoseconds(data.takenAt),
    10: nanoseconds(Math.max(0, data.takenAt - data.startedAt)),
    11: period,
    12: Math.round(data.meanBytes),
    14: shownFirst,
  };
  return gzip(encode(profile));
}

// pprof's format (github.com/google/pprof, proto/profile.proto), gzipped: `go tool pprof`, Pyroscope, speedscope, ….
// Values are those of the whole program, not of the samples: as `inuse_…` and `alloc_…` of Go's heap profiles.
import { gzipSync } from 'fflate';
import {
  Function as PprofFunction,
  Line,
  Location,
  Mapping,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';
import type { ProfileData, ProfileFrame } from './profile_data.js';

export function toPprof(data: ProfileData): Uint8Array {
  const strings = new StringTable();
  const valueType = (type: string, unit: string): ValueType =>
    new ValueType({ type: strings.dedup(type), unit: strings.dedup(unit) });
  const functions = new Map<string, PprofFunction>();
  const locations = new Map<string, Location>();

  const locationOf = (frame: ProfileFrame): number => {
    const { name, file, line, address } = frame;
    const key = `${name}\n${file}\n${line}\n${address}`;
    let location = locations.get(key);
    if (!location) {
      const functionKey = `${name}\n${file}`;
      let called = functions.get(functionKey);
      if (!called) {
        called = new PprofFunction({
          id: functions.size + 1,
          name: strings.dedup(name || file),
          systemName: strings.dedup(name || file),
          filename: strings.dedup(file),
          startLine: 0,
        });
        functions.set(functionKey, called);
      }
      location = new Location({
        id: locations.size + 1,
        mappingId: 1,
        address,
        line: [new Line({ functionId: called.id, line })],
      });
      locations.set(key, location);
    }
    return Number(location.id);
  };

  const sampleType = [
    valueType('alloc_objects', 'count'),
    valueType('alloc_space', 'bytes'),
    valueType('inuse_objects', 'count'),
    valueType('inuse_space', 'bytes'),
  ];
  const sample = data.sites.map(
    (site) =>
      new Sample({
        locationId: site.frames.map(locationOf),
        value: [site.totalBlocks, site.totalBytes, site.liveBlocks, site.liveBytes],
        label: [],
      }),
  );
  const profile = new Profile({
    sampleType,
    sample,
    mapping: [
      new Mapping({
        id: 1,
        memoryStart: 0,
        memoryLimit: 2 ** 32 - 1,
        fileOffset: 0,
        filename: strings.dedup(data.moduleId),
        buildId: 0,
        hasFunctions: true,
        hasFilenames: false,
        hasLineNumbers: false,
        hasInlineFrames: false,
      }),
    ],
    location: [...locations.values()],
    function: [...functions.values()],
    timeNanos: BigInt(Math.round(data.takenAt)) * 1_000_000n,
    durationNanos: BigInt(Math.max(0, Math.round(data.takenAt - data.startedAt))) * 1_000_000n,
    periodType: valueType('space', 'bytes'),
    period: Math.round(data.meanBytes),
    defaultSampleType: strings.dedup('inuse_space'),
    stringTable: strings,
  });
  return gzipSync(profile.encode());
}

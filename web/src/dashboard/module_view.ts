// What the dashboard keeps of one module while it is open: also of those that aren't looked at now.
import type { LeakFindings, Marker, Reading, Site, Source, TestRun } from './source.js';
import { MapReplay } from './map_replay.js';
import { Track } from './track.js';

const mostMarkers = 400;

export class ModuleView {
  readonly track = new Track();
  readonly maps = new MapReplay();
  readonly markers: Marker[] = [];
  readonly leakHistory: { time: number; findings: LeakFindings }[] = [];
  latest: Reading | null = null;
  /** Sites at the moment that a diff is made against. */
  baseline: { time: number; sites: readonly Site[] } | null = null;
  testRun: TestRun | null = null;
  testRunBefore: TestRun | null = null;
  readonly #stop: () => void;

  constructor(readonly source: Source) {
    for (const reading of source.past()) {
      this.track.add(reading);
      this.latest = reading;
    }
    this.markers.push(...source.markers());
    for (const { time, map } of source.pastMaps()) this.maps.add(time, map);
    const leaks = source.leaks();
    if (leaks) this.leakHistory.push({ time: this.latest?.time ?? 0, findings: leaks });
    this.testRun = source.savedTests;
    this.#stop = source.onMarker((marker) => {
      this.markers.push(marker);
      if (this.markers.length > mostMarkers) this.markers.splice(0, this.markers.length - mostMarkers);
    });
  }

  read(): void {
    const reading = this.source.read();
    if (!reading) return;
    this.track.add(reading);
    this.latest = reading;
  }

  dispose(): void {
    this.#stop();
    this.source.dispose();
  }
}

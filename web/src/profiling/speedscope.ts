// speedscope's own format (speedscope.app/file-format-schema.json): one graph each of what is alive, of the peak, of all
// that was allocated, and of what was allocated for a moment only.
import { frameKey, Interner, rootFirst } from './frame_tables.js';
import type { ProfileData, ProfileFrame, ProfileSite } from './profile_data.js';

interface SpeedscopeFrame {
  name: string;
  file?: string;
  line?: number;
  col?: number;
}

const graphs: [title: string, value: (site: ProfileSite) => number][] = [
  ['live bytes', (site) => site.liveBytes],
  ['bytes at the peak', (site) => site.peakBytes],
  ['allocated bytes', (site) => site.totalBytes],
  ['temporary bytes', (site) => site.temporaryBytes],
];

export function toSpeedscope(data: ProfileData): object {
  const frames = new Interner<string, SpeedscopeFrame>();
  const numberOf = (frame: ProfileFrame): number =>
    frames.number(frameKey(frame), () => ({
      name: frame.name || frame.file,
      ...(frame.file && { file: frame.file }),
      ...(frame.line && { line: frame.line }),
      ...(frame.column && { col: frame.column }),
    }));
  const profiles = graphs.map(([title, value]) => {
    const sites = data.sites.filter((site) => value(site) > 0);
    const weights = sites.map(value);
    return {
      type: 'sampled',
      name: `${data.moduleId}: ${title}`,
      unit: 'bytes',
      startValue: 0,
      endValue: weights.reduce((sum, weight) => sum + weight, 0),
      samples: sites.map((site) => rootFirst(site).map(numberOf)),
      weights,
    };
  });
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'tidemark',
    name: data.moduleId,
    activeProfileIndex: 0,
    shared: { frames: frames.values },
    profiles,
  };
}

// A table of the sites that hold or have taken most, as `pprof -top` prints it: flat is what a function allocated itself,
// cum what those allocated that it called, too.
import { notNegative, oneOf, required } from '../checks.js';
import { bytesAsText } from '../warnings.js';
import type { ProfileData, ProfileSite } from './profile_data.js';

export type ProfileMeasure = 'liveBytes' | 'totalBytes' | 'peakBytes' | 'temporaryBytes';

const what = {
  liveBytes: 'live',
  totalBytes: 'allocated',
  peakBytes: 'live at the peak',
  temporaryBytes: 'temporary',
};

export function topReport(data: ProfileData, measure: ProfileMeasure = 'liveBytes', rows = 20): string {
  required('measure', measure, oneOf(Object.keys(what)));
  required('rows', rows, notNegative);
  const value = (site: ProfileSite): number => site[measure];
  const total = data.sites.reduce((sum, site) => sum + value(site), 0);
  const functions = new Map<string, { flat: number; cum: number }>();
  for (const site of data.sites) {
    const seen = new Set<string>();
    site.frames.forEach(({ name, file }, depth) => {
      const key = name || file;
      const sums = functions.get(key) ?? { flat: 0, cum: 0 };
      functions.set(key, sums);
      if (depth === 0) sums.flat += value(site);
      if (!seen.has(key)) sums.cum += value(site); // recursion counts once
      seen.add(key);
    });
  }
  const sorted = [...functions].sort(([, a], [, b]) => b.flat - a.flat || b.cum - a.cum).slice(0, rows);
  const percent = (bytes: number): string => `${(total === 0 ? 0 : (100 * bytes) / total).toFixed(1)}%`;
  let sum = 0;
  const lines = sorted.map(([name, { flat, cum }]) => {
    sum += flat;
    const cells = [bytesAsText(flat), percent(flat), percent(sum), bytesAsText(cum), percent(cum)];
    return `${cells.map((cell) => cell.padStart(11)).join('')}  ${name}`;
  });
  const seconds = ((data.takenAt - data.startedAt) / 1000).toFixed(1);
  return [
    `${data.moduleId}: ${bytesAsText(total)} ${what[measure]}, ${data.samples} samples in ${seconds} s`,
    ['flat', 'flat%', 'sum%', 'cum', 'cum%'].map((cell) => cell.padStart(11)).join(''),
    ...lines,
    '',
  ].join('\n');
}

// The one number of a test, and the advice that goes with its figures. docs/tester.md explains both.
import { shownBytes } from './shown_bytes.js';

export interface Scored {
  /** Beside the reference; null without one. */
  relativeSpeed: number | null;
  peakLiveBytes: number | null;
  peakBytes: number;
  leakedBytes: number;
}

/**
 * 0–100: `100 · √(speed · memory) · kept`, rounded to a tenth.
 *
 * - speed: how fast it was beside the reference, at most 1
 * - memory: the most that was live, divided by the most that was held for it, at most 1
 * - kept: 1 less leaked bytes divided by the most that was live, at least 0
 *
 * A factor that can't be measured is 1: tests of one's own have no reference, and their live bytes may be unknown.
 */
export function scoreOf({ relativeSpeed, peakLiveBytes, peakBytes, leakedBytes }: Scored): number {
  const within = (value: number): number => Math.min(1, Math.max(0, value));
  const speed = relativeSpeed === null ? 1 : within(relativeSpeed);
  const memory = peakLiveBytes === null || peakBytes === 0 ? 1 : within(peakLiveBytes / peakBytes);
  const kept = leakedBytes === 0 ? 1 : within(1 - leakedBytes / Math.max(peakLiveBytes ?? peakBytes, leakedBytes));
  return Math.round(1000 * Math.sqrt(speed * memory) * kept) / 10;
}

/** What the figures say should be looked at. `isLinked`: the allocator is Tidemark's. */
export function adviceOf(
  name: string,
  figures: Scored & { fragmentation: number | null },
  isLinked: boolean,
): string[] {
  const advice: string[] = [];
  const { relativeSpeed, peakLiveBytes, peakBytes, leakedBytes, fragmentation } = figures;
  if (leakedBytes > 0) {
    advice.push(`${name}: ${shownBytes(leakedBytes)} stayed behind; detectMemoryLeaks() tells where they came from`);
  }
  if (relativeSpeed !== null && relativeSpeed < 0.25) {
    advice.push(
      `${name}: allocation takes ${(1 / relativeSpeed).toFixed(1)} times as long as in the plain allocator; pool what is allocated often${isLinked ? '' : ', or link a faster malloc'}`,
    );
  }
  if (peakLiveBytes !== null && peakBytes > 2 * peakLiveBytes) {
    advice.push(
      `${name}: ${shownBytes(peakBytes)} were held for ${shownBytes(peakLiveBytes)} of live blocks; keep short-lived and long-lived blocks apart`,
    );
  }
  if (fragmentation !== null && fragmentation > 0.85) {
    advice.push(
      `${name}: ${Math.round(fragmentation * 100)} % of what was held was not live; movable blocks could be compacted`,
    );
  }
  return advice;
}

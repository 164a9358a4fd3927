import { expect, test } from 'vitest';
import { adviceOf } from '../src/tester_score.js';

test('who has linked Tidemark is not told to link a faster malloc', () => {
  const slow = { relativeSpeed: 0.1, peakLiveBytes: 10, peakBytes: 10, leakedBytes: 0, fragmentation: 0 };
  const taking = 'stress: allocation takes 10.0 times as long as in the plain allocator; pool what is allocated often';
  expect(adviceOf('stress', slow, true)).toEqual([taking]);
  expect(adviceOf('stress', slow, false)).toEqual([`${taking}, or link a faster malloc`]);
});

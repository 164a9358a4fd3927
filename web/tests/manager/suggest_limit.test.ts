import { expect, test } from 'vitest';
import { suggestLimit } from 'tidemark';
import { deviceFacts } from '../../src/suggest_limit.js';
import { MiB } from './support.js';

const nothing = { deviceMemoryGiB: null, isIOS: false, isMobile: false, processLimitBytes: null };

test.each([
  ['iPhone', { ...nothing, isIOS: true, isMobile: true }, 256],
  ['a phone of 4 GiB', { ...nothing, deviceMemoryGiB: 4, isMobile: true }, 512],
  ['a phone of half a GiB', { ...nothing, deviceMemoryGiB: 0.5, isMobile: true }, 64],
  ['a phone that does not tell', { ...nothing, isMobile: true }, 256],
  ['a desktop of 8 GiB or more', { ...nothing, deviceMemoryGiB: 8 }, 2048],
  ['a desktop of 32 GiB', { ...nothing, deviceMemoryGiB: 32 }, 4095],
  ['a desktop that does not tell', nothing, 1024],
  ['a container of 1 GiB', { ...nothing, processLimitBytes: 1024 * MiB }, 512],
  ['a container of 20 MiB', { ...nothing, processLimitBytes: 20 * MiB }, 32],
])('%s', (_name, device, expectedMiB) => {
  const suggestion = suggestLimit(device);
  expect(suggestion.hardLimit).toBe(expectedMiB * MiB);
  expect(suggestion.softLimit).toBe(0.75 * suggestion.hardLimit);
  expect(suggestion.criticalLimit).toBe(0.875 * suggestion.hardLimit);
  expect(suggestion.reason).not.toBe('');
});

test('devices are known by what they tell', () => {
  const none = {};
  const iPhone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1';
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15';
  const android = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36';
  expect(deviceFacts({ userAgent: iPhone, maxTouchPoints: 5 }, none)).toMatchObject({ isIOS: true, isMobile: true });
  expect(deviceFacts({ userAgent: mac, maxTouchPoints: 5 }, none)).toMatchObject({ isIOS: true }); // an iPad
  expect(deviceFacts({ userAgent: mac, maxTouchPoints: 0 }, none)).toMatchObject({ isIOS: false, isMobile: false });
  expect(deviceFacts({ userAgent: android, deviceMemory: 4 }, none)).toMatchObject({
    isMobile: true,
    deviceMemoryGiB: 4,
  });
  expect(deviceFacts(undefined, { constrainedMemory: () => 512 * MiB }).processLimitBytes).toBe(512 * MiB);
  expect(deviceFacts(undefined, { constrainedMemory: () => 2 ** 64 }).processLimitBytes).toBe(null);
  expect(deviceFacts(undefined, { constrainedMemory: () => 0 }).processLimitBytes).toBe(null);
});

test('there is a suggestion for wherever this runs', () => {
  expect(suggestLimit().hardLimit % MiB).toBe(0);
  expect(suggestLimit().hardLimit).toBeGreaterThanOrEqual(32 * MiB);
});

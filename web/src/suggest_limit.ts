// A hard limit that a device can be trusted with. docs/limits.md has the sources of the figures.
import { aFlag, checkOptions, isObject, refuse, type Check } from './checks.js';

const MiB = 1024 * 1024;

export interface DeviceFacts {
  /** `navigator.deviceMemory`: GiB, at most 8 (32 in newer Chromium), where the browser tells. */
  deviceMemoryGiB: number | null;
  /** iPhone, iPad or iPod: WebKit ends a page that takes too much, and says nothing before. */
  isIOS: boolean;
  isMobile: boolean;
  /** Bytes that the process may use, where the system tells (Node in a container). */
  processLimitBytes: number | null;
}

export interface LimitSuggestion {
  /** Bytes, a multiple of 1 MiB. */
  hardLimit: number;
  softLimit: number;
  criticalLimit: number;
  /** Why. */
  reason: string;
  device: DeviceFacts;
}

interface NavigatorLike {
  readonly deviceMemory?: number;
  readonly userAgent?: string;
  readonly maxTouchPoints?: number;
  readonly userAgentData?: { readonly mobile?: boolean };
}

/** What this device tells of itself. */
export function deviceFacts(
  navigator = globalThis.navigator as NavigatorLike | undefined,
  process = (globalThis as { process?: { constrainedMemory?(): number } }).process,
): DeviceFacts {
  const agent = navigator?.userAgent ?? '';
  // iPadOS gives itself out as a Mac; no Mac has a touch screen.
  const isIOS = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && (navigator?.maxTouchPoints ?? 0) > 1);
  const constrained = process?.constrainedMemory?.();
  // Without a limit, Node gives 0 or something near 2^64.
  const isLimit = constrained !== undefined && constrained > 0 && constrained < 2 ** 50;
  return {
    deviceMemoryGiB: navigator?.deviceMemory ?? null,
    isIOS,
    isMobile: isIOS || navigator?.userAgentData?.mobile === true || /Android|Mobile/.test(agent),
    processLimitBytes: isLimit ? constrained : null,
  };
}

const aFact: Check = [
  'a number above 0, or null,',
  (value) => value === null || (typeof value === 'number' && value > 0),
];
const facts = { deviceMemoryGiB: aFact, isIOS: aFlag, isMobile: aFlag, processLimitBytes: aFact };

/** Facts that aren't given are as good as not known. */
function checked(device: Partial<DeviceFacts>): DeviceFacts {
  if (!isObject(device)) refuse('device', device, `{ ${Object.keys(facts).join(', ')} }`);
  checkOptions(device, facts, undefined, 'device.');
  const { deviceMemoryGiB = null, isIOS = false, isMobile = false, processLimitBytes = null } = device;
  return { deviceMemoryGiB, isIOS, isMobile, processLimitBytes };
}

/**
 * Suggests limits for one module on this device. Memory of WebAssembly ends at 4 GiB.
 *
 * @throws {TidemarkError} `'invalid-argument'`
 */
export function suggestLimit(given: Partial<DeviceFacts> = deviceFacts()): LimitSuggestion {
  const device = checked(given);
  const [bytes, reason] = ((): [number, string] => {
    const { deviceMemoryGiB, isIOS, isMobile, processLimitBytes } = device;
    if (processLimitBytes !== null) {
      return [processLimitBytes / 2, `half of the ${Math.round(processLimitBytes / MiB)} MiB that the process may use`];
    }
    if (isIOS) return [256 * MiB, 'iOS ends pages without a word; 256 MiB has room on most devices'];
    if (deviceMemoryGiB !== null) {
      const share = isMobile ? 8 : 4;
      return [(deviceMemoryGiB * 1024 * MiB) / share, `1/${share} of the ${deviceMemoryGiB} GiB of the device`];
    }
    if (isMobile) return [256 * MiB, 'a phone that does not tell its memory'];
    return [1024 * MiB, 'a desktop that does not tell its memory'];
  })();
  const hardLimit = Math.max(32, Math.min(4095, Math.floor(bytes / MiB))) * MiB;
  return { hardLimit, softLimit: hardLimit * 0.75, criticalLimit: hardLimit * 0.875, reason, device };
}

// What a person is told: descriptions, severity, and what to do.
import { shownBytes } from '../shown_bytes.js';
import type { LostGroup, PathNode } from './leak_findings.js';
import type { LeakPattern, LeakSeverity, LeakSite } from './leak_result.js';
import { typeNameOf } from './type_name.js';

export function timeText(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ];
  const [unit, name] = units.find(([length]) => ms >= length) ?? [1000, 'second'];
  const count = Math.round(ms / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

export const countText = (count: number, what: string): string =>
  `${Math.round(count).toLocaleString('en')} ${what}${Math.round(count) === 1 ? '' : 's'}`;

/** `5 pooled objects of Particle`: what can be counted comes first in a kind. */
export const kindText = (count: number, kind: string): string => {
  const [, counted = kind, rest = ''] = /^(.+?)((?: of | held | \().*)?$/.exec(kind) ?? [];
  return countText(count, counted) + rest;
};

const nodeText = (node: PathNode): string =>
  `${node.typeName === null ? 'block' : typeNameOf(node.typeName)}(${node.bytes} B)`;

/** Of a size class; 0 is of large blocks. */
export const classText = (blockBytes: number): string =>
  blockBytes === 0 ? 'large blocks' : `blocks of ${blockBytes} B`;

/** `Node(96 B) → Node(96 B) → …`, which closes where it began. */
export function cycleText(group: LostGroup): string {
  const shown = group.path.slice(0, 4).map(nodeText);
  const first = shown[0] ?? 'block';
  if (group.cycleBlocks > shown.length) return [...shown, `… (${group.cycleBlocks} in all)`, first].join(' → ');
  return [...shown, first].join(' → ');
}

export function groupName(group: LostGroup): string {
  if (group.typeName !== null) return `${typeNameOf(group.typeName)} (${group.blockBytes} B)`;
  return group.blockBytes === 0 ? 'blocks of several kinds' : `blocks of ${group.blockBytes} B`;
}

/** How long until what is left is used up; null where nothing grows. */
export function timeToLimitMs(used: number, limit: number, ratePerSecond: number | null): number | null {
  if (ratePerSecond === null || ratePerSecond <= 0) return null;
  return (Math.max(0, limit - used) / ratePerSecond) * 1000;
}

const rank: readonly LeakSeverity[] = ['none', 'low', 'medium', 'high', 'critical'];
export const worse = (a: LeakSeverity, b: LeakSeverity): LeakSeverity => (rank.indexOf(a) >= rank.indexOf(b) ? a : b);

/** From what is lost, how fast, and what is left. What may be no leak is never above medium. */
export function severityOf(
  verdict: 'leak' | 'maybe',
  bytes: number,
  ratePerSecond: number | null,
  memory: { usedBytes: number; limitBytes: number },
): LeakSeverity {
  const leftMs = timeToLimitMs(memory.usedBytes, memory.limitBytes, ratePerSecond) ?? Infinity;
  const share = bytes / memory.limitBytes;
  let severity: LeakSeverity = 'low';
  if (bytes >= 1 << 20 || leftMs < 86_400_000) severity = 'medium';
  if (bytes >= 32 << 20 || share >= 0.1 || leftMs < 3_600_000) severity = 'high';
  if (share >= 0.25 || leftMs < 600_000) severity = 'critical';
  if (verdict === 'maybe' && rank.indexOf(severity) > 2) severity = 'medium';
  return severity;
}

export const siteText = (sites: LeakSite[]): string | null => {
  const frames = sites[0]?.stack;
  return frames && frames.length > 0 ? frames.slice(0, 3).join(' ← ') : null;
};

/** One sentence that says what to change. */
export function recommendationOf(pattern: LeakPattern): string {
  const where = siteText(pattern.sites);
  const from = where === null ? '' : ` allocated at ${where}`;
  const { evidence } = pattern;
  switch (pattern.type) {
    case 'growth': {
      if (typeof evidence['recommendation'] === 'string') return evidence['recommendation'];
      const classes = evidence['blockBytes'] as number[] | undefined;
      const of = classes?.length ? classes.slice(0, 3).map(classText).join(', ') : 'memory';
      return `Memory that is still reachable keeps growing (${of}${from}): put a bound on the container that holds it, or remove entries when they are done with.`;
    }
    case 'fragmentation':
      return `Blocks of ${shownBytes(Number(evidence['blockBytes'] ?? 0))} that live long pin slabs that are nearly empty${from}: allocate them together before the short-lived ones, put them in a pool or an arena of their own, or use movable blocks.`;
    case 'circular-reference':
      return evidence['shared'] === true
        ? `Break the cycle ${String(evidence['path'])}: make one of its shared_ptr members a weak_ptr, as the pointer back to a parent or an observer${from}.`
        : `Blocks that point to each other have lost their last owner (${String(evidence['path'])})${from}: free the structure before its head is overwritten, or keep it in a container that owns it.`;
    case 'unreachable':
      return `Nothing points any more to ${String(evidence['what'])}${from}: free them on every path, early returns and errors too, or hold them in a unique_ptr or a container.`;
    case 'resource':
      return String(evidence['recommendation']);
  }
}

const embindsOwn =
  /tidemarkTrack|ownAttach|makeClassHandle|attachFinalizer|_fromWireType|createJsInvoker|craftInvokerFunction|^new \w+ |^constructor /;

/**
 * A stack as the engine writes it, as lines `f (script:1:2)`, from the program's own innermost one on: those before are of the
 * JavaScript that Emscripten has made, in which the stack was taken, or of Embind where a bundler has made one script of all.
 */
export function stackLines(stack: string): string[] {
  const lines = stack
    .split('\n')
    .map((line) => line.trim().replace(/^at /, ''))
    // JavaScriptCore has frames without a name and a place: what was made by new Function().
    .filter((line) => !/^(@?$|Error\b)/.test(line));
  const glue = /([^\s(@]+):\d+:\d+\)?$/.exec(lines[0] ?? '')?.[1];
  const own = lines.findIndex((line) => glue !== undefined && !line.includes(glue) && !/\bnode:internal\//.test(line));
  return own > 0 ? lines.slice(own) : lines.filter((line) => !embindsOwn.test(line));
}

/** Puts a pattern together: its severity follows from the rest. */
export type TellPattern = (
  type: LeakPattern['type'],
  verdict: 'leak' | 'maybe',
  confidence: number,
  bytes: number,
  blocks: number,
  ratePerSecond: number | null,
  sites: LeakSite[],
  told: { description: string; evidence: Record<string, unknown> },
) => LeakPattern;

// Runs built programs, each in a process of its own, the allocators taking turns.
import { run } from '../../../scripts/environment.mjs';
import { median } from './statistics.mjs';

/**
 * @typedef {Record<string, number>} Figures the line that a program printed
 * @typedef {{ figures?: Figures, failure?: string }} Sample the medians, or why there are none
 */

/**
 * One process; its last line is the result.
 *
 * @param {string} file
 * @param {{ args?: string[], nodeFlags?: string[] }} options
 * @returns {Promise<Sample>}
 */
export async function runProgram(file, { args = [], nodeFlags = [] } = {}) {
  const { code, stdout, stderr } = await run(process.execPath, [...nodeFlags, file, ...args], {
    capture: true,
    mayFail: true,
  });
  const lines = stdout.trim().split('\n');
  if (code === 0) {
    try {
      return { figures: JSON.parse(lines.at(-1)) };
    } catch {
      return { failure: 'printed no result' };
    }
  }
  const why = /(tidemark: .*|RuntimeError: .*|Aborted.*)/.exec(stderr)?.[1] ?? `ended with ${code}`;
  return { failure: why };
}

/**
 * `once(allocator)` for each allocator, again and again; who begins changes from turn to turn, so that a machine that
 * becomes slower doesn't favour one.
 *
 * @param {string[]} allocators
 * @param {number} repetitions
 * @param {(allocator: string) => Promise<Sample>} once
 * @returns {Promise<Record<string, Sample>>} the median of each figure; a failure ends that allocator's part
 */
export async function interleave(allocators, repetitions, once) {
  const samples = Object.fromEntries(allocators.map((name) => [name, []]));
  const failures = {};
  for (let turn = 0; turn < repetitions; turn++) {
    for (let i = 0; i < allocators.length; i++) {
      const allocator = allocators[(turn + i) % allocators.length];
      if (failures[allocator]) continue;
      const sample = await once(allocator);
      if (sample.failure) failures[allocator] = sample.failure;
      else samples[allocator].push(sample.figures);
    }
  }
  return Object.fromEntries(
    allocators.map((name) => [
      name,
      failures[name] ? { failure: failures[name] } : { figures: mediansOf(samples[name]) },
    ]),
  );
}

function mediansOf(samples) {
  return Object.fromEntries(Object.keys(samples[0]).map((key) => [key, median(samples.map((sample) => sample[key]))]));
}

/** One figure of each allocator that has it. */
export function pick(results, key) {
  return Object.fromEntries(
    Object.entries(results)
      .filter(([, sample]) => sample.figures !== undefined)
      .map(([name, sample]) => [name, sample.figures[key]]),
  );
}

/** A line for each allocator that failed. */
export function failuresOf(row, results) {
  return Object.entries(results)
    .filter(([, sample]) => sample.failure)
    .map(([name, sample]) => `${row} on ${name}: ${sample.failure}`);
}

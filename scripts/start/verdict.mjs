// Whether SQLite gave the same answers on every malloc.

/**
 * @param {{ allocator: string, code: number, message: string | null, digests: (string | null)[] }[]} runs
 * @returns {{ equal: boolean, line: string }}
 */
export function verdict(runs) {
  const failed = runs.find(({ code }) => code !== 0);
  if (failed) {
    return { equal: false, line: `SQLite on ${failed.allocator} failed: ${failed.message} (${failed.code})` };
  }
  const digests = new Set(runs.flatMap((run) => run.digests));
  if (digests.size === 1) {
    return { equal: true, line: `Every query gave the same rows on all of them: digest ${[...digests][0]}.` };
  }
  const found = runs.map(({ allocator, digests: own }) => `${allocator} ${own.join(' and ')}`).join(', ');
  return { equal: false, line: `The results are NOT the same on all mallocs. Digests: ${found}` };
}

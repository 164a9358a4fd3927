// What runs a test, which most programs never do. It is asked for in a file of its own, in the package too: bundlers keep what
// a file asks for, and all that needs, as long as they keep anything of that file.
import type { TestRun } from './tester_run.js';

export async function loadTestRun(): Promise<typeof TestRun> {
  return (await import('./tester_run.js')).TestRun;
}

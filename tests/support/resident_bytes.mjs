// What the system says of this process, which was started with --expose-gc.
import { setTimeout as sleep } from 'node:timers/promises';

/** Once what is garbage has been collected, and given back by the threads that do that. */
export async function residentBytes() {
  let resident = Infinity;
  for (let rounds = 0; rounds < 50; ++rounds) {
    globalThis.gc();
    await sleep(20);
    const now = process.memoryUsage().rss;
    if (rounds > 5 && now >= resident - (1 << 18)) break;
    resident = now;
  }
  return process.memoryUsage().rss;
}

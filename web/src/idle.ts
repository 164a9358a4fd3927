/** Calls back when there is time; `remaining()` says how many milliseconds of it. Returns what cancels that. */
export type IdleScheduler = (callback: (remaining: () => number) => void) => () => void;

/** The browser's idle time; elsewhere the next turn of the event loop. Keeps no Node process alive. */
export const systemIdle: IdleScheduler = (callback) => {
  if (typeof requestIdleCallback === 'function') {
    // A page that is never idle still gets its slices.
    const id = requestIdleCallback((deadline) => callback(() => deadline.timeRemaining()), { timeout: 1000 });
    return () => cancelIdleCallback(id);
  }
  const timer: unknown = setTimeout(() => callback(() => Infinity), 0);
  if (typeof timer === 'object') (timer as { unref?(): void }).unref?.();
  return () => clearTimeout(timer as number);
};

// What callbacks return: a value, or a promise that nobody waits for.

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** What a callback has returned: a promise that is rejected would end a Node program, where nobody waits for it. */
export function catchLater(result: unknown, failed: (error: unknown) => void): void {
  if (isPromise(result)) result.then(undefined, failed);
}

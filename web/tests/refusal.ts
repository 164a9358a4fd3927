// What is given where it isn't taken: refused by a TidemarkError that names it and says what is expected.
import { expect } from 'vitest';

export const shown = (value: unknown): string =>
  typeof value === 'function' ? 'a function' : Array.isArray(value) ? '[]' : `${typeof value} ${String(value)}`;

/** `give` may refuse at once, or by a promise. */
export async function expectRefusal(give: () => unknown, name: string, value: unknown): Promise<void> {
  const error = await new Promise((done) => done(give())).then(
    () => new Error(`${shown(value)} was taken`),
    (reason: unknown) => reason as Error,
  );
  expect(error, shown(value)).toMatchObject({
    name: 'TidemarkError',
    message: expect.stringContaining(name) as string,
  });
  expect(error.message, shown(value)).toMatch(/expected/);
}

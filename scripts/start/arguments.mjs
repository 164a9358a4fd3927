// What `npm start -- …` understands.
import { fullOrders } from '../../examples/sqlite/measure.mjs';

export class BadArgument extends Error {}

const numbers = {
  '--port': { name: 'port', least: 0, most: 65_535 },
  '--orders': { name: 'orders', least: 1, most: 10_000_000 },
  '--runs': { name: 'runs', least: 1, most: 99 },
};

/**
 * @param {string[]} words
 * @returns {{ once: boolean, port: number, orders: number, runs: number }}
 * @throws {BadArgument} in one line: the argument, the value, and what was expected
 */
export function readArguments(words) {
  const options = { once: false, port: 8080, orders: fullOrders, runs: 3 };
  for (let i = 0; i < words.length; ++i) {
    const [, argument, joined] = /^(--[^=]*)=(.*)$/s.exec(words[i]) ?? [undefined, words[i], undefined];
    if (argument === '--once' && joined === undefined) {
      options.once = true;
    } else if (Object.hasOwn(numbers, argument)) {
      const { name, least, most } = numbers[argument];
      const value = joined ?? words[++i];
      const expected = `a whole number from ${least} to ${most} is expected`;
      if (value === undefined) throw new BadArgument(`${argument}: no value was given, and ${expected}`);
      if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most) {
        throw new BadArgument(`${argument}: ${value} was given, and ${expected}`);
      }
      options[name] = Number(value);
    } else {
      const all = `--once, ${Object.keys(numbers).join(' N, ')} N`;
      throw new BadArgument(`${words[i]}: no such argument; expected are ${all}`);
    }
  }
  return options;
}

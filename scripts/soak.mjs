// A long run of random programs against the model (tests/soak): `npm run soak [-- --steps N] [-- --seed N]`.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { buildTarget } from './builds.mjs';
import { CommandError, loadEnvironment, main, run } from './environment.mjs';

const target = 'soak';
const program = 'build/native-release/tests/soak/soak';

/** A count or a seed, as it was given; only digits, so that 1e8 is not taken for 1. */
function wholeNumber(name, text) {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new CommandError(`--${name}: ${text} was given, and a whole number above 0 is expected`, 2);
  return Number(text);
}

await main(async () => {
  const { values } = parseArgs({
    options: { steps: { type: 'string', default: '100000000' }, seed: { type: 'string' } },
  });
  const steps = wholeNumber('steps', values.steps);
  const seed = values.seed === undefined ? randomInt(1, 2 ** 40) : wholeNumber('seed', values.seed);

  await buildTarget('native-release', [target], { capture: true });
  const args = [String(steps), String(seed)];
  const { code } = await run(program, args, { env: loadEnvironment(), mayFail: true });
  return code;
});

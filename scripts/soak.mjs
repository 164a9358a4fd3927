// A long run of the random programs against the model, every step checked: `npm run soak [-- --steps N] [-- --seed N]`.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { buildTarget } from './builds.mjs';
import { CommandError, loadEnvironment, main, run } from './environment.mjs';

const target = 'model_random_programs_test';
const program = 'build/native-release/tests/model/random_programs_test';

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
  const list = await run(program, ['--gtest_list_tests'], { capture: true });
  const programs = list.stdout.split('\n').filter((line) => line.startsWith('  ')).length;
  const stepsEach = Math.ceil(steps / programs);
  console.log(`${programs} programs of ${stepsEach} steps each, from seed ${seed} (--seed ${seed} runs them again)`);
  const env = { ...loadEnvironment(), TIDEMARK_TEST_SEED: String(seed), TIDEMARK_TEST_STEPS: String(stepsEach) };
  const { code } = await run(program, ['--gtest_brief=0'], { env, mayFail: true });
  return code;
});

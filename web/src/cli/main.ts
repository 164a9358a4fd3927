// npx tidemark: docs/tester.md
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../errors.js';
import { version } from '../index.js';
import { CliError } from './cli_error.js';
import { inspectCommand } from './inspect_command.js';
import { whenTold } from './output.js';
import { reportCommand, type ReportCommandOptions } from './report_command.js';
import { testCommand, type TestCommandOptions } from './test_command.js';

const atLeast =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > 600_000) {
      throw new InvalidArgumentError(`An integer from ${least} to 600000 is expected.`);
    }
    return value;
  };

const startTimeout = (): Option =>
  new Option('--start-timeout <ms>', 'for the application to be ready').argParser(atLeast(1)).default(60_000);

const exitCodes = `
Exit codes:
  0  all is well
  1  a test failed, or is worse than its baseline
  2  called wrongly
  3  the application, or a file, can't be read, started or understood, or the
     application threw what nobody caught, or ended the process by itself`;

let exitCode = 0;
/** The code that the process ends with; null for as long as it isn't known. */
let decided: number | null = null;
const program = new Command('tidemark')
  .description(
    "Tests, reports on and inspects the memory of Emscripten programs. 'app.js' is what emcc has written, for Node.",
  )
  .version(version)
  .addHelpText('after', exitCodes)
  .showHelpAfterError('(--help tells more)')
  .exitOverride();

program
  .command('test')
  .description("runs memory tests with the application's allocator, in its memory")
  .argument('<app.js>')
  .option(
    '--suite <tests>',
    'built-in tests by name, with commas between, or a .js file whose default export is an array of tests',
    'all',
  )
  .option('--json', 'the whole result as JSON')
  .option('--junit <file>', 'also write JUnit XML there')
  .option(
    '--baseline <file>',
    'compare with the run kept there, and fail when this one is worse; written when there is none',
  )
  .option('--update-baseline', 'write the baseline anew')
  .option('--duration <ms>', 'of timed work, for each test', atLeast(1), 200)
  .option('--seed <number>', 'of the workloads', atLeast(0), 1)
  .addOption(
    new Option(
      '--call <export>',
      'instead of a suite: call this function of the application again and again, and look for leaks',
    ).conflicts('suite'),
  )
  .option('--iterations <number>', 'of --call', atLeast(1), 100)
  .option('--warmup <number>', 'calls of --call before those, whose traces are no leak', atLeast(0), 2)
  .addOption(startTimeout())
  .action(async (file: string, options: TestCommandOptions, command: Command) => {
    for (const name of ['iterations', 'warmup']) {
      if (options.call === undefined && command.getOptionValueSource(name) === 'cli')
        throw new CliError(2, `--${name}: --call <export> is missing, whose calls it counts`);
    }
    exitCode = await testCommand(file, options);
  });

program
  .command('report')
  .description('starts the application and shows its memory')
  .argument('<app.js>')
  .option('--json', 'as JSON')
  .addOption(startTimeout())
  .action(async (file: string, options: ReportCommandOptions) => {
    exitCode = await reportCommand(file, options);
  });

program
  .command('inspect')
  .description('says what a binary tells of its memory, without running it')
  .argument('<app.wasm>')
  .option('--json', 'as JSON')
  .action((file: string, options: { json?: boolean }) => {
    exitCode = inspectCommand(file, options);
  });

function endNow(code: number): never {
  decided = code;
  process.exit(code);
}

/** Of results that were not taken: whoever reads them may have seen enough. */
function untold({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') endNow(decided ?? exitCode);
  process.stderr.write(`tidemark: the results can't be written: ${message}\n`);
  endNow(3);
}

/** The code is set, and standard output has been taken, before the process ends: the application may keep it alive. */
function end(code: number): void {
  decided = code;
  whenTold((error) => (error ? untold(error) : endNow(code)));
}

// What the application throws when nobody waits for it, one that waits for ever, and one that ends the process: without a word
// it would look like tests that have passed.
process.on('uncaughtException', (error) => {
  if (decided !== null) return;
  process.stderr.write(`tidemark: nobody caught what the application threw: ${messageOf(error)}\n`);
  endNow(3);
});
process.once('beforeExit', () => {
  process.stderr.write('tidemark: the application never came to an end of its start\n');
  endNow(3);
});
process.on('exit', (code) => {
  if (decided === null) {
    process.stderr.write(`tidemark: the application has ended the process, with exit code ${code}\n`);
  }
  process.exitCode = decided ?? 3;
});

process.stdout.on('error', untold);

try {
  await program.parseAsync();
  end(exitCode);
} catch (error) {
  if (error instanceof CommanderError) {
    end(error.exitCode === 0 ? 0 : 2); // it has said what is wrong
  } else if (error instanceof CliError) {
    process.stderr.write(`tidemark: ${error.message}\n`);
    end(error.exitCode);
  } else {
    process.stderr.write(`tidemark: ${messageOf(error)}\n`);
    end(3);
  }
}

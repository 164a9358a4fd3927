// The command line of `npm run bench`.
import { UsageError } from './errors.mjs';

export const usage = `usage: npm run bench -- [GROUP …] [OPTION …]

Groups (all of them when none is named): GROUPS

  --quick              less work and fewer repetitions: minutes become seconds, and the figures are rough
  --allocators A,B     of ALLOCATORS; all unless told otherwise
  --filter TEXT        only the rows whose name has TEXT in it
  --repetitions N      how often each row is measured with each allocator; the median is reported
  --tiering            Node's default compilation in tiers, instead of optimised code from the start (--no-liftoff)
  --lib FILE           the libtidemark.a to measure, instead of a fresh build of this checkout
  --json FILE          write every figure as JSON to FILE; \`--json -\` prints only that
  --help               this text`;

/**
 * @typedef {object} Options
 * @property {string[]} groups
 * @property {string[]} allocators in the order in which columns are printed
 * @property {boolean} quick
 * @property {boolean} tiering
 * @property {string} filter empty: every row
 * @property {number | undefined} repetitions
 * @property {string | undefined} json
 * @property {string | undefined} lib
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @param {{ groups: string[], allocators: string[] }} known
 * @returns {Options}
 * @throws {UsageError} naming the word that is not understood
 */
export function parseOptions(args, known) {
  const options = { groups: [], allocators: known.allocators, quick: false, tiering: false, filter: '', help: false };
  for (let i = 0; i < args.length; i++) {
    const [name, attached] = args[i].startsWith('--') ? args[i].split(/=(.*)/s) : [args[i]];
    const value = () => {
      const text = attached ?? args[++i];
      if (text === undefined) throw new UsageError(`${name} needs a value`);
      return text;
    };
    switch (name) {
      case '--quick':
      case '--tiering':
      case '--help':
        if (attached !== undefined) throw new UsageError(`${name} takes no value`);
        options[name.slice(2)] = true;
        break;
      case '--allocators':
        options.allocators = chosen(value().split(','), known.allocators, 'allocator');
        break;
      case '--filter':
        options.filter = value();
        break;
      case '--json':
        options.json = value();
        break;
      case '--lib':
        options.lib = value();
        break;
      case '--repetitions':
        options.repetitions = Number(value());
        if (!(Number.isInteger(options.repetitions) && options.repetitions > 0))
          throw new UsageError('--repetitions needs a number, 1 or more');
        break;
      default:
        if (name.startsWith('-')) throw new UsageError(`unknown option ${name} (see --help)`);
        options.groups.push(name);
    }
  }
  options.groups = options.groups.length ? chosen(options.groups, known.groups, 'group') : known.groups;
  return options;
}

/** The known names among those wanted, in the order of the known ones. */
function chosen(wanted, known, kind) {
  for (const name of wanted) {
    if (!known.includes(name)) throw new UsageError(`unknown ${kind} '${name}': there are ${known.join(', ')}`);
  }
  return known.filter((name) => wanted.includes(name));
}

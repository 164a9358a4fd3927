// corpus.mjs PROGRAM: the corpus of tests/leaks at default settings, in one go and in slices. One line of JSON.
import { attach } from 'tidemark/attach';
import { runCorpus, scoreOf } from '../../leaks/support/corpus.mjs';

const { default: create } = await import(process.argv[2]);
const result = {};
for (const slices of [false, true]) {
  const rows = await runCorpus(create, attach, { slices });
  result[slices ? 'slices' : 'whole'] = {
    ...scoreOf(rows),
    rows: rows.map(({ name, leaks, slow, found, told, milliseconds, result: { severity, patterns } }) => ({
      ...{ name, leaks, slow, found, told, milliseconds, severity },
      by: [...new Set(patterns.filter(({ verdict }) => verdict === 'leak').map(({ type }) => type))],
    })),
  };
}
console.log(JSON.stringify(result));
process.exit();

// Formats everything that `npm run lint` checks the format of.
import { main, root, run } from './environment.mjs';
import { cppFiles } from './lint.mjs';

await main(async () => {
  await run('clang-format', ['-i', ...cppFiles()]);
  await run(process.execPath, [`${root}/node_modules/prettier/bin/prettier.cjs`, '--write', '--log-level=warn', '.']);
});

// Exit 0 when node_modules holds what package-lock.json names, by version; 1 when it does not.
import { readFileSync } from 'node:fs';

const root = process.argv[2];

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(`${root}/${file}`, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

const wanted = packagesOf('package-lock.json');
const installed = packagesOf('node_modules/.package-lock.json');
const isCurrent =
  wanted !== undefined &&
  installed !== undefined &&
  Object.entries(wanted).every(
    ([path, entry]) =>
      !path.startsWith('node_modules/') || // the root and the workspaces themselves
      entry.optional || // npm leaves out what is for other systems
      entry.devOptional ||
      entry.peer ||
      (installed[path] !== undefined && installed[path].version === entry.version),
  );
process.exit(isCurrent ? 0 : 1);

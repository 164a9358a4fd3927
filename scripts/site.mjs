// The pages as they are served: the dashboard with the programs that it watches, and SQLite on four mallocs.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './environment.mjs';

/** The targets that it is made of, besides the npm package. */
export const siteTargets = ['sqlite_page', 'dashboard_page'];

/**
 * Puts together what was built: a folder that any web server can serve. Requires the targets, and web/dist.
 *
 * @returns {string} the folder; `sqlite/` in it is SQLite's page
 */
export function assembleSite() {
  const site = join(root, 'build/site');
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site, { recursive: true });
  const copy = (from, to) => cpSync(join(root, from), join(site, to), { recursive: true });
  copy('build/wasm/examples/dashboard/page', '.');
  copy('build/wasm/examples/sqlite/page', 'sqlite');
  copy('web/dist', 'tidemark');
  return site;
}

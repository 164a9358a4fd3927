import createLinked from '../../build/wasm/web/sqlite_tidemark.mjs';
import createPlain from '../../build/wasm/web/sqlite_dlmalloc.mjs';
import * as tidemark from '../../build/site/tidemark/index.js';
import { attach } from '../../build/site/tidemark/attach.js';
import { assemblyScript, linkedSqlite, plainSqlite } from '../../web/tests/existing_programs.mjs';

const existing = {
  linkedSqlite: () => linkedSqlite(createLinked, attach),
  plainSqlite: () => plainSqlite(createPlain, tidemark),
  assemblyScript: (bytes) => assemblyScript(new Uint8Array(bytes), tidemark),
};
Object.assign(globalThis, { existing });

// Bytes of code of the malloc family: a program that uses malloc, free, calloc, realloc and memalign once, less the same
// program with a family that does nothing (size/). Counted are the code and data sections of the linked and optimised
// module, so memory growth through Emscripten's sbrk is part of the three, and Tidemark's own growth of Tidemark.
import { readFileSync } from 'node:fs';
import { buildTargets, programFile } from '../runner/build.mjs';
import { table } from '../runner/table.mjs';

const levels = ['O3', 'Oz'];
const kCode = 10;
const kData = 11;

/** @returns {{ code: number, data: number }} the bytes of two sections of a module */
export function sectionBytes(wasm) {
  const found = { [kCode]: 0, [kData]: 0 };
  for (let at = 8; at < wasm.length;) {
    const id = wasm[at++];
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (id in found) found[id] = length;
    at += length;
  }
  return { code: found[kCode], data: found[kData] };
}

export async function run({ allocators, filter, progress }) {
  const chosen = levels.filter((level) => level.includes(filter));
  progress('linking');
  await buildTargets(chosen.flatMap((level) => ['nothing', ...allocators].map((name) => `size_${level}-${name}`)));
  const rows = chosen.map((level) => {
    const sections = (name) =>
      sectionBytes(readFileSync(programFile(`size_${level}`, name).replace(/\.cjs$/, '.wasm')));
    const glue = (name) => readFileSync(programFile(`size_${level}`, name)).length;
    const base = sections('nothing');
    const measure = (figure) => Object.fromEntries(allocators.map((name) => [name, figure(name)]));
    return {
      level,
      codeBytes: measure((name) => sections(name).code - base.code),
      dataBytes: measure((name) => sections(name).data - base.data),
      glueBytes: measure((name) => glue(name) - glue('nothing')),
    };
  });
  const text = table(
    ['bytes: code + data (JavaScript)', ...allocators],
    rows.map((row) => [
      `-${row.level}`,
      ...allocators.map((name) => `${row.codeBytes[name]} + ${row.dataBytes[name]} (${row.glueBytes[name]})`),
    ]),
  );
  const total = (row, name) => row.codeBytes[name] + row.dataBytes[name];
  const checks = rows.flatMap((row) => {
    const measured = allocators.includes('tidemark') ? total(row, 'tidemark') : undefined;
    const rival = row.level === 'Oz' ? 'emmalloc' : 'dlmalloc';
    const targets = allocators.includes(rival)
      ? [{ target: `-${row.level}: at most ${rival}'s`, measured, limit: total(row, rival), unit: 'bytes' }]
      : [];
    if (row.level === 'Oz')
      targets.push({ target: '-Oz: in any case below 5 KB', measured, limit: 5000, unit: 'bytes' });
    return targets;
  });
  return { rows, failures: [], text, checks };
}

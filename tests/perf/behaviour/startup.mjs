// Makes instances of a module one after another, as a server does that gives each request its own:
// `node startup.mjs FILE COUNT` prints the medians over the instances. The module is compiled once, before.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { median } from '../runner/statistics.mjs';

const [file, count] = process.argv.slice(2);
const create = createRequire(import.meta.url)(file);
const compiled = new WebAssembly.Module(readFileSync(file.replace(/\.cjs$/, '.wasm')));

const instances = [];
const lines = [];
const ms = [];
const residentBefore = process.memoryUsage.rss();
for (let i = 0; i < Number(count); i++) {
  const start = performance.now();
  instances.push(
    await create({
      print: (line) => lines.push(JSON.parse(line)),
      instantiateWasm(imports, ready) {
        const instance = new WebAssembly.Instance(compiled, imports);
        ready(instance, compiled);
        return instance.exports;
      },
    }),
  );
  ms.push(performance.now() - start);
}
console.log(
  JSON.stringify({
    instance_ms: median(ms),
    first_malloc_ms: median(lines.map((line) => line.first_malloc_ms)),
    memory_bytes: lines[0].memory_bytes,
    resident_bytes: (process.memoryUsage.rss() - residentBefore) / instances.length,
  }),
);

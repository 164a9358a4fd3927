// node calls.mjs PROGRAM: what a call of an exported function takes, straight and through its gate, as one line of JSON with
// nanoseconds of each round.
import { readFile } from 'node:fs/promises';

const calls = 20_000_000;
const rounds = 9;

const [file] = process.argv.slice(2);
const { default: create } = await import(file);
const binary = await readFile(new URL(file.replace(/\.mjs$/, '.wasm')));
let straight;
const program = await create({
  instantiateWasm(imports, receive) {
    void WebAssembly.instantiate(binary, imports).then(({ instance, module }) => {
      straight = instance.exports.get_count;
      receive(instance, module);
    });
    return {};
  },
});
program._scatter(1, 0);

// Each has a loop of its own: one that has called both would choose between them at every call.
const loop = () => new Function('f', 'calls', 'let sum = 0; for (let i = 0; i < calls; ++i) sum += f(); return sum;');
const kinds = [
  { name: 'straight', f: straight, repeat: loop(), ns: [] },
  { name: 'gate', f: program._get_count, repeat: loop(), ns: [] },
];
for (const { f, repeat } of kinds) repeat(f, 1_000_000);
for (let round = 0; round < rounds; ++round) {
  for (const { f, repeat, ns } of kinds) {
    const begin = performance.now();
    if (repeat(f, calls) !== calls) throw new Error('a call went astray');
    ns.push(((performance.now() - begin) / calls) * 1e6);
  }
}
console.log(JSON.stringify(Object.fromEntries(kinds.map(({ name, ns }) => [name, ns]))));

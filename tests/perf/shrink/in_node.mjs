// node in_node.mjs PROGRAM OPTIONS: the pauses of a process of its own, as one line of JSON.
import { pausesOf } from './pauses.mjs';

const [file, options] = process.argv.slice(2);
const { default: create } = await import(file);
console.log(JSON.stringify(await pausesOf(create, JSON.parse(options))));
process.exit(0);

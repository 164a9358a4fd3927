// A program by the AssemblyScript compiler, with its own garbage collector: it keeps what it is told to.
import asc from 'assemblyscript/asc';

const source = `
  const kept: Uint8Array[] = [];
  export function keep(bytes: i32): void { kept.push(new Uint8Array(bytes)); }
  export function sum(): i32 {
    let bytes = 0;
    for (let i = 0; i < kept.length; ++i) bytes += kept[i].length;
    return bytes;
  }
`;

/** @returns {Promise<Uint8Array>} */
export async function compileAssemblyScript() {
  const { error, stderr, binary } = await asc.compileString(source, { optimizeLevel: 3, runtime: 'incremental' });
  if (error || !binary) throw new Error(`${error}\n${stderr}`);
  return binary;
}

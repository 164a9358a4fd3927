// A program with another limit of its linear memory: what -sMAXIMUM_MEMORY writes into it, written afterwards.

const pageBytes = 65536;
const memorySection = 5;

/** LEB128, as WebAssembly has it. @returns {[number, number]} the number, and the offset after it */
function readNumber(bytes, offset) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[offset++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, offset];
  }
}

function numberBytes(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

/**
 * @param {Uint8Array} wasm a module with one memory of its own
 * @param {number} maximumBytes a multiple of 64 KiB, and no less than the program starts with
 * @returns {Uint8Array}
 */
export function limitMemory(wasm, maximumBytes) {
  for (let offset = 8; offset < wasm.length;) {
    const section = offset;
    const [length, begin] = readNumber(wasm, offset + 1);
    offset = begin + length;
    if (wasm[section] !== memorySection) continue;
    const [initialPages] = readNumber(wasm, begin + 2);
    const withMaximum = 1;
    const content = [1, withMaximum, ...numberBytes(initialPages), ...numberBytes(maximumBytes / pageBytes)];
    const replaced = Uint8Array.of(memorySection, ...numberBytes(content.length), ...content);
    return Buffer.concat([wasm.subarray(0, section), replaced, wasm.subarray(offset)]);
  }
  throw new Error('the module has no memory of its own');
}

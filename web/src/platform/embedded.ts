import bytes from './tidemark.wasm';

export default bytes;

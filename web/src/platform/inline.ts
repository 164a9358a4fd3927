/** The code of the packaged engine, in the program itself. */
export { embeddedEngine as engineSource } from './embedded.js';
export { readCode } from './fetched.js';

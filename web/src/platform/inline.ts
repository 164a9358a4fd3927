/** The code of the packaged engine, in the program itself. */
export { embeddedEngine as engineSource } from './embedded.js';
export const readCode = (url: URL): Promise<Response> => fetch(url);

/** The engine's code from an address, in whatever has fetch() for all of them. */
export const readCode = (url: URL): Promise<Response> => fetch(url);

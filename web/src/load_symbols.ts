// What finds files and lines, loaded when a profile is symbolized: in a file of its own, as load_tester.ts.

export const loadSymbolReader = (): Promise<typeof import('./symbols/symbols.js')> => import('./symbols/symbols.js');

// What runs a test, which most programs never do. It is asked for in a file of its own, in the package too: bundlers keep what
// a file asks for, and all that needs, as long as they keep anything of that file.

export const loadTester = (): Promise<typeof import('./tester_runner.js')> => import('./tester_runner.js');

// What repeats a scenario, loaded when there is one: in a file of its own, as load_tester.ts.

export const loadScenario = (): Promise<typeof import('./leaks/scenario.js')> => import('./leaks/scenario.js');

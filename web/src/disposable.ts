/** `Symbol.dispose`, also where the engine has none yet (Safari): users' `using` is then compiled to this one. */
export const symbolDispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

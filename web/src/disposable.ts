/** `Symbol.dispose`, also where the engine has none yet (Safari): users' `using` is then compiled to this one. */
export const symbolDispose: typeof Symbol.dispose = Symbol.dispose ?? /* @__PURE__ */ Symbol.for('Symbol.dispose');

export const symbolAsyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? /* @__PURE__ */ Symbol.for('Symbol.asyncDispose');

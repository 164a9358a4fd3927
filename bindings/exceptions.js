// C++ exceptions that JavaScript has caught, with -fwasm-exceptions. What is in one can be read with the tag of the instance
// that has thrown it, and no other; a tag that is kept holds the memory of its instance. So what is in it, an address, is
// noted where it leaves the program, and one that comes in again is made anew.
/* global addToLibrary */

#if WASM_EXCEPTIONS
addToLibrary({
  // From an exception to the address of its header.
  $tidemarkThrown: '=new WeakMap()',

  $tidemarkNoteThrown__deps: ['$tidemarkThrown', '$getCppExceptionTag'],
  // Returns `e`, whatever it is.
  $tidemarkNoteThrown: (e) => {
    var tag = getCppExceptionTag();
    if (e instanceof WebAssembly.Exception && e.is(tag)) tidemarkThrown.set(e, e.getArg(tag, 0));
    return e;
  },

  $tidemarkRenewThrown__deps: ['$tidemarkThrown', '$tidemarkNoteThrown', '$getCppExceptionTag'],
  $tidemarkRenewThrown: (e) => {
    var tag = getCppExceptionTag();
    return !tidemarkThrown.has(e) || e.is(tag) ? e : tidemarkNoteThrown(new WebAssembly.Exception(tag, [tidemarkThrown.get(e)]));
  },

  // In place of Emscripten's own.
  $getCppExceptionThrownObjectFromWebAssemblyException__deps: ['$tidemarkThrown', '$getCppExceptionTag', '__thrown_object_from_unwind_exception'],
  $getCppExceptionThrownObjectFromWebAssemblyException: (e) =>
    ___thrown_object_from_unwind_exception(tidemarkThrown.get(e) ?? e.getArg(getCppExceptionTag(), 0)),

  _emval_throw__deps: ['$Emval', '$isCppExceptionObject', '$incrementUncaughtExceptionCount', '$incrementExceptionRefcount', '$tidemarkRenewThrown'],
  _emval_throw: (handle) => {
    var thrown = tidemarkRenewThrown(Emval.toValue(handle));
    if (isCppExceptionObject(thrown)) {
      incrementUncaughtExceptionCount();
      incrementExceptionRefcount(thrown);
    }
    throw thrown;
  },
});
#endif

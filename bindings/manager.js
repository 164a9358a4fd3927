// What the manager of the program's heap asks of JavaScript: its pressure handlers. A JavaScript library for emcc.
/* global addToLibrary */

addToLibrary({
  tidemark_on_pressure__deps: ['$tidemarkEngine'],
  // Called inside of malloc. `engine.onPressure` is set by whoever manages the program from JavaScript; it must not throw.
  tidemark_on_pressure: (level, reason, wantedBytes) => {
    tidemarkEngine['onPressure']?.(level, reason, wantedBytes >>> 0);
  },
});

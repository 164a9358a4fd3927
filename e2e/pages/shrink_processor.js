// After a program of tests/shrink/programs/core.c, in an AudioWorklet: it is moved while sound is made, and says how that went.
/* global AudioWorkletProcessor, Module, registerProcessor */
const failed = [];
let rounds = 0;
let soon = 0;

function round() {
  ++rounds;
  Module._work(100, rounds);
  Module._peak(2 ** 24);
  if (Module.tidemark.shrink().returnedBytes <= 0) failed.push(`round ${rounds} returned nothing`);
  if (Module._verify() <= 0) failed.push(`round ${rounds} lost a block`);
  if (Module._bump() !== 7 + rounds) failed.push(`round ${rounds} lost static data`);
  if (rounds === 5) Module.tidemark.shrinkSoon().then(() => ++soon, failed.push.bind(failed));
}

class Shrinking extends AudioWorkletProcessor {
  constructor() {
    super();
    this.port.onmessage = () => this.port.postMessage({ failed: failed.map((e) => e.stack), rounds, soon });
  }
  process() {
    try {
      if (rounds < 10) round();
    } catch (error) {
      rounds = 10;
      failed.push(error);
    }
    return true;
  }
}
registerProcessor('shrinking', Shrinking);

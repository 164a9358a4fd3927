import type { EngineSource } from '../load_engine.js';
import bytes from './embedded.js';

/** The code of the packaged engine, in the program itself. */
export function engineSource(): Promise<EngineSource> {
  return Promise.resolve(bytes);
}

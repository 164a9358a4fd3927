// build/wasm/web/tidemark.mjs, which web/build.mjs bundles under this name.
declare module 'tidemark-engine-glue' {
  export default function createEngine(options: {
    instantiateWasm(
      imports: WebAssembly.Imports,
      receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ): object;
  }): Promise<import('./engine.js').EmscriptenModule>;
}

// src/platform/PLATFORM.ts, one for each place that the package runs in.
declare module 'tidemark-engine-source' {
  export function engineSource(): Promise<import('./load_engine.js').EngineCode>;
  export function readCode(url: URL): Promise<import('./load_engine.js').EngineCode>;
}

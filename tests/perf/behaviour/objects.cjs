// As many objects as an application may have: V8 before Node 26 looks through all of them when memory grows.
globalThis.objects = Array.from({ length: 500_000 }, (_, number) => ({ number, list: [number] }));

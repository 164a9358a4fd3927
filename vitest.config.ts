import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{web,bindings,examples,tests}/**/*.test.{ts,mjs}'],
    maxWorkers: '100%', // it would leave a core free, which on two is half of the time
    testTimeout: 180_000, // a machine that builds at the same time is slow
  },
});

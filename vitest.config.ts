import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{web,bindings,examples,tests}/**/*.test.{ts,mjs}'],
    testTimeout: 180_000, // a machine that builds at the same time is slow
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['web/tests/**/*.test.ts', 'tests/scripts/**/*.test.mjs'] } });

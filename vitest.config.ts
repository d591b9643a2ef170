import { defineConfig } from 'vitest/config';

// Most tests wait for processes, so more workers than processors is faster.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], maxWorkers: 4, testTimeout: 60_000 },
});

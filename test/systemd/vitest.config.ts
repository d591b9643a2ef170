// `npm run systemd`: what `npm test` leaves out, because it boots a machine of its own.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ['*.systemd.ts'],
    testTimeout: 90_000,
    hookTimeout: 300_000,
    // One machine, one test at a time.
    fileParallelism: false,
    bail: 0,
  },
});

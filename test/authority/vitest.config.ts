// `npm run conformance`: what `npm test` leaves out, because it needs packages from PyPI.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ['*.conformance.ts'],
    globalSetup: `${import.meta.dirname}/authorities.ts`,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

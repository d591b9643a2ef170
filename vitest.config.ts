import { defineConfig } from 'vitest/config';

// Two groups, one after the other: processes that must be in time do not compete with tests that need the processor.
const NEED_THE_PROCESSOR = ['test/lib/**/*.test.ts', 'test/property/**/*.test.ts', 'test/docs.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'by the clock',
          include: ['test/**/*.test.ts'],
          exclude: NEED_THE_PROCESSOR,
          // They mostly wait: more workers than there are processors.
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'by the processor',
          include: NEED_THE_PROCESSOR,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Two groups, one after the other: processes that must be in time do not compete with tests that need the processor.
const NEED_THE_PROCESSOR = [
  'test/*.test.ts',
  'test/contract/**/*.test.ts',
  'test/lambda/domain/**/*.test.ts',
  'test/lib/**/*.test.ts',
  'test/property/**/*.test.ts',
  'test/simulation/**/*.test.ts',
];

/** Short files that take long. Vitest begins with the longest file where it has not seen them run: these would be last. */
const SLOW = ['scenarios.test.ts', 'main.test.ts', 'wiring.test.ts', 'app.test.ts', 'validators.test.ts'];
const isSlow = ({ moduleId }: TestSpecification): boolean =>
  SLOW.some((name) => moduleId.endsWith(`/${name}`));

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    globalSetup: ['test/scratch.ts'],
    maxConcurrency: 3,
    sequence: { sequencer: SlowFirst },
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
          // They leave nothing behind in their process: the CDK is read once, not for each file.
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

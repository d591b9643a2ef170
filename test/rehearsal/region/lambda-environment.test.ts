// A function's process that dies, or never comes to be, harms nobody else.
import { describe, expect, it } from 'vitest';
import { Environment } from '../../../rehearsal/region/lambda-environment.ts';

describe('a function whose process cannot be started', () => {
  // Regression: Node sent the signal of a process that never came to be to its own group, and to the caller's shell.
  it('fails its invocation, says why, and ends nothing else', async () => {
    const said: string[] = [];
    const environment = await Environment.start(
      {
        name: 'respond',
        arn: 'arn:aws:lambda:eu-west-1:123456789012:function:respond',
        codeDir: '/nowhere',
        handler: 'index.handler',
        timeoutMs: 1_000,
        memoryMb: 128,
        environment: {},
      },
      (line) => said.push(line),
      Date.now,
    );
    const { functionError } = await environment.invoke('{}');
    await environment.close();
    expect(functionError).toBe('Unhandled');
    expect(said.join('\n')).toContain("the function's process cannot be started: spawn");
  });
});

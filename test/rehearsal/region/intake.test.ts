// What comes into a rehearsal from outside the template's wiring: recorded events, other documents, bad hooks.
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../contract/outcomes.ts';
import { commandLine } from '../../../rehearsal/machine/processes.ts';
import type { PlantedFault } from '../../../rehearsal/region/endpoints/server.ts';
import { rehearse } from '../../../rehearsal/rehearse.ts';
import type { Scenario } from '../../../rehearsal/scenario.ts';
import { nothingLeftRunning } from '../../../rehearsal/scenarios/workload.ts';
import { isObject, type Json, type Template } from '../../../rehearsal/template/template.ts';
import { altered, synthesised, temporaryFolder, thisHost } from '../world.ts';

const folder = temporaryFolder();
const host = thisHost();
let template: Template;
beforeAll(async () => {
  template = await synthesised(folder);
}, 60_000);

const scenario: Scenario = {
  name: 'wiring',
  story: '',
  expected: 'graceful',
  // Where nothing is set up, drain waits for a workload to answer.
  prepare: (instance) => instance.hook('drain', '10-nothing', '#!/bin/sh\n'),
  expectations: [],
};
const run = (changed: Template, faults: PlantedFault[] = [], more: Partial<Scenario> = {}) =>
  rehearse({ ...scenario, faults, ...more }, { template: changed, host, windowSeconds: 20 });

describe('the sandbox', () => {
  it('fails the rehearsal when a hook reaches beyond loopback or for the power switch', {
    timeout: 60_000,
  }, async () => {
    const { problems } = await run(template, [], {
      prepare: (instance) => {
        const python = `#!/usr/bin/env python3\nimport socket\nsocket.create_connection(("192.0.2.8", 80))\n`;
        instance.hook('drain', '10-out', python);
        instance.hook('drain', '20-off', '#!/bin/sh\nshutdown -h now\n');
      },
    });
    expect(problems.join('\n')).toMatch(/expected loopback hosts only.*192\.0\.2\.8/);
    expect(problems.join('\n')).toMatch(/sandbox must refuse, got shutdown -h now/);
  });
});

describe.concurrent('a recorded event', () => {
  const recorded = {
    'detail-type': 'EC2 Spot Instance Interruption Warning',
    source: 'aws.ec2',
    account: '210987654321',
    time: '2026-02-04T15:28:15Z',
    region: 'us-gov-west-1',
    detail: { 'instance-id': 'i-0abc0abc0abc0abc0', 'instance-action': 'terminate' },
  };
  const events: { name: string; event: Json; outcome: Outcome | 'none' }[] = [
    { name: 'of another partition', event: recorded, outcome: 'graceful' },
    {
      name: 'of another type',
      event: { ...recorded, 'detail-type': 'EC2 Instance Rebalance Recommendation' },
      outcome: 'none',
    },
    { name: 'that is no object', event: [], outcome: 'none' },
    { name: 'whose time is none', event: { ...recorded, time: 'soon' }, outcome: 'unprotected' },
    { name: 'whose account is none', event: { ...recorded, account: 12 }, outcome: 'unprotected' },
  ];
  it.each(events)(
    '$name ends as $outcome, with no other complaint',
    { timeout: 60_000 },
    async ({ event, outcome }) => {
      const outcomes = await rehearse(
        { ...scenario, expected: outcome },
        { template, host, windowSeconds: 20, event },
      );
      expect({ outcome: outcomes.outcome, problems: outcomes.problems }).toEqual({ outcome, problems: [] });
    },
  );
});

describe.concurrent('a document', () => {
  /** The template with every step's script replaced. */
  const withScript = (script: (step: string) => string): Template =>
    altered(template, 'AWS::SSM::Document', (properties) => {
      const content = isObject(properties.Content) ? properties.Content : {};
      const steps = Array.isArray(content.mainSteps) ? content.mainSteps.filter(isObject) : [];
      const mainSteps = steps.map((step) => ({
        ...step,
        inputs: { runCommand: ['#!/bin/sh', script(String(step.name))] },
      }));
      return { ...properties, Content: { ...content, mainSteps } };
    });

  it('whose steps all succeed proves nothing without a report', { timeout: 60_000 }, async () => {
    const { outcome, secondsToSpare } = await run(withScript(() => 'exit 0'));
    expect(outcome).toBe('unknown');
    expect(secondsToSpare).toBeGreaterThan(0);
  });

  it('that leaves a process of its own behind is seen to do so, and the process is gone after', {
    timeout: 60_000,
  }, async () => {
    const leaves = withScript(() => 'setsid sleep 67 </dev/null >/dev/null 2>&1 &');
    const { problems } = await run(leaves, [], { expectations: [nothingLeftRunning] });
    expect(problems.join('\n')).toMatch(/expected nothing left running, got .*sleep 67/);
    const commands = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => commandLine(Number(pid)));
    expect(commands).not.toContain('sleep 67');
  });

  it('that fails in a step is failed, and late when it still runs at the reclaim', {
    timeout: 60_000,
  }, async () => {
    const failed = await run(withScript((step) => (step === 'save' ? 'exit 3' : 'exit 0')));
    expect(failed.outcome).toBe('failed');
    const late = await run(
      withScript((step) => (step === 'save' ? 'sleep 68' : 'exit 0')),
      [],
      {
        reclaimAt: (deadline, windowSeconds) => deadline - windowSeconds + 2,
      },
    );
    expect(late.outcome).toBe('late');
    expect(late.stages.map(({ name }) => name)).toEqual(['drain']);
  });
});

// State Manager: runs the document of each association on the instance whose tag it names. The agent has workers of
// their own for these: commands, however many, do not keep them waiting.
import type { InvocationStatus, StepResult } from '../region/commands.ts';
import type { CommandDocument } from '../region/document.ts';
import type { Association } from '../template/instances.ts';
import { runSteps, type Work } from './steps.ts';

/** What became of an association on the instance. */
export interface Applied {
  readonly documentName: string;
  readonly status: InvocationStatus | undefined;
  readonly steps: readonly StepResult[];
}

export interface StateManagerOptions extends Pick<Work, 'runScript' | 'isOver'> {
  readonly associations: readonly Association[];
  readonly documents: ReadonlyMap<string, CommandDocument>;
  readonly onStep: (step: StepResult) => void;
}

/** One after the other, as the agent does with those of one instance. */
export async function applyAssociations(
  { associations, documents, runScript, isOver, onStep }: StateManagerOptions,
  tags: Readonly<Record<string, string>>,
): Promise<Applied[]> {
  const applied: Applied[] = [];
  for (const { documentName, tagKey, tagValues, parameters } of associations) {
    const document = documents.get(documentName);
    if (document === undefined || !tagValues.includes(tags[tagKey] ?? '')) continue;
    const steps: StepResult[] = [];
    const status = await runSteps({
      id: crypto.randomUUID(),
      document,
      parameters,
      runScript,
      isOver,
      onStep: (step) => {
        steps.push(step);
        onStep(step);
      },
    });
    applied.push({ documentName, status, steps });
  }
  return applied;
}

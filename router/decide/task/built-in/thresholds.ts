// How likely a task must be before a call is given it. Chosen on the development files; figures in labelled/README.md.
import type { BuiltInLabel } from './cue.ts'

/** Probability below which the built-in rules abstain. */
export const THRESHOLDS: Readonly<Record<Exclude<BuiltInLabel, 'general'>, number>> = {
  // The task that the cheapest models get: a hard call given to it is the error that hurts.
  simple_qa: 0.65,
  code_generation: 0.5,
  factual_recall: 0.6,
  long_context: 0.55,
  agent_tasks: 0.6,
}

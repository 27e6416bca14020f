// What a built-in cue is: something seen in a call, and what it says for and against each task. Data only.
import type { TaskInput } from '../task-input.ts'
import type { TextShape } from '../text-shape.ts'

/** The tasks that the built-in rules know; `general` is what remains when none of them is likely enough. */
export const BUILT_IN_LABELS = ['simple_qa', 'code_generation', 'factual_recall', 'long_context', 'agent_tasks', 'general'] as const
export type BuiltInLabel = (typeof BUILT_IN_LABELS)[number]

/** Log-odds that a cue adds to each task; a task that is left out is not touched. */
export type Weights = Partial<Readonly<Record<BuiltInLabel, number>>>

/**
 * Phrases of one meaning, in every language we have them in. A cue counts once, however many of its phrases occur. Near the ends
 * of the text only (score.ts): what lies between is mostly pasted, and holds words that nobody meant.
 */
export type PhraseCue = {
  readonly name: string
  readonly weights: Weights
  /** Only where a phrase ends within the first so many words. */
  readonly within?: number
  /** Counts only when this holds. `words`: words in the capped text. */
  readonly when?: (input: TaskInput, shape: TextShape, words: number) => boolean
  readonly phrases: readonly string[]
}

/** Something about the call that is no phrase. `words`: words in the capped text. */
export type ShapeCue = { readonly name: string; readonly weights: Weights; readonly when: (input: TaskInput, shape: TextShape, words: number) => boolean }

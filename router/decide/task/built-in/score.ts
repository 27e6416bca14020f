// A call's cues → how likely each built-in task is: a sum of log-odds per task, and the softmax of the sums. Pure.
import type { Found, PhraseBookBuilder } from '../phrase-book.ts'
import type { TaskInput } from '../task-input.ts'
import type { TextShape } from '../text-shape.ts'
import { AGENT_CUES } from './agent-cues.ts'
import { CODE_CUES } from './code-cues.ts'
import { BUILT_IN_LABELS, type BuiltInLabel, type PhraseCue, type Weights } from './cue.ts'
import { QUESTION_CUES } from './question-cues.ts'
import { SHAPE_CUES } from './shape-cues.ts'
import { WORK_CUES } from './work-cues.ts'

/** A phrase counts when it ends within so many words of the start or of the end: what lies between is mostly pasted. */
const HEAD_WORDS = 60
const TAIL_WORDS = 40
/** What every call starts from; `general` is ahead, so that a call without cues stays general. */
const START: Readonly<Record<BuiltInLabel, number>> = { simple_qa: 0, code_generation: 0, factual_recall: 0, long_context: 0, agent_tasks: 0, general: 1.2 }

/** A cue that was seen. `phrase`: number of the phrase by which, for phrase cues. */
export type SeenCue = { readonly name: string; readonly weights: Weights; readonly phrase: number | undefined }
export type Score = { readonly seen: readonly SeenCue[]; readonly probabilities: Readonly<Record<BuiltInLabel, number>> }
/** The phrase cues, with the numbers their phrases have in a book. */
export type BuiltInCues = { readonly cueOfPhrase: ReadonlyMap<number, readonly number[]>; readonly cues: readonly PhraseCue[] }

/** Adds the phrases of all cues to a book that is being made. */
export function builtInCues(builder: PhraseBookBuilder): BuiltInCues {
  const cues = [...CODE_CUES, ...QUESTION_CUES, ...WORK_CUES, ...AGENT_CUES]
  const cueOfPhrase = new Map<number, number[]>()
  for (const [index, cue] of cues.entries()) {
    for (const phrase of cue.phrases) {
      const number = builder.add(phrase)
      if (number === undefined) continue
      const known = cueOfPhrase.get(number)
      if (known === undefined) cueOfPhrase.set(number, [index])
      else if (!known.includes(index)) known.push(index)
    }
  }
  return { cueOfPhrase, cues }
}

/** `found`: of the book that the cues were added to, in the capped text. */
export function score(input: TaskInput, shape: TextShape, found: Found, built: BuiltInCues): Score {
  const seen: SeenCue[] = []
  const counted = new Set<number>()
  for (const phrase of found.phrases) {
    const last = found.last(phrase)
    const near = found.first(phrase) < HEAD_WORDS || last >= found.words - TAIL_WORDS
    if (!near) continue
    for (const index of built.cueOfPhrase.get(phrase) ?? []) {
      const cue = built.cues[index]
      if (cue === undefined || counted.has(index)) continue
      if ((cue.within !== undefined && found.first(phrase) >= cue.within) || (cue.when !== undefined && !cue.when(input, shape, found.words))) continue
      counted.add(index)
      seen.push({ name: cue.name, weights: cue.weights, phrase })
    }
  }
  for (const cue of SHAPE_CUES) if (cue.when(input, shape, found.words)) seen.push({ name: cue.name, weights: cue.weights, phrase: undefined })
  const sums = { ...START }
  for (const { weights } of seen) for (const label of BUILT_IN_LABELS) sums[label] += weights[label] ?? 0
  return { seen, probabilities: softmax(sums) }
}

function softmax(sums: Readonly<Record<BuiltInLabel, number>>): Record<BuiltInLabel, number> {
  const highest = Math.max(...BUILT_IN_LABELS.map((label) => sums[label]))
  const probabilities = { ...sums }
  let total = 0
  for (const label of BUILT_IN_LABELS) total += probabilities[label] = Math.exp(sums[label] - highest)
  for (const label of BUILT_IN_LABELS) probabilities[label] /= total
  return probabilities
}

// What a simulated model says to a prompt, and what that is in truth: probe → a text of the bank under a drawn label;
// everyday prompt → one of its right answers or a vague one; anything else → a general answer. Pure.
import { inputBucket } from '../../core/usage.ts'
import { codeOf, type Bank, type TrafficRow } from '../bank.ts'
import type { ModelProfile } from '../profiles.ts'
import { promptOf } from '../traffic-prompt.ts'
import { factualTexts } from './factual-texts.ts'
import { draw, labelAt, outcomes, type DrawKey, type SimProbe } from './labels.ts'
import { genericAnswer, lengthen } from './prose.ts'
import { ANY_HELP, ANY_PLAN, controlTexts, nonsenseTexts } from './stance-texts.ts'
import { taskText } from './task-texts.ts'

/** A prompt as the sim understands it. */
export type Recognised = { readonly kind: 'probe'; readonly probe: SimProbe } | { readonly kind: 'traffic'; readonly row: TrafficRow } | { readonly kind: 'unknown' }

/** What is said. `questionId` and `label` are `undefined` for prompts that no probe or traffic row knows. */
export type Answer = { readonly text: string; readonly questionId: string | undefined; readonly label: string | undefined }

/** Finds what a prompt is by its exact text (outer white space aside; a document before a traffic prompt is ignored). */
export function recogniser(probes: readonly SimProbe[], traffic: readonly TrafficRow[]): (prompt: string) => Recognised {
  const known = new Map<string, Recognised>()
  for (const row of traffic) known.set(row.prompt.trim(), { kind: 'traffic', row })
  for (const probe of probes) known.set(probe.question.trim(), { kind: 'probe', probe })
  return (prompt) => known.get(prompt.trim()) ?? known.get(promptOf(prompt).trim()) ?? { kind: 'unknown' }
}

/**
 * Median tokens of a free answer by task, for gpt-5.4 at inputs below 2k. Ours, in the order of magnitude of chat logs;
 * probes are not lengthened, because graders read them.
 */
const MEDIAN_TOKENS: Readonly<Record<string, number>> = { simple_qa: 70, factual_recall: 40, code_generation: 220, long_context: 320, agent_tasks: 150 }
const MEDIAN_TOKENS_ELSEWHERE = 120

/** The answer of a model. `key.question` must name the prompt (its id where it has one); `bare`: a JSON answer stands alone. */
export function answerTo(recognised: Recognised, profile: ModelProfile, bank: Bank, key: DrawKey, inputTokens: number, bare = false): Answer {
  if (recognised.kind === 'probe') {
    const { probe } = recognised
    const label = labelAt(outcomes(profile, probe), draw(key, 'label'))
    const text = probe.grader === undefined ? heldText(probe, bank, label, draw(key, 'text')) : taskText(probe.grader, codeOf(bank, probe.id), label, `${draw(key, 'text')}`, bare)
    if (text !== undefined) return { text, questionId: probe.id, label }
    return { text: genericAnswer(draw(key, 'text')), questionId: undefined, label: undefined }
  }
  const task = recognised.kind === 'traffic' ? recognised.row.task : ''
  // The spread of lengths belongs to the question, so that two models differ on it by their verbosity alone.
  const spread = 0.6 + 0.8 * draw({ ...key, model: '', effort: undefined }, 'length')
  const wanted = (MEDIAN_TOKENS[task] ?? MEDIAN_TOKENS_ELSEWHERE) * spread * profile.verbosity.value[inputBucket(inputTokens)]
  if (recognised.kind === 'unknown') return { text: lengthen(genericAnswer(draw(key, 'text')), wanted, draw(key, 'length')), questionId: undefined, label: undefined }
  const right = draw(key, 'label') < profile.everydayAccuracy.value
  const core = right ? pick(recognised.row.answers, draw(key, 'text')) : genericAnswer(draw(key, 'text'))
  return { text: lengthen(core, wanted, draw(key, 'length')), questionId: recognised.row.id, label: right ? 'correct' : 'incorrect' }
}

/** A text of the bank, or one made from the probe's own explanation for questions the bank has never seen. */
function heldText(probe: SimProbe, bank: Bank, label: string, u: number): string | undefined {
  const row = bank.get(probe.id)
  const texts = row === undefined ? madeTexts(probe)[label] : 'says' in row ? factualTexts(probe, row, label) : row.answers[label]
  return texts === undefined || texts.length === 0 ? undefined : pick(texts, u)
}

function madeTexts({ kind, explanation }: SimProbe): Readonly<Record<string, readonly string[]>> {
  if (kind === 'control') return controlTexts(ANY_HELP)
  if (kind !== 'nonsense' || explanation === undefined) return {}
  return nonsenseTexts({ why: (explanation.charAt(0).toLowerCase() + explanation.slice(1)).replace(/\.$/, ''), plan: ANY_PLAN })
}

function pick(texts: readonly string[], u: number): string {
  return texts[Math.floor(u * texts.length)] ?? ''
}

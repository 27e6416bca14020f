// Grades an answer to a nonsense or control question by its stance, without an LLM. Comes in: question, answer, model
// parameters. Goes out: a label with its probability and the features that decided. It must not see which kind of
// question it was: a control is judged by the same instrument, or the joint score would compare two instruments.
import { CUE_FAMILIES } from './pushback-cues.ts'
import { type Features, isSaid, pushbackFeatures } from './pushback-features.ts'
import { type Grade, graderId, type GraderIdentity, PUSHBACK_LABELS, type PushbackLabel } from './grade.ts'
import { SUBJECT_MASK } from './text.ts'

/**
 * Parameters of the three-class logistic regression. `weights[feature]` is [partial, clear_pushback] against `accepted`,
 * in thousandths; `intercepts` likewise. `provenance` and `measured` say where they come from and what they are worth.
 */
export type PushbackModel = {
  version: string
  provenance: Record<string, string | number>
  measured: Record<string, Record<string, number>>
  intercepts: readonly number[]
  weights: Readonly<Record<string, readonly number[]>>
}

export type PushbackVerdict = { label: PushbackLabel; probabilities: Record<PushbackLabel, number>; because: string[] }

const CLASSES = PUSHBACK_LABELS.length

/** The label with the highest probability; `because` lists up to four features that spoke most for it over the runner-up. */
export function judgeStance(features: Features, model: PushbackModel): PushbackVerdict {
  const scores = [0, (model.intercepts[0] ?? 0) / 1000, (model.intercepts[1] ?? 0) / 1000]
  for (const [name, value] of features) {
    const pair = model.weights[name]
    if (pair === undefined) continue
    for (let at = 1; at < CLASSES; at += 1) scores[at] = (scores[at] ?? 0) + (value * (pair[at - 1] ?? 0)) / 1000
  }
  const top = Math.max(...scores)
  const raised = scores.map((score) => Math.exp(score - top))
  const total = raised.reduce((sum, value) => sum + value, 0)
  const probabilities = { accepted: (raised[0] ?? 0) / total, partial: (raised[1] ?? 0) / total, clear_pushback: (raised[2] ?? 0) / total }
  const order = [0, 1, 2].toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
  const winner = order[0] ?? 0
  return { label: PUSHBACK_LABELS[winner] ?? 'accepted', probabilities, because: contributions(features, model, winner, order[1] ?? 0) }
}

function contributions(features: Features, model: PushbackModel, winner: number, runnerUp: number): string[] {
  const weightOf = (pair: readonly number[], label: number): number => (label === 0 ? 0 : (pair[label - 1] ?? 0))
  const scored: { name: string; score: number }[] = []
  for (const [name, value] of features) {
    const pair = model.weights[name]
    if (pair === undefined) continue
    const score = (value * (weightOf(pair, winner) - weightOf(pair, runnerUp))) / 1000
    if (score > 0) scored.push({ name, score })
  }
  return scored
    .toSorted((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
    .slice(0, 4)
    .map(({ name, score }) => `${featureInWords(name)} (+${score.toFixed(2)})`)
}

const WHERE: Readonly<Record<string, string>> = { any: 'somewhere', open: 'at once', early: 'early', share: 'for much of the answer' }
const STANCE_WORDS: Readonly<Record<string, string>> = {
  'stance:denies_asked_open': 'opens by denying something about what was asked',
  'stance:denies_asked_share': 'keeps denying something about what was asked',
  'stance:against_share': 'share of sentences against the question',
  'stance:first_against': 'first objection comes late or never',
  'stance:opening_stances': 'several kinds of objection at the start',
  'stance:never_against': 'raises no objection anywhere',
}

/** A feature's name as a reader would say it. */
export function featureInWords(name: string): string {
  if (isSaid(name)) return `says "${name.slice('said:'.length).replaceAll(SUBJECT_MASK, '[asked]')}"`
  const stance = STANCE_WORDS[name]
  if (stance !== undefined) return stance
  const [, family = '', where = ''] = name.split(':')
  const says = CUE_FAMILIES.find((row) => row.name === family)?.says ?? family
  return `${says}, ${WHERE[where] ?? where}`
}

/** Grades one answer's stance; the caller has already ruled out empty, refused and truncated answers. */
export function gradePushback(question: string, answer: string, model: PushbackModel): Grade {
  const verdict = judgeStance(pushbackFeatures(question, answer), model)
  return {
    status: 'scored',
    label: verdict.label,
    confidence: verdict.probabilities[verdict.label],
    chance: verdict.probabilities.clear_pushback,
    grader: graderId(pushbackGrader(model)),
    reason: verdict.because.length > 0 ? verdict.because.join('; ') : 'no known feature: base rates alone',
  }
}

/** The identity of the offline stance grader; its version moves with its parameters. */
export const pushbackGrader = (model: PushbackModel): GraderIdentity => ({ name: 'offline-stance', version: model.version })

// Something that happens in the middle of a replay: a model gets worse, a price changes, a model appears. In: words of the
// command line. Out: what a prompt's outcome is at a moment. Pure.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { Outcome, OutcomePrompt, OutcomeTable } from './outcomes.ts'

/** What happens to one model, at which share of the traffic (0..1). */
export type Scenario =
  /** From then on its scores are scaled so that their mean over the table is `to`. */
  | { readonly kind: 'degrade'; readonly model: string; readonly to: number; readonly from: number }
  /** From then on it costs `factor` times as much. */
  | { readonly kind: 'price'; readonly model: string; readonly factor: number; readonly from: number }
  /** It does not exist before. */
  | { readonly kind: 'newcomer'; readonly model: string; readonly from: number }

/** When it happens unless the scenario says so: half of the traffic before, half after. */
const HALF_WAY = 0.5

/**
 * Reads `degrade:MODEL:TO`, `price:MODEL:xF` or `newcomer:MODEL@FRACTION`; the first two may end in `@FRACTION` as well. A
 * model may be named by the end of its name when only one ends so. Throws `usage`.
 */
export function parseScenario(text: string, models: readonly string[]): Scenario {
  const match = /^(degrade|price|newcomer):(.+?)(?::(x?[\d.]+))?(?:@([\d.]+))?$/.exec(text)
  const [, kind, name, value, moment] = match ?? []
  if (kind === undefined || name === undefined) throw wrong(text, 'is not one of degrade:MODEL:TO, price:MODEL:xF, newcomer:MODEL@FRACTION')
  const model = modelNamed(name, models, text)
  const from = moment === undefined ? HALF_WAY : Number(moment)
  if (!(from > 0 && from < 1)) throw wrong(text, 'must happen at a share of the traffic between 0 and 1')
  if (kind === 'newcomer') {
    if (value !== undefined) throw wrong(text, 'takes no value: write newcomer:MODEL@FRACTION')
    return { kind, model, from }
  }
  const number = Number(kind === 'price' ? value?.replace(/^x/, '') : value)
  if (kind === 'price') {
    if (value?.startsWith('x') !== true || !(number >= 0 && number <= 1_000)) throw wrong(text, 'needs a factor from x0 to x1000, e.g. price:MODEL:x0.25')
    return { kind, model, factor: number, from }
  }
  if (!(number >= 0 && number <= 1) || value?.startsWith('x') === true) throw wrong(text, 'needs the mean score to fall to, from 0 to 1, e.g. degrade:MODEL:0.4')
  return { kind: 'degrade', model, to: number, from }
}

function modelNamed(name: string, models: readonly string[], text: string): string {
  if (models.includes(name)) return name
  const [first, second] = models.filter((model) => model.endsWith(name))
  if (first !== undefined && second === undefined) return first
  throw wrong(text, `names the model "${name}"; the table has ${models.join(', ')}`)
}

function wrong(text: string, why: string): WeighbridgeError {
  return new WeighbridgeError('usage', `The scenario "${text}" ${why}`)
}

/** What a model makes of a prompt at a moment (share of the traffic gone, 0..1); `undefined`: it cannot be asked. */
export type OutcomeAt = (prompt: OutcomePrompt, model: number, moment: number) => Outcome | undefined

/** The outcomes of a table under a scenario; `undefined` leaves them as they are. */
export function outcomesUnder(table: OutcomeTable, scenario: Scenario | undefined): OutcomeAt {
  if (scenario === undefined) return (prompt, model) => prompt.outcomes[model]
  const at = table.models.indexOf(scenario.model)
  const change = changeOf(table, scenario, at)
  return (prompt, model, moment) => {
    const outcome = prompt.outcomes[model]
    if (model !== at || outcome === undefined) return outcome
    const happened = moment >= scenario.from
    if (scenario.kind === 'newcomer') return happened ? outcome : undefined
    return happened ? change(outcome) : outcome
  }
}

function changeOf(table: OutcomeTable, scenario: Scenario, model: number): (outcome: Outcome) => Outcome {
  if (scenario.kind === 'price') return ({ score, costUsd }) => ({ score, costUsd: costUsd * scenario.factor })
  if (scenario.kind === 'newcomer') return (outcome) => outcome
  const scores = table.prompts.flatMap((prompt) => prompt.outcomes[model]?.score ?? [])
  const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length)
  // Toward 0 by a factor; toward 1 by the distance from it, so that a score stays a score.
  if (scenario.to <= mean) return ({ score, costUsd }) => ({ score: mean === 0 ? 0 : (score * scenario.to) / mean, costUsd })
  return ({ score, costUsd }) => ({ score: 1 - ((1 - score) * (1 - scenario.to)) / (1 - mean), costUsd })
}

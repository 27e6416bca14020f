// The learner over a table of outcomes, seed by seed. In: a table and what to replay it with. Out: runs, and the report over them.
// The same for the command line and for the bench; only the bench puts other policies in its place.
import { LEARNING_RULES, type LearningRules } from '../rules.ts'
import { createLearnerPolicy } from './learner-policy.ts'
import type { OutcomeTable } from './outcomes.ts'
import type { Policy } from './policy.ts'
import { replayReport, type ReplayReport } from './report.ts'
import { runReplay, type RunResult } from './run.ts'
import { outcomesUnder, type Scenario } from './scenario.ts'

/** What a replay takes unless told otherwise. */
export const REPLAY_DEFAULTS = { nights: 60, evalsPerCell: 60, observedShare: 1, halfLifeDays: { evals: 30, production: 10 }, exploration: 0.03 } as const

export type ReplayOptions = {
  readonly valueUsd: number
  readonly seeds: number
  readonly nights?: number
  readonly evalsPerCell?: number
  /** `undefined`: a twentieth of `evalsPerCell`, at least 1. */
  readonly nightlyEvalsPerCell?: number
  readonly observedShare?: number
  readonly scenario?: Scenario | undefined
  /** The scenario as it was written. */
  readonly scenarioText?: string | undefined
  readonly rules?: LearningRules
  readonly exploration?: number
  readonly halfLifeDays?: { readonly evals: number; readonly production: number }
  /** The policy of a seed; `undefined`: the learner. */
  readonly policy?: (seed: number) => Policy
  /** After each seed. */
  readonly onSeed?: (done: number) => void
}

export function replaySeeds(table: OutcomeTable, options: ReplayOptions): RunResult[] {
  const { valueUsd, seeds, nights = REPLAY_DEFAULTS.nights, evalsPerCell = REPLAY_DEFAULTS.evalsPerCell, observedShare = REPLAY_DEFAULTS.observedShare, scenario } = options
  const outcomeAt = outcomesUnder(table, scenario)
  const nightlyEvalsPerCell = options.nightlyEvalsPerCell ?? Math.max(1, Math.round(evalsPerCell / 20))
  return Array.from({ length: seeds }, (_, seed) => {
    const policy = options.policy?.(seed) ?? learnerFor(table, options, seed)
    const run = runReplay(table, outcomeAt, policy, { seed, valueUsd, nights, evalsPerCell, nightlyEvalsPerCell, observedShare, scenario })
    options.onSeed?.(seed + 1)
    return run
  })
}

/** Replays and sums up. */
export function replayTable(table: OutcomeTable, options: ReplayOptions): ReplayReport {
  const { nights = REPLAY_DEFAULTS.nights, evalsPerCell = REPLAY_DEFAULTS.evalsPerCell, valueUsd, scenarioText } = options
  return replayReport(table, replaySeeds(table, options), { nights, evalsPerCell, valueUsd, scenario: scenarioText })
}

/** The learner, beginning with equal shares of the models that can be asked at the start. */
function learnerFor(table: OutcomeTable, { valueUsd, scenario, rules = LEARNING_RULES, exploration = REPLAY_DEFAULTS.exploration, halfLifeDays = REPLAY_DEFAULTS.halfLifeDays }: ReplayOptions, seed: number): Policy {
  const asked = new Set(table.prompts.flatMap(({ task, outcomes }) => outcomes.flatMap((outcome, model) => (outcome === undefined ? [] : [`${task}\n${model}`]))))
  const isNewcomer = (model: number): boolean => scenario?.kind === 'newcomer' && table.models[model] === scenario.model
  return createLearnerPolicy({ table, valueUsd, seed, rules, halfLifeDays, exploration, start: (task, model) => (asked.has(`${task}\n${model}`) ? (isNewcomer(model) ? 0 : 1) : undefined) })
}

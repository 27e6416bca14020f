// What the learner reads, and nothing else: evidence with drift taken into account, and the arms of a trial. The I/O edge of
// learning toward ClickHouse; it decides nothing.
import type { Config, Task } from '../../core/config.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { armUtilities } from '../../store/queries/arms.ts'
import { evalRuns, targetDays } from '../../store/queries/drift.ts'
import { learningEvidence } from '../../store/queries/evidence.ts'
import { discountsOf, driftMarks, openMarks, type DriftMark, type EvalRun } from './drift.ts'
import { FAULT_CODES, readRows, type Calibration, type EvidenceRows } from './evidence.ts'
import type { LearningRules } from './rules.ts'
import type { Arms } from './trial.ts'

/** All that is known of one side of the divide at a moment. */
export type Observation = { readonly simulated: boolean; readonly nowMs: number; readonly rows: EvidenceRows; readonly runs: readonly EvalRun[]; readonly marks: readonly DriftMark[] }

type Reader = Pick<ClickHouse, 'query'>

const DAY_MS = 86_400_000

/** When evidence began that is read back now. */
const since = (halfLifeDays: number, nowMs: number, rules: LearningRules): Date => new Date(nowMs - rules.halfLivesRead * halfLifeDays * DAY_MS)

async function observeDrift(clickhouse: Reader, config: Config, simulated: boolean, nowMs: number, rules: LearningRules): Promise<Pick<Observation, 'runs' | 'marks'>> {
  const { evals, production } = config.settings.learning.half_life_days
  const to = new Date(nowMs)
  const [runs, days] = await Promise.all([clickhouse.query(evalRuns, { simulated, from: since(evals, nowMs, rules), to }), clickhouse.query(targetDays, { simulated, from: since(production, nowMs, rules), to })])
  return { runs, marks: driftMarks(runs, days, rules) }
}

/** Marks of one side that are recent enough to ask for more probes, oldest first. Throws what the queries throw. */
export async function openDrift(clickhouse: Reader, config: Config, simulated: boolean, nowMs: number, rules: LearningRules): Promise<DriftMark[]> {
  return openMarks((await observeDrift(clickhouse, config, simulated, nowMs, rules)).marks, nowMs, rules)
}

/** Reads drift first: what was measured before a target changed counts for less in the evidence. Throws what the queries throw. */
export async function observe(clickhouse: Reader, config: Config, simulated: boolean, nowMs: number, rules: LearningRules, calibrations: readonly Calibration[]): Promise<Observation> {
  const { evals, production } = config.settings.learning.half_life_days
  const { runs, marks } = await observeDrift(clickhouse, config, simulated, nowMs, rules)
  const discounts = [...discountsOf(marks)]
  const rows = await clickhouse.query(learningEvidence, {
    simulated,
    to: new Date(nowMs),
    evals_from: since(evals, nowMs, rules),
    production_from: since(production, nowMs, rules),
    evals_half_life_days: evals,
    production_half_life_days: production,
    fault_codes: [...FAULT_CODES],
    discounted: discounts.map(([key]) => key),
    discounted_until_ms: discounts.map(([, moment]) => Math.round(moment)),
    discount: rules.drift.discount,
  })
  return { simulated, nowMs, rows: { ...readRows(simulated, rows), calibrations }, runs, marks }
}

/** The calls drawn by newer and by older weights of a task, each known by its labels. */
export async function readArms(clickhouse: Reader, task: Task, labels: { readonly newer: readonly number[]; readonly older: readonly number[] }, window: { readonly fromMs: number; readonly toMs: number }, rules: LearningRules): Promise<Arms> {
  const arms = await clickhouse.query(armUtilities, {
    simulated: task.simulated,
    from: new Date(window.fromMs),
    to: new Date(window.toMs),
    task: task.name,
    newer: [...labels.newer],
    older: [...labels.older],
    value_usd: task.valuePerAnswerUsd,
    slo_ms: task.learning.latencySloMs,
    latency_penalty: rules.latencyPenalty,
    error_penalty: rules.errorPenalty,
  })
  return { newer: arms.find(({ arm }) => arm === 'newer'), older: arms.find(({ arm }) => arm === 'older') }
}

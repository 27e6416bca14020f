// A replay over many seeds, summed up: utilities with intervals over seeds, spend, leader changes, weights over time. In: runs.
// Out: the document that `routes replay --json` prints. It runs nothing.
import { meanOfRuns, type MeanOfRuns } from '../../stats/mean-of-runs.ts'
import type { OutcomeTable } from './outcomes.ts'
import type { RunResult } from './run.ts'

/** A mean over seeds with its 95% interval (Student's t); null ends for a single seed. */
export type OverSeeds = { readonly value: number; readonly low: number | null; readonly high: number | null }
type Shares = Readonly<Record<string, number>>

export type ReplayReport = {
  readonly prompts: number
  readonly calls_per_seed: number
  readonly seeds: number
  readonly nights: number
  readonly value_usd: number
  readonly evals_per_cell: number
  readonly scenario: string | null
  /** Utility per call, in right answers, over all calls. */
  readonly mean_u: OverSeeds
  readonly last_quarter_u: OverSeeds
  readonly best_fixed_u: OverSeeds
  readonly per_task_hindsight_u: OverSeeds
  readonly uniform_u: OverSeeds
  readonly oracle_u: OverSeeds
  /** The yardsticks on the same last quarter. */
  readonly last_quarter: { readonly best_fixed_u: OverSeeds; readonly per_task_hindsight_u: OverSeeds; readonly uniform_u: OverSeeds; readonly oracle_u: OverSeeds }
  /** last_quarter_u as a share of the per-task hindsight table's, seed by seed; null where that is not above 0. */
  readonly last_quarter_of_hindsight: OverSeeds | null
  /** Utility per call lost against the per-task hindsight table. */
  readonly regret_u: OverSeeds
  /** Models that were best for all tasks, by the number of seeds. */
  readonly best_fixed_models: Readonly<Record<string, number>>
  /** Dollars of the calls of one seed. */
  readonly spend_usd: OverSeeds
  /** Dollars of its probes. */
  readonly evals_usd: OverSeeds
  /** Per task. */
  readonly leader_changes: OverSeeds
  /** Task → model → its share at the end. */
  readonly weights: Readonly<Record<string, Shares>>
  /** Task → per night, the first before any traffic. */
  readonly weights_over_time: Readonly<Record<string, readonly Shares[]>>
  readonly regret_by_night: readonly number[]
  readonly reaction: { readonly tasks: number; readonly nights_median: number | null; readonly nights_p90: number | null; readonly missed: number; readonly regret_per_call: OverSeeds } | null
}

export type ReportOptions = { readonly nights: number; readonly valueUsd: number; readonly evalsPerCell: number; readonly scenario: string | undefined }

export function replayReport(table: OutcomeTable, runs: readonly RunResult[], options: ReportOptions): ReplayReport {
  const over = (pick: (run: RunResult) => number): OverSeeds => overSeeds(meanOfRuns(runs.map(pick)))
  const shares = sharesOverTime(table, runs)
  const positive = runs.every((run) => run.perTaskHindsight.lastQuarter > 0)
  return {
    prompts: table.prompts.length,
    calls_per_seed: runs[0]?.calls ?? 0,
    seeds: runs.length,
    nights: options.nights,
    value_usd: options.valueUsd,
    evals_per_cell: options.evalsPerCell,
    scenario: options.scenario ?? null,
    mean_u: over((run) => run.policy.all),
    last_quarter_u: over((run) => run.policy.lastQuarter),
    best_fixed_u: over((run) => run.bestFixed.all),
    per_task_hindsight_u: over((run) => run.perTaskHindsight.all),
    uniform_u: over((run) => run.uniform.all),
    oracle_u: over((run) => run.oracle.all),
    last_quarter: {
      best_fixed_u: over((run) => run.bestFixed.lastQuarter),
      per_task_hindsight_u: over((run) => run.perTaskHindsight.lastQuarter),
      uniform_u: over((run) => run.uniform.lastQuarter),
      oracle_u: over((run) => run.oracle.lastQuarter),
    },
    last_quarter_of_hindsight: positive ? over((run) => run.policy.lastQuarter / run.perTaskHindsight.lastQuarter) : null,
    regret_u: over((run) => run.perTaskHindsight.all - run.policy.all),
    best_fixed_models: counted(runs.map((run) => run.bestFixed.model)),
    spend_usd: over((run) => run.spendUsd.calls),
    evals_usd: over((run) => run.spendUsd.evals),
    leader_changes: over((run) => run.leaderChanges),
    weights: Object.fromEntries(Object.entries(shares).map(([task, nights]) => [task, nights.at(-1) ?? {}])),
    weights_over_time: shares,
    regret_by_night: Array.from({ length: options.nights }, (_, night) => rounded(average(runs.map((run) => run.regretByNight[night] ?? 0)))),
    reaction: reactionOver(runs, over),
  }
}

function reactionOver(runs: readonly RunResult[], over: (pick: (run: RunResult) => number) => OverSeeds): ReplayReport['reaction'] {
  const reactions = runs.flatMap(({ reaction }) => reaction ?? [])
  if (reactions.length === 0) return null
  const nights = reactions.flatMap((reaction) => reaction.nights).sort((a, b) => a - b)
  return {
    tasks: reactions.reduce((sum, reaction) => sum + reaction.tasks, 0),
    nights_median: nights[Math.floor((nights.length - 1) * 0.5)] ?? null,
    nights_p90: nights[Math.floor((nights.length - 1) * 0.9)] ?? null,
    missed: reactions.reduce((sum, reaction) => sum + reaction.missed, 0),
    regret_per_call: over((run) => run.reaction?.regretPerCall ?? 0),
  }
}

function sharesOverTime(table: OutcomeTable, runs: readonly RunResult[]): Record<string, Shares[]> {
  return Object.fromEntries(
    table.tasks.map((task) => {
      const length = runs[0]?.shares.get(task)?.length ?? 0
      const nights = Array.from({ length }, (_, night) => Object.fromEntries(table.models.flatMap((model, at) => {
        const share = average(runs.map((run) => run.shares.get(task)?.[night]?.[at] ?? 0))
        return share === 0 && !asked(table, task, at) ? [] : [[model, rounded(share)] as const]
      })))
      return [task, nights]
    }),
  )
}

function asked(table: OutcomeTable, task: string, model: number): boolean {
  return table.prompts.some((prompt) => prompt.task === task && prompt.outcomes[model] !== undefined)
}

function overSeeds({ value, low, high }: MeanOfRuns): OverSeeds {
  return { value: rounded(value), low: low === undefined ? null : rounded(low), high: high === undefined ? null : rounded(high) }
}

function counted(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, list]) => [name, list.length]))
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

const rounded = (value: number): number => Number(value.toPrecision(6))

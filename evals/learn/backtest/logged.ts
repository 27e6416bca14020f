// What other weights would have been worth on one's own logged calls, by their logged probabilities. In: production rows whose sums are
// weighted by 1/propensity (SNIPS), a value per answer, sets of weights. Out: utility per call with intervals. Quality here is what
// users did with the answers, not what graders say: it compares, it does not certify.
import type { ProductionRow } from '../evidence.ts'
import { criticalValue } from '../../stats/quantiles.ts'

/** What one target's logged calls say of it; utilities per call. */
export type LoggedTarget = { readonly target: string; readonly calls: number; readonly observed: number; readonly y: Moment | undefined; readonly costUsd: Moment | undefined }
type Moment = { readonly mean: number; readonly variance: number }

export type LoggedValue = {
  readonly weights: Readonly<Record<string, number>>
  /** `undefined`: a target with a share was not drawn often enough to say. */
  readonly utility: { readonly value: number; readonly low: number; readonly high: number } | undefined
  readonly costPer1kUsd: number | undefined
  /** Targets with a share of which too little is known. */
  readonly unknown: readonly string[]
}

/** Effective calls below which a target's logged calls say nothing. */
const FEWEST = 30
/** Share of answers with an observed follow-up, at every target that counts, from which they speak for all. */
const LEAST_OBSERVED = 0.2
const Z95 = criticalValue(0.95)

/** The logged facts of a task's targets. */
export function loggedTargets(rows: ReadonlyMap<string, ProductionRow | undefined>): LoggedTarget[] {
  return [...rows].map(([target, row]) => ({
    target,
    calls: row?.learnable ?? 0,
    observed: row?.observed ?? 0,
    y: row === undefined || row.n_observed < FEWEST ? undefined : moment(row.w_y, row.w_y2, row.w_observed, row.n_observed),
    costUsd: row === undefined || row.n_priced < FEWEST ? undefined : costMoment(row),
  }))
}

function moment(sum: number, squares: number, weight: number, n: number): Moment {
  const mean = sum / weight
  return { mean, variance: Math.max(1e-6, squares / weight - mean ** 2) / n }
}

/** The mean of dollars with the variance of a log-normal around it: squares of dollars are not kept. */
function costMoment(row: ProductionRow): Moment {
  const mean = row.w_cost / row.w_priced
  const log = row.w_positive > 0 ? row.w_log_cost / row.w_positive : 0
  const spread = row.w_positive > 0 ? Math.max(0, row.w_log_cost2 / row.w_positive - log ** 2) : 0
  return { mean, variance: (mean ** 2 * Math.expm1(spread)) / row.n_priced }
}

/** Whether follow-ups were seen often enough at every target with calls; otherwise only dollars can be compared. */
export function followUpsSpeak(targets: readonly LoggedTarget[]): boolean {
  const served = targets.filter(({ calls }) => calls > 0)
  return served.length > 0 && served.every(({ calls, observed, y }) => y !== undefined && observed >= LEAST_OBSERVED * calls)
}

/** What weights would have been worth; with `withQuality` false a call is worth −cost/κ. */
export function loggedValue(targets: readonly LoggedTarget[], weights: Readonly<Record<string, number>>, valueUsd: number, withQuality: boolean): LoggedValue {
  const served = Object.entries(weights).filter(([, share]) => share > 0)
  const facts = new Map(targets.map((one) => [one.target, one]))
  const unknown = served.filter(([target]) => facts.get(target)?.costUsd === undefined || (withQuality && facts.get(target)?.y === undefined)).map(([target]) => target)
  if (unknown.length > 0 || served.length === 0) return { weights, utility: undefined, costPer1kUsd: undefined, unknown }
  let value = 0
  let variance = 0
  let cost = 0
  for (const [target, share] of served) {
    const { y, costUsd } = facts.get(target) ?? { y: undefined, costUsd: undefined }
    value += share * ((withQuality ? (y?.mean ?? 0) : 0) - (costUsd?.mean ?? 0) / valueUsd)
    variance += share ** 2 * ((withQuality ? (y?.variance ?? 0) : 0) + (costUsd?.variance ?? 0) / valueUsd ** 2)
    cost += share * (costUsd?.mean ?? 0)
  }
  const half = Z95 * Math.sqrt(variance)
  return { weights, utility: { value, low: value - half, high: value + half }, costPer1kUsd: 1000 * cost, unknown }
}

/** How the logged calls were in fact shared out. */
export function servedShares(targets: readonly LoggedTarget[]): Record<string, number> {
  const total = targets.reduce((sum, { calls }) => sum + calls, 0)
  return Object.fromEntries(targets.map(({ target, calls }) => [target, total === 0 ? 0 : calls / total]))
}

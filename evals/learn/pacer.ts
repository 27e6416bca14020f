// Keeps a task's spending to its ceiling by making dollars dearer: the smallest factor on cost in the utility under which the
// proposed weights keep to what the week allows. In: a ceiling, what was spent, a plan as a function of the factor. Out: the
// factor and the plan under it. It never raises what a dollar buys: without a ceiling the factor is 1.

/** A task's traffic and dollars over the last days. */
export type Spending = { readonly calls: number; readonly usd: number; readonly days: number }

/**
 * Dollars a day for the days to come: the ceiling, and one seventh of what the last days left over or overspent, so that a week
 * evens out; between half and five quarters of the ceiling, so that one bad day neither stops nor floods a task.
 */
export function allowedPerDay(ceilingUsdPerDay: number, spent: Pick<Spending, 'usd' | 'days'>): number {
  const left = ceilingUsdPerDay * spent.days - spent.usd
  return Math.min(1.25 * ceilingUsdPerDay, Math.max(0.5 * ceilingUsdPerDay, ceilingUsdPerDay + left / 7))
}

export type Paced<T> = {
  readonly plan: T
  /** Factor on cost, ≥ 1; 1: the ceiling does not bind. */
  readonly factor: number
  /** Whether even the dearest dollars cannot keep to the ceiling. */
  readonly exceeds: boolean
}

/** Beyond this factor cost is all that counts, and nothing cheaper can come of a larger one. */
const LARGEST_FACTOR = 1_000
const STEPS = 12

/** The plan under the smallest factor whose dollars a day are allowed, to within 1%; `usdPerDay` falls as the factor rises. */
export function pace<T>(allowedUsdPerDay: number, planUnder: (factor: number) => T, usdPerDay: (plan: T) => number): Paced<T> {
  const unpaced = planUnder(1)
  if (usdPerDay(unpaced) <= allowedUsdPerDay) return { plan: unpaced, factor: 1, exceeds: false }
  let high = { factor: LARGEST_FACTOR, plan: planUnder(LARGEST_FACTOR) }
  if (usdPerDay(high.plan) > allowedUsdPerDay) return { ...high, exceeds: true }
  let low = 1
  for (let step = 0; step < STEPS && high.factor / low > 1.01; step += 1) {
    const factor = Math.sqrt(low * high.factor)
    const plan = planUnder(factor)
    if (usdPerDay(plan) <= allowedUsdPerDay) high = { factor, plan }
    else low = factor
  }
  return { ...high, exceeds: false }
}

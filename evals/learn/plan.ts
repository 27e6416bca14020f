// What the evidence would have a task's shares be: who may move, what guardrails take out, which shares the utilities
// propose, what speaks against going there, and what going there changes. Numbers only; words are in reasons.ts.
import { shareAboveZero, spanOf, type Span } from './draws.ts'
import { gateMove, heldBack, type Gain } from './gates.ts'
import type { Breach } from './guardrails.ts'
import { round } from './intervals.ts'
import type { Posterior } from './posterior.ts'
import type { LearningRules } from './rules.ts'
import { drawUtility, flipValue, isValued, utilityOf, type UtilityDraws, type Valued, type Worth } from './utility.ts'
import { coreShares, probabilityBest, roundShares, totalVariation, withExploration, type Shares } from './weights.ts'

/** Shares that differ by less than this are the same: half of the table's last digit. */
const NO_CHANGE = 0.0005

/** What the evidence would have the shares be, before anything is rounded or explored. */
export type Plan = {
  /** The shares once guardrails have acted. */
  readonly base: Shares
  readonly proposed: Shares
  readonly movable: readonly Valued[]
  readonly held: readonly { readonly target: string; readonly why: string }[]
  readonly pBest: ReadonlyMap<string, number>
  /** What speaks against going from base to proposed. */
  readonly against: readonly string[]
  /** Whether that is a change and the gates let it pass. */
  readonly passes: boolean
  /** Whether a guardrail changed the shares in force. */
  readonly guarded: boolean
  /** The target that the evidence would give the most of what can move. */
  readonly choice: Valued | undefined
}

export function planMove(posteriors: readonly Posterior[], before: Shares, out: readonly Breach[], worth: Worth, rules: LearningRules, seed: string): Plan {
  const gone = new Set(out.map((breach) => breach.target))
  const staying = posteriors.filter(({ target }) => !gone.has(target))
  const held = staying.flatMap((posterior) => {
    const why = heldBack(posterior, rules)
    return why === undefined ? [] : [{ target: posterior.target, why }]
  })
  const movable = staying.filter(isValued).filter((posterior) => heldBack(posterior, rules) === undefined)
  const base = gone.size === 0 ? before : withoutExcluded(before, staying.map(({ target }) => target), movable.map(({ target }) => target))
  const guarded = totalVariation(before, base) >= NO_CHANGE
  const draws = new Map(movable.map((posterior) => [posterior.target, drawUtility(posterior, worth, rules, seed)]))
  const utilities = new Map([...draws].map(([target, drawn]) => [target, drawn.utility]))
  const pBest = movable.length < 2 ? new Map<string, number>() : probabilityBest(utilities)
  const mass = movable.reduce((sum, { target }) => sum + (base.get(target) ?? 0), 0)
  if (movable.length < 2 || mass <= 0) return { base, proposed: base, movable, held, pBest, against: [], passes: false, guarded, choice: undefined }
  const core = coreShares(
    movable.map((posterior) => ({ target: posterior.target, pBest: pBest.get(posterior.target) ?? 0, utility: utilityOf(posterior, worth, rules), costUsd: posterior.cost.meanUsd, before: base.get(posterior.target) ?? 0 })),
    rules,
  )
  const proposed = new Map([...base].map(([target, share]) => [target, core.has(target) ? mass * (core.get(target) ?? 0) : share]))
  const changes = totalVariation(base, proposed) >= NO_CHANGE
  const gains = weightedSum(draws, base, proposed, (drawn) => drawn.utility, rules.draws)
  const gain: Gain = {
    expected: spanOf(gains).value,
    probability: shareAboveZero(gains),
    withoutPrior: movable.reduce((sum, p) => sum + ((proposed.get(p.target) ?? 0) - (base.get(p.target) ?? 0)) * utilityOf(p, worth, rules, p.qualityWithoutPrior?.mean), 0),
  }
  const choice = [...movable].sort((a, b) => (core.get(b.target) ?? 0) - (core.get(a.target) ?? 0) || (a.target < b.target ? -1 : 1))[0]
  const against = changes ? gateMove(gain, rules) : []
  return { base, proposed, movable, held, pBest, against, passes: changes && against.length === 0, guarded, choice }
}

// The shares of excluded targets go to those that stay, in proportion; where none of them has a share, equally to those
// that evidence speaks for, or else to all that stay.
function withoutExcluded(before: Shares, staying: readonly string[], movable: readonly string[]): Map<string, number> {
  const total = staying.reduce((sum, target) => sum + (before.get(target) ?? 0), 0)
  const heirs = movable.length > 0 ? movable : staying
  return new Map([...before.keys()].map((target) => [target, !staying.includes(target) ? 0 : total > 0 ? (before.get(target) ?? 0) / total : heirs.includes(target) ? 1 / heirs.length : 0]))
}

/** The shares to recommend: those in force when nothing speaks for a change, else in whole thousandths. */
export function decideShares(plan: Plan, before: Shares, exploration: number, out: readonly Breach[], posteriors: readonly Posterior[]): Shares {
  if (!plan.passes) return plan.guarded ? roundShares(plan.base) : before
  const gone = new Set(out.map((breach) => breach.target))
  const costs = new Map(posteriors.flatMap((posterior) => (posterior.cost === undefined || gone.has(posterior.target) ? [] : [[posterior.target, posterior.cost.meanUsd] as const])))
  return roundShares(withExploration(plan.proposed, costs, exploration))
}

/** Whether a single target is left to draw. */
export function isAlone(plan: Plan): boolean {
  return plan.movable.length + plan.held.length < 2
}

export type Effect = { readonly gain: Span; readonly pGain: number; readonly saved: Span; readonly quality: Span }

/** What going from `before` to `after` changes per call; `undefined` when quality or cost of a target that moves is unknown. */
export function effectOf(posteriors: readonly Posterior[], before: Shares, after: Shares, worth: Worth, rules: LearningRules, seed: string): Effect | undefined {
  const moving = posteriors.filter(({ target }) => Math.abs((after.get(target) ?? 0) - (before.get(target) ?? 0)) > 0)
  const valued = moving.filter(isValued)
  if (valued.length < moving.length) return undefined
  const draws = new Map(valued.map((posterior) => [posterior.target, drawUtility(posterior, worth, rules, seed)]))
  const change = (pick: (drawn: UtilityDraws) => Float64Array): Float64Array => weightedSum(draws, before, after, pick, rules.draws)
  const gain = change((drawn) => drawn.utility)
  const saved = change((drawn) => drawn.costUsd).map((usd) => -1000 * usd)
  return { gain: rounded(spanOf(gain)), pGain: shareAboveZero(gain), saved: rounded(spanOf(saved)), quality: rounded(spanOf(change((drawn) => drawn.quality))) }
}

function weightedSum(draws: ReadonlyMap<string, UtilityDraws>, before: Shares, after: Shares, pick: (drawn: UtilityDraws) => Float64Array, count: number): Float64Array {
  const sums = new Float64Array(count)
  // In the order of names: sums of floats must not depend on the order of the config.
  for (const [target, drawn] of [...draws].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const weight = (after.get(target) ?? 0) - (before.get(target) ?? 0)
    const values = pick(drawn)
    for (let i = 0; i < count; i += 1) sums[i] = (sums[i] ?? 0) + weight * (values[i] ?? 0)
  }
  return sums
}

/** The value per answer nearest to the task's at which another target would be chosen, and which. */
export function flipOf(choice: Valued, movable: readonly Valued[], worth: Worth, rules: LearningRules): { at: number; target: string } | undefined {
  const others = movable.filter((other) => other.target !== choice.target)
  const at = flipValue(choice, others, worth, rules)
  if (at === undefined) return undefined
  const target = others.find((other) => flipValue(choice, [other], worth, rules) === at)?.target
  return target === undefined ? undefined : { at, target }
}

function rounded(span: Span): Span {
  return { value: round(span.value), low: round(span.low), high: round(span.high) }
}

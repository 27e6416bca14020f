// What the evidence would have a task's shares be: who may move, what guardrails take out, which shares the utilities
// propose, what speaks against going there, and what going there changes. Numbers only; words are in reasons.ts.
import { normalCdf } from '../stats/quantiles.ts'
import { evalsCorrelation } from './correlation.ts'
import { shareAboveZero, spanOf, type Span } from './draws.ts'
import { gateMove, standingOf, type Gain } from './gates.ts'
import type { Breach } from './guardrails.ts'
import { round } from './intervals.ts'
import type { Posterior } from './posterior.ts'
import type { LearningRules } from './rules.ts'
import { drawUtilities, errorMean, flipValue, isValued, utilityOf, type UtilityDraws, type Valued, type Worth } from './utility.ts'
import { coreShares, probabilityBest, roundShares, totalVariation, withExploration, type Shares } from './weights.ts'

/** Shares that differ by less than this are the same: half of the table's last digit. */
export const NO_CHANGE = 0.0005

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

/**
 * Plans among the targets that enough is known of; where that moves nothing, among all that anything is known of, for a move
 * that must then be as good as certain.
 */
export function planMove(posteriors: readonly Posterior[], before: Shares, out: readonly Breach[], worth: Worth, rules: LearningRules, seed: string): Plan {
  const gone = new Set(out.map((breach) => breach.target))
  const staying = posteriors.filter(({ target }) => !gone.has(target))
  const standings = new Map(staying.map((posterior) => [posterior.target, standingOf(posterior, rules)]))
  const levelOf = ({ target }: Posterior): string => standings.get(target)?.level ?? 'held'
  const valued = staying.filter(isValued)
  const solid = valued.filter((posterior) => levelOf(posterior) === 'solid')
  const known = valued.filter((posterior) => levelOf(posterior) !== 'held')
  const heirs = known.length > 0 ? known : staying
  const base = gone.size === 0 ? before : withoutExcluded(before, staying.map(({ target }) => target), heirs.map(({ target }) => target))
  const guarded = totalVariation(before, base) >= NO_CHANGE
  const among = (movable: readonly Valued[], isSolid: boolean): Plan => {
    const moving = new Set(movable.map(({ target }) => target))
    const held = staying.flatMap(({ target }) => {
      const standing = standings.get(target)
      return moving.has(target) || standing === undefined || standing.level === 'solid' ? [] : [{ target, why: standing.why }]
    })
    return { base, guarded, held, ...propose(movable, base, isSolid, worth, rules, seed) }
  }
  const first = among(solid, true)
  if (first.passes || known.length === solid.length) return first
  const second = among(known, false)
  return second.passes || first.movable.length < 2 ? second : first
}

type Proposed = Pick<Plan, 'proposed' | 'movable' | 'pBest' | 'against' | 'passes' | 'choice'>

/** What the utilities propose for the mass that the movable targets have, and whether the gates let it pass. */
function propose(movable: readonly Valued[], base: Shares, solid: boolean, worth: Worth, rules: LearningRules, seed: string): Proposed {
  const draws = drawUtilities(movable, worth, rules, seed)
  const utilities = new Map([...draws].map(([target, drawn]) => [target, drawn.utility]))
  const pBest = movable.length < 2 ? new Map<string, number>() : probabilityBest(utilities)
  const mass = movable.reduce((sum, { target }) => sum + (base.get(target) ?? 0), 0)
  if (movable.length < 2 || mass <= 0) return { proposed: base, movable, pBest, against: [], passes: false, choice: undefined }
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
    lossByEvals: lossByEvals(movable, base, proposed, worth, rules),
    withoutPrior: movable.reduce((sum, p) => sum + ((proposed.get(p.target) ?? 0) - (base.get(p.target) ?? 0)) * utilityOf(p, worth, rules, p.qualityWithoutPrior?.mean), 0),
  }
  const choice = [...movable].sort((a, b) => (core.get(b.target) ?? 0) - (core.get(a.target) ?? 0) || (a.target < b.target ? -1 : 1))[0]
  const against = changes ? gateMove(gain, solid, rules) : []
  return { proposed, movable, pBest, against, passes: changes && against.length === 0, choice }
}

// The shares of excluded targets go to those that stay, in proportion; where none of them has a share, equally to those
// that evidence speaks for, or else to all that stay.
function withoutExcluded(before: Shares, staying: readonly string[], movable: readonly string[]): Map<string, number> {
  const total = staying.reduce((sum, target) => sum + (before.get(target) ?? 0), 0)
  const heirs = movable.length > 0 ? movable : staying
  return new Map([...before.keys()].map((target) => [target, !staying.includes(target) ? 0 : total > 0 ? (before.get(target) ?? 0) / total : heirs.includes(target) ? 1 / heirs.length : 0]))
}

/** P(loss) of a move when quality is what evals alone say (normal approximation, errors correlated as evals are). */
function lossByEvals(movable: readonly Valued[], base: Shares, proposed: Shares, worth: Worth, rules: LearningRules): number | undefined {
  if (movable.every(({ parts }) => parts.production === undefined)) return undefined
  const moved = movable.map((posterior) => ({ posterior, by: (proposed.get(posterior.target) ?? 0) - (base.get(posterior.target) ?? 0), evals: posterior.parts.evals }))
  let gain = 0
  let variance = 0
  for (const { posterior, by, evals } of moved) {
    if (by === 0) continue
    if (evals === undefined) return undefined
    gain += by * utilityOf(posterior, worth, rules, evals.mean)
    for (const other of moved) {
      if (other.by === 0 || other.evals === undefined) continue
      variance += by * other.by * Math.sqrt(evals.variance * other.evals.variance) * (other.posterior === posterior ? 1 : evalsCorrelation(posterior, other.posterior))
    }
  }
  return variance > 0 ? normalCdf(-gain / Math.sqrt(variance)) : undefined
}

/**
 * The shares to recommend: those in force when nothing speaks for a change, else in whole thousandths. Exploration goes to
 * targets that may yet be best: to look at one that surely is not costs the same every day and changes nothing.
 */
export function decideShares(plan: Plan, before: Shares, exploration: number, rules: LearningRules): { readonly shares: Shares; readonly explored: Explored } {
  if (!plan.passes) return { shares: plan.guarded ? roundShares(plan.base) : before, explored: NOTHING_EXPLORED }
  const plausible = plan.movable.filter(({ target }) => (plan.pBest.get(target) ?? 0) >= rules.plausible)
  if (plausible.length < 2 || exploration <= 0) return { shares: roundShares(plan.proposed), explored: NOTHING_EXPLORED }
  const costs = new Map(plausible.map(({ target, cost }) => [target, cost.meanUsd]))
  return { shares: roundShares(withExploration(plan.proposed, costs, exploration)), explored: { share: exploration, costs } }
}

/** What part of the draw tries targets out, and which, by dollars a call. */
export type Explored = { readonly share: number; readonly costs: ReadonlyMap<string, number> }

export const NOTHING_EXPLORED: Explored = { share: 0, costs: new Map() }

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
  const draws = drawUtilities(valued, worth, rules, seed)
  const change = (pick: (drawn: UtilityDraws) => Float64Array): Float64Array => weightedSum(draws, before, after, pick, rules.draws)
  const gain = change((drawn) => drawn.utility)
  const saved = change((drawn) => drawn.costUsd).map((usd) => -1000 * usd)
  return { gain: rounded(spanOf(gain)), pGain: shareAboveZero(gain), saved: rounded(spanOf(saved)), quality: rounded(spanOf(change((drawn) => drawn.quality))) }
}

/** What weights are expected to do per call: quality and dollars with their spans, the slowest p95 that has a share, failed attempts. */
export type ExpectedSide = { readonly quality: Span | null; readonly cost_per_1k_usd: Span | null; readonly latency_p95_ms: number | null; readonly error_rate: number | null }

/** Both sides of a move; `undefined` when nothing has a share. Quality and dollars are null where a target with a share is unknown. */
export function expectedOf(posteriors: readonly Posterior[], before: Shares, after: Shares, worth: Worth, rules: LearningRules, seed: string): { before: ExpectedSide; after: ExpectedSide } | undefined {
  if (posteriors.length === 0) return undefined
  const draws = drawUtilities(posteriors.filter(isValued), worth, rules, seed)
  const nothing: Shares = new Map()
  const sideOf = (shares: Shares): ExpectedSide => {
    const served = posteriors.filter(({ target }) => (shares.get(target) ?? 0) > 0)
    const known = served.every(({ target }) => draws.has(target))
    const sum = (pick: (drawn: UtilityDraws) => Float64Array): Float64Array => weightedSum(draws, nothing, shares, pick, rules.draws)
    const p95s = served.flatMap(({ latency }) => latency?.p95.value ?? [])
    return {
      quality: known ? rounded(spanOf(sum((drawn) => drawn.quality))) : null,
      cost_per_1k_usd: known ? rounded(spanOf(sum((drawn) => drawn.costUsd).map((usd) => 1000 * usd))) : null,
      latency_p95_ms: p95s.length === 0 ? null : round(Math.max(...p95s)),
      error_rate: served.length === 0 ? null : round(served.reduce((total, posterior) => total + (shares.get(posterior.target) ?? 0) * errorMean(posterior), 0)),
    }
  }
  return { before: sideOf(before), after: sideOf(after) }
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

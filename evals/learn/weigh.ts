// One task's evidence → what its shares should be, in numbers: beliefs, guardrails, the plan under the spend ceiling, the step
// that `auto` may take and what speaks against it. Pure and seeded: the same evidence, weights and seed give the same answer.
// Words are in recommend.ts.
import type { Config, LearningMode } from '../../core/config.ts'
import type { PriceNotice } from '../../core/operations.ts'
import type { EffectiveRoute } from '../../core/route-table.ts'
import type { TaskEvidence } from './evidence.ts'
import { gateAuto, modeOf, type AutoSituation } from './gates.ts'
import { isOfflineGrader } from './graders.ts'
import { guardrailBreaches, type Breach } from './guardrails.ts'
import { allowedPerDay, pace, type Spending } from './pacer.ts'
import { decideShares, isAlone, NO_CHANGE, NOTHING_EXPLORED, planMove, type Explored, type Plan } from './plan.ts'
import { posteriorsOf, type Posterior } from './posterior.ts'
import type { Verdict } from './recommendation.ts'
import type { LearningRules } from './rules.ts'
import type { Worth } from './utility.ts'
import { roundShares, stepToward, totalVariation, type Shares } from './weights.ts'

/** What weighing depends on besides the evidence. */
export type WeighContext = {
  readonly config: Config
  /** The weights in force, and who is out of the draw. */
  readonly route: Pick<EffectiveRoute, 'weights' | 'excluded'>
  readonly situation: Pick<AutoSituation, 'publishedBefore' | 'hoursSinceLastPublish' | 'frozen' | 'canary'>
  readonly rules: LearningRules
  /** Why the data may move nothing; none: they may. */
  readonly faults?: readonly string[]
  /** Evidence keys of targets whose drift alarm is open. */
  readonly alarmed?: ReadonlySet<string>
  /** Price changes of the task's targets since its last publish. */
  readonly prices?: readonly PriceNotice[]
}

/** How the spend ceiling acts; dollars a day. */
export type Pacing = { readonly ceilingUsd: number; readonly allowedUsd: number; readonly expectedUsd: number; readonly factor: number; readonly exceeds: boolean }

export type Weighed = {
  readonly seed: string
  readonly mode: LearningMode
  readonly worth: Worth
  readonly posteriors: readonly Posterior[]
  readonly before: Shares
  readonly after: Shares
  readonly guard: { readonly out: readonly Breach[]; readonly allBreach: boolean }
  readonly plan: Plan
  readonly pacing: Pacing | undefined
  readonly verdict: Verdict
  readonly rule: Rule
  readonly faults: readonly string[]
  readonly prices: readonly PriceNotice[]
  /** Targets that lose share because their drift alarm is open. */
  readonly alarmed: readonly string[]
  readonly explored: Explored
  /** For a rule of `rollback`: the version that it goes back to, and why. */
  readonly back?: { readonly version: number; readonly why: string }
  /** For a move: the step-limited shares that may be published without a person, and what speaks against that. */
  readonly auto: { readonly weights: Shares; readonly against: readonly string[]; readonly urgent: boolean } | undefined
}

/** Which rule decided. */
export const RULES = ['utility', 'guardrail', 'drift', 'price', 'spend_ceiling', 'rollback', 'gates', 'settled', 'evidence', 'no_eval_evidence', 'data'] as const
export type Rule = (typeof RULES)[number]

// Shares are quotients of sums: without this, .1 + .2 would be a move.
const withoutNoise = (share: number): number => Number(share.toFixed(9))

/** Weighs one task. */
export function weighTask(evidence: TaskEvidence, context: WeighContext): Weighed {
  const { task } = evidence
  const { config, route, rules, faults = [], alarmed = new Set<string>(), prices = [] } = context
  const { learning } = config.settings
  const seed = `${learning.seed}|${task.name}`
  const worth: Worth = { valuePerAnswerUsd: task.valuePerAnswerUsd, latencySloMs: task.learning.latencySloMs }
  const posteriors = posteriorsOf(evidence, rules)
  const before = new Map(posteriors.map(({ target }) => [target, withoutNoise(route.weights.get(target) ?? 0)]))
  const guard = guardrailBreaches(task, posteriors, new Set(route.excluded.keys()), rules)
  const { plan, pacing } = pacedPlan(evidence, posteriors, (factor) => planMove(posteriors, before, guard.out, { ...worth, valuePerAnswerUsd: worth.valuePerAnswerUsd / factor }, rules, seed))
  const judged = evidence.candidates.every((candidate) => candidate.samples.every((sample) => sample.calibrated || !isOfflineGrader(sample.basis.grader)))
  const mode = modeOf(task.learning.mode, context.situation.publishedBefore, judged && evidence.informed)
  const decided = faults.length > 0 ? { shares: before, explored: NOTHING_EXPLORED } : decideShares(plan, before, mode === 'auto' ? learning.exploration : 0, rules)
  const after = decided.shares
  const falling = posteriors.filter(({ target, evidenceKey }) => alarmed.has(evidenceKey) && (after.get(target) ?? 0) < (before.get(target) ?? 0)).map(({ target }) => target)
  const urgent = plan.guarded || falling.length > 0
  const verdict = verdictOf(evidence, plan, faults)
  const selfJudged = evidence.candidates.some((candidate) => candidate.samples.some((sample) => !sample.calibrated && sample.selfFamily > 0))
  const against = gateAuto({ mode, judged, selfJudged, urgent, ...context.situation }, rules)
  const auto = verdict === 'move' ? { weights: roundShares(stepToward(plan.base, after, new Set(falling), rules.gates.maxAutoStep)), against, urgent } : undefined
  return { seed, mode, worth, posteriors, before, after, guard, plan, pacing, verdict, rule: ruleOf(evidence, plan, { faults, falling, prices, pacing }), faults, prices, alarmed: falling, explored: decided.explored, auto }
}

/** The plan that keeps to the task's spend ceiling; the plain one where there is none or nothing is known of its traffic. */
function pacedPlan(evidence: TaskEvidence, posteriors: readonly Posterior[], planUnder: (factor: number) => Plan): { plan: Plan; pacing: Pacing | undefined } {
  const ceilingUsd = evidence.task.learning.maxUsdPerDay
  const spent = spendingOf(evidence)
  if (ceilingUsd === undefined || spent.calls === 0) return { plan: planUnder(1), pacing: undefined }
  const callsPerDay = spent.calls / spent.days
  const costs = new Map(posteriors.map(({ target, cost }) => [target, cost?.meanUsd ?? 0]))
  const usdPerDay = ({ proposed }: Plan): number => callsPerDay * [...proposed].reduce((sum, [target, share]) => sum + share * (costs.get(target) ?? 0), 0)
  const allowedUsd = allowedPerDay(ceilingUsd, spent)
  const { plan: paced, factor, exceeds } = pace(allowedUsd, planUnder, usdPerDay)
  // What is over its ceiling must come down whether or not that gains anything.
  const isOver = factor > 1 && usdPerDay({ ...paced, proposed: paced.base }) > allowedUsd
  const plan = isOver ? { ...paced, passes: totalVariation(paced.base, paced.proposed) >= NO_CHANGE, against: [] } : paced
  return { plan, pacing: { ceilingUsd, allowedUsd, expectedUsd: usdPerDay(plan), factor, exceeds } }
}

/** Calls and dollars of the task's candidates over the last days, as far back as they go. */
export function spendingOf(evidence: TaskEvidence): Spending {
  const rows = [...new Map(evidence.candidates.flatMap(({ target, production }) => (production === undefined ? [] : [[target.evidenceKey, production] as const]))).values()]
  return { calls: rows.reduce((sum, row) => sum + row.recent_calls, 0), usd: rows.reduce((sum, row) => sum + row.recent_usd, 0), days: Math.max(0.04, ...rows.map((row) => row.recent_days)) }
}

function verdictOf(evidence: TaskEvidence, plan: Plan, faults: readonly string[]): Verdict {
  if (!evidence.informed || faults.length > 0) return 'hold'
  if (plan.passes || plan.guarded) return 'move'
  return plan.choice === undefined && !isAlone(plan) ? 'insufficient_evidence' : 'hold'
}

type Causes = { readonly faults: readonly string[]; readonly falling: readonly string[]; readonly prices: readonly PriceNotice[]; readonly pacing: Pacing | undefined }

function ruleOf(evidence: TaskEvidence, plan: Plan, { faults, falling, prices, pacing }: Causes): Rule {
  if (!evidence.informed) return 'no_eval_evidence'
  if (faults.length > 0) return 'data'
  if (plan.guarded) return 'guardrail'
  if (plan.passes && falling.length > 0) return 'drift'
  if (plan.passes && pacing !== undefined && pacing.factor > 1) return 'spend_ceiling'
  if (plan.passes) return prices.length > 0 ? 'price' : 'utility'
  if (isAlone(plan)) return 'settled'
  if (plan.choice === undefined) return 'evidence'
  return plan.against.length === 0 ? 'settled' : 'gates'
}

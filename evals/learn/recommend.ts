// One task's evidence → what its shares should be, why, and what was considered and left. Pure and seeded: the same
// evidence, weights and seed give the same advice. It publishes nothing.
import type { Config } from '../../core/config.ts'
import type { EffectiveRoute, TaskRoute } from '../../core/route-table.ts'
import type { TaskEvidence } from './evidence.ts'
import { gateAuto, type AutoSituation } from './gates.ts'
import { guardrailBreaches } from './guardrails.ts'
import { intervalsOf, round, tableEvidence } from './intervals.ts'
import { decideShares, effectOf, flipOf, isAlone, planMove, type Plan } from './plan.ts'
import { posteriorsOf, type Posterior } from './posterior.ts'
import { headlineOf, isOfflineGrader, reasonsOf, type Findings } from './reasons.ts'
import type { TargetAdvice, TaskAdvice, Verdict } from './recommendation.ts'
import type { LearningRules } from './rules.ts'
import type { Worth } from './utility.ts'
import { limitStep, roundShares, totalVariation, type Shares } from './weights.ts'

/** What a recommendation for one task depends on besides its evidence. */
export type RecommendContext = {
  readonly config: Config
  /** The weights in force. */
  readonly route: EffectiveRoute
  /** The version in force. */
  readonly parent: number
  readonly situation: Omit<AutoSituation, 'mode' | 'judged' | 'guarded'>
  readonly rules: LearningRules
}

/** The advice, and for a move the route to publish and what may be published without a person. */
export type TaskOutcome = { readonly advice: TaskAdvice; readonly route?: TaskRoute; readonly auto?: { readonly weights: Record<string, number>; readonly against: string[] } }

// Shares are quotients of sums: without this, .1 + .2 would be a move.
const withoutNoise = (share: number): number => Number(share.toFixed(9))


/** Recommends for one task. */
export function recommendTask(evidence: TaskEvidence, context: RecommendContext): TaskOutcome {
  const { task } = evidence
  const { config, route, rules } = context
  const { learning } = config.settings
  const seed = `${learning.seed}|${task.name}`
  const worth: Worth = { valuePerAnswerUsd: task.valuePerAnswerUsd, latencySloMs: learning.latency_slo_ms }
  const posteriors = posteriorsOf(evidence, rules)
  const before = new Map(posteriors.map(({ target }) => [target, withoutNoise(route.weights.get(target) ?? 0)]))
  const guard = guardrailBreaches(task, posteriors, new Set(route.excluded.keys()), rules)
  const plan = planMove(posteriors, before, guard.out, worth, rules, seed)
  const explored = learning.mode === 'auto' ? learning.exploration : 0
  const after = decideShares(plan, before, explored, guard.out, posteriors)
  const verdict = verdictOf(evidence, plan)
  const rule = ruleOf(evidence, plan)
  const effect = verdict === 'move' ? effectOf(posteriors, before, after, worth, rules, seed) : undefined
  const targets = posteriors.map((posterior) => targetAdvice(posterior, before, after, plan.pBest)).sort((a, b) => b.after - a.after || b.before - a.before || (a.target < b.target ? -1 : 1))
  const flip = plan.choice === undefined ? undefined : flipOf(plan.choice, plan.movable, worth, rules)
  const judged = evidence.candidates.every((candidate) => candidate.samples.every((sample) => sample.calibrated || !isOfflineGrader(sample.basis.grader)))
  const against = gateAuto({ mode: learning.mode, judged, guarded: plan.guarded, ...context.situation }, rules)
  const findings: Findings = { before, after, moved: totalVariation(before, after), verdict, effect, parent: context.parent, guard, targets, flip, autoAgainst: against }

  const advice: TaskAdvice = {
    task: task.name,
    verdict,
    headline: headlineOf(evidence, plan, guard.out, findings),
    rule,
    reasons: reasonsOf(evidence, plan, findings, rules),
    before: Object.fromEntries(before),
    after: Object.fromEntries(after),
    gain: effect?.gain ?? null,
    p_gain: effect?.pGain ?? null,
    saved_per_1k_usd: effect?.saved ?? null,
    quality_change: effect?.quality ?? null,
    evals: evidence.trials,
    calls: evidence.calls,
    value_per_answer_usd: task.valuePerAnswerUsd,
    value_is_assumed: task.valueIsAssumed,
    flips_at_value_usd: flip === undefined ? null : round(flip.at),
    targets,
  }
  if (verdict !== 'move') return { advice }
  return {
    advice,
    route: {
      weights: Object.fromEntries(after),
      excluded: Object.fromEntries(guard.out.map((breach) => [breach.target, breach.reason])),
      config_hash: task.configHash,
      exploration: explored,
      rule,
      evidence: Object.fromEntries(posteriors.map((posterior) => [posterior.target, tableEvidence(posterior, plan.pBest.get(posterior.target))])),
    },
    auto: { weights: Object.fromEntries(roundShares(limitStep(plan.base, after, rules.gates.maxAutoStep))), against },
  }
}

function verdictOf(evidence: TaskEvidence, plan: Plan): Verdict {
  if (!evidence.informed) return 'hold'
  if (plan.passes || plan.guarded) return 'move'
  return plan.choice === undefined && !isAlone(plan) ? 'insufficient_evidence' : 'hold'
}

function ruleOf(evidence: TaskEvidence, plan: Plan): string {
  if (!evidence.informed) return 'no_eval_evidence'
  if (plan.guarded) return 'guardrail'
  if (plan.passes) return 'utility'
  if (isAlone(plan)) return 'settled'
  if (plan.choice === undefined) return 'evidence'
  return plan.against.length === 0 ? 'settled' : 'gates'
}

function targetAdvice(posterior: Posterior, before: Shares, after: Shares, pBest: ReadonlyMap<string, number>): TargetAdvice {
  const intervals = intervalsOf(posterior)
  return {
    target: posterior.target,
    before: before.get(posterior.target) ?? 0,
    after: after.get(posterior.target) ?? 0,
    quality: intervals.quality ?? null,
    cost_per_call_usd: intervals.costPerCallUsd ?? null,
    latency_p95_ms: posterior.latencyP95Ms ?? null,
    error_rate: intervals.errorRate ?? null,
    hallucination_rate: intervals.hallucinationRate ?? null,
    pushback_rate: intervals.pushbackRate ?? null,
    p_best: pBest.get(posterior.target) ?? null,
    evals: posterior.trials,
    calls: posterior.calls,
  }
}

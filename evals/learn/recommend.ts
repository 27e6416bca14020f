// One task weighed → the advice that people read and the route that applying it publishes. In: numbers from weigh.ts. Out: the
// same numbers in the shape of a recommendation, with their words. It decides nothing and publishes nothing.
import type { TaskRoute } from '../../core/route-table.ts'
import type { TaskEvidence } from './evidence.ts'
import { contradictionsOf, type AnswerLookup } from './contradictions.ts'
import { intervalsOf, round, roundedTerms, tableEvidence } from './intervals.ts'
import { effectOf, expectedOf, flipOf, isAlone, type Explored } from './plan.ts'
import type { Belief, Estimate, Posterior } from './posterior.ts'
import { alternativesOf } from './alternatives.ts'
import { headlineOf, reasonsOf, type Findings } from './reasons.ts'
import type { TargetAdvice, TaskAdvice } from './recommendation.ts'
import type { LearningRules } from './rules.ts'
import { isValued, termsOf, type Worth } from './utility.ts'
import { weighTask, type WeighContext, type Weighed } from './weigh.ts'
import { totalVariation, withoutExploration, type Shares } from './weights.ts'

/** What a recommendation for one task depends on besides its evidence. */
export type RecommendContext = WeighContext & {
  /** The version in force. */
  readonly parent: number
  /** Answers to probes, where they are kept; `undefined`: nowhere. */
  readonly answers?: AnswerLookup | undefined
}

/** The advice, and for a move the route to publish and what may be published without a person. */
export type TaskOutcome = { readonly advice: TaskAdvice; readonly weighed: Weighed; readonly route?: TaskRoute; readonly auto?: { readonly weights: Record<string, number>; readonly core?: Record<string, number>; readonly against: string[]; readonly urgent: boolean } }

/** Recommends for one task. */
export function recommendTask(evidence: TaskEvidence, context: RecommendContext): TaskOutcome {
  return adviseTask(evidence, weighTask(evidence, context), context)
}

/** Puts what was weighed into words. */
export function adviseTask(evidence: TaskEvidence, weighed: Weighed, context: Pick<RecommendContext, 'rules' | 'parent' | 'answers'>): TaskOutcome {
  const { task } = evidence
  const { posteriors, before, after, guard, plan, verdict, rule, worth, seed, auto } = weighed
  const { rules } = context
  const effect = verdict === 'move' ? effectOf(posteriors, before, after, worth, rules, seed) : undefined
  const held = new Map(plan.held.map(({ target, why }) => [target, why]))
  const targets = posteriors
    .map((posterior) => targetAdvice(posterior, before, after, plan.pBest, held.get(posterior.target), worth, rules))
    .sort((a, b) => b.after - a.after || b.before - a.before || (a.target < b.target ? -1 : 1))
  const flip = plan.choice === undefined ? undefined : flipOf(plan.choice, plan.movable, worth, rules)
  const contradicting = verdict === 'move' ? contradictionsOf(evidence, before, after, context.answers) : undefined
  const findings: Findings = { before, after, moved: totalVariation(before, after), verdict, rule, effect, parent: context.parent, guard, targets, flip, weighed, contradicting, autoAgainst: auto?.against ?? [] }
  const advice: TaskAdvice = {
    task: task.name,
    verdict,
    headline: headlineOf(evidence, plan, guard.out, findings),
    rule,
    mode: weighed.mode,
    reasons: reasonsOf(evidence, plan, findings, rules),
    before: Object.fromEntries(before),
    after: Object.fromEntries(after),
    expected: expectedOf(posteriors, before, after, worth, rules, seed) ?? null,
    gain: effect?.gain ?? null,
    p_gain: effect?.pGain ?? null,
    saved_per_1k_usd: effect?.saved ?? null,
    quality_change: effect?.quality ?? null,
    evals: evidence.trials,
    calls: evidence.calls,
    value_per_answer_usd: task.valuePerAnswerUsd,
    value_is_assumed: task.valueIsAssumed,
    flips_at_value_usd: flip === undefined ? null : round(flip.at),
    contradicting: [...(contradicting?.examples ?? [])],
    left: isAlone(plan) || plan.choice === undefined ? [] : alternativesOf(plan, after, worth, rules),
    targets,
  }
  if (verdict !== 'move' || auto === undefined) return { advice, weighed }
  return {
    advice,
    weighed,
    route: {
      weights: Object.fromEntries(after),
      excluded: Object.fromEntries(guard.out.map((breach) => [breach.target, breach.reason])),
      config_hash: task.configHash,
      exploration: weighed.explored.share,
      ...coreOf(after, weighed.explored),
      rule,
      evidence: Object.fromEntries(posteriors.map((posterior) => [posterior.target, tableEvidence(posterior, plan.pBest.get(posterior.target), isValued(posterior) ? termsOf(posterior, worth, rules) : undefined)])),
    },
    auto: { weights: Object.fromEntries(auto.weights), ...coreOf(auto.weights, weighed.explored), against: [...auto.against], urgent: auto.urgent },
  }
}

/** The weights without exploration, where there is any. */
function coreOf(weights: Shares, { share, costs }: Explored): { readonly core?: Record<string, number> } {
  return share <= 0 ? {} : { core: Object.fromEntries(withoutExploration(weights, costs, share)) }
}

function targetAdvice(posterior: Posterior, before: Shares, after: Shares, pBest: ReadonlyMap<string, number>, held: string | undefined, worth: Worth, rules: LearningRules): TargetAdvice {
  const intervals = intervalsOf(posterior)
  return {
    target: posterior.target,
    before: before.get(posterior.target) ?? 0,
    after: after.get(posterior.target) ?? 0,
    quality: intervals.quality ?? null,
    cost_per_call_usd: intervals.costPerCallUsd ?? null,
    latency_p95_ms: posterior.latency?.p95.value ?? null,
    latency: posterior.latency ?? null,
    first_token: posterior.firstToken ?? null,
    error_rate: intervals.errorRate ?? null,
    hallucination_rate: intervals.hallucinationRate ?? null,
    pushback_rate: intervals.pushbackRate ?? null,
    p_best: pBest.get(posterior.target) ?? null,
    terms: isValued(posterior) ? roundedTerms(termsOf(posterior, worth, rules)) : null,
    quality_parts: posterior.quality === undefined ? null : { evals: partOf(posterior.parts.evals), production: partOf(posterior.parts.production), prior: partOf(posterior.parts.prior) },
    held: held ?? null,
    evals: posterior.trials,
    calls: posterior.calls,
  }
}

function partOf(estimate: Estimate | undefined): Belief | null {
  return estimate === undefined ? null : { mean: round(estimate.mean), sd: round(Math.sqrt(estimate.variance)) }
}

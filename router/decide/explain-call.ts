// A call → everything that decides where it would go, without drawing: its task's path, its candidates with estimates and shares,
// who is out and why. From the very functions that route calls. Pure.
import { REASONS } from '../../core/attributes.ts'
import type { CallExplanation } from '../../core/explanation.ts'
import { effectiveRoute } from '../../core/route-table.ts'
import type { CallFacts } from './call-facts.ts'
import { chainOf, waysNow } from './choose.ts'
import type { Demands } from './demands.ts'
import type { Way } from './draw.ts'
import type { Home } from './home.ts'
import { planCall, type Plan, type PlanInputs, type Standing } from './plan.ts'
import type { CompiledRules } from './task/compile-rules.ts'
import { explainTask } from './task/explain-task.ts'
import type { TaskInput } from './task/task-input.ts'

export type ExplainInputs = {
  readonly plan: PlanInputs
  readonly rules: CompiledRules
  readonly facts: CallFacts
  readonly demands: Demands
  readonly task: TaskInput
  readonly home: Home | undefined
  readonly standing: Standing
  /** For when nothing else is left; see standing.ts. */
  readonly lastResort: Standing
  readonly live: boolean
  /** Plans it inside the limits of its caller, without taking anything of them; left out: nothing is limited. */
  readonly within?: ((make: (barred: PlanInputs['barred']) => Plan) => Plan) | undefined
}

/** Throws `unknown_model`, `unknown_task`, `unknown_target` or what `within` refuses, as the call itself would. */
export function explainCall(inputs: ExplainInputs): CallExplanation {
  const { facts, demands } = inputs
  const explained = explainTask(inputs.task, inputs.rules)
  const make = (barred: PlanInputs['barred']): Plan => planCall({ ...inputs.plan, barred }, facts, demands, { infer: () => explained.verdict, home: inputs.home })
  const plan = inputs.within === undefined ? make(undefined) : inputs.within(make)
  const strict = waysNow(plan, inputs.standing)
  const { ways, admission, exclusions, stay } = strict.ways.length > 0 ? strict : waysNow(plan, inputs.lastResort)
  const sumOf = (fits: (way: Way) => boolean): number => ways.reduce((sum, way) => sum + (fits(way) ? way.probability : 0), 0)
  return {
    task: {
      name: plan.task.name,
      source: plan.taskSource,
      verdict: { task: explained.verdict.task ?? null, confidence: explained.verdict.confidence, because: explained.verdict.because },
      rules: explained.rules.map(({ passedOver, ...rule }) => ({ ...rule, passed_over: passedOver ?? null })),
      built_in:
        explained.builtIn === undefined
          ? null
          : {
              reached: explained.builtIn.reached,
              tasks: explained.builtIn.tasks.map(({ needed, ...task }) => ({ ...task, needed: needed ?? null })),
              cues: explained.builtIn.cues.map(({ name, by }) => ({ name, by: by ?? null })),
            },
    },
    request: {
      model: facts.model,
      pinned: plan.pinned?.target.name ?? null,
      purpose: facts.purpose,
      effort: facts.effort ?? null,
      input_tokens: facts.inputTokens,
      max_output_tokens: facts.maxOutputTokens ?? null,
      needs: [...demands.needs],
    },
    reasons: REASONS.map((reason) => ({ reason, share: sumOf((way) => way.reason === reason) })).filter(({ share }) => share > 0),
    candidates: plan.candidates.map((candidate) => ({
      target: candidate.target.name,
      evidence_key: candidate.target.evidenceKey,
      weight: candidate.weight,
      core: candidate.core ?? candidate.weight,
      link: candidate.link === undefined ? null : candidate.link + 1,
      ceiling: candidate.ceiling ?? null,
      est_usd: candidate.estimate.usd ?? null,
      est_per_1k: candidate.estimate.per1kUsd ?? null,
      cold_usd: candidate.coldUsd ?? null,
      share: sumOf((way) => way.candidate === candidate),
      waived: admission.waived.has(candidate.target.name),
      dropped: candidate.dropped ?? [],
    })),
    failover: plan.failover ? chainOf(admission) : [],
    excluded: exclusions.map(({ target, reason, detail }) => ({ target, reason, detail })),
    noted: plan.noted.map(({ target, reason, detail }) => ({ target, reason, detail })),
    home: stay === undefined ? null : { target: stay.target, how: stay.how, in_tool_loop: stay.inToolLoop, saved_usd: stay.savedUsd },
    exploration: plan.exploration,
    weights_source: plan.weightsSource,
    route_version: plan.routeVersion,
    note: effectiveRoute(inputs.plan.config, plan.task, inputs.plan.table).note ?? null,
    live: inputs.live,
  }
}

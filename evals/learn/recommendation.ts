// What the learner hands to people: the shape of a recommendation, as the admin routes answer it and the state keeps it.
// Data only.
import { z } from 'zod'
import { routeTableSchema } from '../../core/route-table.ts'

const shares = z.record(z.string(), z.number())
const span = z.object({ value: z.number(), low: z.number(), high: z.number() })
const interval = span.extend({ n: z.number() })

const targetAdvice = z.object({
  target: z.string(),
  before: z.number(),
  after: z.number(),
  quality: interval.nullable(),
  cost_per_call_usd: interval.nullable(),
  latency_p95_ms: z.number().nullable(),
  error_rate: interval.nullable(),
  hallucination_rate: interval.nullable(),
  pushback_rate: interval.nullable(),
  p_best: z.number().nullable(),
  evals: z.number(),
  calls: z.number(),
})
export type TargetAdvice = z.infer<typeof targetAdvice>

export const VERDICTS = ['move', 'hold', 'insufficient_evidence'] as const
export type Verdict = (typeof VERDICTS)[number]

const taskAdvice = z.object({
  task: z.string(),
  verdict: z.enum(VERDICTS),
  headline: z.string(),
  /** Which rule decided: utility, guardrail, no_eval_evidence, gates, settled, evidence. */
  rule: z.string(),
  reasons: z.array(z.string()),
  before: shares,
  after: shares,
  /** Utility per call, in right answers. */
  gain: span.nullable(),
  p_gain: z.number().nullable(),
  /** Positive: cheaper. */
  saved_per_1k_usd: span.nullable(),
  /** Positive: better. */
  quality_change: span.nullable(),
  evals: z.number(),
  calls: z.number(),
  value_per_answer_usd: z.number(),
  value_is_assumed: z.boolean(),
  flips_at_value_usd: z.number().nullable(),
  targets: z.array(targetAdvice),
})
export type TaskAdvice = z.infer<typeof taskAdvice>

export const recommendationSchema = z.object({
  id: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  /** The version it builds on; 0: configured weights. */
  parent: z.number(),
  simulated: z.boolean(),
  tasks: z.array(taskAdvice),
})
export type Recommendation = z.infer<typeof recommendationSchema>

/** A recommendation with what applying it would publish. */
export const proposalSchema = z.object({
  recommendation: recommendationSchema,
  /** Task → its route in the next table; moves only. */
  routes: routeTableSchema.shape.tasks,
  /** Task → what may be published without a person: the step-limited shares, and what speaks against it. */
  auto: z.record(z.string(), z.object({ weights: shares, against: z.array(z.string()) })),
})
export type Proposal = z.infer<typeof proposalSchema>

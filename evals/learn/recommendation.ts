// What the learner hands to people: the shape of a recommendation, as the admin routes answer it and the state keeps it.
// Data only. Members that were added later have a default, so that a stored one of an older program can still be read.
import { z } from 'zod'
import { routeTableSchema } from '../../core/route-table.ts'

const shares = z.record(z.string(), z.number())
const span = z.object({ value: z.number(), low: z.number(), high: z.number() })
const interval = span.extend({ n: z.number() })
const terms = z.object({ quality: z.number(), cost: z.number(), latency: z.number(), errors: z.number(), utility: z.number() })
/** A mean with its standard deviation. */
const belief = z.object({ mean: z.number(), sd: z.number() })

const targetAdvice = z.object({
  target: z.string(),
  before: z.number(),
  after: z.number(),
  quality: interval.nullable(),
  cost_per_call_usd: interval.nullable(),
  latency_p95_ms: z.number().nullable(),
  /** Whole answers and time to the first token, with intervals. */
  latency: z.object({ p50: interval, p95: interval }).nullable().default(null),
  first_token: z.object({ p50: interval, p95: interval }).nullable().default(null),
  error_rate: interval.nullable(),
  hallucination_rate: interval.nullable(),
  pushback_rate: interval.nullable(),
  p_best: z.number().nullable(),
  /** What its utility is made of. */
  terms: terms.nullable().default(null),
  /** What its quality is combined from. */
  quality_parts: z.object({ evals: belief.nullable(), production: belief.nullable(), prior: belief.nullable() }).nullable().default(null),
  /** Why it may neither give nor take; null: it may. */
  held: z.string().nullable().default(null),
  evals: z.number(),
  calls: z.number(),
})
export type TargetAdvice = z.infer<typeof targetAdvice>

export const VERDICTS = ['move', 'hold', 'insufficient_evidence'] as const
export type Verdict = (typeof VERDICTS)[number]

/** What a set of weights is expected to do per call. */
const side = z.object({ quality: span.nullable(), cost_per_1k_usd: span.nullable(), latency_p95_ms: z.number().nullable(), error_rate: z.number().nullable() })
export type Side = z.infer<typeof side>

const answered = z.object({
  target: z.string(),
  /** 0..1, the mean of its trials of the probe. */
  score: z.number(),
  /** Its newest answer, cut short; null: not kept where the learner runs. */
  answer: z.string().nullable(),
})
const contradiction = z.object({ suite: z.string(), probe: z.string(), question: z.string().nullable(), riser: answered, faller: answered })
export type Contradiction = z.infer<typeof contradiction>

const taskAdvice = z.object({
  task: z.string(),
  verdict: z.enum(VERDICTS),
  headline: z.string(),
  /** Which rule decided; see RULES in weigh.ts. */
  rule: z.string(),
  mode: z.string().default('review'),
  reasons: z.array(z.string()),
  before: shares,
  after: shares,
  /** What the weights before and after are expected to do; null where a target that has a share is unknown. */
  expected: z.object({ before: side, after: side }).nullable().default(null),
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
  /** Probes that speak against the move, the strongest first. */
  contradicting: z.array(contradiction).default([]),
  /** What was considered and left, and by how much it is worse. */
  left: z.array(z.string()).default([]),
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
  /** Task → what may be published without a person: the step-limited shares, what speaks against it, and whether it waits for no canary. */
  auto: z.record(z.string(), z.object({ weights: shares, core: shares.optional(), against: z.array(z.string()), urgent: z.boolean().default(false) })),
})
export type Proposal = z.infer<typeof proposalSchema>

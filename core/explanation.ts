// Why a call would go where: the question (a request body, or only its facts) and the answer, as `POST /admin/explain` and
// `config explain` speak them. Wire names; `null` is unknown or none.
import { z } from 'zod'
import { PURPOSES, REASONS, TASK_SOURCES } from './attributes.ts'
import { RULE_SURFACES } from './task-rules.ts'

const count = z.number().int().nonnegative()
const usd = z.number().nonnegative().nullable()
const share = z.number().min(0).max(1)

/** A call that is asked about. All but what matters may be left out. */
export const explainRequest = z.strictObject({
  surface: z.enum(RULE_SURFACES).default('chat'),
  /** The client's whole body; the members below then only add to it. */
  body: z.record(z.string(), z.unknown()).optional(),
  /** x-weighbridge-* headers by name. */
  headers: z.record(z.string(), z.string().max(4_096)).default({}),
  /** The user's last text, for the task rules. Answered with names of rules and cues, and not kept. */
  text: z.string().max(2_000_000).optional(),
  model: z.string().min(1).max(512).optional(),
  effort: z.string().max(32).optional(),
  input_tokens: count.max(100_000_000).optional(),
  max_output_tokens: count.max(10_000_000).optional(),
  messages: count.max(1_000_000).optional(),
  tools: count.max(100_000).optional(),
  schema: z.boolean().optional(),
  images: z.boolean().optional(),
  system_prompt_hash: z.string().regex(/^[0-9a-f]{12,64}$/).optional(),
  key: z.string().max(128).optional(),
  stream: z.boolean().optional(),
  /** Where its conversation was answered before, as a target's name, and with how many tokens. */
  home: z.strictObject({ target: z.string().min(1).max(512), tokens: count.optional(), in_tool_loop: z.boolean().default(false) }).optional(),
})
export type ExplainRequest = z.infer<typeof explainRequest>

const condition = z.object({ condition: z.string(), holds: z.boolean(), seen: z.string() })

/** The path to the task. */
const taskPath = z.object({
  name: z.string(),
  source: z.enum(TASK_SOURCES),
  /** What the rules say, also where somebody named the task. */
  verdict: z.object({ task: z.string().nullable(), confidence: z.number(), because: z.array(z.string()).readonly() }),
  rules: z.array(z.object({ name: z.string(), task: z.string(), priority: z.number(), confidence: z.number(), matched: z.boolean(), decided: z.boolean(), passed_over: z.string().nullable(), conditions: z.array(condition).readonly() })).readonly(),
  /** `null`: the built-in rules do not run. */
  built_in: z
    .object({
      reached: z.boolean(),
      tasks: z.array(z.object({ task: z.string(), probability: share, needed: z.number().nullable() })).readonly(),
      cues: z.array(z.object({ name: z.string(), by: z.string().nullable() })).readonly(),
    })
    .nullable(),
})

const candidate = z.object({
  target: z.string(),
  evidence_key: z.string(),
  /** Share of the route before any exclusion; without exploration. */
  weight: share,
  core: share,
  /** Place in the chain from 1; `null`: not in it. */
  link: count.nullable(),
  /** USD per 1,000 tokens. */
  ceiling: usd,
  est_usd: usd,
  est_per_1k: usd,
  /** Dollars without this conversation's cache, where it has one. */
  cold_usd: usd,
  /** Probability of the first attempt at this moment. */
  share,
  /** Over its ceiling and used all the same, because nothing admissible is cheaper. */
  waived: z.boolean(),
  /** Members of the request that its wire leaves out. */
  dropped: z.array(z.string()).readonly(),
})

const exclusion = z.object({ target: z.string(), reason: z.string(), detail: z.string() })

/** The answer. */
export const callExplanation = z.object({
  task: taskPath,
  request: z.object({ model: z.string(), pinned: z.string().nullable(), purpose: z.enum(PURPOSES), effort: z.string().nullable(), input_tokens: z.number(), max_output_tokens: z.number().nullable(), needs: z.array(z.string()).readonly() }),
  /** What the first attempt would be called on its span, and by which of them with what probability. Empty: nothing is admissible. */
  reasons: z.array(z.object({ reason: z.enum(REASONS), share })).readonly(),
  candidates: z.array(candidate).readonly(),
  /** After a failure, in this order. */
  failover: z.array(z.string()).readonly(),
  excluded: z.array(exclusion).readonly(),
  /** Out of the draw, still in the chain. */
  noted: z.array(exclusion).readonly(),
  home: z.object({ target: z.string(), how: z.string(), in_tool_loop: z.boolean(), saved_usd: z.number() }).nullable(),
  exploration: share,
  weights_source: z.enum(['table', 'config', 'pinned']),
  route_version: count,
  /** Why the route table is not used for the task; `null`: it is, or there is none. */
  note: z.string().nullable(),
  /** Whether drains, cooldowns and budgets of a running router are in it. */
  live: z.boolean(),
})
export type CallExplanation = z.infer<typeof callExplanation>

// The `budgets` section of weighbridge.yaml: who may use how much, how a call is counted before it is over, and when an agent is taken
// to have run away.
import { z } from 'zod'
import { tagName } from './key-policy.ts'
import { agentLimitsSchema, limitsSchema } from './limits.ts'

const NAME = z.string().min(1).max(128)
const tagWithValue = z.string().max(400).regex(/^[A-Za-z0-9_.-]{1,64}=\P{Cc}+$/u, 'must be NAME=VALUE')

export const RESERVES = ['likely', 'most'] as const

/** One budget of each kind of subject; every one that speaks about a call binds it. */
export const budgetsSchema = z.strictObject({
  all: limitsSchema.prefault({}).describe('All production calls together'),
  each_key: limitsSchema.prefault({}).describe('Each key that does not say otherwise'),
  each_user: limitsSchema.prefault({}).describe('Each end user, as the caller names them'),
  each_session: agentLimitsSchema.prefault({}).describe('Each session of a key'),
  each_trace: agentLimitsSchema.prefault({}).describe('Each trace of a key (traceparent, else the session)'),
  each_tag: z.record(tagName, limitsSchema).default({}).describe('Tag name → what each of its values may use'),
  tags: z.record(tagWithValue, limitsSchema).default({}).describe('NAME=VALUE → what it may use, where that is other than each_tag says'),
  tasks: z.record(NAME, limitsSchema).default({}).describe('Task → what it may use'),
  evals: limitsSchema.prefault({}).describe('Eval and judge calls together; no other budget counts them, but that of their key'),
  unpriced: z
    .union([z.literal('refuse'), z.strictObject({ count_as_usd: z.number().nonnegative().finite().max(1e6).describe('Dollars that such a call counts as') })])
    .default('refuse')
    .describe('What to do, where a dollar limit binds a call, with targets whose price is unknown'),
  reserve: z.enum(RESERVES).default('likely').describe('What is set aside while a call is under way: what it will likely cost at the upper side, or the most it can cost'),
  assumed_output_tokens: z.number().int().min(1).max(1_000_000).default(16_384).describe('Output that `reserve: most` sets aside for a call without an output limit'),
  slice: z.number().min(0).max(1).default(0.05).describe('Share of a limit that a router which follows a primary takes at a time, and at most without it'),
  runaway: z
    .strictObject({
      same_call: z.union([z.literal('off'), z.number().int().min(1).max(1_000_000)]).default(100).describe('How often the same call may be made in one trace or session within within_s'),
      within_s: z.number().int().min(1).max(86_400).default(3_600).describe('Seconds from the first of them'),
      usd_per_minute: z.number().positive().finite().optional().describe('Dollars a minute beyond which a trace or session is stopped; default: no bound'),
    })
    .prefault({}),
})
export type BudgetsFile = z.infer<typeof budgetsSchema>

// The shape of `tasks.NAME.rules` and of `classify` in weighbridge.yaml. Strict, so that a misspelt condition is an error and
// not a rule that matches everything. Conditions are phrases, sets and ranges only: none can run away on hostile input.
import { z } from 'zod'

export const RULE_SURFACES = ['chat', 'responses', 'messages'] as const
export type RuleSurface = (typeof RULE_SURFACES)[number]

// A letter or digit somewhere, and no * but one right after at least three letters at the very end.
const PHRASE = /^(?=.*[\p{L}\p{N}])[^*]*$|^[^*]*[\p{L}\p{N}_]{3}\*$/su
const phrase = z.string().min(1).max(128).regex(PHRASE, 'must hold a letter or digit, and may end in * after at least three letters')
const tag = z.string().min(1).max(256).regex(/^[^*]+$|^[^*=]+=\*$/, 'must be key=value, or key=* for any value')

/** Any of the items, all of them, none of them; a plain list means any. */
function sets<Item extends z.ZodType>(item: Item) {
  const list = z.array(item).min(1).max(500)
  return z.union([
    list,
    z.strictObject({ any: list.optional(), all: list.optional(), none: list.optional() }).refine((given) => given.any !== undefined || given.all !== undefined || given.none !== undefined, 'needs any, all or none'),
  ])
}

/** From `min` to `max`, both included. */
const range = z
  .strictObject({ min: z.number().int().nonnegative().optional(), max: z.number().int().nonnegative().optional() })
  .refine((given) => given.min !== undefined || given.max !== undefined, 'needs min or max')
  .refine((given) => (given.min ?? 0) <= (given.max ?? Infinity), 'min is above max')

const CONDITIONS = ['phrases', 'schema', 'tools', 'images', 'input_tokens', 'messages', 'system_prompt', 'keys', 'tags', 'surfaces'] as const

/** One rule: a call is of the task when all its conditions hold. */
export const taskRuleSchema = z
  .strictObject({
    name: z.string().min(1).max(64).optional().describe('Shown on traces and in explanations; default: its place in the list'),
    priority: z.number().int().min(-1000).max(1000).default(0).describe('Higher goes first; equal ones go in the order written. Below 0: only when the built-in rules abstain'),
    confidence: z.number().gt(0).max(1).default(1).describe('How sure a match makes; below classify.threshold it does not decide'),
    phrases: sets(phrase).optional().describe('Whole words in the last user text, whatever their case and accents; a final * stands for any ending'),
    schema: z.boolean().optional().describe('Whether the answer must meet a JSON schema'),
    tools: z.union([z.boolean(), range]).optional().describe('Whether tools are given, or how many'),
    images: z.boolean().optional().describe('Whether there are images'),
    input_tokens: range.optional().describe('Estimated tokens of the whole request'),
    messages: range.optional().describe('Messages in the request'),
    system_prompt: z
      .array(z.string().regex(/^[0-9a-f]{12,64}$/, 'must be 12 to 64 hex digits'))
      .min(1)
      .max(500)
      .optional()
      .describe('First digits of the SHA-256 of the system prompt, as `config explain --system FILE` prints it; any of them'),
    keys: z.array(z.string().min(1).max(128)).min(1).max(500).optional().describe('Ids of the keys a call may be made with; any of them'),
    tags: sets(tag).optional().describe('Tags of the call: key=value, or key=* for any value'),
    surfaces: z.array(z.enum(RULE_SURFACES)).min(1).optional().describe('APIs a call may come in by; any of them'),
  })
  .refine((rule) => CONDITIONS.some((condition) => rule[condition] !== undefined), `needs at least one condition: ${CONDITIONS.join(', ')}`)

/** `tasks.NAME.rules`. */
export const taskRulesSchema = z.array(taskRuleSchema).max(64).default([]).describe('When a call that names no task is of this one')

/** `classify`: what holds for all tasks. */
export const classifySchema = z.strictObject({
  built_in: z.boolean().default(true).describe('Whether the built-in rules run for the built-in tasks that the configuration has'),
  threshold: z.number().min(0).max(1).optional().describe('Confidence below which a call stays general; default: 0.5 for rules, and for each built-in task the one measured for it'),
})

export type TaskRule = z.infer<typeof taskRuleSchema>
export type ClassifySettings = z.infer<typeof classifySchema>

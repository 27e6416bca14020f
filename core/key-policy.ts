// What one virtual key may do beside its scopes: which tasks and targets, under which names, how much, until when, and what its calls
// are tagged with. The same words in the state file, on the wire between routers, and (without an end) in the configuration. Pure.
import { z } from 'zod'
import type { Target } from './config.ts'
import { limitsSchema } from './limits.ts'

/** Text that people read on terminals: one line, no control characters. */
const line = (max: number): z.ZodString => z.string().min(1).max(max).regex(/^\P{Cc}*$/u, 'must be one line without control characters')
const name = line(128)
/** A tag's name; its value may be anything on one line. */
export const tagName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be letters, digits and _ . -')
const MOST = 256

export const keyRulesSchema = z.strictObject({
  tasks: z.array(name).min(1).max(MOST).optional().describe('Tasks that it may call; default: all'),
  targets: z.array(line(385)).min(1).max(MOST).optional().describe('Targets that may serve it: a name, provider/model, or a beginning and * (openai/*); default: all'),
  aliases: z.record(line(256), line(385)).optional().describe('Model name it may send → auto, task:NAME or a target; before the aliases of all'),
  tags: z.record(tagName, line(256)).optional().describe('Tags that all its calls carry, whatever the caller says'),
  limits: limitsSchema.optional().describe('What it may use'),
})
export type KeyRules = z.infer<typeof keyRulesSchema>

/**
 * The rules kept with a key. Strict, also on the wire: a router that does not understand a restriction must not pass over it.
 */
export const keyPolicySchema = keyRulesSchema.extend({
  owner: line(128).optional(),
  /** When it ends, in milliseconds since the Unix epoch. */
  expires_at: z.number().int().min(0).max(8.64e15).optional(),
})
export type KeyPolicy = z.infer<typeof keyPolicySchema>

/** Whether a list of patterns lets a target serve; a pattern is a target's name, `provider/model`, or a beginning of either and `*`. */
export function isAllowedTarget(patterns: readonly string[], target: Pick<Target, 'name' | 'model'> & { readonly provider: { readonly name: string } }): boolean {
  const model = `${target.provider.name}/${target.model}`
  return patterns.some((pattern) => {
    if (!pattern.endsWith('*')) return pattern === target.name || pattern === model
    const beginning = pattern.slice(0, -1)
    return target.name.startsWith(beginning) || model.startsWith(beginning)
  })
}

// Everything of a request but its messages and tools → members of a Messages request: output limit, sampling, thinking, effort,
// format. Each function also names what it had to leave out, so that `loss` and `build` cannot disagree.
import type { Message, ModelRequest } from '../../../core/model-request.ts'
import type { JsonObject } from '../json.ts'
import { strictSubset } from '../json-schema/strict-subset.ts'
import { ownSeal } from '../turns.ts'
import type { ModelRules } from './models.ts'

/** Members to send, and members of the client's that could not be kept. */
export type Rendered = { readonly body: JsonObject; readonly dropped: readonly string[] }

/** Smallest `thinking.budget_tokens` (SDK: ThinkingConfigEnabled). */
const MIN_BUDGET = 1_024
/**
 * Share of the output limit that may be thought, by effort, for models that take a budget instead of an effort. The shares are
 * OpenRouter's documented ones, so that a move from there keeps its behaviour.
 */
const BUDGET_SHARE: ReadonlyMap<string, number> = new Map(Object.entries({ minimal: 0.1, low: 0.2, medium: 0.5, high: 0.8, xhigh: 0.95, max: 0.95 }))
const USUAL_SHARE = 0.5
const EFFORT = 'reasoning_effort'

/** `max_tokens`: the client's, lowered to what a known model can say at all; without one, all the model can say. */
export function maxTokens(asked: number | undefined, rules: ModelRules, lifted: boolean): number {
  if (asked === undefined) return rules.maxOutputTokens
  return rules.known && !lifted ? Math.min(asked, rules.maxOutputTokens) : asked
}

/** What thinking is asked for: an effort in OpenAI's words, or an explicit setting. */
export type ThinkingWish = { readonly effort: string | undefined; readonly thinking: ModelRequest['thinking'] }

/**
 * `thinking` and `output_config.effort` for a wish. `maxTokens` bounds a budget (the API wants it smaller); `forced`: a tool is
 * forced, which excludes a budget; `unsealed`: see `needsSeal`.
 */
export function thinkingSettings(wish: ThinkingWish, rules: ModelRules, maxTokens: number, blocked: boolean): Rendered {
  const { thinking } = wish
  const off = wish.effort === 'none' || (wish.effort === undefined && thinking?.enabled === false)
  if (wish.effort === undefined && thinking === undefined) return { body: {}, dropped: [] }
  if (off) return withoutThinking(rules)
  const shown = thinking?.show === false ? 'omitted' : 'summarized'
  const effort = effortFor(wish.effort, rules)
  const dropped = effort.exact ? [] : [EFFORT]
  const config = effort.value === undefined ? {} : { output_config: { effort: effort.value } }
  if (rules.adaptive) return { body: { thinking: { type: 'adaptive', display: shown }, ...config }, dropped }
  if (!rules.budget) return { body: config, dropped: effort.value === undefined ? [EFFORT] : dropped }
  // Two places where the API refuses a budget outright; the tools and the history are the client's, so thinking gives way.
  if (blocked) return { body: config, dropped: effort.value === undefined ? [EFFORT] : dropped }
  const wanted = thinking?.budgetTokens ?? Math.floor(maxTokens * (BUDGET_SHARE.get(wish.effort ?? '') ?? USUAL_SHARE))
  const budget = Math.min(Math.max(wanted, MIN_BUDGET), maxTokens - 1)
  // An answer of so few tokens has no room for the least thinking there is.
  if (budget < MIN_BUDGET) return { body: config, dropped: [EFFORT] }
  return { body: { thinking: { type: 'enabled', budget_tokens: budget }, ...config }, dropped: effort.value === undefined ? [] : dropped }
}

function withoutThinking(rules: ModelRules): Rendered {
  if (rules.canDisable) return { body: rules.adaptive || rules.budget ? { thinking: { type: 'disabled' } } : {}, dropped: [] }
  // It thinks whatever is asked; the least there is comes nearest, and the client is told.
  if (rules.betweenTools) return { body: { thinking: { type: 'between_tools' } }, dropped: [EFFORT] }
  return { body: { output_config: { effort: 'low' } }, dropped: [EFFORT] }
}

/** The nearest effort a model has; `exact`: the one that was asked for, or none was. */
function effortFor(effort: string | undefined, rules: ModelRules): { readonly value: string | undefined; readonly exact: boolean } {
  if (effort === undefined) return { value: undefined, exact: true }
  if (rules.efforts.length === 0) return { value: undefined, exact: false }
  if (rules.efforts.includes(effort)) return { value: effort, exact: true }
  // `minimal` lies below the lowest, `xhigh` and `max` above a shorter list's highest; another word is no effort we know.
  const nearest = effort === 'minimal' ? rules.efforts[0] : effort === 'xhigh' || effort === 'max' ? rules.efforts.at(-1) : undefined
  return { value: nearest, exact: false }
}

/**
 * Whether a budget is refused because of the conversation: the last assistant turn called tools, and its thinking is not at hand
 * in Anthropic's own form ("expected thinking, found tool_use"). Only `enabled` thinking has that rule.
 */
export function needsSeal(messages: readonly Message[]): boolean {
  const lastUser = messages.findLastIndex((message) => message.role === 'user')
  return messages
    .slice(lastUser + 1)
    .some((message) => message.role === 'assistant' && message.parts.some((part) => part.kind === 'tool_call') && !message.parts.some((part) => part.kind === 'reasoning' && ownSeal(part.seal, 'anthropic-messages') !== undefined))
}

/** temperature, top_p and top_k. `thinks`: thinking is on, which fixes all three. */
export function sampling(request: ModelRequest, rules: ModelRules, thinks: boolean): Rendered {
  const { temperature, topP, topK } = request
  const given: readonly (readonly [string, number | undefined, number | undefined])[] = [
    ['temperature', temperature, 1],
    ['top_p', topP, 1],
    ['top_k', topK, undefined],
  ]
  // Newer generations refuse any value but the default; so does thinking.
  if (!rules.sampling || thinks) return { body: {}, dropped: given.flatMap(([member, value, standard]) => (value === undefined || value === standard ? [] : [member])) }
  const body: JsonObject = {}
  const dropped: string[] = []
  if (temperature !== undefined) {
    // OpenAI's scale ends at 2, this one at 1.
    body['temperature'] = Math.min(temperature, 1)
    if (temperature > 1) dropped.push('temperature')
  }
  if (topP !== undefined) {
    // From 4.5 on the two exclude each other; a top_p of 1 says nothing anyway.
    if (temperature === undefined) body['top_p'] = topP
    else if (topP !== 1) dropped.push('top_p')
  }
  if (topK !== undefined) body['top_k'] = topK
  return { body, dropped }
}

/** OpenAI's service tiers and Anthropic's own → Anthropic's two; a tier without an equal is left out. */
const SERVICE_TIERS: ReadonlyMap<string, string> = new Map([
  ['auto', 'auto'],
  ['standard_only', 'standard_only'],
  // OpenAI's `default` means the standard price and speed, nothing else.
  ['default', 'standard_only'],
  // Here `auto` uses priority capacity where there is any.
  ['priority', 'auto'],
])

/** `service_tier`. */
export function serviceTier(asked: string | undefined): Rendered {
  if (asked === undefined) return { body: {}, dropped: [] }
  const tier = SERVICE_TIERS.get(asked)
  return tier === undefined ? { body: {}, dropped: ['service_tier'] } : { body: { service_tier: tier }, dropped: [] }
}

/** Asked of the model in words where the wire has no mode for it. */
export const JSON_INSTRUCTION = 'Answer with one JSON object and nothing else: no code fence, no text around it.'

/** `output_config.format`; the `json_object` mode has no equal here and becomes an instruction (see messages.ts). */
export function outputFormat(request: ModelRequest): JsonObject {
  return request.format?.kind === 'json_schema' ? { output_config: { format: { type: 'json_schema', schema: strictSubset(request.format.schema) } } } : {}
}

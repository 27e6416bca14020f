// The common form of a request → a Chat Completions body, in a dialect. Pure; model, stream and the like are set by build.ts.
import type { ModelRequest, ToolChoice } from '../../../core/model-request.ts'
import type { JsonObject } from '../json.ts'
import { effortOfThinking, openaiModel } from '../openai-models.ts'
import { lacksOf, type DialectRules, type Lack } from './dialects.ts'
import { setEffort } from './effort.ts'
import { chatMessages, writing } from './messages.ts'

/** What a request asks of the model's thinking, once the dialect is known. */
export type Thinking = {
  readonly effort: string | undefined
  /** Thinking by switch and budget, for dialects that have it. */
  readonly thinking: ModelRequest['thinking']
}

/** `effort`: that of the call or its target, before the client's own. */
export function thinkingFor(request: ModelRequest, rules: DialectRules, model: string, effort: string | undefined): Thinking {
  const asked = effort ?? request.effort
  if (asked !== undefined) return { effort: asked, thinking: undefined }
  if (rules.effort.thinking !== undefined) return { effort: undefined, thinking: request.thinking }
  const known = openaiModel(model)
  // GPT-5.6 takes tools in Chat Completions only without reasoning, and reasons unless told not to.
  if (rules.developerRole && known.chatToolsNeedNone && request.tools.length > 0) return { effort: 'none', thinking: undefined }
  return { effort: effortOfThinking(request.thinking, known), thinking: undefined }
}

/** Body without model and stream. */
export function chatBody(request: ModelRequest, rules: DialectRules, model: string, wanted: string | undefined): JsonObject {
  const { effort, thinking } = thinkingFor(request, rules, model, wanted)
  const lacks = lacksOf(rules, model, effort)
  const thinks = effort !== 'none' && thinking?.enabled !== false
  const body: JsonObject = { messages: chatMessages(request.messages, writing(rules, model, effort, thinks)) }
  const set = (member: string, value: unknown, lack?: Lack): void => {
    if (value !== undefined && (lack === undefined || !lacks.has(lack))) body[member] = value
  }
  writeTools(request, rules, lacks, set)
  // Behind a gateway that takes both names, OpenAI's reasoning models still refuse the old one.
  set(rules.takesBothLimits && openaiModel(model).reasons === true ? 'max_completion_tokens' : rules.limit, request.maxOutputTokens)
  set('temperature', request.temperature, 'temperature')
  set('top_p', request.topP, 'top_p')
  set('top_k', request.topK, 'top_k')
  set('stop', request.stop.length === 0 ? undefined : request.stop, 'stop')
  set(rules.seed, request.seed, 'seed')
  set('presence_penalty', request.presencePenalty, 'presence_penalty')
  set('frequency_penalty', request.frequencyPenalty, 'frequency_penalty')
  if (request.logprobs !== undefined && !lacks.has('logprobs')) {
    body['logprobs'] = true
    if (request.logprobs.top > 0) body['top_logprobs'] = request.logprobs.top
  }
  set('response_format', responseFormat(request, lacks))
  set('verbosity', request.verbosity, 'verbosity')
  set('service_tier', serviceTier(request.serviceTier), 'service_tier')
  set(rules.developerRole ? 'safety_identifier' : 'user', request.userId, 'user')
  if (effort !== undefined) setEffort(body, rules.effort, effort, model)
  else if (thinking !== undefined) Object.assign(body, rules.effort.thinking?.(thinking.enabled, thinking.budgetTokens, model))
  return body
}

type SetMember = (member: string, value: unknown, lack?: Lack) => void

function writeTools(request: ModelRequest, rules: DialectRules, lacks: ReadonlySet<Lack>, set: SetMember): void {
  // Without a word for "no tool", the tools are kept from the model instead.
  const hidden = lacks.has('tool_choice') && request.toolChoice?.kind === 'none'
  if (request.tools.length === 0 || hidden) return
  set('tools', request.tools.map((tool) => {
    const { name, description, schema, strict } = tool
    return { type: 'function', function: { name, ...(description === undefined ? {} : { description }), parameters: schema, ...(strict === undefined || lacks.has('strict') ? {} : { strict }) } }
  }))
  set('tool_choice', request.toolChoice === undefined ? undefined : toolChoice(request.toolChoice, rules), 'tool_choice')
  set('parallel_tool_calls', request.parallelToolCalls, 'parallel_tool_calls')
}

function toolChoice(choice: ToolChoice, rules: DialectRules): unknown {
  if (choice.kind === 'tool') return { type: 'function', function: { name: choice.name } }
  return choice.kind === 'required' ? rules.required : choice.kind
}

function responseFormat({ format }: ModelRequest, lacks: ReadonlySet<Lack>): JsonObject | undefined {
  if (format === undefined || (format.kind === 'json_schema' && lacks.has('json_schema'))) return undefined
  if (format.kind === 'json_object') return { type: 'json_object' }
  const { name, schema, strict, description } = format
  return { type: 'json_schema', json_schema: { name, schema, ...(strict === undefined ? {} : { strict }), ...(description === undefined ? {} : { description }) } }
}

/** Anthropic's word for "never a better tier than the standard one" is OpenAI's `default`. */
export function serviceTier(tier: string | undefined): string | undefined {
  return tier === 'standard_only' ? 'default' : tier
}

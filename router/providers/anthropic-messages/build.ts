// A call → one POST {base}/messages (or /messages/count_tokens). A Messages client's body passes with every member it has; a
// client of another wire gets a body made from the common form.
import type { Target } from '../../../core/config.ts'
import type { ModelRequest } from '../../../core/model-request.ts'
import type { Loss, OutgoingCall, ProviderRequest } from '../adapter.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../json.ts'
import { fixedLoss } from './loss.ts'
import { conversation, limitMarks } from './messages.ts'
import { modelRules, type ModelRules } from './models.ts'
import { JSON_INSTRUCTION, maxTokens, needsSeal, outputFormat, sampling, serviceTier, thinkingSettings, type Rendered } from './settings.ts'
import { forcesTool, toolSettings } from './tools.ts'

/**
 * The API's version. The later one, 2026-10-21 (what @anthropic-ai/sdk sends from 1.0 on), only takes away: it refuses sampling
 * members, documents in assistant turns and citations in user turns. So this one takes the bodies of clients of both, and older
 * models keep their temperature. Another version, like any beta, is an operator's choice (`provider.headers`).
 */
const VERSION = '2023-06-01'
/** Members that count_tokens takes (SDK: MessageCountTokensParams); the rest says how to answer, not what. */
const COUNTED = ['messages', 'model', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'cache_control', 'speed'] as const

/** See `Adapter.build`. */
export function buildMessagesRequest(call: OutgoingCall, target: Target, key: string | undefined): ProviderRequest {
  const body = requestBody(call, target)
  if (call.stream) body['stream'] = true
  else delete body['stream']
  return post('/messages', call, target, key, body)
}

/** See `Adapter.countTokens`. */
export function buildCountRequest(call: OutgoingCall, target: Target, key: string | undefined): ProviderRequest {
  const body = requestBody(call, target)
  const counted = Object.fromEntries(COUNTED.flatMap((member) => (body[member] === undefined ? [] : [[member, body[member]]])))
  return post('/messages/count_tokens', { ...call, stream: false }, target, key, counted)
}

function requestBody(call: OutgoingCall, target: Target): JsonObject {
  return call.wire === 'anthropic-messages' ? nativeBody(call, target) : translatedBody(call.request(), call.effort, target)
}

function post(path: string, call: OutgoingCall, target: Target, key: string | undefined, body: JsonObject): ProviderRequest {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: call.stream ? 'text/event-stream' : 'application/json',
    'user-agent': 'weighbridge',
    'x-request-id': call.requestId,
    'anthropic-version': VERSION,
    ...target.provider.headers,
  }
  // As @anthropic-ai/sdk 1.12 and the API's page on authentication have it (2026-11). A server that only knows the older
  // `x-api-key` gets its key from `provider.headers`, and then this one is not sent.
  if (key !== undefined && headers['x-api-key'] === undefined) headers['authorization'] ??= `Bearer ${key}`
  return { method: 'POST', path, headers, body: JSON.stringify(body) }
}

function nativeBody(call: OutgoingCall, target: Target): JsonObject {
  const body: JsonObject = { ...call.native, model: target.model }
  // What is left of the client's metadata when all of it was ours.
  if (isObject(body['metadata']) && Object.keys(body['metadata']).length === 0) delete body['metadata']
  return call.effort === undefined || call.effort === objectAt(body, 'output_config')?.['effort'] ? body : withEffort(body, call.effort, target)
}

/** A target's effort in place of the client's: thinking goes with it, and what thinking excludes gives way. */
function withEffort(body: JsonObject, effort: string, target: Target): JsonObject {
  const rules = modelRules(target.model)
  const limit = typeof body['max_tokens'] === 'number' ? body['max_tokens'] : rules.maxOutputTokens
  const forced = ['any', 'tool'].includes(String(objectAt(body, 'tool_choice')?.['type']))
  const wished = thinkingSettings({ effort, thinking: undefined }, rules, limit, forced || callsWithoutThinking(body)).body
  const config = { ...objectAt(body, 'output_config'), ...objectAt(wished, 'output_config') }
  if (objectAt(wished, 'output_config') === undefined) delete config['effort']
  const { output_config: _config, thinking: _thinking, ...rest } = body
  const asked = objectAt(body, 'thinking')
  const thinking = objectAt(wished, 'thinking')
  if (thinking !== undefined && thinking['type'] !== 'disabled') for (const member of ['temperature', 'top_p', 'top_k']) delete rest[member]
  return {
    ...rest,
    ...(Object.keys(config).length === 0 ? {} : { output_config: config }),
    // A Messages client says itself how it wants to see its thinking; only whether to think is the target's.
    ...(thinking === undefined ? {} : { thinking: asked !== undefined && asked['type'] === thinking['type'] ? { ...thinking, ...asked } : withoutDisplay(thinking) }),
  }
}

/** See `needsSeal`, for a body in Anthropic's own form. */
function callsWithoutThinking(body: JsonObject): boolean {
  return listAt(body, 'messages').some((message) => {
    const types = listAt(message, 'content').map((block) => textAt(block, 'type'))
    return types.includes('tool_use') && !types.includes('thinking') && !types.includes('redacted_thinking')
  })
}

function withoutDisplay(thinking: JsonObject): JsonObject {
  const { display: _, ...rest } = thinking
  return rest
}

function translatedBody(request: ModelRequest, effort: string | undefined, target: Target): JsonObject {
  const rules = modelRules(target.model)
  const { settings } = rendered(request, effort, rules, target)
  const firstParty = new URL(target.provider.baseUrl).hostname.endsWith('anthropic.com')
  const { system, messages } = conversation(request.messages, rules.systemTurns && firstParty, request.format?.kind === 'json_object' ? JSON_INSTRUCTION : undefined)
  const tools = toolSettings(request, rules)
  const format = outputFormat(request)
  const config = { ...objectAt(settings, 'output_config'), ...objectAt(format, 'output_config') }
  const body: JsonObject = {
    model: target.model,
    ...settings,
    ...(Object.keys(config).length === 0 ? {} : { output_config: config }),
    ...(request.stop.length === 0 ? {} : { stop_sequences: request.stop }),
    ...(request.userId === undefined ? {} : { metadata: { user_id: request.userId } }),
    ...tools,
    ...(system.length === 0 ? {} : { system }),
    messages,
  }
  limitMarks(markable(body))
  return body
}

function* blocksIn(list: unknown): Generator<JsonObject> {
  if (!Array.isArray(list)) return
  for (const one of list) {
    if (!isObject(one)) continue
    yield* blocksIn(one['content'])
    yield one
  }
}

/** Every object of a body that may carry a cache mark, in the order in which the API reads them. */
function markable(body: JsonObject): readonly JsonObject[] {
  return [...blocksIn(body['tools']), ...blocksIn(body['system']), ...blocksIn(body['messages'])]
}

/** The settings of a request, and what they leave out. */
function rendered(request: ModelRequest, effort: string | undefined, rules: ModelRules, target: Target): { readonly settings: JsonObject; readonly dropped: readonly string[] } {
  const lifted = target.provider.headers['anthropic-beta']?.includes('output-') === true
  const limit = maxTokens(request.maxOutputTokens, rules, lifted)
  const wish = { effort: effort ?? request.effort, thinking: request.thinking }
  const thinking = thinkingSettings(wish, rules, limit, forcesTool(request) || needsSeal(request.messages))
  const type = objectAt(thinking.body, 'thinking')?.['type']
  const parts: readonly Rendered[] = [thinking, sampling(request, rules, type !== undefined && type !== 'disabled'), serviceTier(request.serviceTier)]
  return { settings: Object.assign({ max_tokens: limit }, ...parts.map((part) => part.body)), dropped: parts.flatMap((part) => part.dropped) }
}

/** See `Adapter.loss`. */
export function messagesLoss(request: ModelRequest, target: Target): Loss {
  const rules = modelRules(target.model)
  const fixed = fixedLoss(request, rules)
  return { refused: fixed.refused, dropped: [...fixed.dropped, ...rendered(request, target.effort, rules, target).dropped] }
}

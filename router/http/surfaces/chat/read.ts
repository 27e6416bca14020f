// The body of POST /v1/chat/completions → what routing needs of it. Only that is checked here, in one walk over the
// messages; everything else passes to a provider of the same wire as it came, and is read when it must be translated.
import { EFFORTS } from '../../../../core/config-schema.ts'
import { isObject, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { withoutOwn } from '../../own-metadata.ts'
import { AMOUNT, ARRAY, BOOLEAN, checkMembers, COUNT, fault, lazily, modelOf, NUMBER, numberAt, OBJECT, oneOf, TEXT, TEXT_OR_ARRAY, TEXT_OR_OBJECT, WHOLE, type Kind } from '../faults.ts'
import type { Feature, SurfaceRequest } from '../surface.ts'
import { jsonTokens, textTokens, TOKENS_PER_MEDIA_PART, TOKENS_PER_MESSAGE } from '../tokens.ts'
import { chatToRequest } from './request.ts'

/** Members whose type is checked whatever the provider (openai-node 7.57, ChatCompletionCreateParamsBase). */
const MEMBERS: readonly (readonly [string, Kind])[] = [
  ['stream', BOOLEAN],
  ['max_tokens', COUNT],
  ['max_completion_tokens', COUNT],
  ['n', COUNT],
  ['temperature', NUMBER],
  ['top_p', NUMBER],
  ['presence_penalty', NUMBER],
  ['frequency_penalty', NUMBER],
  ['seed', WHOLE],
  ['logprobs', BOOLEAN],
  ['top_logprobs', AMOUNT],
  ['stop', TEXT_OR_ARRAY],
  ['stream_options', OBJECT],
  ['metadata', OBJECT],
  ['tools', ARRAY],
  ['functions', ARRAY],
  ['tool_choice', TEXT_OR_OBJECT],
  ['function_call', TEXT_OR_OBJECT],
  ['parallel_tool_calls', BOOLEAN],
  ['response_format', OBJECT],
  ['user', TEXT],
  ['safety_identifier', TEXT],
  ['service_tier', TEXT],
  ['verbosity', TEXT],
  ['reasoning_effort', oneOf(EFFORTS)],
]

/** Features that a content part of a type needs. */
const PART_FEATURES: Readonly<Record<string, Feature>> = { image_url: 'images', file: 'files', input_audio: 'audio' }

/** Throws `bad_request` naming the member at fault. */
export function readChat(body: JsonObject): SurfaceRequest {
  const model = modelOf(body)
  checkMembers(body, MEMBERS)
  const needs = new Set<Feature>()
  const inputTokens = walkMessages(body['messages'], needs) + toolTokens(body, needs)
  if (body['logprobs'] === true) needs.add('logprobs')
  const format = objectAt(body, 'response_format')
  const schema = format?.['type'] === 'json_schema' ? objectAt(format, 'json_schema')?.['schema'] : undefined
  if (format?.['type'] === 'json_schema') needs.add('json_schema')
  const limits = [numberAt(body, 'max_completion_tokens'), numberAt(body, 'max_tokens')].filter((limit) => limit !== undefined)
  const native = withoutOwn(body)
  return {
    native,
    model,
    stream: body['stream'] === true,
    metadata: body['metadata'],
    userId: textAt(body, 'user') ?? textAt(body, 'safety_identifier'),
    effort: textAt(body, 'reasoning_effort') ?? effortOf(body),
    maxOutputTokens: limits.length === 0 ? undefined : Math.min(...limits),
    inputTokens: Math.ceil(inputTokens),
    needs,
    schema,
    request: lazily(() => chatToRequest(native)),
  }
}

/** The effort in OpenRouter's form `reasoning: { effort }`. */
function effortOf(body: JsonObject): string | undefined {
  const effort = textAt(body['reasoning'], 'effort')
  return EFFORTS.find((known) => known === effort)
}

function walkMessages(messages: unknown, needs: Set<Feature>): number {
  if (!Array.isArray(messages) || messages.length === 0) throw fault('messages', 'must be a non-empty array')
  let tokens = 0
  let index = 0
  for (const message of messages as readonly unknown[]) {
    if (!isObject(message)) throw fault(`messages.${index}`, 'must be an object')
    if (typeof message['role'] !== 'string') throw fault(`messages.${index}.role`, 'must be a string')
    tokens += TOKENS_PER_MESSAGE + contentTokens(message['content'], `messages.${index}`, needs)
    const calls = message['tool_calls']
    if (calls !== undefined && calls !== null) {
      if (!Array.isArray(calls)) throw fault(`messages.${index}.tool_calls`, 'must be an array')
      for (const call of calls as readonly unknown[]) {
        const called = objectAt(call, 'function')
        tokens += textTokens(textAt(called, 'name') ?? '') + textTokens(textAt(called, 'arguments') ?? '')
      }
    }
    index += 1
  }
  return tokens
}

function contentTokens(content: unknown, path: string, needs: Set<Feature>): number {
  if (typeof content === 'string') return textTokens(content)
  if (content === undefined || content === null) return 0
  if (!Array.isArray(content)) throw fault(`${path}.content`, 'must be a string or an array of parts')
  let tokens = 0
  for (const part of content as readonly unknown[]) {
    if (!isObject(part)) throw fault(`${path}.content`, 'must be a string or an array of parts')
    const text = part['text'] ?? part['refusal']
    tokens += typeof text === 'string' ? textTokens(text) : TOKENS_PER_MEDIA_PART
    const type = part['type']
    const feature = typeof type === 'string' && Object.hasOwn(PART_FEATURES, type) ? PART_FEATURES[type] : undefined
    if (feature !== undefined) needs.add(feature)
  }
  return tokens
}

function toolTokens(body: JsonObject, needs: Set<Feature>): number {
  let tokens = 0
  for (const member of ['tools', 'functions']) {
    const list = body[member]
    if (!Array.isArray(list) || list.length === 0) continue
    needs.add('tools')
    tokens += jsonTokens(list, member)
  }
  return tokens
}

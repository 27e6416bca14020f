// The body of POST /v1/chat/completions → checked facts of the call. Only what routing needs is checked here; every other
// field passes to the provider as it came, because the wire is the same.
import { EFFORTS } from '../../core/config-schema.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import { CHARACTERS_PER_TOKEN } from '../execute/cost.ts'
import { isObject, listAt, type JsonObject } from '../providers/json.ts'
import { readOwnMetadata } from './own-metadata.ts'

export type ChatRequest = {
  readonly facts: CallFacts
  /** The body to forward: without our metadata. */
  readonly body: JsonObject
  /** Whether the client asked for the usage chunk of a stream. */
  readonly wantsUsage: boolean
}

type Check = readonly [field: string, allowed: string, holds: (value: unknown) => boolean]
const isWhole = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 1
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)

/** Optional fields whose type is checked; `null` counts as absent, as in OpenAI's own API. */
const OPTIONAL: readonly Check[] = [
  ['stream', 'a boolean', (value) => typeof value === 'boolean'],
  ['max_tokens', 'a whole number of at least 1', isWhole],
  ['max_completion_tokens', 'a whole number of at least 1', isWhole],
  ['n', 'a whole number of at least 1', isWhole],
  ['temperature', 'a number', isNumber],
  ['top_p', 'a number', isNumber],
  ['stream_options', 'an object', isObject],
  ['metadata', 'an object', isObject],
  ['tools', 'an array', Array.isArray],
  ['response_format', 'an object', isObject],
  ['user', 'a string', (value) => typeof value === 'string'],
  ['reasoning_effort', EFFORTS.join(', '), (value) => EFFORTS.some((effort) => effort === value)],
]

/** Throws `bad_request` naming the field at fault. */
export function readChatRequest(body: JsonObject, headers: Readonly<Record<string, string | string[] | undefined>>): ChatRequest {
  const model = body['model']
  if (typeof model !== 'string' || model.trim() === '') throw fault('model', 'must be a non-empty string')
  checkMessages(body['messages'])
  for (const [field, allowed, holds] of OPTIONAL) {
    const value = body[field]
    if (value !== undefined && value !== null && !holds(value)) throw fault(field, `must be ${allowed}`)
  }
  const { own, rest } = readOwnMetadata(headers, body['metadata'])
  const forwarded = { ...body }
  if (rest !== undefined) forwarded['metadata'] = rest
  const streamOptions = body['stream_options']
  const effort = body['reasoning_effort']
  const user = body['user']
  const limits = [body['max_completion_tokens'], body['max_tokens']].filter((value) => typeof value === 'number')
  return {
    body: forwarded,
    wantsUsage: isObject(streamOptions) && streamOptions['include_usage'] === true,
    facts: {
      model,
      ...own,
      userId: own.userId ?? (typeof user === 'string' ? user : undefined),
      effort: typeof effort === 'string' ? effort : undefined,
      stream: body['stream'] === true,
      inputTokens: estimateInputTokens(body),
      maxOutputTokens: limits.length === 0 ? undefined : Math.min(...limits),
    },
  }
}

function checkMessages(messages: unknown): void {
  if (!Array.isArray(messages) || messages.length === 0) throw fault('messages', 'must be a non-empty array')
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) throw fault(`messages.${index}`, 'must be an object')
    if (typeof message['role'] !== 'string') throw fault(`messages.${index}.role`, 'must be a string')
    const content = message['content']
    if (content !== undefined && content !== null && typeof content !== 'string' && !Array.isArray(content)) {
      throw fault(`messages.${index}.content`, 'must be a string or an array of parts')
    }
  }
}

function fault(param: string, what: string): WeighbridgeError {
  return new WeighbridgeError('bad_request', `${param} ${what}.`, { details: { param } })
}

/** Tokens that an image or a file counts for while only its encoding is known; OpenAI's low-detail image is 85, a high-detail one up to 1,105. */
const TOKENS_PER_MEDIA_PART = 800
/** Tokens that frame each message (OpenAI cookbook, "How to count tokens"). */
const TOKENS_PER_MESSAGE = 4

/** A guess of the input's tokens from its text: four characters each, one each beyond Latin scripts. No tokenizer: models differ, and this runs on every call. */
export function estimateInputTokens(body: JsonObject): number {
  let tokens = 0
  for (const message of listAt(body, 'messages')) {
    tokens += TOKENS_PER_MESSAGE
    if (!isObject(message)) continue
    const content = message['content']
    if (typeof content === 'string') tokens += textTokens(content)
    for (const part of Array.isArray(content) ? content : []) {
      const text = isObject(part) ? part['text'] : undefined
      tokens += typeof text === 'string' ? textTokens(text) : TOKENS_PER_MEDIA_PART
    }
    if (message['tool_calls'] !== undefined) tokens += textTokens(JSON.stringify(message['tool_calls']))
  }
  if (Array.isArray(body['tools'])) tokens += textTokens(JSON.stringify(body['tools']))
  return Math.ceil(tokens)
}

function textTokens(text: string): number {
  const bytes = Buffer.byteLength(text)
  // UTF-8 spends two bytes on other alphabets and three on CJK, whose characters are about one token each.
  const beyondAscii = (bytes - text.length) / 2
  return Math.max(0, text.length - beyondAscii) / CHARACTERS_PER_TOKEN + beyondAscii
}

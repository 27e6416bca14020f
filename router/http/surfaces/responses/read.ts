// The body of POST /v1/responses → what routing needs of it, in one walk over the input. Everything else passes to a provider
// of the same wire as it came, but for items that other wires made; it is read when it must be translated.
import { EFFORTS } from '../../../../core/config-schema.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { withoutOwn } from '../../own-metadata.ts'
import { AMOUNT, ARRAY, BOOLEAN, checkMembers, COUNT, fault, lazily, modelOf, NUMBER, numberAt, OBJECT, oneOf, TEXT, TEXT_OR_ARRAY, TEXT_OR_OBJECT, type Kind } from '../faults.ts'
import { isOurItemId } from '../ids.ts'
import { isOurSeal } from '../seals.ts'
import type { AnswerMemory, Feature, SurfaceRequest } from '../surface.ts'
import { jsonTokens, textTokens, TOKENS_PER_MEDIA_PART, TOKENS_PER_MESSAGE } from '../tokens.ts'
import { conversationOf, withReferences } from './references.ts'
import { responsesToRequest } from './request.ts'

/** Members whose type is checked whatever the provider (openai-node 7.57, ResponseCreateParamsBase). */
const MEMBERS: readonly (readonly [string, Kind])[] = [
  ['input', TEXT_OR_ARRAY],
  ['instructions', TEXT],
  ['stream', BOOLEAN],
  ['max_output_tokens', COUNT],
  ['temperature', NUMBER],
  ['top_p', NUMBER],
  ['top_logprobs', AMOUNT],
  ['metadata', OBJECT],
  ['tools', ARRAY],
  ['tool_choice', TEXT_OR_OBJECT],
  ['parallel_tool_calls', BOOLEAN],
  ['text', OBJECT],
  ['reasoning', OBJECT],
  ['include', ARRAY],
  ['store', BOOLEAN],
  ['background', BOOLEAN],
  ['previous_response_id', TEXT],
  ['user', TEXT],
  ['safety_identifier', TEXT],
  ['service_tier', TEXT],
  ['truncation', oneOf(['auto', 'disabled'])],
]

const PART_FEATURES: Readonly<Record<string, Feature>> = { input_image: 'images', input_file: 'files', input_audio: 'audio' }

/** Throws `bad_request` naming the member at fault, `unknown_response` for a reference to an answer of ours that is not kept. */
export function readResponses(given: JsonObject, memory?: AnswerMemory): SurfaceRequest {
  const model = modelOf(given)
  checkMembers(given, MEMBERS)
  const body = withReferences(given, memory)
  const needs = new Set<Feature>()
  const reasoning = objectAt(body, 'reasoning')
  const effort = reasoning?.['effort'] ?? undefined
  if (effort !== undefined && !EFFORTS.some((known) => known === effort)) throw fault('reasoning.effort', `must be ${EFFORTS.join(', ')}`)
  const walk = walkInput(body, needs)
  let tokens = walk.tokens + textTokens(textAt(body, 'instructions') ?? '')
  const tools = listAt(body, 'tools')
  if (tools.length > 0) {
    needs.add('tools')
    tokens += jsonTokens(tools, 'tools')
  }
  if ((numberAt(body, 'top_logprobs') ?? 0) > 0 || listAt(body, 'include').includes('message.output_text.logprobs')) needs.add('logprobs')
  const format = objectAt(objectAt(body, 'text'), 'format')
  const isSchema = format?.['type'] === 'json_schema'
  if (isSchema) needs.add('json_schema')
  const native = withoutOwn(body)
  return {
    native: walk.hasOurs ? { ...native, input: withoutOurItems(listAt(body, 'input')) } : native,
    model,
    stream: body['stream'] === true,
    metadata: body['metadata'],
    userId: textAt(body, 'user') ?? textAt(body, 'safety_identifier'),
    effort: typeof effort === 'string' ? effort : undefined,
    maxOutputTokens: numberAt(body, 'max_output_tokens'),
    inputTokens: Math.ceil(tokens),
    needs,
    schema: isSchema ? format['schema'] : undefined,
    request: lazily(() => responsesToRequest(body)),
    conversation: memory === undefined ? undefined : conversationOf(body),
  }
}

type Walk = { readonly tokens: number; /** Some items are of our making, out of another wire's answer. */ readonly hasOurs: boolean }

function walkInput(body: JsonObject, needs: Set<Feature>): Walk {
  const input = body['input']
  if (typeof input === 'string') return { tokens: TOKENS_PER_MESSAGE + textTokens(input), hasOurs: false }
  if (!Array.isArray(input)) {
    // What is asked may also stand in a stored prompt or conversation, which only the provider knows.
    if (body['prompt'] != null || body['conversation'] != null || body['previous_response_id'] != null) return { tokens: 0, hasOurs: false }
    throw fault('input', 'must be a string or an array of items')
  }
  let tokens = 0
  let hasOurs = false
  let index = 0
  for (const item of input as readonly unknown[]) {
    if (!isObject(item)) throw fault(`input.${index}`, 'must be an object')
    tokens += TOKENS_PER_MESSAGE + itemTokens(item, needs)
    hasOurs ||= isOurs(item)
    index += 1
  }
  return { tokens, hasOurs }
}

/** Text wherever an item may hold it; sealed reasoning counts nothing, since its length says little. */
function itemTokens(item: JsonObject, needs: Set<Feature>): number {
  let tokens = 0
  for (const member of ['content', 'output', 'summary'] as const) tokens += contentTokens(item[member], needs)
  const texts = [textAt(item, 'arguments'), textAt(item, 'name'), textAt(item, 'input')]
  for (const text of texts) if (text !== undefined) tokens += textTokens(text)
  return tokens
}

function contentTokens(content: unknown, needs: Set<Feature>): number {
  if (typeof content === 'string') return textTokens(content)
  if (!Array.isArray(content)) return isObject(content) ? TOKENS_PER_MEDIA_PART : 0
  let tokens = 0
  for (const part of content as readonly unknown[]) {
    const text = textAt(part, 'text') ?? textAt(part, 'refusal')
    tokens += text === undefined ? TOKENS_PER_MEDIA_PART : textTokens(text)
    const type = textAt(part, 'type')
    const feature = type !== undefined && Object.hasOwn(PART_FEATURES, type) ? PART_FEATURES[type] : undefined
    if (feature !== undefined) needs.add(feature)
  }
  return tokens
}

function isOurs(item: JsonObject): boolean {
  return isOurItemId(item['id']) || isOurSeal(item['encrypted_content'])
}

/** The input for a provider of this wire: without reasoning that another wire made, and without ids it never gave. */
function withoutOurItems(input: readonly unknown[]): unknown[] {
  return input.flatMap((item) => {
    if (!isObject(item) || !isOurs(item)) return [item]
    if (item['type'] === 'reasoning') return []
    const { id: _ours, ...rest } = item
    return [rest]
  })
}

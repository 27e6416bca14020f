// The body of POST /v1/messages → what routing needs of it, in one walk over the blocks. Everything else passes to a provider
// of the same wire as it came, but for metadata and thinking that are not its own; it is read when it must be translated.
import { EFFORTS } from '../../../../core/config-schema.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { AMOUNT, ARRAY, BOOLEAN, checkMembers, fault, lazily, modelOf, NUMBER, numberAt, OBJECT, TEXT, TEXT_OR_ARRAY, type Kind } from '../faults.ts'
import { isOurSeal } from '../seals.ts'
import type { Feature, SurfaceRequest } from '../surface.ts'
import { jsonTokens, textTokens, TOKENS_PER_MEDIA_PART, TOKENS_PER_MESSAGE } from '../tokens.ts'
import { messagesToRequest } from './request.ts'

/** Members whose type is checked whatever the provider (@anthropic-ai/sdk 1.12, MessageCreateParamsBase). Counting tokens has no max_tokens, so it may be absent. */
const MEMBERS: readonly (readonly [string, Kind])[] = [
  ['max_tokens', AMOUNT],
  ['stream', BOOLEAN],
  ['system', TEXT_OR_ARRAY],
  ['temperature', NUMBER],
  ['top_p', NUMBER],
  ['top_k', AMOUNT],
  ['stop_sequences', ARRAY],
  ['metadata', OBJECT],
  ['tools', ARRAY],
  ['tool_choice', OBJECT],
  ['thinking', OBJECT],
  ['output_config', OBJECT],
  ['service_tier', TEXT],
]

/** Throws `bad_request` naming the member at fault. */
export function readMessagesBody(body: JsonObject): SurfaceRequest {
  const model = modelOf(body)
  checkMembers(body, MEMBERS)
  const effort = objectAt(body, 'output_config')?.['effort'] ?? undefined
  if (effort !== undefined && !EFFORTS.some((known) => known === effort)) throw fault('output_config.effort', `must be ${EFFORTS.join(', ')}`)
  const userId = objectAt(body, 'metadata')?.['user_id'] ?? undefined
  if (userId !== undefined && typeof userId !== 'string') throw fault('metadata.user_id', 'must be a string')
  const needs = new Set<Feature>()
  const walk = new Walk(needs)
  walk.messages(body['messages'])
  walk.content(body['system'], 'system')
  const tools = listAt(body, 'tools')
  if (tools.length > 0) {
    needs.add('tools')
    walk.tokens += jsonTokens(tools, 'tools')
  }
  const format = objectAt(objectAt(body, 'output_config'), 'format') ?? objectAt(body, 'output_format')
  if (format?.['type'] === 'json_schema') needs.add('json_schema')
  return {
    native: nativeBody(body, walk.hasOurs),
    model,
    stream: body['stream'] === true,
    metadata: body['metadata'],
    userId,
    effort: typeof effort === 'string' ? effort : undefined,
    maxOutputTokens: numberAt(body, 'max_tokens'),
    inputTokens: Math.ceil(walk.tokens),
    needs,
    schema: format?.['type'] === 'json_schema' ? format['schema'] : undefined,
    request: lazily(() => messagesToRequest(body)),
  }
}

/** One walk over a body: tokens, features, and whether it brings back thinking of other wires. */
class Walk {
  tokens = 0
  hasOurs = false
  readonly #needs: Set<Feature>

  constructor(needs: Set<Feature>) {
    this.#needs = needs
  }

  messages(messages: unknown): void {
    if (!Array.isArray(messages) || messages.length === 0) throw fault('messages', 'must be a non-empty array')
    let index = 0
    for (const message of messages as readonly unknown[]) {
      if (!isObject(message)) throw fault(`messages.${index}`, 'must be an object')
      if (typeof message['role'] !== 'string') throw fault(`messages.${index}.role`, 'must be a string')
      this.tokens += TOKENS_PER_MESSAGE
      this.content(message['content'], `messages.${index}.content`)
      index += 1
    }
  }

  content(content: unknown, path: string): void {
    if (typeof content === 'string') this.tokens += textTokens(content)
    else if (content === undefined || content === null) return
    else if (!Array.isArray(content)) throw fault(path, 'must be a string or an array of blocks')
    else for (const block of content as readonly unknown[]) this.#block(block, path)
  }

  #block(block: unknown, path: string): void {
    if (!isObject(block)) throw fault(path, 'must be a string or an array of blocks')
    switch (block['type']) {
      case 'thinking':
        this.hasOurs ||= isOurSeal(block['signature'])
        this.tokens += textTokens(textAt(block, 'thinking') ?? '')
        return
      case 'redacted_thinking':
        this.hasOurs ||= isOurSeal(block['data'])
        return
      case 'image':
        this.#needs.add('images')
        this.tokens += TOKENS_PER_MEDIA_PART
        return
      case 'document':
        return this.#document(block, path)
      case 'tool_use':
        this.tokens += jsonTokens(block['input'], path)
        return
      case 'tool_result':
      case 'search_result':
        return this.content(block['content'], path)
      default: {
        const text = textAt(block, 'text')
        this.tokens += text === undefined ? TOKENS_PER_MEDIA_PART : textTokens(text)
      }
    }
  }

  #document(block: JsonObject, path: string): void {
    const source = objectAt(block, 'source')
    if (source?.['type'] === 'text') this.tokens += textTokens(textAt(source, 'data') ?? '')
    else if (source?.['type'] === 'content') this.content(source['content'], path)
    else {
      this.#needs.add('files')
      this.tokens += TOKENS_PER_MEDIA_PART
    }
  }
}

/** The body for a provider of this wire: its metadata takes a user id alone, and it must not be shown seals of other wires. */
function nativeBody(body: JsonObject, hasOurs: boolean): JsonObject {
  const metadata = body['metadata']
  const isForeign = isObject(metadata) && Object.keys(metadata).some((member) => member !== 'user_id')
  if (!isForeign && !hasOurs) return body
  const { metadata: _given, ...rest } = body
  const userId = isObject(metadata) ? metadata['user_id'] : undefined
  const kept = userId === undefined || userId === null ? {} : { metadata: { user_id: userId } }
  return { ...rest, ...kept, ...(hasOurs ? { messages: listAt(body, 'messages').flatMap(withoutOurThinking) } : {}) }
}

/** The message without thinking of other wires; none at all where nothing else was in it, since the wire takes no empty one. */
function withoutOurThinking(message: unknown): readonly unknown[] {
  if (!isObject(message) || !Array.isArray(message['content'])) return [message]
  const kept = (message['content'] as readonly unknown[]).filter((block) => !isOurThinking(block))
  if (kept.length === message['content'].length) return [message]
  return kept.length === 0 ? [] : [{ ...message, content: kept }]
}

function isOurThinking(block: unknown): boolean {
  if (!isObject(block)) return false
  return block['type'] === 'thinking' ? isOurSeal(block['signature']) : block['type'] === 'redacted_thinking' && isOurSeal(block['data'])
}

// A conversation in the common form → `system` and `messages` of a Messages request: roles alternate, tool results open their
// turn, ids fit the wire, foreign reasoning stays behind. Pure; settings and tools are written elsewhere.
import type { CacheMark, MediaSource, Message, RequestPart } from '../../../core/model-request.ts'
import { contentHash } from '../../../core/hash.ts'
import type { JsonObject } from '../json.ts'
import { argumentsObject, isSystem, ownSeal, plainText, splitSystem, systemReminder } from '../turns.ts'

type Block = JsonObject
type Turn = { role: 'user' | 'assistant' | 'system'; blocks: Block[] }

/** Rows of which media types go as what; others cannot be sent (see loss.ts). */
export const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
/** Formats that are text whatever they are called; the wire has one media type for all of them. */
export const TEXT_TYPES = /^(text\/[\w.+-]+|application\/(json|xml|x-yaml|yaml|javascript|typescript|sql|x-sh))$/
const WIRE = 'anthropic-messages'
/** Most `cache_control` marks in a request. */
const MAX_MARKS = 4
/** Opens a conversation that does not begin with a user's turn, and closes one that has none at all: the API wants one first. */
const OPENING = '(The conversation begins with the answer below.)'

export type Conversation = { readonly system: readonly Block[]; readonly messages: readonly { readonly role: string; readonly content: readonly Block[] }[] }

/**
 * `systemTurns`: the model takes system messages inside the conversation. `instruction`: words to add to the system prompt.
 */
export function conversation(messages: readonly Message[], systemTurns: boolean, instruction: string | undefined): Conversation {
  const { system, rest } = splitSystem(messages)
  const front = system.flatMap((message) => message.parts.flatMap((part) => textBlock(part)))
  if (instruction !== undefined) front.push({ type: 'text', text: instruction })
  const turns = turnsOf(rest, systemTurns)
  // Only instructions: they are what is to be answered.
  if (turns.length === 0) return { system: [], messages: [{ role: 'user', content: front.length > 0 ? front : [{ type: 'text', text: OPENING }] }] }
  if (turns[0]?.role === 'assistant') turns.unshift({ role: 'user', blocks: [{ type: 'text', text: OPENING }] })
  trimPrefill(turns.at(-1))
  return { system: front, messages: turns.map(({ role, blocks }) => ({ role, content: blocks })) }
}

function turnsOf(messages: readonly Message[], systemTurns: boolean): Turn[] {
  const turns: Turn[] = []
  const ids = wireIds()
  messages.forEach((message, index) => {
    if (isSystem(message)) {
      const text = plainText(message.parts)
      if (text.trim() === '') return
      // The API's own rule for the place of such a turn: right after a user's, before an assistant's or at the end.
      const next = messages.slice(index + 1).find((one) => !isSystem(one))
      const fits = systemTurns && (turns.at(-1)?.role === 'user' || turns.at(-1)?.role === 'system') && (next === undefined || next.role === 'assistant')
      push(turns, fits ? 'system' : 'user', [{ type: 'text', text: fits ? text : systemReminder(text) }])
      return
    }
    const blocks = message.parts.flatMap((part) => blocksOf(part, ids))
    if (blocks.length > 0) push(turns, message.role === 'assistant' ? 'assistant' : 'user', blocks)
  })
  for (const turn of turns) {
    // Tool results must come first in their turn, tool calls last in theirs; everything else keeps its order.
    if (turn.role === 'user') turn.blocks = [...turn.blocks.filter(isType('tool_result')), ...turn.blocks.filter((block) => !isType('tool_result')(block))]
    if (turn.role === 'assistant') turn.blocks = [...turn.blocks.filter((block) => !isType('tool_use')(block)), ...turn.blocks.filter(isType('tool_use'))]
  }
  return turns
}

function push(turns: Turn[], role: Turn['role'], blocks: readonly Block[]): void {
  const last = turns.at(-1)
  if (last?.role === role) last.blocks.push(...blocks)
  else turns.push({ role, blocks: [...blocks] })
}

function isType(type: string): (block: Block) => boolean {
  return (block) => block['type'] === type
}

/** A last assistant turn is a beginning to continue from; the API refuses white space at its end. */
function trimPrefill(turn: Turn | undefined): void {
  const last = turn?.role === 'assistant' ? turn.blocks.at(-1) : undefined
  if (last?.['type'] === 'text' && typeof last['text'] === 'string') last['text'] = last['text'].trimEnd()
}

function blocksOf(part: RequestPart, ids: WireIds): readonly Block[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return textBlock(part)
    case 'image':
      return [{ type: 'image', source: mediaSource(part.source), ...cacheControl(part.cache) }]
    case 'file':
      return [{ type: 'document', source: mediaSource(part.source), ...(part.name === undefined ? {} : { title: part.name }), ...cacheControl(part.cache) }]
    case 'tool_call':
      return [{ type: 'tool_use', id: ids.ofCall(part.id), name: part.name, input: argumentsObject(part.argumentsJson), ...cacheControl(part.cache) }]
    case 'tool_result':
      return [{ type: 'tool_result', tool_use_id: ids.ofResult(part.callId), content: part.parts.flatMap((one) => blocksOf(one, ids)), ...(part.isError ? { is_error: true } : {}), ...cacheControl(part.cache) }]
    case 'reasoning':
      return reasoningBlock(part)
    case 'audio':
      // Refused by loss.ts before a call gets here.
      return []
  }
}

/** Blocks of white space alone are refused by the API, so they are left out. */
function textBlock(part: RequestPart): readonly Block[] {
  if (part.kind !== 'text' && part.kind !== 'refusal') return []
  if (part.text.trim() === '') return []
  return [{ type: 'text', text: part.text, ...cacheControl(part.kind === 'text' ? part.cache : undefined) }]
}

/** Only Anthropic's own reasoning goes back to it: a thought without its signature is refused. */
function reasoningBlock(part: RequestPart & { readonly kind: 'reasoning' }): readonly Block[] {
  const seal = ownSeal(part.seal, WIRE)
  if (seal === undefined) return []
  return [part.redacted === true ? { type: 'redacted_thinking', data: seal } : { type: 'thinking', thinking: part.text, signature: seal }]
}

function mediaSource(source: MediaSource): JsonObject {
  if (source.kind === 'url') return { type: 'url', url: source.url }
  if (source.kind === 'provider_file') return { type: 'file', file_id: source.id }
  if (TEXT_TYPES.test(source.mediaType)) return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.base64, 'base64').toString('utf8') }
  return { type: 'base64', media_type: source.mediaType, data: source.base64 }
}

function cacheControl(mark: CacheMark | undefined): JsonObject {
  return mark === undefined ? {} : { cache_control: mark === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' } }
}

const TOOL_ID = /^[a-zA-Z0-9_-]{1,64}$/

/** An id the wire takes: the same for the same foreign id, in a call and in its result, today and after a restart. */
export function toolId(id: string): string {
  return TOOL_ID.test(id) ? id : `toolu_wb_${contentHash(id)}`
}

type WireIds = { ofCall(id: string): string; ofResult(id: string): string }

/** Ids in the order of a conversation: the API wants each call's once, and some providers give the same ids in every turn. */
function wireIds(): WireIds {
  const uses = new Map<string, number>()
  const latest = new Map<string, string>()
  return {
    ofCall(id) {
      const use = (uses.get(id) ?? 0) + 1
      uses.set(id, use)
      const wireId = toolId(use === 1 ? id : `${id}~${use}`)
      latest.set(id, wireId)
      return wireId
    },
    ofResult: (id) => latest.get(id) ?? toolId(id),
  }
}

/**
 * Keeps a request's cache marks within the API's rules, in the order in which it reads them (tools, system, messages): at most
 * four (the first, which the longest-lived prefix ends with, and the last three), and no one-hour mark behind a shorter one.
 */
export function limitMarks(blocks: readonly Block[]): void {
  const marked = blocks.filter((block) => block['cache_control'] !== undefined)
  const kept = marked.length <= MAX_MARKS ? marked : [...marked.slice(0, 1), ...marked.slice(1 - MAX_MARKS)]
  for (const block of marked) if (!kept.includes(block)) delete block['cache_control']
  let shorter = false
  for (const block of kept) {
    if (JSON.stringify(block['cache_control']) !== '{"type":"ephemeral","ttl":"1h"}') shorter = true
    else if (shorter) block['cache_control'] = { type: 'ephemeral' }
  }
}

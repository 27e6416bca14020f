// Messages of the common form → Chat Completions messages, in a dialect. Pure. What a dialect cannot carry was refused before
// (loss.ts); here it is left out.
import type { AudioPart, FilePart, ImagePart, Message, ReasoningPart, RequestPart, TextPart, ToolCallPart, ToolResultPart } from '../../../core/model-request.ts'
import { parseObject, type JsonObject } from '../json.ts'
import { boundedId, nineLetterId } from '../tool-ids.ts'
import { lacksOf, type DialectRules, type Lack } from './dialects.ts'
import { reasoningBack } from './reasoning.ts'

/** OpenAI's bound of `tool_calls[].id` (its 400 "string too long. Expected a string with maximum length 40"). */
const LONGEST_ID = 40

/** What writing depends on. */
export type Writing = {
  readonly rules: DialectRules
  readonly lacks: ReadonlySet<Lack>
  /** Whether the model may think, so that its calls must come back with reasoning. */
  readonly thinks: boolean
}

export function writing(rules: DialectRules, model: string, effort: string | undefined, thinks: boolean): Writing {
  return { rules, lacks: lacksOf(rules, model, effort), thinks }
}

export function chatMessages(messages: readonly Message[], how: Writing): JsonObject[] {
  const out: JsonObject[] = []
  // Media of tool results: Chat takes text there only, so they follow as what a user shows, after all results of the turn.
  let shown: JsonObject[] = []
  const flush = (): void => {
    if (shown.length > 0) out.push({ role: 'user', content: shown })
    shown = []
  }
  for (const message of messages) {
    if (message.role === 'tool') {
      for (const part of message.parts) if (part.kind === 'tool_result') out.push(toolMessage(part, how, shown))
      continue
    }
    flush()
    const written = message.role === 'assistant' ? assistantMessage(message, how) : { role: roleOf(message.role, how.rules), content: contentOf(message.parts, how) }
    if (message.name !== undefined && !how.lacks.has('name')) written['name'] = message.name
    out.push(written)
  }
  flush()
  return out
}

function roleOf(role: Message['role'], rules: DialectRules): string {
  return role === 'developer' && !rules.developerRole ? 'system' : role
}

/** One text as a string, which every server takes; anything else as parts. */
function contentOf(parts: readonly RequestPart[], how: Writing): string | JsonObject[] {
  const [only, ...others] = parts
  if (only === undefined) return ''
  if (others.length === 0 && only.kind === 'text' && !isMarked(only, how)) return only.text
  return parts.map((part) => contentPart(part, how)).filter((part) => part !== undefined)
}

function isMarked(part: TextPart | ImagePart | FilePart, how: Writing): boolean {
  return how.rules.cacheControl && part.cache !== undefined
}

function contentPart(part: RequestPart, how: Writing): JsonObject | undefined {
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text, ...cacheControl(part, how) }
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'image':
      return imagePart(part, how)
    case 'file':
      return filePart(part, how)
    case 'audio':
      return audioPart(part)
    case 'tool_call':
    case 'tool_result':
    case 'reasoning':
      return undefined
  }
}

function cacheControl(part: TextPart | ImagePart | FilePart, how: Writing): JsonObject {
  if (!isMarked(part, how)) return {}
  return { cache_control: { type: 'ephemeral', ...(part.cache === '1h' ? { ttl: '1h' } : {}) } }
}

function imagePart(part: ImagePart, how: Writing): JsonObject | undefined {
  const { source, detail } = part
  if (source.kind === 'provider_file') return undefined
  const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.base64}`
  return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) }, ...cacheControl(part, how) }
}

function filePart(part: FilePart, how: Writing): JsonObject | undefined {
  const { source, name } = part
  if (source.kind === 'provider_file') return { type: 'file', file: { file_id: source.id } }
  if (source.kind === 'data' && isText(source.mediaType)) {
    const text = Buffer.from(source.base64, 'base64').toString('utf8')
    return { type: 'text', text: name === undefined ? text : `${name}\n\n${text}`, ...cacheControl(part, how) }
  }
  // OpenAI wants a name beside data (openai 7.57, File.filename), whose end says what it is.
  const data = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.base64}`
  return { type: 'file', file: { file_data: data, filename: name ?? (source.kind === 'data' && source.mediaType !== 'application/pdf' ? 'file' : 'file.pdf') } }
}

/** Documents that are plain text go as text: Chat's files are PDF. */
export function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json'
}

function audioPart(part: AudioPart): JsonObject {
  return { type: 'input_audio', input_audio: { data: part.base64, format: part.format } }
}

function assistantMessage(message: Message, how: Writing): JsonObject {
  const { rules } = how
  const text = message.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n')
  const refusal = message.parts.flatMap((part) => (part.kind === 'refusal' ? [part.text] : [])).join('\n')
  const calls = message.parts.filter((part) => part.kind === 'tool_call')
  // Only OpenAI's own has a place for refusals.
  const said = refusal === '' || rules.developerRole ? text : [text, refusal].filter((one) => one !== '').join('\n')
  const written: JsonObject = { role: 'assistant', content: said === '' && (calls.length > 0 || refusal !== '') ? null : said }
  if (refusal !== '' && rules.developerRole) written['refusal'] = refusal
  if (calls.length > 0) written['tool_calls'] = calls.map((call) => toolCall(call, rules))
  Object.assign(written, reasoningMembers(message.parts.filter((part) => part.kind === 'reasoning'), calls.length > 0, how))
  return written
}

function reasoningMembers(parts: readonly ReasoningPart[], hasCalls: boolean, how: Writing): JsonObject {
  const { rules, thinks } = how
  if (rules.reasoningBack === 'none') return {}
  const { text, details } = reasoningBack(parts)
  if (rules.reasoningBack === 'reasoning_details') return details.length === 0 ? (text === '' ? {} : { reasoning: text }) : { reasoning_details: details }
  if (text !== '') return { [rules.reasoningBack]: text }
  return rules.reasoningWithCalls && hasCalls && thinks ? { [rules.reasoningBack]: NO_REASONING } : {}
}

/** Stands for reasoning that another provider's turn had not: the member must be there and must not be empty. */
export const NO_REASONING = ' '

/** The id of a call, allowed by the dialect. */
export function callId(id: string, rules: DialectRules): string {
  return rules.nineLetterIds ? nineLetterId(id) : boundedId(id, LONGEST_ID)
}

function toolCall(call: ToolCallPart, rules: DialectRules): JsonObject {
  const extra = call.seal?.wire === 'openai-chat' ? parseObject(call.seal.value) : undefined
  // A call without arguments is one with the empty object; servers parse the text.
  const json = call.argumentsJson.trim() === '' ? '{}' : call.argumentsJson
  return { id: callId(call.id, rules), type: 'function', function: { name: call.name, arguments: json }, ...(extra === undefined ? {} : { extra_content: extra }) }
}

function toolMessage(result: ToolResultPart, how: Writing, shown: JsonObject[]): JsonObject {
  const texts = result.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
  const media = result.parts.filter((part) => part.kind !== 'text').map((part) => contentPart(part, how)).filter((part) => part !== undefined)
  const id = callId(result.callId, how.rules)
  if (media.length > 0) {
    shown.push({ type: 'text', text: `Shown by the tool of call ${id}:` }, ...media)
    texts.push('(What it shows follows.)')
  }
  const text = texts.join('\n')
  // The wire has no mark for a failed tool; models look for the word.
  return { role: 'tool', tool_call_id: id, content: result.isError && !/^\s*error/i.test(text) ? `Error: ${text}` : text }
}

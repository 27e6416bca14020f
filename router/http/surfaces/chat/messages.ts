// Chat Completions messages → messages of the common form. Pure. What has no place there is noted; what cannot be understood
// is a `bad_request` that names the member.
import type { AudioPart, FilePart, ImagePart, Message, RefusalPart, RequestPart, TextPart, ToolCallPart } from '../../../../core/model-request.ts'
import { isObject, textAt, type JsonObject } from '../../../providers/json.ts'
import { fault, requiredObject, requiredText } from '../faults.ts'
import { cacheMark, sourceOfData, sourceOfUrl, typeOfName, uploadedFile } from '../media.ts'
import type { Notes } from '../notes.ts'
import { callSeal, messageReasoning } from './reasoning.ts'

/** Members of a message that are read; others are left out, since clients echo whole answers with whatever stood in them. */
const READ = new Set(['role', 'content', 'name', 'tool_calls', 'function_call', 'tool_call_id', 'refusal', 'cache_control', 'prompt_cache_breakpoint', 'reasoning', 'reasoning_content', 'reasoning_details'])
/** Of an echoed answer, what is empty or only describes it. */
const HARMLESS = new Set(['annotations', 'index', 'parsed', 'audio', 'thinking_blocks', 'provider_specific_fields'])

/** Ids of the calls of `functions`, which had none: by name, the latest. */
type LegacyCalls = Map<string, string>

export function readMessages(list: readonly unknown[], notes: Notes): Message[] {
  const legacy: LegacyCalls = new Map()
  return list.flatMap((entry, index) => {
    const path = `messages.${index}`
    const message = requiredObject(entry, path)
    for (const member of Object.keys(message)) if (!READ.has(member) && !HARMLESS.has(member) && message[member] != null) notes.hint(`${path}.${member}`)
    const read = readMessage(message, path, legacy, notes)
    // A turn in which nothing was said: other wires take no empty one.
    return read.role === 'assistant' && read.parts.length === 0 ? [] : [read]
  })
}

function readMessage(message: JsonObject, path: string, legacy: LegacyCalls, notes: Notes): Message {
  const role = requiredText(message['role'], `${path}.role`)
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      return named(message, { role, parts: marked(message, contentParts(message['content'], path, notes)) })
    case 'assistant':
      return named(message, { role, parts: marked(message, assistantParts(message, path, legacy, notes)) })
    case 'tool':
      return toolResult(requiredText(message['tool_call_id'], `${path}.tool_call_id`), message, path, notes)
    case 'function': {
      const name = requiredText(message['name'], `${path}.name`)
      return toolResult(legacy.get(name) ?? legacyId(name, 0), message, path, notes)
    }
    default:
      throw fault(`${path}.role`, 'must be system, developer, user, assistant, tool or function')
  }
}

function named(message: JsonObject, read: Message): Message {
  const name = textAt(message, 'name')
  return name === undefined ? read : { ...read, name }
}

/** A mark on the message stands for its last part. */
function marked<Part extends RequestPart>(message: JsonObject, parts: readonly Part[]): readonly Part[] {
  const cache = cacheMark(message)
  const last = parts.at(-1)
  return cache === undefined || last === undefined || !canMark(last) ? parts : [...parts.slice(0, -1), { ...last, cache: last.cache ?? cache }]
}

function canMark<Part extends RequestPart>(part: Part): part is Part & { cache?: TextPart['cache'] } {
  return part.kind === 'text' || part.kind === 'image' || part.kind === 'file' || part.kind === 'tool_call' || part.kind === 'tool_result'
}

function toolResult(callId: string, message: JsonObject, path: string, notes: Notes): Message {
  const parts = contentParts(message['content'], path, notes).filter((part) => {
    const fits = part.kind === 'text' || part.kind === 'image' || part.kind === 'file'
    if (!fits) notes.cannot(`${path}.content (${part.kind})`)
    return fits
  })
  const cache = cacheMark(message)
  return { role: 'tool', parts: [{ kind: 'tool_result', callId, parts, isError: false, ...(cache === undefined ? {} : { cache }) }] }
}

type ContentPart = TextPart | ImagePart | FilePart | AudioPart | RefusalPart

function contentParts(content: unknown, path: string, notes: Notes): readonly ContentPart[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw fault(`${path}.content`, 'must be a string or an array of parts')
  return (content as readonly unknown[]).flatMap((entry, index) => {
    const at = `${path}.content.${index}`
    const part = requiredObject(entry, at)
    const read = contentPart(part, at)
    if (read === undefined) {
      notes.cannot(`${at} (${textAt(part, 'type') ?? 'no type'})`)
      return []
    }
    const cache = cacheMark(part)
    return [cache === undefined || !canMark(read) ? read : { ...read, cache }]
  })
}

function contentPart(part: JsonObject, at: string): ContentPart | undefined {
  switch (part['type']) {
    case 'text':
      return { kind: 'text', text: requiredText(part['text'], `${at}.text`) }
    case 'refusal':
      return { kind: 'refusal', text: requiredText(part['refusal'], `${at}.refusal`) }
    case 'image_url': {
      // Some clients write the address itself where the API wants { url }.
      const holder = typeof part['image_url'] === 'string' ? { url: part['image_url'] } : requiredObject(part['image_url'], `${at}.image_url`)
      const detail = textAt(holder, 'detail')
      return { kind: 'image', source: sourceOfUrl(holder['url'], `${at}.image_url.url`), ...(detail === undefined ? {} : { detail }) }
    }
    case 'input_audio': {
      const audio = requiredObject(part['input_audio'], `${at}.input_audio`)
      return { kind: 'audio', base64: requiredText(audio['data'], `${at}.input_audio.data`), format: requiredText(audio['format'], `${at}.input_audio.format`) }
    }
    case 'file':
      return filePart(requiredObject(part['file'], `${at}.file`), `${at}.file`)
    default:
      if (typeof part['type'] !== 'string') throw fault(`${at}.type`, 'must be a string')
      return undefined
  }
}

function filePart(file: JsonObject, at: string): FilePart {
  const name = textAt(file, 'filename')
  const source = file['file_data'] === undefined || file['file_data'] === null ? uploadedFile('openai-chat', file['file_id'], `${at}.file_id`) : sourceOfData(requiredText(file['file_data'], `${at}.file_data`), typeOfName(name), `${at}.file_data`)
  return { kind: 'file', source, ...(name === undefined ? {} : { name }) }
}

function assistantParts(message: JsonObject, path: string, legacy: LegacyCalls, notes: Notes): readonly RequestPart[] {
  const parts: RequestPart[] = [...messageReasoning(message), ...contentParts(message['content'], path, notes)]
  const refusal = message['refusal']
  if (refusal !== undefined && refusal !== null) parts.push({ kind: 'refusal', text: requiredText(refusal, `${path}.refusal`) })
  // An answer in sound is known to its maker only by its id.
  if (isObject(message['audio'])) notes.cannot(`${path}.audio`)
  const calls = message['tool_calls'] ?? []
  if (!Array.isArray(calls)) throw fault(`${path}.tool_calls`, 'must be an array')
  for (const [index, entry] of (calls as readonly unknown[]).entries()) {
    const call = toolCall(entry, `${path}.tool_calls.${index}`, notes)
    if (call !== undefined) parts.push(call)
  }
  if (message['function_call'] !== undefined && message['function_call'] !== null) {
    const at = `${path}.function_call`
    const called = requiredObject(message['function_call'], at)
    const name = requiredText(called['name'], `${at}.name`)
    const id = legacyId(name, legacy.size)
    legacy.set(name, id)
    parts.push({ kind: 'tool_call', id, name, argumentsJson: requiredText(called['arguments'], `${at}.arguments`) })
  }
  return parts
}

function legacyId(name: string, number: number): string {
  return `call_${name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 32)}_${number}`
}

function toolCall(entry: unknown, at: string, notes: Notes): ToolCallPart | undefined {
  const call = requiredObject(entry, at)
  const type = call['type'] ?? 'function'
  if (type !== 'function') {
    notes.cannot(`${at} (${typeof type === 'string' ? type : 'no type'})`)
    return undefined
  }
  const called = requiredObject(call['function'], `${at}.function`)
  const seal = callSeal(call)
  const cache = cacheMark(call)
  return {
    kind: 'tool_call',
    id: requiredText(call['id'], `${at}.id`),
    name: requiredText(called['name'], `${at}.function.name`),
    argumentsJson: requiredText(called['arguments'] ?? '', `${at}.function.arguments`),
    ...(seal === undefined ? {} : { seal }),
    ...(cache === undefined ? {} : { cache }),
  }
}

// Responses input items → messages of the common form: an assistant's reasoning, text and calls that follow each other are one
// message there, and so are the results of its calls. Pure.
import type { AudioPart, FilePart, ImagePart, Message, ReasoningPart, RefusalPart, RequestPart, Seal, TextPart } from '../../../../core/model-request.ts'
import { isObject, listAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { fault, requiredObject, requiredText } from '../faults.ts'
import { cacheMark, sourceOfData, sourceOfUrl, typeOfName, uploadedFile } from '../media.ts'
import type { Notes } from '../notes.ts'
import { readSeal } from '../seals.ts'

/** Gathers items into messages; seals of calls wait for the call they name. */
class Messages {
  readonly list: { role: Message['role']; parts: RequestPart[] }[] = []
  readonly callSeals = new Map<string, Seal>()

  add(role: Message['role'], parts: readonly RequestPart[]): void {
    const last = this.list.at(-1)
    // Only turns of the model and results are split over items; what a person said stays as it was divided.
    if (last?.role === role && (role === 'assistant' || role === 'tool')) last.parts.push(...parts)
    else this.list.push({ role, parts: [...parts] })
  }
}

export function readInput(body: JsonObject, notes: Notes): Message[] {
  const messages = new Messages()
  const instructions = textAt(body, 'instructions')
  if (instructions !== undefined && instructions !== '') messages.add('developer', [{ kind: 'text', text: instructions }])
  const input = body['input']
  if (typeof input === 'string') messages.add('user', [{ kind: 'text', text: input }])
  else for (const [index, item] of listAt(body, 'input').entries()) readItem(requiredObject(item, `input.${index}`), `input.${index}`, messages, notes)
  return messages.list
}

function readItem(item: JsonObject, at: string, messages: Messages, notes: Notes): void {
  switch (item['type'] ?? 'message') {
    case 'message': {
      const role = requiredText(item['role'], `${at}.role`)
      if (role !== 'user' && role !== 'assistant' && role !== 'system' && role !== 'developer') throw fault(`${at}.role`, 'must be user, assistant, system or developer')
      return messages.add(role, contentParts(item['content'], `${at}.content`, notes))
    }
    case 'function_call': {
      if (item['namespace'] != null || (isObject(item['caller']) && item['caller']['type'] !== 'direct')) notes.cannot(`${at}.${item['namespace'] != null ? 'namespace' : 'caller'}`)
      const id = requiredText(item['call_id'], `${at}.call_id`)
      const seal = messages.callSeals.get(id)
      const call = { kind: 'tool_call', id, name: requiredText(item['name'], `${at}.name`), argumentsJson: requiredText(item['arguments'], `${at}.arguments`) } as const
      return messages.add('assistant', [seal === undefined ? call : { ...call, seal }])
    }
    case 'function_call_output': {
      const callId = requiredText(item['call_id'], `${at}.call_id`)
      const parts = contentParts(item['output'], `${at}.output`, notes).filter((part) => {
        const fits = part.kind === 'text' || part.kind === 'image' || part.kind === 'file'
        if (!fits) notes.cannot(`${at}.output (${part.kind})`)
        return fits
      })
      return messages.add('tool', [{ kind: 'tool_result', callId, parts, isError: false }])
    }
    case 'reasoning':
      return readReasoning(item, messages)
    default:
      // Hosted tools' calls, references to stored items, compactions: only the provider that made them can go on from them.
      notes.cannot(`${at} (${textAt(item, 'type') ?? 'no type'})`)
  }
}

function readReasoning(item: JsonObject, messages: Messages): void {
  const encrypted = textAt(item, 'encrypted_content')
  const ours = encrypted === undefined ? undefined : readSeal(encrypted)
  if (ours?.callId !== undefined && ours.seal !== undefined) {
    messages.callSeals.set(ours.callId, ours.seal)
    return
  }
  const shown = listAt(item, 'content').length > 0 ? listAt(item, 'content') : listAt(item, 'summary')
  const text = shown.map((part) => textAt(part, 'text') ?? '').join('\n\n')
  const seal = ours === undefined ? (encrypted === undefined || encrypted === '' ? undefined : ({ wire: 'openai-responses', value: encrypted } as const)) : ours.seal
  if (text === '' && seal === undefined) return
  const part: ReasoningPart = { kind: 'reasoning', text, ...(seal === undefined ? {} : { seal }), ...(ours?.redacted === true ? { redacted: true } : {}) }
  messages.add('assistant', [part])
}

type ContentPart = TextPart | ImagePart | FilePart | AudioPart | RefusalPart

function contentParts(content: unknown, path: string, notes: Notes): readonly ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw fault(path, 'must be a string or an array of parts')
  return (content as readonly unknown[]).flatMap((entry, index) => {
    const at = `${path}.${index}`
    const part = requiredObject(entry, at)
    const read = contentPart(part, at)
    if (read === undefined) {
      notes.cannot(`${at} (${textAt(part, 'type') ?? 'no type'})`)
      return []
    }
    const cache = cacheMark(part)
    return [cache === undefined || read.kind === 'audio' || read.kind === 'refusal' ? read : { ...read, cache }]
  })
}

function contentPart(part: JsonObject, at: string): ContentPart | undefined {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { kind: 'text', text: requiredText(part['text'], `${at}.text`) }
    case 'refusal':
      return { kind: 'refusal', text: requiredText(part['refusal'], `${at}.refusal`) }
    case 'input_image': {
      const detail = textAt(part, 'detail')
      const source = part['image_url'] == null ? uploadedFile('openai-responses', part['file_id'], `${at}.file_id`) : sourceOfUrl(part['image_url'], `${at}.image_url`)
      return { kind: 'image', source, ...(detail === undefined ? {} : { detail }) }
    }
    case 'input_file': {
      const name = textAt(part, 'filename')
      return { kind: 'file', source: fileSource(part, name, at), ...(name === undefined ? {} : { name }) }
    }
    case 'input_audio': {
      const audio = requiredObject(part['input_audio'], `${at}.input_audio`)
      return { kind: 'audio', base64: requiredText(audio['data'], `${at}.input_audio.data`), format: requiredText(audio['format'], `${at}.input_audio.format`) }
    }
    default:
      if (typeof part['type'] !== 'string') throw fault(`${at}.type`, 'must be a string')
      return undefined
  }
}

function fileSource(part: JsonObject, name: string | undefined, at: string): FilePart['source'] {
  if (part['file_data'] != null) return sourceOfData(requiredText(part['file_data'], `${at}.file_data`), typeOfName(name), `${at}.file_data`)
  if (part['file_url'] != null) return sourceOfUrl(part['file_url'], `${at}.file_url`)
  return uploadedFile('openai-responses', part['file_id'], `${at}.file_id`)
}


// Messages content blocks → messages of the common form. Pure. What has no place there is noted; what cannot be understood is a
// `bad_request` that names the member.
import type { CacheMark, FilePart, ImagePart, MediaSource, Message, ReasoningPart, RequestPart, Seal, TextPart, ToolResultPart } from '../../../../core/model-request.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { fault, requiredObject, requiredText } from '../faults.ts'
import { cacheMark, sourceOfUrl, uploadedFile } from '../media.ts'
import type { Notes } from '../notes.ts'
import { readSeal, type OurSeal } from '../seals.ts'
import { jsonText } from '../tokens.ts'

/** The system prompt and the turns of a body. */
export function readTurns(body: JsonObject, notes: Notes): Message[] {
  const messages: Message[] = []
  const system = textParts(body['system'], 'system', notes)
  if (system.length > 0) messages.push({ role: 'system', parts: system })
  for (const [index, entry] of listAt(body, 'messages').entries()) {
    const at = `messages.${index}`
    const message = requiredObject(entry, at)
    switch (message['role']) {
      case 'user':
        messages.push(...userTurn(message['content'], `${at}.content`, notes))
        break
      case 'assistant': {
        const parts = assistantParts(message['content'], `${at}.content`, notes)
        // A turn in which nothing was said, as after an answer that was all hidden thinking.
        if (parts.length > 0) messages.push({ role: 'assistant', parts })
        break
      }
      case 'system':
        messages.push({ role: 'system', parts: textParts(message['content'], `${at}.content`, notes) })
        break
      default:
        throw fault(`${at}.role`, 'must be user, assistant or system')
    }
  }
  return messages
}

/** Results stand in messages of their own there; the order of the blocks stays. */
function userTurn(content: unknown, path: string, notes: Notes): Message[] {
  const messages: { role: 'user' | 'tool'; parts: RequestPart[] }[] = []
  for (const part of blocks(content, path, (block, at) => userPart(block, at, notes))) {
    const role = part.kind === 'tool_result' ? 'tool' : 'user'
    const last = messages.at(-1)
    if (last?.role === role) last.parts.push(part)
    else messages.push({ role, parts: [part] })
  }
  return messages
}

function blocks<Part>(content: unknown, path: string, read: (block: JsonObject, at: string) => readonly Part[]): (Part | TextPart)[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw fault(path, 'must be a string or an array of blocks')
  return (content as readonly unknown[]).flatMap((entry, index) => read(requiredObject(entry, `${path}.${index}`), `${path}.${index}`))
}

function textParts(content: unknown, path: string, notes: Notes): TextPart[] {
  if (content === undefined || content === null) return []
  return blocks<TextPart>(content, path, (block, at) => (block['type'] === 'text' ? [textPart(block, at)] : noted(block, at, notes)))
}

function noted(block: JsonObject, at: string, notes: Notes): [] {
  notes.cannot(`${at} (${requiredText(block['type'], `${at}.type`)})`)
  return []
}

function textPart(block: JsonObject, at: string): TextPart {
  return { kind: 'text', text: requiredText(block['text'], `${at}.text`), ...mark(block) }
}

function mark(block: JsonObject): { cache?: CacheMark } {
  const cache = cacheMark(block)
  return cache === undefined ? {} : { cache }
}

type ShownPart = TextPart | ImagePart | FilePart

function userPart(block: JsonObject, at: string, notes: Notes): readonly (ShownPart | ToolResultPart)[] {
  return block['type'] === 'tool_result' ? [toolResult(block, at, notes)] : shownPart(block, at, notes)
}

/** What both a person and a tool may show a model. */
function shownPart(block: JsonObject, at: string, notes: Notes): readonly ShownPart[] {
  switch (block['type']) {
    case 'text':
      return [textPart(block, at)]
    case 'image':
      return [{ kind: 'image', source: mediaSource(requiredObject(block['source'], `${at}.source`), at), ...mark(block) }]
    case 'document':
      return document(block, at, notes)
    case 'search_result':
      return searchResult(block, at, notes)
    default:
      return noted(block, at, notes)
  }
}

function mediaSource(source: JsonObject, at: string): MediaSource {
  switch (source['type']) {
    case 'base64':
      return { kind: 'data', mediaType: requiredText(source['media_type'], `${at}.source.media_type`), base64: requiredText(source['data'], `${at}.source.data`) }
    case 'url':
      return sourceOfUrl(source['url'], `${at}.source.url`)
    case 'file':
      return uploadedFile('anthropic-messages', source['file_id'], `${at}.source.file_id`)
    default:
      throw fault(`${at}.source.type`, 'must be base64, url or file')
  }
}

/** A document of text is text elsewhere, under its title; others are files. Citing them has no equal. */
function document(block: JsonObject, at: string, notes: Notes): readonly ShownPart[] {
  if (objectAt(block, 'citations')?.['enabled'] === true) notes.cannot(`${at}.citations`)
  const source = requiredObject(block['source'], `${at}.source`)
  const title = textAt(block, 'title')
  const head = [title, textAt(block, 'context')].filter((text) => text !== undefined).join('\n')
  const heading: TextPart[] = head === '' ? [] : [{ kind: 'text', text: head }]
  if (source['type'] === 'text') return [...heading, { kind: 'text', text: requiredText(source['data'], `${at}.source.data`), ...mark(block) }]
  if (source['type'] === 'content') return [...heading, ...blocks<ShownPart>(source['content'], `${at}.source.content`, (inner, innerAt) => shownPart(inner, innerAt, notes))]
  return [{ kind: 'file', source: mediaSource(source, at), ...(title === undefined ? {} : { name: title }), ...mark(block) }]
}

function searchResult(block: JsonObject, at: string, notes: Notes): readonly ShownPart[] {
  if (objectAt(block, 'citations')?.['enabled'] === true) notes.cannot(`${at}.citations`)
  const head = `${requiredText(block['title'], `${at}.title`)}\n${requiredText(block['source'], `${at}.source`)}`
  return [{ kind: 'text', text: head }, ...textParts(block['content'], `${at}.content`, notes)]
}

function toolResult(block: JsonObject, at: string, notes: Notes): ToolResultPart {
  const content = block['content'] ?? undefined
  const parts = content === undefined ? [] : blocks<ShownPart>(content, `${at}.content`, (inner, innerAt) => shownPart(inner, innerAt, notes))
  return { kind: 'tool_result', callId: requiredText(block['tool_use_id'], `${at}.tool_use_id`), parts, isError: block['is_error'] === true, ...mark(block) }
}

function assistantParts(content: unknown, path: string, notes: Notes): readonly RequestPart[] {
  // Seals of calls that other wires made stand before the call they name.
  const callSeals = new Map<string, Seal>()
  return blocks<RequestPart>(content, path, (block, at) => {
    switch (block['type']) {
      case 'text':
        return [textPart(block, at)]
      case 'thinking':
        return thinking(textAt(block, 'thinking') ?? '', requiredText(block['signature'] ?? '', `${at}.signature`))
      case 'redacted_thinking':
        return redacted(requiredText(block['data'], `${at}.data`), callSeals)
      case 'tool_use': {
        if (isObject(block['caller']) && block['caller']['type'] !== 'direct') notes.cannot(`${at}.caller`)
        const id = requiredText(block['id'], `${at}.id`)
        const seal = callSeals.get(id)
        const argumentsJson = typeof block['input'] === 'string' ? block['input'] : jsonText(block['input'] ?? {}, `${at}.input`)
        return [{ kind: 'tool_call', id, name: requiredText(block['name'], `${at}.name`), argumentsJson, ...(seal === undefined ? {} : { seal }), ...mark(block) }]
      }
      default:
        // Server tools' calls and results, images of the model's own: only Anthropic can go on from them.
        return noted(block, at, notes)
    }
  })
}

function thinking(text: string, signature: string): readonly ReasoningPart[] {
  const ours = readSeal(signature)
  if (ours !== undefined) return ourReasoning(ours, text)
  const seal: Seal | undefined = signature === '' ? undefined : { wire: 'anthropic-messages', value: signature }
  return text === '' && seal === undefined ? [] : [{ kind: 'reasoning', text, ...(seal === undefined ? {} : { seal }) }]
}

function redacted(data: string, callSeals: Map<string, Seal>): readonly ReasoningPart[] {
  const ours = readSeal(data)
  if (ours === undefined) return [{ kind: 'reasoning', text: '', seal: { wire: 'anthropic-messages', value: data }, redacted: true }]
  if (ours.callId === undefined) return ourReasoning(ours, '')
  if (ours.seal !== undefined) callSeals.set(ours.callId, ours.seal)
  return []
}

/** Reasoning of another wire as it once was, whether its text was shown or hidden. */
function ourReasoning(ours: OurSeal, shown: string): readonly ReasoningPart[] {
  const text = ours.hiddenText ?? shown
  if (text === '' && ours.seal === undefined) return []
  return [{ kind: 'reasoning', text, ...(ours.seal === undefined ? {} : { seal: ours.seal }), ...(ours.redacted ? { redacted: true } : {}) }]
}

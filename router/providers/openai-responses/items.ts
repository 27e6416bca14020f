// Messages of the common form → Responses input items. Pure. What the wire cannot carry was refused before (loss.ts). Cache marks
// of other wires are left to OpenAI's own caching, which needs none.
import type { FilePart, ImagePart, Message, ReasoningPart, RequestPart, ToolCallPart, ToolResultPart } from '../../../core/model-request.ts'
import type { JsonObject } from '../json.ts'
import { boundedId } from '../tool-ids.ts'

/** A bound that OpenAI's own ids keep well within; ids of other makers may be of any length. */
const LONGEST_ID = 64

/** The instructions that open a conversation, and all further items. */
export function responseInput(messages: readonly Message[]): { readonly instructions: string | undefined; readonly input: JsonObject[] } {
  const first = messages.findIndex((message) => !isOpening(message))
  const opening = first === -1 ? messages : messages.slice(0, first)
  const rest = first === -1 ? [] : messages.slice(first)
  const instructions = opening.map((message) => textOf(message.parts)).filter((text) => text !== '').join('\n\n')
  return { instructions: instructions === '' ? undefined : instructions, input: rest.flatMap(itemsOf) }
}

/** Only plain text can stand in `instructions`. */
function isOpening(message: Message): boolean {
  return (message.role === 'system' || message.role === 'developer') && message.parts.every((part) => part.kind === 'text')
}

function textOf(parts: readonly RequestPart[]): string {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n\n')
}

function itemsOf(message: Message): JsonObject[] {
  if (message.role === 'tool') return message.parts.flatMap((part) => (part.kind === 'tool_result' ? [outputItem(part)] : []))
  if (message.role === 'assistant') return assistantItems(message.parts)
  const content = message.parts.map(inputPart).filter((part) => part !== undefined)
  return [{ type: 'message', role: message.role, content }]
}

/** Parts in their order: what the model thought belongs to what it then said or called. */
function assistantItems(parts: readonly RequestPart[]): JsonObject[] {
  const items: JsonObject[] = []
  let said: JsonObject[] = []
  const flush = (): void => {
    if (said.length > 0) items.push({ type: 'message', role: 'assistant', content: said })
    said = []
  }
  for (const part of parts) {
    if (part.kind === 'text') said.push({ type: 'output_text', text: part.text, annotations: [] })
    else if (part.kind === 'refusal') said.push({ type: 'refusal', refusal: part.text })
    else {
      const item = part.kind === 'tool_call' ? callItem(part) : part.kind === 'reasoning' ? reasoningItem(part) : undefined
      if (item === undefined) continue
      flush()
      items.push(item)
    }
  }
  flush()
  return items
}

function callItem(call: ToolCallPart): JsonObject {
  return { type: 'function_call', call_id: boundedId(call.id, LONGEST_ID), name: call.name, arguments: call.argumentsJson.trim() === '' ? '{}' : call.argumentsJson }
}

/** Only this wire's own: without its encrypted content the API cannot use a reasoning item, and refuses others'. */
function reasoningItem(part: ReasoningPart): JsonObject | undefined {
  if (part.seal?.wire !== 'openai-responses' || part.seal.value === '') return undefined
  return { type: 'reasoning', summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }], encrypted_content: part.seal.value }
}

function outputItem(result: ToolResultPart): JsonObject {
  const onlyText = result.parts.every((part) => part.kind === 'text')
  const text = textOf(result.parts)
  // The wire has no mark for a failed tool; models look for the word.
  const failed = result.isError && !/^\s*error/i.test(text)
  const content = result.parts.map(inputPart).filter((part) => part !== undefined)
  const output = onlyText ? (failed ? `Error: ${text}` : text) : failed ? [{ type: 'input_text', text: 'Error:' }, ...content] : content
  return { type: 'function_call_output', call_id: boundedId(result.callId, LONGEST_ID), output }
}

function inputPart(part: RequestPart): JsonObject | undefined {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'input_text', text: part.text }
    case 'image':
      return imagePart(part)
    case 'file':
      return filePart(part)
    case 'audio':
    case 'tool_call':
    case 'tool_result':
    case 'reasoning':
      return undefined
  }
}

function imagePart({ source, detail }: ImagePart): JsonObject {
  const seen = { type: 'input_image', detail: detail ?? 'auto' }
  if (source.kind === 'provider_file') return { ...seen, file_id: source.id }
  return { ...seen, image_url: source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.base64}` }
}

function filePart({ source, name }: FilePart): JsonObject {
  if (source.kind === 'provider_file') return { type: 'input_file', file_id: source.id }
  if (source.kind === 'url') return { type: 'input_file', file_url: source.url }
  return { type: 'input_file', filename: name ?? defaultName(source.mediaType), file_data: `data:${source.mediaType};base64,${source.base64}` }
}

/** OpenAI tells a file's kind by the end of its name. */
const ENDS: Readonly<Record<string, string>> = { 'application/pdf': 'pdf', 'text/plain': 'txt', 'text/markdown': 'md', 'text/csv': 'csv', 'text/html': 'html', 'application/json': 'json' }

function defaultName(mediaType: string): string {
  return `file.${(Object.hasOwn(ENDS, mediaType) ? ENDS[mediaType] : undefined) ?? 'txt'}`
}

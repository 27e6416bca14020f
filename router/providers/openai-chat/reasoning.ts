// Reasoning in Chat Completions, which has no official member for it: `reasoning_content` (DeepSeek, Moonshot, Qwen, xAI),
// `reasoning` (OpenRouter, Groq, vLLM), `reasoning_details` (OpenRouter) and thinking parts in `content` (Mistral). What a provider
// wants to see again is sealed, so that only this wire gets it back. Pure.
import type { ReasoningPart, Seal } from '../../../core/model-request.ts'
import { isObject, listAt, objectAt, parseObject, textAt, type JsonObject } from '../json.ts'

/** Where a provider put plain reasoning: the value of a seal that has nothing more to say than that this wire made the text. */
export const PLAIN_SEAL = 'text'

/** The reasoning of a message or delta: its text, and details as they came. Text that stands in several members is taken once. */
export function reasoningIn(holder: JsonObject): { readonly text: string; readonly details: readonly JsonObject[] } {
  const details = listAt(holder, 'reasoning_details').filter(isObject)
  const plain = nonEmpty(textAt(holder, 'reasoning_content')) ?? nonEmpty(textAt(holder, 'reasoning')) ?? nonEmpty(textAt(objectAt(holder, 'reasoning'), 'content'))
  return { text: plain ?? details.map(detailText).join('') + thinkingParts(holder['content']), details }
}

function detailText(detail: JsonObject): string {
  return textAt(detail, 'text') ?? textAt(detail, 'summary') ?? ''
}

/** Mistral's thinking models answer content as parts: `{ type: 'thinking', thinking: [{ type: 'text', text }] }`. */
function thinkingParts(content: unknown): string {
  if (!Array.isArray(content)) return ''
  return (content as readonly unknown[]).map((part) => (textAt(part, 'type') === 'thinking' ? textAt(part, 'thinking') ?? joinTexts(listAt(part, 'thinking')) : '')).join('')
}

function joinTexts(parts: readonly unknown[]): string {
  return parts.map((part) => textAt(part, 'text') ?? '').join('')
}

/** The text of `content`, which Mistral and some gateways answer as parts. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? (content as readonly unknown[]).map((part) => (textAt(part, 'type') === 'text' ? textAt(part, 'text') ?? '' : '')).join('') : ''
}

/** Whether a detail carries something to be given back beyond text anyone could have written. */
function isEncrypted(detail: JsonObject): boolean {
  return textAt(detail, 'type') === 'reasoning.encrypted'
}

/** Streamed pieces of one detail share index and type: texts are joined, the rest is overwritten. */
export function mergeDetails(pieces: readonly JsonObject[]): JsonObject[] {
  const merged: JsonObject[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    if (last === undefined || isEncrypted(piece) || last['type'] !== piece['type'] || last['index'] !== piece['index']) {
      merged.push({ ...piece })
      continue
    }
    for (const [member, value] of Object.entries(piece)) {
      if ((member === 'text' || member === 'summary') && typeof value === 'string') last[member] = (textAt(last, member) ?? '') + value
      else if (value !== undefined && value !== null) last[member] = value
    }
  }
  return merged
}

/** A seal over reasoning; details travel as JSON. */
function sealOf(details: readonly JsonObject[]): Seal {
  return { wire: 'openai-chat', value: details.length === 0 ? PLAIN_SEAL : JSON.stringify(details) }
}

/** Reasoning as parts: text with what signs it, then what is encrypted. */
export function reasoningParts(text: string, pieces: readonly JsonObject[]): ReasoningPart[] {
  const details = mergeDetails(pieces)
  const open = details.filter((detail) => !isEncrypted(detail))
  const encrypted = details.filter(isEncrypted)
  return [
    ...(text === '' ? [] : [{ kind: 'reasoning' as const, text, seal: sealOf(open) }]),
    ...(encrypted.length === 0 ? [] : [{ kind: 'reasoning' as const, text: '', seal: sealOf(encrypted), redacted: true }]),
  ]
}

/** Reasoning that this wire made, for the message it belongs to: its text and its details as they once came. */
export function reasoningBack(parts: readonly ReasoningPart[]): { readonly text: string; readonly details: readonly unknown[] } {
  const own = parts.filter((part) => part.seal?.wire === 'openai-chat')
  const details = own.flatMap((part) => (part.seal === undefined || part.seal.value === PLAIN_SEAL ? [] : listAt(parseObject(`{"list":${part.seal.value}}`), 'list')))
  return { text: own.map((part) => part.text).join('\n\n'), details }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

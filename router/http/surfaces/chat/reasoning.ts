// Reasoning and its seals in Chat Completions, which has no official member for either. Text goes in `reasoning_content`, as
// DeepSeek's API has it; seals of reasoning in `reasoning_details`, as OpenRouter's has them; seals of Gemini's tool calls in
// `extra_content.google.thought_signature`, as Google's OpenAI-compatible endpoint has them. Pure, both ways.
import type { ReasoningPart, Seal, Wire } from '../../../../core/model-request.ts'
import { isObject, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'

/** OpenRouter's names of the wires that made a reasoning detail (its documentation, "Preserving reasoning", 2026). */
const FORMATS: Readonly<Partial<Record<Wire, string>>> = { 'openai-responses': 'openai-responses-v1', 'anthropic-messages': 'anthropic-claude-v1', gemini: 'google-gemini-v1' }

/**
 * One sealed piece of reasoning as a reasoning detail: a signature beside its text, or encrypted data (with the summary of it,
 * where there is one).
 */
export function reasoningDetail(part: Pick<ReasoningPart, 'text' | 'seal' | 'redacted'>, index: number): JsonObject {
  const format = (part.seal === undefined ? undefined : FORMATS[part.seal.wire]) ?? 'unknown'
  const value = part.seal?.value ?? ''
  if (part.redacted === true) return { type: 'reasoning.encrypted', data: value, format, index }
  if (part.seal?.wire === 'openai-responses') return { type: 'reasoning.encrypted', data: value, ...(part.text === '' ? {} : { summary: part.text }), format, index }
  return { type: 'reasoning.text', text: part.text, signature: value, format, index }
}

/** Members that carry a tool call's seal. */
export function callExtras(seal: Seal | undefined): JsonObject {
  return seal?.wire === 'gemini' ? { extra_content: { google: { thought_signature: seal.value } } } : {}
}

/** The seal that a tool call in a request carries. */
export function callSeal(call: unknown): Seal | undefined {
  const value = textAt(objectAt(objectAt(call, 'extra_content'), 'google'), 'thought_signature')
  return value === undefined ? undefined : { wire: 'gemini', value }
}

/** The reasoning that an assistant message in a request brings back: its sealed details, else its text. */
export function messageReasoning(message: JsonObject): readonly ReasoningPart[] {
  const details = message['reasoning_details']
  const sealed = (Array.isArray(details) ? (details as readonly unknown[]) : []).flatMap((detail) => (isObject(detail) ? sealedPart(detail) : []))
  if (sealed.length > 0) return sealed
  const text = textAt(message, 'reasoning_content') ?? textAt(message, 'reasoning')
  return text === undefined || text === '' ? [] : [{ kind: 'reasoning', text }]
}

function sealedPart(detail: JsonObject): ReasoningPart[] {
  const format = textAt(detail, 'format')
  const wire = (Object.keys(FORMATS) as Wire[]).find((known) => FORMATS[known] === format)
  const text = textAt(detail, 'text') ?? textAt(detail, 'summary') ?? ''
  const value = textAt(detail, 'signature') ?? textAt(detail, 'data')
  if (wire === undefined || value === undefined || value === '') return text === '' ? [] : [{ kind: 'reasoning', text }]
  const redacted = wire === 'anthropic-messages' && detail['type'] === 'reasoning.encrypted'
  return [{ kind: 'reasoning', text: redacted ? '' : text, seal: { wire, value }, ...(redacted ? { redacted } : {}) }]
}

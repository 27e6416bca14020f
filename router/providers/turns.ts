// What the wires with turns of their own (Anthropic, Gemini) both need of a conversation in the common form: the system prompt
// apart, names of the tools called, arguments as objects. Pure; how a turn is written belongs to each adapter.
import type { Message, RequestPart, Seal, Wire } from '../../core/model-request.ts'
import { parseObject, type JsonObject } from './json.ts'

/** The system and developer messages that open a conversation, and all messages after them. */
export function splitSystem(messages: readonly Message[]): { readonly system: readonly Message[]; readonly rest: readonly Message[] } {
  const first = messages.findIndex((message) => !isSystem(message))
  return first === -1 ? { system: messages, rest: [] } : { system: messages.slice(0, first), rest: messages.slice(first) }
}

/** Whether a message carries the operator's instructions. */
export function isSystem(message: Message): boolean {
  return message.role === 'system' || message.role === 'developer'
}

/** Whether an instruction holds a part of this kind: both wires take instructions as text only. */
export function instructsWith(messages: readonly Message[], kind: 'image' | 'file' | 'audio'): boolean {
  return messages.some((message) => isSystem(message) && message.parts.some((part) => part.kind === kind))
}

/**
 * An instruction from the middle of a conversation, for a wire that has no place for it there. It stays where it was (moving it
 * to the front would change the prefix that the provider has cached) and is marked as the operator's word, not the user's.
 */
export function systemReminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`
}

/** The text of a message's text and refusal parts, a line break between them. */
export function plainText(parts: readonly RequestPart[]): string {
  return parts.flatMap((part) => (part.kind === 'text' || part.kind === 'refusal' ? [part.text] : [])).join('\n')
}

/** The names of all tools that a conversation called, each once. */
export function calledTools(messages: readonly Message[]): readonly string[] {
  return [...new Set(messages.flatMap((message) => message.parts.flatMap((part) => (part.kind === 'tool_call' ? [part.name] : []))))]
}

/**
 * A call's arguments as the object that both wires want. Text that is no JSON object goes along under `INVALID_JSON`, as
 * Anthropic's guide to fine-grained tool streaming has it, so that the model sees what it wrote.
 */
export function argumentsObject(json: string): JsonObject {
  if (json.trim() === '') return {}
  return parseObject(json) ?? { INVALID_JSON: json }
}

/** The seal's value when this wire made it. */
export function ownSeal(seal: Seal | undefined, wire: Wire): string | undefined {
  return seal?.wire === wire && seal.value !== '' ? seal.value : undefined
}

// Kept prompts and answers as messages to read, out of the common form that the router stores. What is not of that form is shown as it
// is. In: stored rows. Out: who said what, and what is to be known of it. Pure.
import { WB } from '../../../../core/attributes.ts'
import type { Content } from '../../api/trace.ts'

export type Message = { readonly role: string; readonly text: string }
export type Words = { readonly spanId: string; readonly kind: 'prompt' | 'answer'; readonly notes: readonly string[]; readonly messages: readonly Message[] }

type Part = { readonly kind?: unknown; readonly text?: unknown; readonly name?: unknown; readonly argumentsJson?: unknown; readonly characters?: unknown; readonly parts?: readonly Part[] }

/** One stored text. */
export function wordsOf({ span_id: spanId, kind, body, attributes }: Content): Words {
  const form = attributes[WB.contentForm]
  const notes = [
    ...(form === 'metadata' ? ['only its shape was kept'] : []),
    ...(attributes[WB.contentTruncated] === 'true' ? [`cut from ${attributes[WB.contentBytes] ?? '?'} bytes`] : []),
    ...(attributes[WB.contentPartial] === 'true' ? ['did not come to its end'] : []),
    ...(attributes[WB.contentForgotten] === 'true' ? ['forgotten on demand'] : []),
  ]
  return { spanId, kind, notes, messages: body === '' ? [] : messagesIn(body, kind === 'answer' ? 'assistant' : 'user') }
}

function messagesIn(body: string, speaker: string): Message[] {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return [{ role: speaker, text: body }]
  }
  // Written by the router in the common form; read as far as it goes.
  const { messages, parts } = (typeof value === 'object' && value !== null ? value : {}) as { messages?: readonly { role?: unknown; parts?: readonly Part[] }[]; parts?: readonly Part[] }
  if (Array.isArray(messages)) return messages.map((message) => ({ role: typeof message.role === 'string' ? message.role : '?', text: textOf(message.parts) }))
  if (Array.isArray(parts)) return [{ role: speaker, text: textOf(parts) }]
  return [{ role: speaker, text: JSON.stringify(value, undefined, 2) }]
}

function textOf(parts: readonly Part[] | undefined): string {
  return (parts ?? []).map(partText).join('\n')
}

function partText(part: Part): string {
  if (typeof part.text === 'string') return part.text
  const name = typeof part.name === 'string' ? part.name : 'a tool'
  if (typeof part.characters === 'number') return `[${String(part.kind)}${part.kind === 'tool_call' ? ` ${name}` : ''}, ${part.characters.toLocaleString('en-US')} characters]`
  if (part.kind === 'tool_call') return `→ ${name}(${typeof part.argumentsJson === 'string' ? part.argumentsJson : ''})`
  if (part.kind === 'tool_result') return `← ${textOf(part.parts)}`
  return JSON.stringify(part)
}

/** What the assistant said last, in a prompt or an answer. */
export function lastSaid(words: readonly Words[], kind: Words['kind'], spanId?: string): string | undefined {
  return words
    .filter((one) => one.kind === kind && (spanId === undefined || one.spanId === spanId))
    .flatMap((one) => one.messages)
    .findLast((message) => message.role === 'assistant')?.text
}

/** Of what the assistant is said to have said in a later prompt, that which is most like an earlier answer; `undefined`: nothing is. */
export function mostLike(answer: string, later: readonly Words[]): string | undefined {
  const own = wordSet(answer)
  const likeness = (text: string): number => {
    const other = wordSet(text)
    const common = [...other].filter((word) => own.has(word)).length
    return common / Math.max(1, own.size + other.size - common)
  }
  const texts = later.filter((one) => one.kind === 'prompt').flatMap((one) => one.messages).filter((message) => message.role !== 'system').map((message) => message.text)
  return texts.map((text) => ({ text, like: likeness(text) })).filter(({ like }) => like > 0.2).toSorted((a, b) => b.like - a.like)[0]?.text
}

function wordSet(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
}

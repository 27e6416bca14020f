// The Response object, whole, as typed by openai 7.57: items for reasoning, messages and function calls, and usage in its
// own members. stream.ts says the same in events.
import { logprobsOf } from '../../behaviour/logprobs.ts'
import { pieces } from '../../behaviour/tokens.ts'
import type { Asked, Finish, Said, SaidPart } from '../surface.ts'

export type OutputItem = Record<string, unknown> & { readonly id: string; readonly type: string }

/** See `Surface.whole`. */
export function wholeResponse(said: Said, asked: Asked): string {
  return JSON.stringify(finalResponse(said, asked))
}

/** The Response at its end. */
export function finalResponse(said: Said, asked: Asked): Record<string, unknown> {
  const [choice] = said.choices
  const cut = INCOMPLETE[choice.finish]
  const status = cut === undefined ? 'completed' : 'incomplete'
  const output = choice.parts.flatMap((part, i) => itemOf(part, itemId(said, part, i), asked, cut === undefined ? 'completed' : 'incomplete'))
  return { ...responseShell(said, asked, status), incomplete_details: cut === undefined ? null : { reason: cut }, output, ...(said.usage === undefined ? {} : { usage: usageOf(said.usage) }) }
}

const INCOMPLETE: Partial<Record<Finish, string>> = { length: 'max_output_tokens', content_filter: 'content_filter' }

/** A Response without any output. */
export function responseShell(said: Said, asked: Asked, status: string): Record<string, unknown> {
  const { include: _asked, ...echo } = asked.echo
  return {
    id: said.id,
    object: 'response',
    created_at: said.createdS,
    status,
    access_programs: null,
    background: false,
    error: null,
    incomplete_details: null,
    model: said.model,
    output: [],
    prompt_cache_key: null,
    safety_identifier: null,
    service_tier: 'default',
    truncation: 'disabled',
    usage: null,
    user: null,
    ...echo,
  }
}

const PREFIX = { thinking: 'rs', text: 'msg', refusal: 'msg', tool: 'fc' } as const

/** The id of the item that a part becomes. */
export function itemId(said: Said, part: SaidPart, index: number): string {
  return `${PREFIX[part.kind]}_${said.id.replace(/^resp_/, '')}${index}`
}

/** The item that a part becomes; no item for reasoning that the API keeps to itself. */
export function itemOf(part: SaidPart, id: string, asked: Asked, status: 'completed' | 'incomplete' | 'in_progress'): OutputItem[] {
  switch (part.kind) {
    case 'thinking':
      return [{ id, type: 'reasoning', summary: part.shown && part.text !== '' ? [{ type: 'summary_text', text: part.text }] : [], ...(wantsSeal(asked) ? { encrypted_content: part.seal } : {}) }]
    case 'text':
      return [{ id, type: 'message', role: 'assistant', status, content: [textPart(part.text, asked)] }]
    case 'refusal':
      return [{ id, type: 'message', role: 'assistant', status, content: [{ type: 'refusal', refusal: part.text }] }]
    case 'tool':
      return [{ id, type: 'function_call', call_id: part.id, name: part.name, arguments: part.argumentsJson, status }]
  }
}

function wantsSeal({ echo }: Asked): boolean {
  return Array.isArray(echo['include']) && echo['include'].includes('reasoning.encrypted_content')
}

/** The one content part of a message. */
export function textPart(text: string, { topLogprobs }: Asked): Record<string, unknown> {
  return { type: 'output_text', text, annotations: [], logprobs: topLogprobs === undefined ? [] : logprobsOf(pieces(text), topLogprobs) }
}

function usageOf(usage: NonNullable<Said['usage']>): Record<string, unknown> {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: usage.written },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  }
}

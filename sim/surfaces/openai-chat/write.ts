// Chat Completions answers, byte for byte as the official SDKs read them (types of the openai npm package 7.57); what a
// provider does differently comes from chat-dialects.ts.
import { pieces, slices } from '../../behaviour/tokens.ts'
import { logprobsOf } from '../../behaviour/logprobs.ts'
import { chatDialect } from '../chat-dialects.ts'
import { piece, type Asked, type Said, type SaidChoice, type StreamPiece } from '../surface.ts'

const FINISH = { stop: 'stop', length: 'length', tool_calls: 'tool_calls', content_filter: 'content_filter', refusal: 'stop', bad_call: 'tool_calls' } as const

/** See `Surface.whole`. */
export function wholeChat(said: Said, asked: Asked): string {
  return JSON.stringify({
    ...head(said, 'chat.completion'),
    choices: said.choices.map((choice, index) => ({ index, message: messageOf(choice, said), logprobs: wholeLogprobs(choice, asked), finish_reason: FINISH[choice.finish] })),
    ...usageMember(said),
  })
}

function messageOf({ parts }: SaidChoice, said: Said): Record<string, unknown> {
  const text = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('')
  const calls = parts.flatMap((part) => (part.kind === 'tool' ? [{ id: part.id, type: 'function', function: { name: part.name, arguments: part.argumentsJson } }] : []))
  const refusal = parts.find((part) => part.kind === 'refusal')
  const { reasoning } = chatDialect(said.provider)
  const thoughts = parts.flatMap((part) => (part.kind === 'thinking' ? [part.text] : [])).join('')
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== undefined) ? null : text,
    refusal: refusal?.text ?? null,
    annotations: [],
    ...(reasoning !== undefined && thoughts !== '' ? { [reasoning]: thoughts } : {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function wholeLogprobs({ parts }: SaidChoice, { topLogprobs }: Asked): unknown {
  if (topLogprobs === undefined) return null
  return { content: parts.flatMap((part) => (part.kind === 'text' ? logprobsOf(pieces(part.text), topLogprobs) : [])), refusal: null }
}

function head(said: Said, object: 'chat.completion' | 'chat.completion.chunk'): Record<string, unknown> {
  return { id: said.id, object, created: said.createdS, model: said.model, service_tier: 'default', system_fingerprint: said.fingerprint }
}

function usageMember(said: Said): { usage?: unknown } {
  return said.usage === undefined ? {} : { usage: chatDialect(said.provider).usage(said.usage, said.price) }
}

/** See `Surface.events`. Several choices are said one after the other, which the wire allows. */
export function chatEvents(said: Said, asked: Asked): StreamPiece[] {
  const dialect = chatDialect(said.provider)
  const shared = head(said, 'chat.completion.chunk')
  // With include_usage every chunk but the last carries an explicit null.
  const noUsage = asked.includeUsage ? { usage: null } : {}
  const comment = dialect.comment === undefined ? [] : [piece('start', dialect.comment)]
  const chunks = said.choices.flatMap((choice, index) => {
    const chunk = (delta: unknown, finish: string | null, logprobs: unknown = null): string => sse({ ...shared, choices: [{ index, delta, logprobs, finish_reason: finish }], ...noUsage })
    return [
      piece('start', chunk({ role: 'assistant', content: '', refusal: null }, null)),
      ...deltasOf(choice, asked, dialect.reasoning).map(({ delta, characters, thinking, logprobs }) => piece('output', chunk(delta, null, logprobs), characters, thinking)),
      piece('finish', chunk({}, FINISH[choice.finish])),
    ]
  })
  const usage = asked.includeUsage && said.usage !== undefined ? [piece('usage', sse({ ...shared, choices: [], ...usageMember(said) }))] : []
  return [...comment, ...chunks, ...usage, piece('end', 'data: [DONE]\n\n')]
}

type Delta = { delta: Record<string, unknown>; characters: number; thinking: boolean; logprobs?: unknown }

function deltasOf({ parts }: SaidChoice, { topLogprobs }: Asked, reasoning: string | undefined): Delta[] {
  let calls = 0
  return parts.flatMap((part): Delta[] => {
    switch (part.kind) {
      case 'thinking':
        return reasoning === undefined ? [] : pieces(part.text).map((text) => ({ delta: { [reasoning]: text }, characters: text.length, thinking: true }))
      case 'text':
        return pieces(part.text).map((text) => ({ delta: { content: text }, characters: text.length, thinking: false, ...(topLogprobs === undefined ? {} : { logprobs: { content: logprobsOf([text], topLogprobs), refusal: null } }) }))
      case 'refusal':
        return pieces(part.text).map((text) => ({ delta: { refusal: text }, characters: text.length, thinking: false }))
      case 'tool': {
        const index = calls
        calls += 1
        const opening = { index, id: part.id, type: 'function', function: { name: part.name, arguments: '' } }
        return [
          { delta: { tool_calls: [opening] }, characters: part.name.length, thinking: false },
          ...slices(part.argumentsJson).map((text) => ({ delta: { tool_calls: [{ index, function: { arguments: text } }] }, characters: text.length, thinking: false })),
        ]
      }
    }
  })
}

/** One event of a stream that has data alone. */
export function sse(payload: unknown): string {
  return `data: ${JSON.stringify(payload)}\n\n`
}

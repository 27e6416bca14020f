// Reads a stream as the router does: bytes in any cuts through a decoder and an SSE parser into an adapter's reader.
import { createParser } from 'eventsource-parser'
import type { Target } from '../../../core/config.ts'
import type { AnswerEvent, AnswerFacts } from '../../../core/model-answer.ts'
import { modelRequest, type Wire } from '../../../core/model-request.ts'
import type { Adapter, OutgoingCall, StreamPart } from '../../../router/providers/adapter.ts'
import type { Sent } from './case.ts'

export function targetOf(wire: Wire, model: string, more: Partial<Omit<Target, 'provider'>> & { readonly provider?: Partial<Target['provider']> } = {}): Target {
  const { provider, ...rest } = more
  const timeouts = { connectMs: 1, firstTokenMs: 1, idleMs: 1, totalMs: 1 }
  return {
    name: 'mine',
    provider: { name: 'p', api: wire, dialect: undefined, baseUrl: 'https://provider.test/v1', apiKeys: ['sk-secret'], retries: 1, headers: {}, timeouts, maxConnections: 1, simulated: false, ...provider },
    model,
    effort: undefined,
    price: undefined,
    contextWindow: undefined,
    kind: 'chat',
    lacks: new Set(),
    evidenceKey: `p/${model}`,
    ...rest,
  }
}

const ASKED = modelRequest({ messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }] })

/** A streamed call from a client of another wire. */
export function callOf(more: Partial<OutgoingCall> = {}): OutgoingCall {
  return { wire: 'openai-chat', native: {}, request: () => ASKED, stream: true, effort: undefined, requestId: 'req_1', ...more }
}

/** The bytes of a stream. `newline`: how its lines end; `between`: what stands before every event. */
export function sse(stream: readonly Sent[], newline = '\n', between = ''): string {
  return stream.map(({ event, data }) => `${between}${event === undefined ? '' : `event: ${event}${newline}`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}${newline}${newline}`).join('')
}

export type Read = { readonly parts: readonly StreamPart[]; readonly events: readonly AnswerEvent[]; readonly facts: AnswerFacts; readonly complete: boolean }

/** Throws what the reader throws. As in the router, nothing is read after the terminal event. */
export function readStream(adapter: Adapter, target: Target, pieces: readonly Uint8Array[], translate = true): Read {
  const reader = adapter.stream(callOf(), target, translate)
  const parts: StreamPart[] = []
  let ended = false
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (ended) return
      const part = reader.read(event, data)
      ended = part.kind === 'end'
      parts.push(part)
    },
  })
  const decoder = new TextDecoder()
  for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }))
  return { parts, events: parts.flatMap((part) => part.events), facts: reader.facts(), complete: reader.complete() }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

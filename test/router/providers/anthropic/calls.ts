// Calls, targets and streams for the adapters' tests: only what a test names differs from the plain case.
import { createParser } from 'eventsource-parser'
import type { Target } from '../../../../core/config.ts'
import { modelRequest, type ModelRequest, type Wire } from '../../../../core/model-request.ts'
import type { AnswerFacts } from '../../../../core/model-answer.ts'
import type { Adapter, OutgoingCall, ProviderRequest, StreamPart } from '../../../../router/providers/adapter.ts'
import { isObject, type JsonObject } from '../../../../router/providers/json.ts'

export function target(wire: Wire, model: string, more: Partial<Target> & { readonly headers?: Record<string, string>; readonly baseUrl?: string } = {}): Target {
  const { headers = {}, baseUrl, ...rest } = more
  return {
    name: 'mine',
    provider: {
      name: 'p',
      api: wire,
      dialect: undefined,
      baseUrl: baseUrl ?? (wire === 'gemini' ? 'https://generativelanguage.googleapis.com/v1beta' : 'https://api.anthropic.com/v1'),
      apiKeys: ['k'],
      retries: 1,
      headers,
      timeouts: { connectMs: 1, firstTokenMs: 1, idleMs: 1, totalMs: 1 },
      maxConnections: 1,
      simulated: false,
    },
    model,
    effort: undefined,
    price: undefined,
    contextWindow: undefined,
    kind: 'chat',
    lacks: new Set(),
    evidenceKey: `p/${model}@default`,
    ...rest,
  }
}

/** A call from a Chat Completions client. */
export function call(request: Partial<ModelRequest>, more: Partial<OutgoingCall> = {}): OutgoingCall {
  const whole = modelRequest({ messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }], ...request })
  return { wire: 'openai-chat', native: {}, request: () => whole, stream: false, effort: undefined, requestId: 'req_1', ...more }
}

export function native(wire: Wire, body: JsonObject, more: Partial<OutgoingCall> = {}): OutgoingCall {
  return call({}, { wire, native: body, ...more })
}

export function bodyOf(request: ProviderRequest): JsonObject {
  const body: unknown = JSON.parse(request.body)
  if (!isObject(body)) throw new Error('the body is no object')
  return body
}

/** One event as bytes of a stream. */
export function sse(data: unknown, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

export type Streamed = { readonly parts: readonly StreamPart[]; readonly facts: AnswerFacts; readonly complete: boolean }

/** Reads a stream as the router does, fed in the given pieces. */
export function readStream(adapter: Adapter, model: string, pieces: readonly Uint8Array[], translate = true): Streamed {
  const reader = adapter.stream(call({}, { stream: true }), target(adapter.wire, model), translate)
  const parts: StreamPart[] = []
  const parser = createParser({ onEvent: (event) => void parts.push(reader.read(event.event, event.data)) })
  const decoder = new TextDecoder()
  for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }))
  return { parts, facts: reader.facts(), complete: reader.complete() }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

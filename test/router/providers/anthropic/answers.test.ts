// Anthropic's answers, whole and streamed: events as the official SDK types them, cut anywhere; usage by WIRE §1.
import type { Message, RawMessageStreamEvent, Usage } from '@anthropic-ai/sdk/resources/messages'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../../../core/errors.ts'
import { anthropicMessages as adapter } from '../../../../router/providers/anthropic-messages/adapter.ts'
import { bytes, call, readStream, sse, target } from './calls.ts'

const MODEL = 'claude-opus-4-8'
const USAGE = {
  input_tokens: 10,
  cache_read_input_tokens: 100,
  cache_creation_input_tokens: 30,
  cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
  output_tokens: 50,
  output_tokens_details: { thinking_tokens: 15 },
  server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
  service_tier: 'standard',
  inference_geo: null,
  speed: 'standard',
} as const satisfies Usage

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-8',
  container: null,
  diagnostics: null,
  stop_details: null,
  stop_reason: 'tool_use',
  stop_sequence: null,
  content: [
    { type: 'thinking', thinking: 'Let me see.', signature: 'SIG' },
    { type: 'redacted_thinking', data: 'ENC' },
    { type: 'text', text: 'Two ', citations: null },
    { type: 'text', text: 'calls.', citations: null },
    { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' }, caller: { type: 'direct' } },
    { type: 'tool_use', id: 'toolu_1', name: 'f', input: { city: 'Wien' }, caller: { type: 'direct' } },
    { type: 'tool_use', id: 'toolu_2', name: 'g', input: {}, caller: { type: 'direct' } },
  ],
  usage: USAGE,
} as const satisfies Message

const WHOLE = {
  parts: [
    { kind: 'reasoning', text: 'Let me see.', seal: { wire: 'anthropic-messages', value: 'SIG' } },
    { kind: 'reasoning', text: '', redacted: true, seal: { wire: 'anthropic-messages', value: 'ENC' } },
    { kind: 'text', text: 'Two calls.' },
    { kind: 'tool_call', id: 'toolu_1', name: 'f', argumentsJson: '{"city":"Wien"}' },
    { kind: 'tool_call', id: 'toolu_2', name: 'g', argumentsJson: '{}' },
  ],
  finish: 'tool_calls',
  stopSequence: undefined,
  logprobs: undefined,
}

const start = { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1, output_tokens_details: null, server_tool_use: null } } } satisfies RawMessageStreamEvent
const delta = {
  type: 'message_delta',
  delta: { stop_reason: 'tool_use', stop_sequence: null, stop_details: null, container: null },
  usage: { input_tokens: null, cache_creation_input_tokens: null, cache_read_input_tokens: null, output_tokens: 50, output_tokens_details: { thinking_tokens: 15 }, server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 } },
} satisfies RawMessageStreamEvent
const EVENTS = [
  start,
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Let me ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'see.' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'SIG' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'ENC' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '', citations: null } },
  { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Two ' } },
  { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'calls.' } },
  { type: 'content_block_stop', index: 2 },
  { type: 'content_block_start', index: 4, content_block: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {}, caller: { type: 'direct' } } },
  { type: 'content_block_delta', index: 4, delta: { type: 'input_json_delta', partial_json: '{"query":"x"}' } },
  { type: 'content_block_stop', index: 4 },
  { type: 'content_block_start', index: 5, content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {}, caller: { type: 'direct' } } },
  { type: 'content_block_delta', index: 5, delta: { type: 'input_json_delta', partial_json: '' } },
  { type: 'content_block_delta', index: 5, delta: { type: 'input_json_delta', partial_json: '{"city":' } },
  { type: 'content_block_delta', index: 5, delta: { type: 'input_json_delta', partial_json: '"Wien"}' } },
  { type: 'content_block_stop', index: 5 },
  { type: 'content_block_start', index: 6, content_block: { type: 'tool_use', id: 'toolu_2', name: 'g', input: {}, caller: { type: 'direct' } } },
  { type: 'content_block_stop', index: 6 },
  delta,
  { type: 'message_stop' },
] as const satisfies readonly RawMessageStreamEvent[]

const streamOf = (events: readonly { readonly type: string }[]): string => events.map((event) => sse(event, event.type)).join('')
const read = (text: string, translate = true) => readStream(adapter, MODEL, [bytes(text)], translate)
const parse = (body: unknown) => adapter.parse(JSON.stringify(body), target('anthropic-messages', MODEL))

/** What the events of a stream amount to. */
function translated(text: string, pieces: readonly Uint8Array[] = [bytes(text)]) {
  const { parts, facts, complete } = readStream(adapter, MODEL, pieces)
  return { events: parts.flatMap((part) => part.events), facts, complete, kinds: parts.map((part) => part.kind) }
}

function code(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof WeighbridgeError) return error.code
    throw error
  }
  return undefined
}

const CANONICAL = { inputTotal: 140, cacheRead: 100, cacheWrite: 30, cacheWrite1h: 10, outputTotal: 50, reasoning: 15, reportedCostUsd: undefined }

describe('a whole answer', () => {
  it('is translated part by part, server tools left to clients of the same wire', () => {
    const answer = parse(MESSAGE)
    expect(answer.answer()).toEqual(WHOLE)
    expect(answer.native['content']).toHaveLength(7)
    expect(answer.facts).toMatchObject({ responseId: 'msg_1', servedModel: 'claude-opus-4-8', finishReason: 'tool_use', finish: 'tool_calls', serviceTier: 'standard' })
    expect(answer.characters).toBeGreaterThan(20)
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'pause'],
    ['refusal', 'refusal'],
    ['toString', undefined],
  ])('that stopped for %s is %s', (reason, finish) => {
    expect(parse({ ...MESSAGE, stop_reason: reason }).facts).toMatchObject({ finishReason: reason, finish })
  })

  it('that was declined says why, and one ended by a stop sequence says which', () => {
    const declined = parse({ ...MESSAGE, content: [], stop_reason: 'refusal', stop_details: { type: 'refusal', category: 'cyber', explanation: 'No malware.' } }).answer()
    expect(declined).toMatchObject({ parts: [{ kind: 'refusal', text: 'No malware.' }], finish: 'refusal' })
    expect(parse({ ...MESSAGE, stop_reason: 'stop_sequence', stop_sequence: 'END' }).answer().stopSequence).toBe('END')
  })

  it.each([
    ['no JSON', 'oops'],
    ['HTML', '<html></html>'],
    ['a list', '[]'],
    ['no content', '{"type":"message","stop_reason":"end_turn"}'],
    ['no stop_reason', '{"type":"message","content":[]}'],
  ])('of %s is malformed', (_, body) => {
    expect(code(() => adapter.parse(body, target('anthropic-messages', MODEL)))).toBe('provider_malformed')
  })

  it('that is an error with status 200 is that error', () => {
    expect(code(() => parse({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }))).toBe('provider_overloaded')
  })
})

describe('usage', () => {
  const usage = (raw: unknown) => parse({ ...MESSAGE, usage: raw }).facts.usage

  it('adds cache reads and writes to the input and keeps the provider’s own object', () => {
    expect(usage(USAGE)).toEqual({ ...CANONICAL, raw: USAGE })
  })

  it('states nothing that the provider did not state', () => {
    expect(usage({ input_tokens: 5, output_tokens: 1, cache_read_input_tokens: null, cache_creation_input_tokens: null })).toMatchObject({ inputTotal: 5, cacheRead: undefined, cacheWrite: undefined, reasoning: undefined })
    expect(usage({})).toMatchObject({ inputTotal: undefined, outputTotal: undefined })
    expect(usage(undefined)).toBeUndefined()
    expect(usage({ input_tokens: -1, output_tokens: '7' })).toMatchObject({ inputTotal: undefined, outputTotal: undefined })
  })

  it('knows the writes by their split alone', () => {
    expect(usage({ input_tokens: 1, output_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 } })).toMatchObject({ inputTotal: 6, cacheWrite: 5, cacheWrite1h: 3 })
  })

  it('bills compaction with the answer, an advisor apart, and a fallback’s answer as it stands', () => {
    const iterations = [{ type: 'compaction', input_tokens: 100, output_tokens: 20 }, { type: 'message', input_tokens: 5, output_tokens: 7 }, { type: 'advisor_message', input_tokens: 900, output_tokens: 900 }]
    expect(usage({ input_tokens: 5, output_tokens: 7, iterations })).toMatchObject({ inputTotal: 105, outputTotal: 27 })
    expect(usage({ input_tokens: 5, output_tokens: 7, iterations: [...iterations, { type: 'fallback_message', input_tokens: 5, output_tokens: 7 }] })).toMatchObject({ inputTotal: 5, outputTotal: 7 })
  })

  it('names fast mode as the tier that sets the price', () => {
    expect(parse({ ...MESSAGE, usage: { ...USAGE, speed: 'fast' } }).facts.serviceTier).toBe('fast')
  })
})

describe('a streamed answer', () => {
  const text = streamOf(EVENTS)

  it('says the same as the whole one', () => {
    const { events, facts, complete } = translated(text)
    expect(events).toEqual([
      { kind: 'reasoning', text: 'Let me ' },
      { kind: 'reasoning', text: 'see.' },
      { kind: 'reasoning_seal', seal: { wire: 'anthropic-messages', value: 'SIG' }, redacted: false },
      { kind: 'reasoning_seal', seal: { wire: 'anthropic-messages', value: 'ENC' }, redacted: true },
      { kind: 'text', text: 'Two ' },
      { kind: 'text', text: 'calls.' },
      { kind: 'tool_call', index: 0, id: 'toolu_1', name: 'f' },
      { kind: 'tool_arguments', index: 0, json: '{"city":' },
      { kind: 'tool_arguments', index: 0, json: '"Wien"}' },
      { kind: 'tool_call', index: 1, id: 'toolu_2', name: 'g' },
      { kind: 'tool_arguments', index: 1, json: '{}' },
      { kind: 'finish', finish: 'tool_calls' },
    ])
    expect(complete).toBe(true)
    const whole = parse(MESSAGE).facts
    expect({ ...facts, usage: { ...facts.usage, raw: undefined } }).toEqual({ ...whole, usage: { ...whole.usage, raw: undefined } })
  })

  it('is the same however its bytes are cut, with CRLF and with comments in between', () => {
    const spoken = text.replace('Two ', 'Zwölf 🚚 ')
    const expected = translated(spoken)
    for (const form of [spoken, spoken.replaceAll('\n', '\r\n'), spoken.replaceAll('\n\n', '\n\n: keep-alive\n\n')]) {
      const all = bytes(form)
      for (let at = 1; at < all.length; at += 1) expect(translated(form, [all.subarray(0, at), all.subarray(at)])).toEqual(expected)
    }
  })

  it('holds back its beginnings: only output, a finish and the end count as such', () => {
    expect(read(text).parts.map((part) => part.kind)).toEqual([
      ...['start', 'start', 'output', 'output', 'start', 'start'],
      ...['start', 'start', 'start', 'output', 'output', 'start'],
      ...['output', 'output', 'start', 'output', 'start', 'output', 'output', 'start', 'output', 'start'],
      ...['finish', 'end'],
    ])
  })

  it('passes names and data on as they came, translated only when asked', () => {
    const { parts } = read(text, false)
    expect(parts.map((part) => sse(part.data, part.event)).join('')).toBe(text)
    expect(parts.every((part) => part.events.length === 0)).toBe(true)
  })

  it('overwrites usage with what a later event states, and never adds', () => {
    const twice = [start, { ...delta, delta: { ...delta.delta, stop_reason: null }, usage: { ...delta.usage, output_tokens: 20 } }, { ...delta, usage: { ...delta.usage, output_tokens: 40, input_tokens: 11 } }, { type: 'message_stop' }]
    expect(translated(streamOf(twice)).facts.usage).toMatchObject({ inputTotal: 141, cacheRead: 100, cacheWrite: 30, outputTotal: 40 })
  })

  it('goes on over pings, events it does not know and events without a name', () => {
    const odd = [EVENTS[0], { type: 'ping' }, { type: 'brand_new', x: 1 }, ...EVENTS.slice(1)]
    expect(translated(streamOf(odd)).events).toEqual(translated(text).events)
    expect(translated(odd.map((event) => sse(event)).join('')).events).toEqual(translated(text).events)
  })

  it('is whole from its stop reason on, and not before', () => {
    for (let n = 0; n < EVENTS.length; n += 1) expect(translated(streamOf(EVENTS.slice(0, n))).complete).toBe(n >= EVENTS.length - 1)
  })

  it.each([
    ['overloaded_error', 'provider_overloaded'],
    ['rate_limit_error', 'provider_rate_limited'],
    ['api_error', 'provider_server_error'],
    ['timeout_error', 'provider_server_error'],
    ['authentication_error', 'provider_credential'],
    ['billing_error', 'provider_quota_exhausted'],
    ['invalid_request_error', 'provider_bad_request'],
    ['request_too_large', 'provider_context_length'],
    ['brand_new_error', 'provider_stream_error'],
  ])('that breaks off with %s raises %s', (type, expected) => {
    const broken = streamOf(EVENTS.slice(0, 5)) + sse({ type: 'error', error: { type, message: 'secret prompt' } }, 'error')
    let thrown: unknown
    try {
      read(broken)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(WeighbridgeError)
    expect(thrown).toMatchObject({ code: expected })
    expect(String(thrown)).not.toContain('secret')
  })

  it('that was declined carries the explanation before its finish', () => {
    const declined = [start, { ...delta, delta: { ...delta.delta, stop_reason: 'refusal', stop_details: { type: 'refusal', category: null, explanation: 'No.' } } }]
    expect(translated(streamOf(declined)).events).toEqual([{ kind: 'refusal', text: 'No.' }, { kind: 'finish', finish: 'refusal' }])
    expect(translated(streamOf(declined)).facts.finish).toBe('refusal')
  })

  it('of anything but JSON objects is malformed', () => {
    expect(code(() => read(sse('[DONE]')))).toBe('provider_malformed')
    expect(code(() => read(sse('{"type":"message_start"')))).toBe('provider_malformed')
  })

  it('never throws anything but our own errors, whatever JSON comes', () => {
    const types = fc.constantFrom(...EVENTS.map((event) => event.type), 'ping', 'error', '__proto__', 'constructor')
    fc.assert(
      fc.property(fc.array(fc.record({ type: types, index: fc.jsonValue(), delta: fc.jsonValue(), message: fc.jsonValue(), content_block: fc.jsonValue(), usage: fc.jsonValue(), error: fc.jsonValue() }, { requiredKeys: ['type'] }), { maxLength: 6 }), (events) => {
        const reader = adapter.stream(call({}, { stream: true }), target('anthropic-messages', MODEL), true)
        for (const event of events) code(() => reader.read(undefined, JSON.stringify(event)))
        const { usage } = reader.facts()
        for (const amount of [usage?.inputTotal, usage?.outputTotal]) expect(amount === undefined || amount >= 0).toBe(true)
      }),
    )
  })
})

describe('a token count', () => {
  it('is the provider’s number, and malformed without one', () => {
    expect(adapter.countTokens?.parse('{"input_tokens":14}')).toBe(14)
    expect(code(() => adapter.countTokens?.parse('{}'))).toBe('provider_malformed')
  })
})

describe('a stream out of order', () => {
  const told = (events: readonly unknown[]) => readStream(adapter, MODEL, [bytes(events.map((event) => sse(event)).join(''))])
  const opened = { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } } }
  const stopped = { type: 'content_block_stop', index: 0 }

  it('says the arguments of a call once, however often its block stops', () => {
    const json = told([start, opened, stopped, stopped]).parts.flatMap((part) => part.events).flatMap((event) => (event.kind === 'tool_arguments' ? [event.json] : []))
    expect(json).toEqual(['{"a":1}'])
  })

  it('is an error where a gateway writes one without a type', () => {
    expect(() => told([start, { error: { type: 'overloaded_error', message: 'm' } }])).toThrow(expect.objectContaining({ code: 'provider_overloaded' }))
  })

  it('takes a member called __proto__ for no usage', () => {
    const hostile = '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"__proto__":{"speed":"fast","cache_read_input_tokens":9},"output_tokens":3}}'
    const { facts } = readStream(adapter, MODEL, [bytes(sse({ type: 'message_start', message: { usage: { input_tokens: 1 } } }) + sse(hostile))])
    expect(facts.serviceTier).toBeUndefined()
    expect(facts.usage).toMatchObject({ inputTotal: 1, cacheRead: undefined, outputTotal: 3 })
  })
})

describe('usage over iterations', () => {
  it('sums the one-hour writes of all of them, which are billed at their own price', () => {
    const iteration = (type: string, hour: number) => ({ type, input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 100, cache_creation: { ephemeral_5m_input_tokens: 100 - hour, ephemeral_1h_input_tokens: hour } })
    const usage = { ...USAGE, iterations: [iteration('compaction', 40), iteration('message', 30)], cache_creation_input_tokens: 100, cache_creation: { ephemeral_5m_input_tokens: 70, ephemeral_1h_input_tokens: 30 } }
    expect(adapter.parse(JSON.stringify({ ...MESSAGE, usage }), target('anthropic-messages', MODEL)).facts.usage).toMatchObject({ cacheWrite: 200, cacheWrite1h: 70 })
  })
})

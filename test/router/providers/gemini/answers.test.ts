// Gemini's answers, whole and streamed: chunks as the official SDK types them and as the API was seen to send them, cut anywhere;
// usage by WIRE §1; every finish and block reason the SDK knows.
import { BlockedReason, FinishReason, type Candidate, type GenerateContentResponseUsageMetadata } from '@google/genai'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../../../core/errors.ts'
import { gemini as adapter } from '../../../../router/providers/gemini/adapter.ts'
import { bytes, call, readStream, sse, target } from '../anthropic/calls.ts'

const MODEL = 'gemini-3.1-pro-preview'
const SIGNATURE = 'EpcCCpQCARFNMg9GpVP+YGO3zJobwN8a'
const USAGE = {
  promptTokenCount: 55,
  cachedContentTokenCount: 20,
  candidatesTokenCount: 51,
  thoughtsTokenCount: 56,
  toolUsePromptTokenCount: 89,
  totalTokenCount: 251,
  promptTokensDetails: [],
} satisfies GenerateContentResponseUsageMetadata

const parts = [{ text: 'Let me see.', thought: true }, { text: 'Grüße 🚚 ' }, { text: 'hier.' }, { functionCall: { name: 'f', args: { city: 'Wien' } }, thoughtSignature: SIGNATURE }, { functionCall: { id: 'own', name: 'g' } }] satisfies NonNullable<Candidate['content']>['parts']
const body = { candidates: [{ content: { role: 'model', parts }, finishReason: FinishReason.STOP, index: 0 }] satisfies Candidate[], usageMetadata: { ...USAGE, serviceTier: 'standard' }, modelVersion: 'gemini-3.1-pro-preview', responseId: 'r1' }

const CHUNKS = [
  { candidates: [{ content: { role: 'model', parts: [{ text: 'Let me ', thought: true }] }, index: 0 }], usageMetadata: { promptTokenCount: 55, totalTokenCount: 60, thoughtsTokenCount: 5 }, modelVersion: 'gemini-3.1-pro-preview', responseId: 'r1' },
  { candidates: [{ content: { role: 'model', parts: [{ text: 'see.', thought: true }] }, index: 0 }], usageMetadata: { trafficType: 'ON_DEMAND' }, responseId: 'r1' },
  { candidates: [{ content: { role: 'model', parts: [{ text: 'Grüße 🚚 ' }] }, index: 0 }], responseId: 'r1' },
  { candidates: [{ content: { role: 'model', parts: [{ text: 'hier.' }] }, index: 0 }], responseId: 'r1' },
  { candidates: [{ content: { role: 'model', parts: [parts[3], parts[4]] }, index: 0 }], responseId: 'r1' },
  { candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP', index: 0 }], usageMetadata: { ...USAGE, serviceTier: 'standard' }, modelVersion: 'gemini-3.1-pro-preview', responseId: 'r1' },
]

const streamOf = (chunks: readonly unknown[]): string => chunks.map((chunk) => sse(chunk)).join('')
const parse = (answer: unknown) => adapter.parse(JSON.stringify(answer), target('gemini', MODEL))
const candidate = (more: Record<string, unknown>, rest: Record<string, unknown> = {}) => ({ ...body, candidates: [{ content: { parts: [{ text: 'x' }] }, ...more }], ...rest })

function translated(text: string, pieces: readonly Uint8Array[] = [bytes(text)]) {
  const read = readStream(adapter, MODEL, pieces)
  return { events: read.parts.flatMap((part) => part.events), facts: read.facts, complete: read.complete, kinds: read.parts.map((part) => part.kind) }
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

describe('a whole answer', () => {
  it('is translated part by part, with its signature on the call it came with', () => {
    const answer = parse(body)
    const [reasoning, text, first, second] = answer.answer().parts
    expect(reasoning).toEqual({ kind: 'reasoning', text: 'Let me see.' })
    expect(text).toEqual({ kind: 'text', text: 'Grüße 🚚 hier.' })
    expect(first).toMatchObject({ kind: 'tool_call', name: 'f', argumentsJson: '{"city":"Wien"}', seal: { wire: 'gemini', value: SIGNATURE } })
    expect(second).toEqual({ kind: 'tool_call', id: 'own', name: 'g', argumentsJson: '{}' })
    expect(answer.facts).toMatchObject({ responseId: 'r1', servedModel: 'gemini-3.1-pro-preview', finishReason: 'STOP', finish: 'tool_calls', serviceTier: 'standard' })
  })

  it('gives a call without an id one that stays the same for this answer and differs in others', () => {
    const idOf = (responseId: string) => {
      const [call] = parse({ ...body, responseId }).answer().parts.filter((part) => part.kind === 'tool_call')
      return call?.id
    }
    expect(idOf('r1')).toMatch(/^call_[0-9a-f]{16}$/)
    expect(idOf('r1')).toBe(idOf('r1'))
    expect(idOf('r2')).not.toBe(idOf('r1'))
  })

  it('has its log probabilities in OpenAI’s members', () => {
    const logprobsResult = { chosenCandidates: [{ token: 'x', logProbability: -0.1, tokenId: 1 }], topCandidates: [{ candidates: [{ token: 'x', logProbability: -0.1 }, { token: 'y' }] }] }
    expect(parse(candidate({ finishReason: 'STOP', logprobsResult })).answer().logprobs).toEqual([
      { token: 'x', logprob: -0.1, bytes: null, top: [{ token: 'x', logprob: -0.1, bytes: null }, { token: 'y', logprob: -9999, bytes: null }] },
    ])
  })

  const MEANINGS: Readonly<Record<FinishReason, string>> = {
    FINISH_REASON_UNSPECIFIED: 'provider_server_error',
    STOP: 'stop',
    MAX_TOKENS: 'length',
    SAFETY: 'content_filter',
    RECITATION: 'content_filter',
    LANGUAGE: 'content_filter',
    OTHER: 'content_filter',
    BLOCKLIST: 'content_filter',
    PROHIBITED_CONTENT: 'content_filter',
    SPII: 'content_filter',
    MALFORMED_FUNCTION_CALL: 'provider_server_error',
    IMAGE_SAFETY: 'content_filter',
    UNEXPECTED_TOOL_CALL: 'provider_server_error',
    TOO_MANY_TOOL_CALLS: 'provider_server_error',
    IMAGE_PROHIBITED_CONTENT: 'content_filter',
    NO_IMAGE: 'provider_server_error',
    IMAGE_RECITATION: 'content_filter',
    IMAGE_OTHER: 'provider_server_error',
    CONTINUATION: 'length',
    MALFORMED_RESPONSE: 'provider_server_error',
  }
  it.each(Object.values(FinishReason))('that stopped for %s is an ending of ours or a fault of the provider', (reason) => {
    const answer = candidate({ finishReason: reason })
    const expected = MEANINGS[reason]
    if (expected.startsWith('provider_')) expect(code(() => parse(answer))).toBe(expected)
    else expect(parse(answer).facts).toMatchObject({ finishReason: reason, finish: expected })
  })

  it('that stopped for a reason not known yet counts as cut by the provider, never as finished', () => {
    expect(parse(candidate({ finishReason: 'toString' })).facts.finish).toBe('content_filter')
  })

  it.each(Object.values(BlockedReason))('to a prompt blocked for %s is an answer without words', (blockReason) => {
    const answer = parse({ promptFeedback: { blockReason }, usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 }, modelVersion: 'm', responseId: 'r' })
    expect(answer.answer()).toMatchObject({ parts: [], finish: 'content_filter' })
    expect(answer.facts).toMatchObject({ finishReason: blockReason, usage: { inputTotal: 9, outputTotal: 0 } })
  })

  it.each([
    ['no JSON', 'oops'],
    ['a list', '[]'],
    ['no candidates', '{}'],
    ['a candidate that did not end', '{"candidates":[{"content":{"parts":[{"text":"x"}]}}]}'],
  ])('of %s is malformed', (_, text) => {
    expect(code(() => adapter.parse(text, target('gemini', MODEL)))).toBe('provider_malformed')
  })

  it('that is an error with status 200 is that error', () => {
    expect(code(() => parse({ error: { code: 503, message: 'm', status: 'UNAVAILABLE' } }))).toBe('provider_overloaded')
  })
})

describe('usage', () => {
  const usage = (usageMetadata: unknown) => parse({ ...body, usageMetadata }).facts.usage

  it('adds thoughts to the output and what tools fed back to the input', () => {
    expect(usage(USAGE)).toEqual({ inputTotal: 144, cacheRead: 20, cacheWrite: undefined, cacheWrite1h: undefined, outputTotal: 107, reasoning: 56, reportedCostUsd: undefined, raw: USAGE })
  })

  it.each([
    [{ promptTokenCount: 6, totalTokenCount: 20, thoughtsTokenCount: 14 }, { inputTotal: 6, outputTotal: 14, reasoning: 14, cacheRead: undefined }],
    [{ promptTokenCount: 9, totalTokenCount: 9 }, { inputTotal: 9, outputTotal: 0, reasoning: undefined }],
    [{ promptTokenCount: 9 }, { inputTotal: 9, outputTotal: undefined }],
    [{ promptTokenCount: 9, totalTokenCount: 3 }, { inputTotal: 9, outputTotal: undefined }],
    [{ candidatesTokenCount: 4 }, { inputTotal: undefined, outputTotal: 4 }],
  ])('of %o is %o', (raw, expected) => {
    expect(usage(raw)).toMatchObject(expected)
  })

  it('without a count is unknown', () => {
    expect(usage({ trafficType: 'ON_DEMAND' })).toBeUndefined()
    expect(usage(undefined)).toBeUndefined()
  })
})

describe('a streamed answer', () => {
  const text = streamOf(CHUNKS)

  it('says the same as the whole one, with the same ids', () => {
    const [first] = parse(body).answer().parts.filter((part) => part.kind === 'tool_call')
    const { events, facts, complete, kinds } = translated(text)
    expect(events).toEqual([
      { kind: 'reasoning', text: 'Let me ' },
      { kind: 'reasoning', text: 'see.' },
      { kind: 'text', text: 'Grüße 🚚 ' },
      { kind: 'text', text: 'hier.' },
      { kind: 'tool_call', index: 0, id: first?.id, name: 'f', seal: { wire: 'gemini', value: SIGNATURE } },
      { kind: 'tool_arguments', index: 0, json: '{"city":"Wien"}' },
      { kind: 'tool_call', index: 1, id: 'own', name: 'g' },
      { kind: 'tool_arguments', index: 1, json: '{}' },
      { kind: 'finish', finish: 'tool_calls' },
    ])
    expect(kinds).toEqual(['output', 'output', 'output', 'output', 'output', 'finish'])
    expect(complete).toBe(true)
    const whole = parse(body).facts
    expect({ ...facts, usage: { ...facts.usage, raw: undefined } }).toEqual({ ...whole, usage: { ...whole.usage, raw: undefined } })
  })

  it('is the same however its bytes are cut, with CRLF and with comments in between', () => {
    const expected = translated(text)
    for (const form of [text, text.replaceAll('\n', '\r\n'), text.replaceAll('\n\n', '\n\n: hold\n\n')]) {
      const all = bytes(form)
      for (let at = 1; at < all.length; at += 1) expect(translated(form, [all.subarray(0, at), all.subarray(at)])).toEqual(expected)
    }
  })

  it('is whole from its finish reason on and not before, since the wire has no other end', () => {
    for (let n = 0; n <= CHUNKS.length; n += 1) expect(translated(streamOf(CHUNKS.slice(0, n))).complete).toBe(n === CHUNKS.length)
  })

  it('takes usage that comes after the finish, and the last count of each kind', () => {
    const late = [...CHUNKS, { usageMetadata: { candidatesTokenCount: 60 } }]
    const { facts, kinds, complete } = translated(streamOf(late))
    expect(kinds.at(-1)).toBe('usage')
    expect(facts.usage).toMatchObject({ inputTotal: 144, outputTotal: 116 })
    expect(complete).toBe(true)
  })

  it('of two candidates is whole when both have ended', () => {
    const one = { candidates: [{ content: { parts: [{ text: 'a' }] }, index: 0 }, { content: { parts: [{ text: 'b' }] }, index: 1 }] }
    const ends = (index: number) => ({ candidates: [{ finishReason: 'STOP', index }] })
    expect(translated(streamOf([one, ends(0)])).complete).toBe(false)
    expect(translated(streamOf([one, ends(0), ends(1)])).complete).toBe(true)
    expect(translated(streamOf([one])).events).toEqual([{ kind: 'text', text: 'a' }])
  })

  it('to a blocked prompt ends at once, filtered', () => {
    const blocked = translated(sse({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 }, responseId: 'r' }))
    expect(blocked).toMatchObject({ events: [{ kind: 'finish', finish: 'content_filter' }], complete: true, kinds: ['finish'], facts: { finishReason: 'PROHIBITED_CONTENT', usage: { outputTotal: 0 } } })
  })

  it('keeps the signature of a thought, and needs none on plain text', () => {
    const { events } = translated(streamOf([{ candidates: [{ content: { parts: [{ text: 'T', thought: true, thoughtSignature: 'S' }, { text: '4' }, { text: '', thoughtSignature: 'X' }] }, finishReason: 'STOP' }], responseId: 'r' }]))
    expect(events).toEqual([{ kind: 'reasoning', text: 'T' }, { kind: 'reasoning_seal', seal: { wire: 'gemini', value: 'S' }, redacted: false }, { kind: 'text', text: '4' }, { kind: 'finish', finish: 'stop' }])
  })

  it.each([
    [{ code: 503, status: 'UNAVAILABLE', message: 'm' }, 'provider_overloaded'],
    [{ code: 429, status: 'RESOURCE_EXHAUSTED', message: 'm' }, 'provider_rate_limited'],
    [{ code: 500, status: 'INTERNAL', message: 'secret' }, 'provider_server_error'],
    [{ code: 400, status: 'INVALID_ARGUMENT', message: 'm' }, 'provider_bad_request'],
    [{ message: 'm' }, 'provider_stream_error'],
  ])('that breaks off with %o raises %s', (error, expected) => {
    expect(code(() => translated(streamOf([CHUNKS[0], { error }])))).toBe(expected)
  })

  it('that ends in a malformed call is a fault, not an ending', () => {
    expect(code(() => translated(streamOf([CHUNKS[0], { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }] }])))).toBe('provider_server_error')
  })

  it('never throws anything but our own errors, whatever JSON comes', () => {
    const part = fc.record({ text: fc.jsonValue(), thought: fc.jsonValue(), thoughtSignature: fc.jsonValue(), functionCall: fc.jsonValue() }, { requiredKeys: [] })
    const one = fc.record({ index: fc.jsonValue(), content: fc.oneof(fc.jsonValue(), fc.record({ parts: fc.oneof(fc.jsonValue(), fc.array(part)) })), finishReason: fc.oneof(fc.jsonValue(), fc.constant('STOP')), logprobsResult: fc.jsonValue() }, { requiredKeys: [] })
    const chunk = fc.record({ candidates: fc.oneof(fc.jsonValue(), fc.array(one)), usageMetadata: fc.jsonValue(), promptFeedback: fc.jsonValue(), error: fc.jsonValue(), responseId: fc.jsonValue() }, { requiredKeys: [] })
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 4 }), (chunks) => {
        const reader = adapter.stream(call({}, { stream: true }), target('gemini', MODEL), true)
        for (const value of chunks) code(() => reader.read(undefined, JSON.stringify(value)))
        for (const value of chunks) code(() => parse(value))
        const { usage } = reader.facts()
        for (const amount of [usage?.inputTotal, usage?.outputTotal]) expect(amount === undefined || amount >= 0).toBe(true)
      }),
    )
  })
})

describe('a token count', () => {
  it('is the provider’s number, and malformed without one', () => {
    expect(adapter.countTokens?.parse('{"totalTokens":14,"promptTokensDetails":[]}')).toBe(14)
    expect(code(() => adapter.countTokens?.parse('{}'))).toBe('provider_malformed')
  })
})

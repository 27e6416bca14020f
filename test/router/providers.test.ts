import { describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../core/errors.ts'
import { attemptCost, callCost } from '../../router/execute/cost.ts'
import { afterFailure, coolingNow, FIRST_COOLDOWN_MS, HEALTHY, HealthBook, OPEN_AFTER_FAILURES } from '../../router/execute/health.ts'
import { classifyChatError, retryAfter } from '../../router/providers/openai-chat/classify.ts'
import { chatStreamReader, parseChatAnswer } from '../../router/providers/openai-chat/parse.ts'
import { canonicalUsage } from '../../router/providers/openai-chat/usage.ts'
import { parseTraceparent } from '../../router/spans/traceparent.ts'
import { parse } from './support/running.ts'

describe('what a provider’s error means', () => {
  it.each([
    [429, { code: 'rate_limit_exceeded' }, 'provider_rate_limited'],
    [429, { type: 'insufficient_quota' }, 'provider_quota_exhausted'],
    [429, { message: 'You exceeded your current quota', code: 'exceeded_current_quota_error' }, 'provider_quota_exhausted'],
    [429, { type: 'engine_overloaded_error' }, 'provider_overloaded'],
    [529, {}, 'provider_overloaded'],
    [503, { message: 'The engine is currently overloaded' }, 'provider_overloaded'],
    [503, {}, 'provider_server_error'],
    [401, {}, 'provider_credential'],
    [402, {}, 'provider_credential'],
    [403, {}, 'provider_credential'],
    [400, { code: 'context_length_exceeded' }, 'provider_context_length'],
    [400, { message: "This model's maximum context length is 8192 tokens" }, 'provider_context_length'],
    [400, { code: 'invalid_value' }, 'provider_bad_request'],
    [404, { code: 'model_not_found' }, 'provider_not_found'],
    [422, {}, 'provider_bad_request'],
    [408, {}, 'provider_server_error'],
    [500, {}, 'provider_server_error'],
    [302, {}, 'provider_server_error'],
    [418, {}, 'provider_bad_request'],
  ])('%i %j is %s', (status, error, code) => {
    expect(classifyChatError(status, {}, JSON.stringify({ error }), 0).error.code).toBe(code)
  })

  it('is found in bare and textual error bodies, and survives HTML', () => {
    expect(classifyChatError(400, {}, '{"detail":"maximum context length"}', 0).error.code).toBe('provider_context_length')
    expect(classifyChatError(502, {}, '<html>', 0).error.code).toBe('provider_server_error')
  })

  it('never carries the provider’s sentence into our message', () => {
    const { error, shown } = classifyChatError(400, {}, JSON.stringify({ error: { message: 'your prompt "secret" is bad', code: 'bad code with secret' } }), 0)
    expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain('secret')
    expect(JSON.stringify(shown)).toContain('secret')
  })

  it('reads retry-after in all three forms', () => {
    const now = Date.parse('2026-11-20T00:00:00Z')
    expect(retryAfter({ 'retry-after-ms': '1500', 'retry-after': '9' }, now)).toBe(1500)
    expect(retryAfter({ 'retry-after': '2' }, now)).toBe(2000)
    expect(retryAfter({ 'retry-after': 'Fri, 20 Nov 2026 00:00:30 GMT' }, now)).toBe(30_000)
    expect(retryAfter({ 'retry-after': 'soon' }, now)).toBeUndefined()
    expect(retryAfter({}, now)).toBeUndefined()
  })
})

describe('usage', () => {
  it.each([
    ['OpenAI', { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 }, completion_tokens_details: { reasoning_tokens: 3 } }, { inputTotal: 10, outputTotal: 5, cacheRead: 4, cacheWrite: 2, reasoning: 3 }],
    ['DeepSeek', { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 7, prompt_cache_miss_tokens: 3 }, { inputTotal: 10, outputTotal: 5, cacheRead: 7, cacheWrite: undefined, reasoning: undefined }],
    ['Moonshot', { prompt_tokens: 10, completion_tokens: 5, cached_tokens: 6 }, { inputTotal: 10, outputTotal: 5, cacheRead: 6 }],
    ['OpenRouter', { prompt_tokens: 10, completion_tokens: 5, cost: 0.00014 }, { inputTotal: 10, reportedCostUsd: 0.00014, cacheRead: undefined }],
    ['nonsense', { prompt_tokens: '10', completion_tokens: -5, prompt_tokens_details: null }, { inputTotal: undefined, outputTotal: undefined, cacheRead: undefined }],
  ])('of %s becomes canonical', (_name, raw, expected) => {
    expect(canonicalUsage(raw)).toMatchObject({ ...expected, raw })
  })

  it('that is missing stays unknown', () => {
    expect(canonicalUsage(null)).toBeUndefined()
    expect(canonicalUsage([1])).toBeUndefined()
  })
})

describe('a stream’s parts', () => {
  const chunk = (delta: object, finish: string | null = null, index = 0): string => JSON.stringify({ choices: [{ index, delta, finish_reason: finish }] })
  it.each([
    [chunk({ role: 'assistant', content: '' }), 'start'],
    [chunk({ content: null }), 'start'],
    [chunk({ content: 'x' }), 'output'],
    [chunk({ reasoning_content: 'thinking' }), 'output'],
    [chunk({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] }), 'output'],
    [chunk({ refusal: 'no' }), 'output'],
    [chunk({}, 'stop'), 'finish'],
    [JSON.stringify({ choices: [], usage: { prompt_tokens: 1 } }), 'usage'],
    [JSON.stringify({ choices: [] }), 'start'],
    ['[DONE]', 'end'],
    [JSON.stringify({ error: { message: 'x' } }), 'error'],
  ])('%s is %s', (data, kind) => {
    expect(chatStreamReader({}).read(undefined, data).kind).toBe(kind)
  })

  it('are complete only when every choice has finished', () => {
    const reader = chatStreamReader({})
    reader.read(undefined, chunk({ content: 'a' }, null, 0))
    reader.read(undefined, chunk({ content: 'b' }, null, 1))
    reader.read(undefined, chunk({}, 'stop', 0))
    expect(reader.complete()).toBe(false)
    reader.read(undefined, chunk({}, 'stop', 1))
    expect(reader.complete()).toBe(true)
  })

  it('that are not JSON, and answers without choices, are malformed', () => {
    expect(() => chatStreamReader({}).read(undefined, '{"choices":')).toThrow(WeighbridgeError)
    expect(() => parseChatAnswer('{"choices":[]}')).toThrow(/no choices/)
    expect(() => parseChatAnswer('{"choices":[{}]}')).toThrow(/no message/)
  })
})

describe('a target’s health', () => {
  const failure = (code: 'provider_server_error' | 'provider_rate_limited' | 'provider_overloaded' | 'provider_bad_request', retryAfterMs?: number): WeighbridgeError =>
    new WeighbridgeError(code, 'x', retryAfterMs === undefined ? {} : { retryAfterMs })

  it('opens after failures in a row, longer each time, and probes one at a time', () => {
    const target = parse('{ providers: { p: { base_url: "http://127.0.0.1:1" } }, targets: { t: { provider: p, model: m } } }').targets.get('t')
    if (target === undefined) throw new Error('no target')
    const book = new HealthBook()
    for (let i = 0; i < OPEN_AFTER_FAILURES - 1; i += 1) book.failed(target, failure('provider_server_error'), 0)
    expect(book.cooling(target, 0)).toBeUndefined()
    book.failed(target, failure('provider_server_error'), 0)
    expect(book.cooling(target, 0)).toMatchObject({ reason: 'cooling', forMs: FIRST_COOLDOWN_MS })
    expect(book.cooling(target, FIRST_COOLDOWN_MS)).toBeUndefined()
    book.attempting(target, FIRST_COOLDOWN_MS)
    expect(book.cooling(target, FIRST_COOLDOWN_MS + 1)).toMatchObject({ detail: 'a probe is under way' })
    book.failed(target, failure('provider_server_error'), FIRST_COOLDOWN_MS + 2)
    expect(book.cooling(target, FIRST_COOLDOWN_MS + 2)?.forMs).toBe(2 * FIRST_COOLDOWN_MS)
    book.answered(target)
    expect(book.cooling(target, FIRST_COOLDOWN_MS + 3)).toBeUndefined()
  })

  it('honours retry-after, never shortens a cooldown, and ignores the request’s own faults', () => {
    const long = afterFailure(HEALTHY, failure('provider_rate_limited', 30_000), 1_000)
    expect(coolingNow(long, 1_000)).toMatchObject({ reason: 'rate_limited', forMs: 30_000 })
    expect(afterFailure(long, failure('provider_rate_limited', 1_000), 2_000).coolUntilMs).toBe(31_000)
    expect(coolingNow(afterFailure(HEALTHY, failure('provider_overloaded'), 0), 0)).toBeUndefined()
    expect(afterFailure(HEALTHY, failure('provider_bad_request'), 0).failures).toBe(0)
  })
})

describe('an attempt’s cost', () => {
  const price = { tiers: [{ fromInputTokens: 0, input: 2, output: 10, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined }], perRequest: 0, version: 'v' } as const
  const seen = { usage: undefined, billable: true, characters: 400, inputTokens: 1000 }
  it('is estimated from what was seen when there is no usage, 0 when nothing can be billed, unknown without a price', () => {
    expect(attemptCost(seen, price)).toEqual({ usd: (2000 + 1000) / 1e6, source: 'estimated' })
    expect(attemptCost({ ...seen, billable: false }, price)).toEqual({ usd: 0, source: 'estimated' })
    expect(attemptCost(seen, undefined)).toEqual({ usd: undefined, source: 'unpriced' })
  })
  it('sums to a call’s, which is unknown when one of them is', () => {
    const known = { cost: { usd: 0.1, source: 'priced' }, wasted: true } as const
    const unknown = { cost: { usd: undefined, source: 'unpriced' }, wasted: false } as const
    expect(callCost([known, { ...known, wasted: false }])).toEqual({ usd: 0.2, wastedUsd: 0.1 })
    expect(callCost([known, unknown])).toEqual({ usd: undefined, wastedUsd: 0.1 })
  })
})

describe('traceparent', () => {
  const id = '0af7651916cd43dd8448eb211c80319c'
  it.each([
    [`00-${id}-b7ad6b7169203331-01`, true],
    [`00-${id}-b7ad6b7169203331-00`, true],
    [`cc-${id}-b7ad6b7169203331-01-future`, true],
    [`00-${id}-b7ad6b7169203331-01-more`, false],
    [`ff-${id}-b7ad6b7169203331-01`, false],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, false],
    [`00-${id}-${'0'.repeat(16)}-01`, false],
    ['nonsense', false],
  ])('%s is taken: %s', (header, taken) => {
    expect(parseTraceparent(header) !== undefined).toBe(taken)
  })
})

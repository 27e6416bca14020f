import { describe, expect, it } from 'vitest'
import { classifyOpenAIError, errorInside } from '../../../../router/providers/openai-errors.ts'
import { durationMs, limitReset, retryAfter } from '../../../../router/providers/retry-after.ts'

const NOW = Date.parse('2026-11-23T00:00:00Z')
const codeOf = (status: number, body: unknown): string => classifyOpenAIError(status, {}, typeof body === 'string' ? body : JSON.stringify(body), NOW).error.code

describe('what a provider’s error means', () => {
  it.each([
    [429, { code: 'rate_limit_exceeded' }, 'provider_rate_limited'],
    [429, { type: 'insufficient_quota' }, 'provider_quota_exhausted'],
    [429, { code: 'project_spend_limit_exceeded' }, 'provider_quota_exhausted'],
    [429, { code: 'organization_spend_limit_exceeded' }, 'provider_quota_exhausted'],
    [429, { code: 'billing_not_active' }, 'provider_quota_exhausted'],
    [429, { message: 'You exceeded your current quota', code: 'exceeded_current_quota_error' }, 'provider_quota_exhausted'],
    [402, { message: 'Insufficient Balance', code: 'invalid_request_error' }, 'provider_quota_exhausted'],
    [402, { message: 'This request requires more credits, or fewer max_tokens.', code: 402 }, 'provider_quota_exhausted'],
    [400, { code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' }, 'provider_quota_exhausted'],
    [403, { code: 'AllocationQuota.FreeTierOnly', message: 'm' }, 'provider_quota_exhausted'],
    [429, { type: 'engine_overloaded_error' }, 'provider_overloaded'],
    [429, { type: 'service_tier_capacity_exceeded', code: '3505' }, 'provider_overloaded'],
    [429, { code: 'resource_unavailable' }, 'provider_overloaded'],
    [498, { message: 'Flex tier capacity exceeded' }, 'provider_overloaded'],
    [529, {}, 'provider_overloaded'],
    [503, { message: 'The engine is currently overloaded' }, 'provider_overloaded'],
    [503, {}, 'provider_server_error'],
    [401, {}, 'provider_credential'],
    [402, {}, 'provider_credential'],
    [403, {}, 'provider_credential'],
    [400, { code: 'invalid_api_key' }, 'provider_credential'],
    [400, { code: 'context_length_exceeded' }, 'provider_context_length'],
    [400, { message: "This model's maximum context length is 8192 tokens" }, 'provider_context_length'],
    [400, { message: "This model's maximum prompt length is 131072 but the request contains 200000 tokens." }, 'provider_context_length'],
    [400, { code: 'InvalidParameter', message: 'Range of input length should be [1, 98304]' }, 'provider_context_length'],
    [400, { type: 'exceed_context_size_error', code: 400, message: 'request (9412 tokens) exceeds the available context size' }, 'provider_context_length'],
    [413, { code: 'rate_limit_exceeded', type: 'tokens', message: 'Request too large for model' }, 'provider_context_length'],
    [413, {}, 'provider_bad_request'],
    [400, { code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } }, 'provider_refused'],
    [400, { code: null, innererror: { code: 'ResponsibleAIPolicyViolation' } }, 'provider_refused'],
    [400, { message: 'Content Exists Risk', type: 'invalid_request_error' }, 'provider_refused'],
    [400, { code: 'data_inspection_failed' }, 'provider_refused'],
    [400, { type: 'content_filter', message: 'The request was rejected because it was considered high risk' }, 'provider_refused'],
    [403, { code: 403, message: 'Your chosen model requires moderation and your input was flagged' }, 'provider_refused'],
    [403, { message: 'Content violates usage guidelines.' }, 'provider_refused'],
    [400, { code: 'invalid_value' }, 'provider_bad_request'],
    [400, { message: 'x is not a valid model ID', code: 400 }, 'provider_not_found'],
    [404, { code: 'model_not_found' }, 'provider_not_found'],
    [422, {}, 'provider_bad_request'],
    [408, {}, 'provider_server_error'],
    [409, {}, 'provider_server_error'],
    [500, {}, 'provider_server_error'],
    [302, {}, 'provider_server_error'],
    [418, {}, 'provider_bad_request'],
  ])('%i %j is %s', (status, error, code) => {
    expect(codeOf(status, { error })).toBe(code)
  })

  it.each([
    ['bare', { object: 'error', message: "This model's maximum context length is 8192 tokens.", type: 'BadRequestError', code: 400 }, 'provider_context_length'],
    ['a text beside a code', { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***' }, 'provider_credential'],
    ['a text alone', { error: 'maximum context length' }, 'provider_context_length'],
    ['a detail', { detail: 'maximum context length' }, 'provider_context_length'],
    ['a list of one', [{ error: { code: 400, message: 'Please use a valid model: model x does not exist', status: 'INVALID_ARGUMENT' } }], 'provider_not_found'],
    ['a list of faults', { detail: [{ type: 'extra_forbidden', loc: ['body', 'store'], msg: 'Extra inputs are not permitted' }] }, 'provider_bad_request'],
    ['no JSON', '<html>maximum context length', 'provider_bad_request'],
    ['nothing', '', 'provider_bad_request'],
  ])('is understood as %s', (_form, body, code) => {
    expect(codeOf(400, body)).toBe(code)
  })

  it('repeats the provider’s words to the client whose request it is about, and never in our own', () => {
    const { error, shown } = classifyOpenAIError(400, {}, JSON.stringify({ error: { message: 'your prompt "secret" is bad', code: 'bad code with secret', param: 'messages', type: 'invalid_request_error' } }), 0)
    expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain('secret')
    expect(shown).toEqual({ message: 'your prompt "secret" is bad', code: 'bad code with secret', param: 'messages', type: 'invalid_request_error' })
  })

  it('shows the faults of a Mistral body by the member they are about', () => {
    const body = { object: 'error', message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'store'], msg: 'Extra inputs are not permitted' }] }, type: 'invalid_request_error', param: null, code: null }
    expect(classifyOpenAIError(422, {}, JSON.stringify(body), 0).shown).toMatchObject({ message: 'Extra inputs are not permitted', param: 'body.store' })
  })

  it('says nothing to a client about our keys and our money', () => {
    for (const [status, error] of [[401, { message: 'Incorrect API key provided: sk-12345' }], [429, { message: 'org-secret', code: 'insufficient_quota' }]] as const) {
      expect(classifyOpenAIError(status, {}, JSON.stringify({ error }), 0).shown).toBeUndefined()
    }
  })

  it.each(["Unknown parameter: 'invalid api key'.", "Tool 'credit balance is too low' not found.", 'messages.0.name: insufficient balance is no name', 'Unknown tool "insufficient balance"'])('lets no client take a key out for all by having its own words quoted: %s', (message) => {
    expect(classifyOpenAIError(400, {}, JSON.stringify({ error: { message, type: 'invalid_request_error', code: 'unknown_parameter' } }), 0).error.code).toBe('provider_bad_request')
  })

  it('looks no further than it must into a huge sentence', () => {
    expect(codeOf(400, { error: { message: `${'x'.repeat(1_000_000)} maximum context length` } })).toBe('provider_bad_request')
  })
})

describe('an error inside an answer', () => {
  it.each([
    [{ error: { message: 'x' } }, 'provider_stream_error'],
    [{ error: 'x' }, 'provider_stream_error'],
    [{ error: { code: 'rate_limit_exceeded' } }, 'provider_rate_limited'],
    [{ error: { type: 'insufficient_quota' } }, 'provider_quota_exhausted'],
    [{ error: { code: 429, message: 'm' } }, 'provider_rate_limited'],
    [{ error: { code: 502, message: 'm' } }, 'provider_server_error'],
    [{ error: { message: 'm', status_code: 503, type: 'server_error', code: 'over_capacity' } }, 'provider_server_error'],
    [{ error: { code: 400, message: 'maximum context length' } }, 'provider_context_length'],
    [{ error: { code: 'content_filter', message: 'm' } }, 'provider_refused'],
  ])('%j is %s', (payload, code) => {
    expect(errorInside(payload).code).toBe(code)
  })
})

describe('the wait a provider asks for', () => {
  it.each([
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '1m0.5s' }, 60_500],
    [{ 'retry-after': '20ms' }, 20],
    [{ 'retry-after': 'Mon, 23 Nov 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Mon, 23 Nov 2020 00:00:30 GMT' }, 0],
    [{ 'retry-after': '9e99' }, 86_400_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after-ms': 'x', 'retry-after': '3' }, 3000],
    [{}, undefined],
  ])('%j is %s ms', (headers, ms) => {
    expect(retryAfter(headers, NOW)).toBe(ms)
  })

  it.each([
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s' }, 1000],
    [{ 'x-ratelimit-remaining-requests': '7', 'x-ratelimit-reset-requests': '1s' }, undefined],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '2m59.56s' }, 179_560],
    [{ 'x-ratelimit-reset': String(NOW + 5_000) }, 5_000],
    [{ 'x-ratelimit-reset': String(NOW / 1000 + 5) }, 5_000],
    [{ 'x-ratelimit-reset': '5' }, 5_000],
    [{ 'x-ratelimit-reset': 'later' }, undefined],
  ])('in a limit’s reset %j is %s ms', (headers, ms) => {
    expect(limitReset(headers, NOW)).toBe(ms)
    expect(classifyOpenAIError(429, headers, '', NOW).error.retryAfterMs).toBe(ms)
    // The headers stand on every answer; only a limit makes them a wait.
    expect(classifyOpenAIError(400, headers, '', NOW).error.retryAfterMs).toBeUndefined()
  })

  it('is no duration unless all of it is', () => {
    expect(durationMs('1h2m3.5s')).toBe(3_723_500)
    for (const text of ['', '1', 's', '1s2', '1d', '1s ', '9'.repeat(40)]) expect(durationMs(text)).toBeUndefined()
  })
})

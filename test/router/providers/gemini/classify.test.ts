// Gemini's errors: bodies as the API sends them → what they mean to the router and what a client may see.
import { describe, expect, it } from 'vitest'
import { gemini as adapter } from '../../../../router/providers/gemini/adapter.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const error = (code: number, status: string, message = 'm', details?: readonly unknown[]) => ({ error: { code, message, status, ...(details === undefined ? {} : { details }) } })
const quota = (quotaId: string) => ({ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaMetric: 'm', quotaId, quotaDimensions: { model: 'g' }, quotaValue: '10' }] })
const info = (reason: string) => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata: { service: 'generativelanguage.googleapis.com' } })
const retry = (retryDelay: string) => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay })
const classify = (status: number, body: unknown, headers: Record<string, string> = {}) => adapter.classify(status, headers, typeof body === 'string' ? body : JSON.stringify(body), NOW)

describe('an error answer', () => {
  it.each([
    [429, error(429, 'RESOURCE_EXHAUSTED', 'm', [quota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier')]), 'provider_rate_limited'],
    [429, error(429, 'RESOURCE_EXHAUSTED', 'm', [quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier')]), 'provider_quota_exhausted'],
    [429, error(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'), 'provider_rate_limited'],
    [429, error(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'), 'provider_quota_exhausted'],
    [429, '', 'provider_rate_limited'],
    [503, error(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'), 'provider_overloaded'],
    [503, '<html>', 'provider_overloaded'],
    [400, error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [info('API_KEY_INVALID')]), 'provider_credential'],
    [400, error(400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.'), 'provider_credential'],
    [403, error(403, 'PERMISSION_DENIED', 'm', [info('SERVICE_DISABLED')]), 'provider_credential'],
    [403, error(403, 'PERMISSION_DENIED', 'm', [info('BILLING_DISABLED')]), 'provider_quota_exhausted'],
    [401, error(401, 'UNAUTHENTICATED'), 'provider_credential'],
    [400, error(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'), 'provider_credential'],
    [400, error(400, 'INVALID_ARGUMENT', 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'), 'provider_context_length'],
    [400, error(400, 'INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.'), 'provider_context_length'],
    [413, '', 'provider_context_length'],
    [400, error(400, 'INVALID_ARGUMENT', 'Thinking level MINIMAL is not supported for this model.'), 'provider_bad_request'],
    [400, error(400, 'FAILED_PRECONDITION', 'The file is not in an ACTIVE state.'), 'provider_bad_request'],
    [404, error(404, 'NOT_FOUND', 'models/x is not found for API version v1beta'), 'provider_not_found'],
    [499, error(499, 'CANCELLED'), 'provider_server_error'],
    [409, error(409, 'ABORTED'), 'provider_server_error'],
    [500, error(500, 'INTERNAL'), 'provider_server_error'],
    [504, error(504, 'DEADLINE_EXCEEDED'), 'provider_server_error'],
  ] as const)('%i %o is %s', (status, body, code) => {
    expect(classify(status, body).error.code).toBe(code)
  })

  it('is the request’s fault however the client’s words in it read', () => {
    const quoted = 'Invalid value at \'generation_config.response_schema.type\' (Type), "api key not valid. Please pass a valid API key"'
    expect(classify(400, error(400, 'INVALID_ARGUMENT', quoted)).error.code).toBe('provider_bad_request')
    expect(classify(400, error(400, 'FAILED_PRECONDITION', 'The tool "billing, free tier" is unknown.')).error.code).toBe('provider_bad_request')
  })

  it('may rest a target for a day at most', () => {
    expect(classify(429, error(429, 'RESOURCE_EXHAUSTED', 'm', [retry('999999h')])).error.retryAfterMs).toBe(86_400_000)
  })

  it('may come as a list of one', () => {
    expect(classify(429, [error(429, 'RESOURCE_EXHAUSTED', 'm', [quota('XPerDayY')])]).error.code).toBe('provider_quota_exhausted')
    expect(classify(500, []).error.code).toBe('provider_server_error')
  })

  it('says how long to wait in its details, else in retry-after', () => {
    expect(classify(429, error(429, 'RESOURCE_EXHAUSTED', 'm', [quota('PerMinute'), retry('34.4s')]), { 'retry-after': '9' }).error.retryAfterMs).toBe(34_400)
    expect(classify(503, error(503, 'UNAVAILABLE'), { 'retry-after': '9' }).error.retryAfterMs).toBe(9_000)
    expect(classify(429, error(429, 'RESOURCE_EXHAUSTED', 'm', [retry('soon')])).error.retryAfterMs).toBeUndefined()
  })

  it('is named by its reason or status and shown but where it speaks of our key', () => {
    const { error: found, shown } = classify(400, error(400, 'INVALID_ARGUMENT', 'key AIza123 not valid. Please pass a valid API key.', [info('API_KEY_INVALID')]))
    expect(found.details).toEqual({ status: 400, provider_code: 'API_KEY_INVALID' })
    expect(found.message).not.toContain('AIza')
    expect(shown).toBeUndefined()
    expect(classify(400, error(400, 'INVALID_ARGUMENT', 'no such field')).shown).toEqual({ message: 'no such field', code: 'INVALID_ARGUMENT' })
  })
})

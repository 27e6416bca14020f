// Anthropic's errors: bodies as the official SDK types them → what they mean to the router and what a client may see.
import type { ErrorResponse, ErrorType } from '@anthropic-ai/sdk/resources/shared'
import { describe, expect, it } from 'vitest'
import { anthropicMessages as adapter } from '../../../../router/providers/anthropic-messages/adapter.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const error = (type: ErrorType | 'request_too_large', message = 'm', code?: string): string =>
  JSON.stringify({ type: 'error', error: { type, message, ...(code === undefined ? {} : { details: { error_code: code } }) }, request_id: 'req_x' } as ErrorResponse)
const classify = (status: number, body: string, headers: Record<string, string> = {}) => adapter.classify(status, headers, body, NOW)

describe('an error answer', () => {
  it.each([
    [429, error('rate_limit_error'), 'provider_rate_limited'],
    [429, error('rate_limit_error', 'm', 'ramp_limit_exceeded'), 'provider_rate_limited'],
    [429, error('rate_limit_error', 'm', 'enforced_spend_limit_reached'), 'provider_quota_exhausted'],
    [429, error('rate_limit_error', 'm', 'contract_spend_limit_reached'), 'provider_quota_exhausted'],
    [402, error('billing_error'), 'provider_quota_exhausted'],
    [402, error('billing_error', 'm', 'linked_organization_spend_limit_reached'), 'provider_quota_exhausted'],
    [400, error('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'), 'provider_quota_exhausted'],
    [529, error('overloaded_error'), 'provider_overloaded'],
    [529, '', 'provider_overloaded'],
    [503, error('overloaded_error'), 'provider_overloaded'],
    [401, error('authentication_error'), 'provider_credential'],
    [403, error('permission_error'), 'provider_credential'],
    [400, error('invalid_request_error', 'm', 'organization_on_hold'), 'provider_credential'],
    [400, error('invalid_request_error', 'This organization has been disabled.'), 'provider_credential'],
    [400, error('invalid_request_error', 'prompt is too long: 211180 tokens > 200000 maximum'), 'provider_context_length'],
    [400, error('invalid_request_error', 'input length and `max_tokens` exceed context limit: 199211 + 20000 > 200000'), 'provider_context_length'],
    [413, error('request_too_large'), 'provider_context_length'],
    [413, '<html>', 'provider_context_length'],
    [400, error('invalid_request_error', 'Output blocked by content filtering policy'), 'provider_refused'],
    [404, error('not_found_error'), 'provider_not_found'],
    [400, error('invalid_request_error', 'max_tokens: must be positive'), 'provider_bad_request'],
    [400, error('invalid_request_error', 'm', 'image_dimensions_too_large'), 'provider_bad_request'],
    [422, '{}', 'provider_bad_request'],
    [409, error('conflict_error'), 'provider_server_error'],
    [408, error('timeout_error'), 'provider_server_error'],
    [504, error('timeout_error'), 'provider_server_error'],
    [500, error('api_error'), 'provider_server_error'],
    [503, error('api_error', 'm', 'cmek_context_unavailable'), 'provider_server_error'],
    [502, '<html>bad gateway</html>', 'provider_server_error'],
    [301, '', 'provider_server_error'],
  ] as const)('%i %s is %s', (status, body, code) => {
    expect(classify(status, body).error.code).toBe(code)
  })

  it.each(['credit balance is too low', 'you have reached your specified API usage limits', 'This organization has been disabled', 'the organization is disabled'])('is the request’s fault when it only quotes "%s"', (words) => {
    expect(classify(400, error('invalid_request_error', `tool_choice: Tool '${words}' not found in provided tools`)).error.code).toBe('provider_bad_request')
  })

  it('may rest a target for a day at most', () => {
    const headers = { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2999-01-01T00:00:00Z' }
    expect(classify(429, error('rate_limit_error'), headers).error.retryAfterMs).toBe(86_400_000)
  })

  it('is named by its most exact code, with the provider’s request id and never its message', () => {
    const { error: found } = classify(429, error('rate_limit_error', 'key sk-ant-123', 'enforced_spend_limit_reached'), { 'request-id': 'req_011' })
    expect(found.details).toEqual({ status: 429, provider_code: 'enforced_spend_limit_reached', provider_request_id: 'req_011' })
    expect(found.message).not.toContain('sk-ant')
  })

  it('is shown to the client but where it speaks of our key or account', () => {
    expect(classify(400, error('invalid_request_error', 'messages.0: x', 'tool_name_conflict')).shown).toEqual({ message: 'messages.0: x', type: 'invalid_request_error', code: 'tool_name_conflict' })
    expect(classify(401, error('authentication_error', 'invalid x-api-key')).shown).toBeUndefined()
    expect(classify(402, error('billing_error')).shown).toBeUndefined()
    expect(classify(500, 'no json').shown).toBeUndefined()
  })

  it('says how long to wait: retry-after first, else when the limits that are used up are whole again', () => {
    const limits = {
      'anthropic-ratelimit-requests-remaining': '10',
      'anthropic-ratelimit-requests-reset': '2026-11-20T13:00:00Z',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-20T12:00:07Z',
      'anthropic-ratelimit-output-tokens-remaining': '0',
      'anthropic-ratelimit-output-tokens-reset': '2026-11-20T12:00:30Z',
    }
    expect(classify(429, error('rate_limit_error'), { 'retry-after': '3', ...limits }).error.retryAfterMs).toBe(3_000)
    expect(classify(429, error('rate_limit_error'), limits).error.retryAfterMs).toBe(30_000)
    expect(classify(429, error('rate_limit_error'), { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': 'soon' }).error.retryAfterMs).toBeUndefined()
    expect(classify(500, error('api_error'), limits).error.retryAfterMs).toBeUndefined()
  })
})

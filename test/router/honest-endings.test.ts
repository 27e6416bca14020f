// Endings that could be mistaken: an answer that misses a choice, a refusal that is not about the key, text about a key.
import { describe, expect, it } from 'vitest'
import { buildChatRequest } from '../../router/providers/openai-chat/build.ts'
import { classifyChatError } from '../../router/providers/openai-chat/classify.ts'
import { chatStreamReader, parseChatAnswer } from '../../router/providers/openai-chat/parse.ts'
import type { Target } from '../../core/config.ts'

const chunk = (index: number, content: string, finish: string | null): string => JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index, delta: { content }, finish_reason: finish }] })

describe('a streamed answer of several choices', () => {
  it('is not whole while a choice that was asked for has not finished, even one that never began', () => {
    const reader = chatStreamReader({ n: 2 })
    reader.read(undefined, chunk(0, 'a', 'stop'))
    expect(reader.complete()).toBe(false)
    reader.read(undefined, chunk(1, 'b', null))
    expect(reader.complete()).toBe(false)
    reader.read(undefined, chunk(1, '', 'stop'))
    expect(reader.complete()).toBe(true)
  })

  it('is whole after its one choice when one was asked for', () => {
    const reader = chatStreamReader({})
    reader.read(undefined, chunk(0, 'a', 'stop'))
    expect(reader.complete()).toBe(true)
  })
})

describe('a 403', () => {
  it('about the prompt is the request’s fault, and cools nobody', () => {
    const { error } = classifyChatError(403, {}, JSON.stringify({ error: { message: 'Your input was flagged by moderation', code: 403 } }), 0)
    expect(error).toMatchObject({ code: 'provider_bad_request', answer: { failOver: false, countsAgainstHealth: false } })
  })

  it('about the key keeps the provider’s words, which may quote the key, from the client', () => {
    for (const [status, code] of [[401, 'provider_credential'], [403, 'provider_credential']] as const) {
      const { error, shown } = classifyChatError(status, {}, JSON.stringify({ error: { message: 'Incorrect API key provided: sk-12345', code: 'invalid_api_key' } }), 0)
      expect(error.code).toBe(code)
      expect(JSON.stringify([shown, error.message, error.details])).not.toContain('sk-12345')
    }
    const quota = classifyChatError(429, {}, JSON.stringify({ error: { message: 'org-secret is out of credit', code: 'insufficient_quota' } }), 0)
    expect(quota).toMatchObject({ error: { code: 'provider_quota_exhausted' }, shown: undefined })
  })
})

describe('a whole answer', () => {
  it('counts the characters of its messages, not those of the envelope', () => {
    const answer = parseChatAnswer(JSON.stringify({ id: 'x'.repeat(500), choices: [{ index: 0, message: { role: 'assistant', content: 'twelve chars' }, finish_reason: 'stop' }] }))
    expect(answer.characters).toBe(12)
  })
})

describe('the output limit', () => {
  const target = (baseUrl: string): Target => ({
    name: 't', model: 'm', effort: undefined, price: undefined, contextWindow: undefined, evidenceKey: 'p/m',
    provider: { name: 'p', api: 'openai-chat', baseUrl, apiKey: undefined, headers: {}, timeouts: { connectMs: 1, firstTokenMs: 1, idleMs: 1, totalMs: 1 }, maxConnections: 1, simulated: false },
  })
  const sent = (baseUrl: string, body: Record<string, unknown>): Record<string, unknown> => JSON.parse(String(buildChatRequest({ body, stream: false, effort: undefined }, target(baseUrl)).body)) as Record<string, unknown>

  it('goes to OpenAI under the name its reasoning models take, and elsewhere as it came', () => {
    expect(sent('https://api.openai.com/v1', { max_tokens: 5 })).toMatchObject({ max_completion_tokens: 5 })
    expect(sent('https://api.openai.com/v1', { max_tokens: 5 })).not.toHaveProperty('max_tokens')
    expect(sent('https://api.openai.com/v1', { max_tokens: 5, max_completion_tokens: 7 })).toMatchObject({ max_completion_tokens: 7 })
    expect(sent('http://127.0.0.1:8000/v1', { max_tokens: 5 })).toMatchObject({ max_tokens: 5 })
  })
})

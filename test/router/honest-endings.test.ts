// Endings that could be mistaken: an answer that misses a choice, a refusal that is not about the key, text about a key.
import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../router/providers/adapters.ts'
import type { OutgoingCall, Refusal, StreamReader } from '../../router/providers/adapter.ts'
import type { JsonObject } from '../../router/providers/json.ts'
import { modelRequest } from '../../core/model-request.ts'
import { targetWith } from './support/targets.ts'

const adapter = ADAPTERS['openai-chat']
const target = targetWith()
const call = (native: JsonObject): OutgoingCall => ({ wire: 'openai-chat', native, request: () => modelRequest({ messages: [] }), stream: true, effort: undefined, requestId: 'r' })
const reader = (native: JsonObject): StreamReader => adapter.stream(call(native), target, false)
const classified = (status: number, error: JsonObject): Refusal => adapter.classify(status, {}, JSON.stringify({ error }), 0)
const chunk = (index: number, content: string, finish: string | null): string => JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index, delta: { content }, finish_reason: finish }] })

describe('a streamed answer of several choices', () => {
  it('is not whole while a choice that was asked for has not finished, even one that never began', () => {
    const two = reader({ n: 2 })
    two.read(undefined, chunk(0, 'a', 'stop'))
    expect(two.complete()).toBe(false)
    two.read(undefined, chunk(1, 'b', null))
    expect(two.complete()).toBe(false)
    two.read(undefined, chunk(1, '', 'stop'))
    expect(two.complete()).toBe(true)
  })

  it('is whole after its one choice when one was asked for', () => {
    const one = reader({})
    one.read(undefined, chunk(0, 'a', 'stop'))
    expect(one.complete()).toBe(true)
  })
})

describe('a 403', () => {
  it('about the prompt is the request’s fault, and cools nobody', () => {
    const { error } = classified(403, { message: 'Your input was flagged by moderation', code: 403 })
    expect(error.answer.countsAgainstHealth).toBe(false)
    expect(['provider_bad_request', 'provider_refused']).toContain(error.code)
  })

  it('about the key keeps the provider’s words, which may quote the key, from the client', () => {
    for (const [status, code] of [[401, 'provider_credential'], [403, 'provider_credential']] as const) {
      const { error, shown } = classified(status, { message: 'Incorrect API key provided: sk-12345', code: 'invalid_api_key' })
      expect(error.code).toBe(code)
      expect(JSON.stringify([shown, error.message, error.details])).not.toContain('sk-12345')
    }
    expect(classified(429, { message: 'org-secret is out of credit', code: 'insufficient_quota' })).toMatchObject({ error: { code: 'provider_quota_exhausted' }, shown: undefined })
  })
})

describe('a whole answer', () => {
  it('counts the characters of its messages, not those of the envelope', () => {
    const answer = adapter.parse(JSON.stringify({ id: 'x'.repeat(500), choices: [{ index: 0, message: { role: 'assistant', content: 'twelve chars' }, finish_reason: 'stop' }] }), target)
    expect(answer.characters).toBe(12)
  })
})

import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../../../core/config.ts'
import type { OutgoingCall } from '../../../../router/providers/adapter.ts'
import { KNOWN_ADDRESSES, knownAddress } from '../../../../router/providers/openai-chat/addresses.ts'
import { openaiChat } from '../../../../router/providers/openai-chat/adapter.ts'
import { dialectOf } from '../../../../router/providers/openai-chat/dialects.ts'
import { nativeLoss } from '../../../../router/providers/openai-chat/native.ts'
import type { JsonObject } from '../../../../router/providers/json.ts'
import { callOf, targetOf } from '../../conformance/reading.ts'

const own = (native: JsonObject, more: Partial<OutgoingCall> = {}): OutgoingCall => callOf({ wire: 'openai-chat', native, stream: false, ...more })
const sent = (dialect: Dialect, model: string, native: JsonObject, more: Partial<OutgoingCall> = {}): JsonObject => JSON.parse(openaiChat.build(own(native, more), targetOf('openai-chat', model, { provider: { dialect } }), 'k').body) as JsonObject
const messages = [{ role: 'user', content: 'Hello' }]

describe('a Chat client’s own body', () => {
  it('is forwarded with every field it holds and the target’s model, and is not changed itself', () => {
    const native = Object.freeze({ model: 'auto', messages: Object.freeze(messages), temperature: 0.3, brand_new: { a: [1] }, metadata: { mine: 'x' }, max_tokens: 5 })
    expect(sent('plain', 'm', native)).toEqual({ ...native, model: 'm' })
    expect(sent('plain', 'm', { ...native, metadata: {} })).not.toHaveProperty('metadata')
  })

  it('always asks for usage in streams, and for none elsewhere', () => {
    expect(sent('plain', 'm', { messages, stream_options: { include_obfuscation: false } }, { stream: true })).toMatchObject({ stream: true, stream_options: { include_obfuscation: false, include_usage: true } })
    expect(sent('plain', 'm', { messages, stream_options: { include_usage: true } })).not.toHaveProperty('stream_options')
    expect(sent('mistral', 'm', { messages, stream_options: { include_usage: true } }, { stream: true })).not.toHaveProperty('stream_options')
    expect(sent('openrouter', 'm', { messages })).toMatchObject({ usage: { include: true } })
  })

  it.each<[Dialect, JsonObject, JsonObject]>([
    ['openai', { max_tokens: 5 }, { max_completion_tokens: 5 }],
    ['openai', { max_tokens: 5, max_completion_tokens: 7 }, { max_completion_tokens: 7 }],
    ['plain', { max_tokens: 5, max_completion_tokens: 7 }, { max_tokens: 5, max_completion_tokens: 7 }],
    ['mistral', { max_completion_tokens: 7, seed: 3, tool_choice: 'required', store: true, user: 'u' }, { max_tokens: 7, random_seed: 3, tool_choice: 'any' }],
    ['ollama', { max_completion_tokens: 7 }, { max_tokens: 7 }],
    ['deepseek', { max_completion_tokens: 7 }, { max_tokens: 7 }],
  ])('is spelled as %s wants it: %j', (dialect, native, expected) => {
    expect(sent(dialect, 'm', { messages, ...native })).toEqual({ model: 'm', messages, ...expected })
  })

  it.each<[Dialect, string, string, JsonObject]>([
    ['openai', 'gpt-5.5', 'max', { reasoning_effort: 'max' }],
    ['plain', 'm', 'low', { reasoning_effort: 'low' }],
    ['openrouter', 'openai/gpt-5.5', 'high', { reasoning: { effort: 'high' } }],
    ['deepseek', 'deepseek-v4-pro', 'none', { thinking: { type: 'disabled' } }],
    ['deepseek', 'deepseek-v4-pro', 'xhigh', { thinking: { type: 'enabled' }, reasoning_effort: 'high' }],
    ['deepseek', 'deepseek-v4-pro', 'max', { thinking: { type: 'enabled' }, reasoning_effort: 'max' }],
    ['moonshot', 'kimi-k2.6', 'none', { thinking: { type: 'disabled' } }],
    ['moonshot', 'kimi-k2.6', 'high', { thinking: { type: 'enabled' } }],
    ['moonshot', 'kimi-k3', 'medium', { reasoning_effort: 'high' }],
    ['moonshot', 'moonshot-v1-8k', 'high', {}],
    ['qwen', 'qwen3.5-plus', 'none', { enable_thinking: false }],
    ['qwen', 'qwen3.5-plus', 'low', { enable_thinking: true, thinking_budget: 2048 }],
    ['qwen', 'qwen3.5-plus', 'max', { enable_thinking: true }],
    ['xai', 'grok-4.6', 'max', { reasoning_effort: 'xhigh' }],
    ['groq', 'openai/gpt-oss-120b', 'none', { reasoning_effort: 'low' }],
    ['groq', 'qwen/qwen3-32b', 'high', { reasoning_effort: 'default' }],
    ['mistral', 'mistral-small-latest', 'low', { reasoning_effort: 'high' }],
    ['ollama', 'qwen3', 'max', { reasoning_effort: 'high' }],
  ])('asks %s %s for effort %s as %j, in the call’s effort as in the body’s own', (dialect, model, effort, expected) => {
    const { messages: _messages, model: _model, usage: _usage, ...rest } = sent(dialect, model, { messages, thinking: { type: 'enabled' } }, { effort })
    expect(rest).toEqual(expected)
    const { messages: _m, model: _o, usage: _u, ...own } = sent(dialect, model, { messages, reasoning_effort: effort })
    expect(own).toEqual(expected)
  })

  it('keeps thinking settings of the dialect itself when no effort is asked for', () => {
    expect(sent('qwen', 'm', { messages, enable_thinking: true, thinking_budget: 9 })).toMatchObject({ enable_thinking: true, thinking_budget: 9 })
  })

  it('turns developer messages into system ones where that role is unknown', () => {
    const given = [{ role: 'developer', content: 'Be short.' }, ...messages]
    expect(sent('openai', 'm', { messages: given })['messages']).toEqual(given)
    expect(sent('groq', 'm', { messages: given })['messages']).toEqual([{ role: 'system', content: 'Be short.' }, ...messages])
  })

  it('loses from its messages what a strict server refuses to see again', () => {
    const answer = { role: 'assistant', content: 'x', reasoning_content: 'why', refusal: null, annotations: [] }
    expect(sent('groq', 'm', { messages: [answer] })['messages']).toEqual([{ role: 'assistant', content: 'x', refusal: null, annotations: [] }])
    expect(sent('mistral', 'm', { messages: [answer] })['messages']).toEqual([{ role: 'assistant', content: 'x' }])
    expect(sent('plain', 'm', { messages: [answer] })['messages']).toEqual([answer])
  })

  it('gives reasoning a place beside tool calls where a thinking model insists on one', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const foreign = { role: 'assistant', content: null, tool_calls: [call] }
    for (const dialect of ['moonshot', 'deepseek'] as const) {
      expect(sent(dialect, 'kimi-k2.6', { messages: [foreign] })['messages']).toEqual([{ ...foreign, reasoning_content: ' ' }])
      expect(sent(dialect, 'kimi-k2.6', { messages: [{ ...foreign, reasoning_content: 'why' }] })['messages']).toEqual([{ ...foreign, reasoning_content: 'why' }])
      expect(sent(dialect, 'kimi-k2.6', { messages: [foreign] }, { effort: 'none' })['messages']).toEqual([foreign])
    }
    expect(sent('plain', 'm', { messages: [foreign] })['messages']).toEqual([foreign])
  })

  it('makes ids of foreign tool calls such as Mistral allows, alike for call and result', () => {
    const given = [{ role: 'assistant', content: '', tool_calls: [{ id: 'call_0123456789', type: 'function', function: { name: 'f', arguments: '{}' } }] }, { role: 'tool', tool_call_id: 'call_0123456789', content: '1' }]
    const [assistant, tool] = sent('mistral', 'm', { messages: given })['messages'] as [{ tool_calls: [{ id: string }] }, { tool_call_id: string }]
    expect(assistant.tool_calls[0].id).toMatch(/^[A-Za-z0-9]{9}$/)
    expect(tool.tool_call_id).toBe(assistant.tool_calls[0].id)
    const theirs = [{ role: 'tool', tool_call_id: 'abcDEF123', content: '1' }]
    expect(sent('mistral', 'm', { messages: theirs })['messages']).toEqual(theirs)
  })

  it('loses sampling that the model is known to refuse, and says so', () => {
    const native = { messages, temperature: 0.2, top_p: 1, presence_penalty: 0, frequency_penalty: 0.5 }
    expect(sent('openai', 'gpt-5.5', native)).toEqual({ model: 'gpt-5.5', messages })
    expect(nativeLoss(native, targetOf('openai-chat', 'gpt-5.5', { provider: { dialect: 'openai' } }))).toEqual({ refused: [], dropped: ['temperature', 'frequency_penalty'] })
    expect(sent('openai', 'gpt-5.5', native, { effort: 'none' })).toMatchObject({ temperature: 0.2, top_p: 1 })
    expect(sent('openai', 'gpt-4.1', native)).toMatchObject(native)
    expect(nativeLoss(native, targetOf('openai-chat', 'gpt-4.1', { provider: { dialect: 'openai' } }))).toEqual({ refused: [], dropped: [] })
    expect(sent('moonshot', 'kimi-k2.6', native)).toEqual({ model: 'kimi-k2.6', messages })
    expect(sent('moonshot', 'moonshot-v1-8k', native)).toMatchObject(native)
    expect(sent('xai', 'grok-4.6', { ...native, presence_penalty: 1 })).toEqual({ model: 'grok-4.6', messages, temperature: 0.2, top_p: 1 })
  })
})

describe('the head of a request', () => {
  const head = (baseUrl: string, key: string | undefined, headers: Record<string, string> = {}): Readonly<Record<string, string>> => openaiChat.build(own({ messages }), targetOf('openai-chat', 'm', { provider: { baseUrl, headers } }), key).headers

  it('carries the key, our request id and the provider’s own headers, which win', () => {
    expect(head('https://api.openai.com/v1', 'k')).toMatchObject({ authorization: 'Bearer k', 'x-request-id': 'req_1', accept: 'application/json' })
    expect(head('https://api.openai.com/v1', 'k', { authorization: 'Bearer other', 'openai-organization': 'o' })).toMatchObject({ authorization: 'Bearer other', 'openai-organization': 'o' })
    expect(head('http://127.0.0.1:8000/v1', undefined)).not.toHaveProperty('authorization')
  })

  it('gives Azure its key under its own name', () => {
    expect(head('https://mine.openai.azure.com/openai/v1', 'k')).toMatchObject({ 'api-key': 'k' })
    expect(head('https://mine.openai.azure.com/openai/v1', 'k')).not.toHaveProperty('authorization')
  })
})

describe('a dialect', () => {
  it('is found by the host, and by nothing that only looks like it', () => {
    const at = (baseUrl: string, dialect?: Dialect): Dialect => dialectOf(targetOf('openai-chat', 'm', { provider: { baseUrl, dialect } }).provider)
    for (const known of KNOWN_ADDRESSES) if (!known.baseUrl.startsWith('http:')) expect(at(known.baseUrl)).toBe(known.dialect)
    expect(at('https://eu.api.openai.com/v1')).toBe('openai')
    expect(at('https://API.X.AI:443/v1')).toBe('xai')
    expect(at('http://localhost:11434/v1')).toBe('ollama')
    expect(at('http://127.0.0.1:8000/v1')).toBe('plain')
    expect(at('https://evilapi.x.ai.example.com/v1')).toBe('plain')
    expect(at('https://evilapi.x.ai/v1')).toBe('plain')
    expect(at('https://api.openai.com.example/v1')).toBe('plain')
    expect(at('https://api.openai.com/v1', 'vllm')).toBe('vllm')
  })

  it('has an address that is found under its own name', () => {
    for (const known of KNOWN_ADDRESSES) {
      expect(() => new URL(known.baseUrl)).not.toThrow()
      expect(known.baseUrl.endsWith('/')).toBe(false)
      if (known.baseUrl.startsWith('https')) expect(knownAddress(known.baseUrl)).toBe(known)
    }
  })
})

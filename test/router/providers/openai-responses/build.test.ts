import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../../../core/config.ts'
import { modelRequest, type Message, type ModelRequest, type RequestPart } from '../../../../core/model-request.ts'
import type { OutgoingCall } from '../../../../router/providers/adapter.ts'
import { openaiResponses } from '../../../../router/providers/openai-responses/adapter.ts'
import type { JsonObject } from '../../../../router/providers/json.ts'
import { callOf, targetOf } from '../../conformance/reading.ts'

const text = (value: string): RequestPart => ({ kind: 'text', text: value })
const HELLO: Message = { role: 'user', parts: [text('Hello')] }
const asked = (known: Partial<ModelRequest>): ModelRequest => modelRequest({ messages: [HELLO], ...known })
const at = (model: string, effort?: string, dialect: Dialect = 'openai') => targetOf('openai-responses', model, { provider: { dialect }, effort })
function sent(model: string, known: Partial<ModelRequest>, more: Partial<OutgoingCall> = {}, dialect: Dialect = 'openai'): JsonObject {
  const request = asked(known)
  return JSON.parse(openaiResponses.build(callOf({ wire: 'anthropic-messages', request: () => request, stream: false, ...more }), at(model, undefined, dialect), 'k').body) as JsonObject
}
const inputOf = (...messages: Message[]): unknown => sent('gpt-5.5', { messages })['input']
const lost = (model: string, known: Partial<ModelRequest>, effort?: string) => openaiResponses.loss(asked(known), at(model, effort))

describe('a Responses client’s own body', () => {
  const own = (native: JsonObject, more: Partial<OutgoingCall> = {}) => JSON.parse(openaiResponses.build(callOf({ wire: 'openai-responses', native, stream: false, ...more }), at('gpt-5.5'), 'k').body) as JsonObject

  it('is forwarded with every field it holds and the target’s model, and is not changed itself', () => {
    const native = Object.freeze({ model: 'auto', input: 'Hello', store: true, previous_response_id: 'resp_0', brand_new: [1], metadata: { mine: 'x' }, reasoning: Object.freeze({ summary: 'auto' }) })
    expect(own(native)).toEqual({ ...native, model: 'gpt-5.5' })
    expect(own(native, { effort: 'low' })).toMatchObject({ reasoning: { summary: 'auto', effort: 'low' } })
    expect(own({ ...native, metadata: {} }, { stream: true })).toMatchObject({ stream: true })
    expect(own({ ...native, metadata: {} })).not.toHaveProperty('metadata')
  })

  it('goes to /responses with the key and our request id', () => {
    expect(openaiResponses.build(callOf({ wire: 'openai-responses', native: {} }), at('m'), 'k')).toMatchObject({ method: 'POST', path: '/responses', headers: { authorization: 'Bearer k', 'x-request-id': 'req_1', accept: 'text/event-stream' } })
  })
})

describe('a request of another API', () => {
  it('becomes a stateless Responses body with every member that wire has', () => {
    const body = sent('gpt-5.5', {
      messages: [{ role: 'system', parts: [text('Be short.')] }, { role: 'developer', parts: [text('In German.')] }, HELLO],
      tools: [{ name: 'f', description: 'd', schema: { type: 'object' }, strict: true }, { name: 'g', schema: {} }],
      toolChoice: { kind: 'tool', name: 'f' },
      parallelToolCalls: false,
      maxOutputTokens: 90,
      effort: 'low',
      thinking: { enabled: true, budgetTokens: 1, show: true },
      format: { kind: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true },
      verbosity: 'low',
      serviceTier: 'flex',
      userId: 'u',
    })
    expect(body).toEqual({
      model: 'gpt-5.5',
      instructions: 'Be short.\n\nIn German.',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      tools: [{ type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true }, { type: 'function', name: 'g', parameters: {}, strict: false }],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: false,
      max_output_tokens: 90,
      reasoning: { effort: 'low', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
      service_tier: 'flex',
      safety_identifier: 'u',
      store: false,
    })
  })

  it('asks for no reasoning of a model that has none, and for what strict servers know', () => {
    expect(sent('gpt-4.1', { temperature: 0.5, topP: 0.5, thinking: { enabled: true, budgetTokens: 9, show: true } })).toEqual({ model: 'gpt-4.1', input: [expect.anything()], store: false, temperature: 0.5, top_p: 0.5 })
    expect(sent('grok-4.6', {}, {}, 'xai')).toMatchObject({ include: ['reasoning.encrypted_content'], store: false })
    expect(sent('openai/gpt-oss-120b', { userId: 'u' }, {}, 'groq')).toEqual({ model: 'openai/gpt-oss-120b', input: [expect.anything()] })
  })

  it('asks for log probabilities and JSON objects', () => {
    expect(sent('gpt-4.1', { logprobs: { top: 2 }, format: { kind: 'json_object' } })).toMatchObject({ top_logprobs: 2, include: ['message.output_text.logprobs'], text: { format: { type: 'json_object' } } })
  })

  it('does not ask for fewer tokens than the API allows to ask for', () => {
    expect(sent('gpt-4.1', { maxOutputTokens: 1 })).toMatchObject({ max_output_tokens: 16 })
  })

  it('leaves sampling out where the model refuses it', () => {
    expect(sent('gpt-5.5', { temperature: 0.5, topP: 0.5 })).not.toHaveProperty('temperature')
    expect(sent('gpt-5.5', { temperature: 0.5 }, { effort: 'none' })).toMatchObject({ temperature: 0.5, reasoning: { effort: 'none' } })
  })
})

describe('input items', () => {
  it('keep instructions from the middle of a conversation where they were', () => {
    expect(inputOf({ role: 'system', parts: [text('a')] }, HELLO, { role: 'developer', parts: [text('b')] })).toMatchObject([{ role: 'user' }, { role: 'developer', content: [{ type: 'input_text', text: 'b' }] }])
    expect(sent('m', { messages: [{ role: 'system', parts: [text('only')] }] })).toMatchObject({ instructions: 'only', input: [] })
  })

  it('carry a whole tool loop in the order in which the model thought, spoke and called', () => {
    const loop: Message[] = [
      { role: 'assistant', parts: [{ kind: 'reasoning', text: 'why', seal: { wire: 'openai-responses', value: 'ENC' } }, text('Looking.'), { kind: 'tool_call', id: 'a', name: 'f', argumentsJson: '' }, { kind: 'tool_call', id: 'b', name: 'g', argumentsJson: '{"n":1}' }] },
      { role: 'tool', parts: [{ kind: 'tool_result', callId: 'a', parts: [{ kind: 'text', text: 'one' }, { kind: 'image', source: { kind: 'url', url: 'https://x/y' } }], isError: false }, { kind: 'tool_result', callId: 'b', parts: [{ kind: 'text', text: 'no such file' }], isError: true }] },
    ]
    expect(inputOf(...loop)).toEqual([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'why' }], encrypted_content: 'ENC' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Looking.', annotations: [] }] },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { type: 'function_call', call_id: 'b', name: 'g', arguments: '{"n":1}' },
      { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_text', text: 'one' }, { type: 'input_image', detail: 'auto', image_url: 'https://x/y' }] },
      { type: 'function_call_output', call_id: 'b', output: 'Error: no such file' },
    ])
  })

  it('leave out reasoning that another wire made, or that nobody sealed', () => {
    for (const seal of [undefined, { wire: 'anthropic-messages', value: 'SIG' } as const]) {
      expect(inputOf({ role: 'assistant', parts: [{ kind: 'reasoning', text: 'why', seal }, text('x')] })).toEqual([{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'x', annotations: [] }] }])
    }
  })

  it('carry images and files by data, address and id', () => {
    const data = { kind: 'data', mediaType: 'application/pdf', base64: 'AAAA' } as const
    const parts: RequestPart[] = [
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AAAA' }, detail: 'high' },
      { kind: 'image', source: { kind: 'provider_file', wire: 'openai-responses', id: 'file-1' } },
      { kind: 'file', source: data },
      { kind: 'file', source: { ...data, mediaType: 'text/markdown' } },
      { kind: 'file', source: { kind: 'url', url: 'https://x/y.pdf' } },
      { kind: 'file', source: { kind: 'provider_file', wire: 'openai-chat', id: 'file-2' } },
    ]
    expect(inputOf({ role: 'user', parts })).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_image', detail: 'high', image_url: 'data:image/png;base64,AAAA' },
          { type: 'input_image', detail: 'auto', file_id: 'file-1' },
          { type: 'input_file', filename: 'file.pdf', file_data: 'data:application/pdf;base64,AAAA' },
          { type: 'input_file', filename: 'file.md', file_data: 'data:text/markdown;base64,AAAA' },
          { type: 'input_file', file_url: 'https://x/y.pdf' },
          { type: 'input_file', file_id: 'file-2' },
        ],
      },
    ])
  })

  it('never carry an id too long, and keep call and result together', () => {
    const id = 'x'.repeat(200)
    const [call, output] = inputOf({ role: 'assistant', parts: [{ kind: 'tool_call', id, name: 'f', argumentsJson: '{}' }] }, { role: 'tool', parts: [{ kind: 'tool_result', callId: id, parts: [], isError: false }] }) as [{ call_id: string }, { call_id: string }]
    expect(call.call_id.length).toBeLessThanOrEqual(64)
    expect(output.call_id).toBe(call.call_id)
  })
})

describe('what the API cannot carry', () => {
  it.each<[string, string, Partial<ModelRequest>, readonly string[], readonly string[]]>([
    ['stop sequences', 'gpt-5.5', { stop: ['END'] }, ['stop'], []],
    ['two answers', 'gpt-5.5', { choices: 2 }, ['n'], []],
    ['sounds', 'gpt-5.5', { messages: [{ role: 'user', parts: [{ kind: 'audio', base64: '', format: 'wav' }] }] }, ['messages (audio)'], []],
    ['files that lie elsewhere', 'gpt-5.5', { messages: [{ role: 'user', parts: [{ kind: 'file', source: { kind: 'provider_file', wire: 'gemini', id: 'f' } }] }] }, ['messages (uploaded file)'], []],
    ['log probabilities of a thinking model', 'gpt-5.5', { logprobs: { top: 1 } }, ['logprobs'], []],
    ['best effort and sampling', 'gpt-5.5', { seed: 1, topK: 1, temperature: 0.2, topP: 0.2, presencePenalty: 1, frequencyPenalty: 1 }, [], ['temperature', 'top_p', 'top_k', 'seed', 'presence_penalty', 'frequency_penalty']],
    ['sampling of a plain model', 'gpt-4.1', { temperature: 0.2, logprobs: { top: 1 } }, [], []],
    ['thinking of a plain model', 'gpt-4.1', { thinking: { enabled: true, budgetTokens: 1, show: true } }, [], ['thinking']],
    ['nothing', 'gpt-5.5', {}, [], []],
  ])('is named: %s', (_name, model, known, refused, dropped) => {
    expect(lost(model, known)).toEqual({ refused, dropped })
  })
})

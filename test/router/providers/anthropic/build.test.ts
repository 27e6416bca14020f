// Requests to Anthropic: what each member of the common form becomes, and what a Messages client's own body keeps.
import { readFileSync } from 'node:fs'
import type { MessageCreateParams } from '@anthropic-ai/sdk/resources/messages'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message, ModelRequest } from '../../../../core/model-request.ts'
import { anthropicMessages as adapter } from '../../../../router/providers/anthropic-messages/adapter.ts'
import { bodyOf, call, native, target } from './calls.ts'

const OPUS = 'claude-opus-4-8'
const text = (value: string) => ({ kind: 'text', text: value }) as const
const user = (value: string): Message => ({ role: 'user', parts: [text(value)] })

function sent(request: Partial<ModelRequest>, model = OPUS, effort?: string): Record<string, unknown> {
  return bodyOf(adapter.build(call(request, { effort }), target('anthropic-messages', model), 'k'))
}

function dropped(request: Partial<ModelRequest>, model = OPUS, effort?: Exclude<ReturnType<typeof target>['effort'], undefined>): readonly string[] {
  return adapter.loss(call(request).request(), target('anthropic-messages', model, { effort })).dropped
}

describe('the head of a request', () => {
  it('carries the key, the version, our request id and the configured headers, which win', () => {
    const { headers, path } = adapter.build(call({}), target('anthropic-messages', OPUS, { headers: { 'anthropic-beta': 'b1', 'anthropic-version': '2030-01-01' } }), 'secret')
    expect(path).toBe('/messages')
    expect(headers).toMatchObject({ authorization: 'Bearer secret', 'anthropic-version': '2030-01-01', 'anthropic-beta': 'b1', 'x-request-id': 'req_1', accept: 'application/json' })
  })

  it('leaves the key to a configured header of either name', () => {
    const build = (headers: Record<string, string>) => adapter.build(call({}), target('anthropic-messages', OPUS, { headers }), 'secret').headers
    expect(build({ 'x-api-key': 'older' })).not.toHaveProperty('authorization')
    expect(build({ authorization: 'Bearer token' })['authorization']).toBe('Bearer token')
  })

  it('has no key header without a key, and asks for events when streaming', () => {
    const request = adapter.build(call({}, { stream: true }), target('anthropic-messages', OPUS), undefined)
    expect(request.headers).not.toHaveProperty('authorization')
    expect(request.headers['accept']).toBe('text/event-stream')
    expect(bodyOf(request)['stream']).toBe(true)
  })
})

describe('a Messages client', () => {
  const body = { model: 'alias', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], context_management: { edits: [] }, thread: { type: 'create' }, metadata: {} }

  it('has every member it sent forwarded, with the model of the target and without emptied metadata', () => {
    const { metadata: _, ...rest } = body
    expect(bodyOf(adapter.build(native('anthropic-messages', body), target('anthropic-messages', OPUS), 'k'))).toEqual({ ...rest, model: OPUS })
  })

  it('keeps its own effort untouched when the call asks for the same', () => {
    const asked = { ...body, output_config: { effort: 'high' } }
    const got = bodyOf(adapter.build(native('anthropic-messages', asked, { effort: 'high' }), target('anthropic-messages', OPUS), 'k'))
    expect(got).not.toHaveProperty('thinking')
    expect(got['output_config']).toEqual({ effort: 'high' })
  })

  it("gets the target's effort in place of its own, keeping its format and its way to see thinking", () => {
    const asked = { ...body, temperature: 0.3, thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } } }
    const got = bodyOf(adapter.build(native('anthropic-messages', asked, { effort: 'xhigh' }), target('anthropic-messages', OPUS), 'k'))
    expect(got['output_config']).toEqual({ effort: 'xhigh', format: { type: 'json_schema', schema: {} } })
    expect(got['thinking']).toEqual({ type: 'adaptive', display: 'omitted' })
    expect(got).not.toHaveProperty('temperature')
  })

  it('counts tokens with the members that say what is asked, not how to answer', () => {
    const request = adapter.countTokens?.build(native('anthropic-messages', { ...body, stream: true, temperature: 1, system: 's' }), target('anthropic-messages', OPUS), 'k')
    expect(request?.path).toBe('/messages/count_tokens')
    expect(request === undefined ? undefined : bodyOf(request)).toEqual({ model: OPUS, messages: body.messages, system: 's' })
  })
})

describe('the conversation of a client of another wire', () => {
  it('has its opening system and developer messages as the system prompt', () => {
    const got = sent({ messages: [{ role: 'system', parts: [text('A')] }, { role: 'developer', parts: [text('B')] }, user('hi')] })
    expect(got['system']).toEqual([{ type: 'text', text: 'A' }, { type: 'text', text: 'B' }])
    expect(got['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: 'hi' }] }])
  })

  const late: readonly Message[] = [user('one'), { role: 'developer', parts: [text('Be brief.')] }]

  it('keeps a later instruction in its place as a system turn, where the model and the address take that', () => {
    expect(sent({ messages: late })['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'one' }] },
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
    ])
  })

  it.each([
    ['an older model', 'claude-sonnet-4-6', late, undefined],
    ['another host', OPUS, late, 'https://proxy.example/v1'],
    ['a place the API refuses: before a user turn', OPUS, [...late, user('two')], undefined],
    ['a place the API refuses: after an assistant turn', OPUS, [user('one'), { role: 'assistant', parts: [text('1')] }, { role: 'system', parts: [text('Be brief.')] }] satisfies Message[], undefined],
  ])('marks a later instruction inside a user turn for %s', (_, model, messages, baseUrl) => {
    const body = bodyOf(adapter.build(call({ messages }), target('anthropic-messages', model, baseUrl === undefined ? {} : { baseUrl }), 'k'))
    expect(body).not.toHaveProperty('system')
    expect(JSON.stringify(body['messages'])).toContain('<system-reminder>\\nBe brief.\\n</system-reminder>')
    expect(JSON.stringify(body['messages'])).not.toContain('"role":"system"')
  })

  it('asks the instructions themselves when there is nothing else, and opens with a user turn when an answer came first', () => {
    expect(sent({ messages: [{ role: 'system', parts: [text('Say hi.')] }] })).toMatchObject({ messages: [{ role: 'user', content: [{ text: 'Say hi.' }] }] })
    const got = sent({ messages: [{ role: 'assistant', parts: [text('Once upon  ')] }] })
    expect(got['messages']).toMatchObject([{ role: 'user' }, { role: 'assistant', content: [{ text: 'Once upon' }] }])
  })

  it('merges turns of one role, drops blank text, and puts tool results first and tool calls last', () => {
    const messages: Message[] = [
      user('a'),
      { role: 'user', parts: [text('  '), text('b')] },
      { role: 'assistant', parts: [{ kind: 'tool_call', id: 'toolu_1', name: 'f', argumentsJson: '{"x":1}' }] },
      { role: 'assistant', parts: [text('Looking.'), { kind: 'tool_call', id: 'call|2', name: 'g', argumentsJson: '' }] },
      user('and now'),
      { role: 'tool', parts: [{ kind: 'tool_result', callId: 'toolu_1', parts: [text('7')], isError: false }] },
      { role: 'tool', parts: [{ kind: 'tool_result', callId: 'call|2', parts: [], isError: true }] },
    ]
    const got = sent({ messages, tools: [{ name: 'f', schema: { type: 'object' } }] })['messages'] as MessageCreateParams['messages']
    expect(got.map((message) => [message.role, (message.content as { type: string }[]).map((block) => block.type)])).toEqual([
      ['user', ['text', 'text']],
      ['assistant', ['text', 'tool_use', 'tool_use']],
      ['user', ['tool_result', 'tool_result', 'text']],
    ])
    expect(got[1]).toMatchObject({ content: [{}, { id: 'toolu_1', input: { x: 1 } }, { input: {} }] })
    expect(got[2]).toMatchObject({ content: [{ tool_use_id: 'toolu_1', content: [{ type: 'text', text: '7' }] }, { is_error: true }, {}] })
  })

  it('maps any foreign call id to one the API takes, the same in the call and in its result', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (id) => {
        const body = sent({ messages: [user('q'), { role: 'assistant', parts: [{ kind: 'tool_call', id, name: 'f', argumentsJson: '{}' }] }, { role: 'tool', parts: [{ kind: 'tool_result', callId: id, parts: [], isError: false }] }] })
        const written = JSON.stringify(body['messages'])
        const [, used] = /"type":"tool_use","id":"([^"]*)"/.exec(written) ?? []
        const [, answered] = /"tool_use_id":"([^"]*)"/.exec(written) ?? []
        expect(used).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
        expect(answered).toBe(used)
      }),
    )
  })

  it('hands over what a model wrote as arguments even when it is no JSON object', () => {
    const body = sent({ messages: [user('q'), { role: 'assistant', parts: [{ kind: 'tool_call', id: 'a', name: 'f', argumentsJson: '{"x":' }, { kind: 'tool_call', id: 'b', name: 'f', argumentsJson: '[1]' }] }] })
    expect(body['messages']).toMatchObject([{}, { content: [{ input: { INVALID_JSON: '{"x":' } }, { input: { INVALID_JSON: '[1]' } }] }])
  })

  it('gives Anthropic its own thinking back and leaves everyone else’s behind', () => {
    const parts = [
      { kind: 'reasoning', text: 'mine', seal: { wire: 'anthropic-messages', value: 'sig' } },
      { kind: 'reasoning', text: '', redacted: true, seal: { wire: 'anthropic-messages', value: 'enc' } },
      { kind: 'reasoning', text: 'foreign', seal: { wire: 'gemini', value: 'x' } },
      { kind: 'reasoning', text: 'unsealed' },
      text('answer'),
    ] as const
    expect(sent({ messages: [user('q'), { role: 'assistant', parts }, user('r')] })['messages']).toMatchObject([
      {},
      { content: [{ type: 'thinking', thinking: 'mine', signature: 'sig' }, { type: 'redacted_thinking', data: 'enc' }, { type: 'text', text: 'answer' }] },
      {},
    ])
  })

  it('sends images, PDF and text files in the wire’s own source types', () => {
    const parts = [
      { kind: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } },
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AA==' } },
      { kind: 'file', source: { kind: 'data', mediaType: 'application/pdf', base64: 'JVBERg==' }, name: 'a.pdf' },
      { kind: 'file', source: { kind: 'data', mediaType: 'text/csv', base64: Buffer.from('a;ü').toString('base64') } },
      { kind: 'file', source: { kind: 'provider_file', wire: 'anthropic-messages', id: 'file_1' } },
    ] as const
    expect(sent({ messages: [{ role: 'user', parts }] })['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' }, title: 'a.pdf' },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a;ü' } },
          { type: 'document', source: { type: 'file', file_id: 'file_1' } },
        ],
      },
    ])
  })

  it('keeps at most four cache marks, the first and the last three, and no hour behind five minutes', () => {
    const messages: Message[] = [1, 2, 3, 4, 5, 6].map((n) => ({ role: 'user', parts: [{ kind: 'text', text: `t${n}`, cache: n === 5 ? '1h' : '5m' }] }))
    const blocks = (sent({ messages })['messages'] as { content: { text: string; cache_control?: unknown }[] }[])[0]?.content ?? []
    expect(blocks.filter((block) => block.cache_control !== undefined).map((block) => block.text)).toEqual(['t1', 't4', 't5', 't6'])
    expect(blocks.every((block) => block.cache_control === undefined || JSON.stringify(block.cache_control) === '{"type":"ephemeral"}')).toBe(true)
    const hour = sent({ messages: [{ role: 'system', parts: [{ kind: 'text', text: 's', cache: '1h' }] }, user('q')] })
    expect(hour['system']).toEqual([{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h' } }])
  })
})

describe('tools', () => {
  const tool = { name: 'f', description: 'd', schema: { type: 'object', properties: { a: { type: 'string' } } } }

  it.each([
    [{ kind: 'auto' }, undefined, { type: 'auto' }],
    [{ kind: 'none' }, false, { type: 'none' }],
    [{ kind: 'required' }, false, { type: 'any', disable_parallel_tool_use: true }],
    [{ kind: 'tool', name: 'f' }, true, { type: 'tool', name: 'f' }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    [undefined, true, undefined],
  ] as const)('choice %o with parallel calls %s is sent as %o', (toolChoice, parallelToolCalls, expected) => {
    const got = sent({ tools: [tool], toolChoice, parallelToolCalls })
    expect(got['tool_choice']).toEqual(expected)
    expect(got['tools']).toEqual([{ name: 'f', description: 'd', input_schema: tool.schema }])
  })

  it('without parameters still have an object schema; strict ones are closed and keep what the decoder cannot enforce in words', () => {
    expect(sent({ tools: [{ name: 'f', schema: undefined }] })['tools']).toEqual([{ name: 'f', input_schema: { type: 'object', properties: {} } }])
    const strict = sent({ tools: [{ name: 'f', strict: true, schema: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] } }] })
    expect(strict['tools']).toEqual([{ name: 'f', strict: true, input_schema: { type: 'object', additionalProperties: false, required: ['n'], properties: { n: { type: 'integer', description: '{minimum: 1}' } } } }])
    expect(dropped({ tools: [{ name: 'f', strict: true, schema: { type: 'object' } }] })).toEqual(['tools.function.strict'])
  })

  it('of earlier turns are declared although the client offers none any more, and may not be called', () => {
    const got = sent({ messages: [user('q'), { role: 'assistant', parts: [{ kind: 'tool_call', id: 'a', name: 'gone', argumentsJson: '{}' }] }, { role: 'tool', parts: [{ kind: 'tool_result', callId: 'a', parts: [text('1')], isError: false }] }] })
    expect(got).toMatchObject({ tools: [{ name: 'gone', input_schema: { type: 'object' } }], tool_choice: { type: 'none' } })
  })
})

describe('settings', () => {
  it('max_tokens is the client’s, at most what a known model can say, and all of that when the client named none', () => {
    expect(sent({})['max_tokens']).toBe(128_000)
    expect(sent({ maxOutputTokens: 500_000 }, 'claude-haiku-4-5')['max_tokens']).toBe(64_000)
    expect(sent({ maxOutputTokens: 20 }, 'claude-haiku-4-5')['max_tokens']).toBe(20)
    expect(sent({ maxOutputTokens: 500_000 }, 'claude-next-9')['max_tokens']).toBe(500_000)
    expect(sent({}, 'MiniMax-M3')['max_tokens']).toBe(8_192)
    const lifted = adapter.build(call({ maxOutputTokens: 300_000 }), target('anthropic-messages', OPUS, { headers: { 'anthropic-beta': 'output-300k-2026-03-24' } }), 'k')
    expect(bodyOf(lifted)['max_tokens']).toBe(300_000)
  })

  it.each([
    // model, effort, thinking, effort sent, named as dropped
    ['claude-opus-4-8', 'high', { type: 'adaptive', display: 'summarized' }, 'high', []],
    ['claude-opus-4-8', 'minimal', { type: 'adaptive', display: 'summarized' }, 'low', ['reasoning_effort']],
    ['claude-opus-4-6', 'xhigh', { type: 'adaptive', display: 'summarized' }, 'max', ['reasoning_effort']],
    ['claude-opus-4-8', 'none', { type: 'disabled' }, undefined, []],
    ['claude-opus-5-5', 'none', undefined, 'low', ['reasoning_effort']],
    ['claude-sonnet-5-5', 'none', { type: 'between_tools' }, undefined, ['reasoning_effort']],
    ['claude-haiku-4-5', 'medium', { type: 'enabled', budget_tokens: 32_000 }, undefined, []],
    ['claude-opus-4-5', 'low', { type: 'enabled', budget_tokens: 12_800 }, 'low', []],
    ['claude-3-haiku-20240307', 'high', undefined, undefined, ['reasoning_effort']],
  ] as const)('%s at effort %s', (model, effort, thinking, outputEffort, lost) => {
    const got = sent({ effort }, model)
    expect(got['thinking']).toEqual(thinking)
    expect(got['output_config']).toEqual(outputEffort === undefined ? undefined : { effort: outputEffort })
    expect(dropped({ effort }, model)).toEqual(lost)
    expect(sent({}, model, effort)['thinking']).toEqual(thinking)
  })

  it('a budget stays below the output limit and gives way to a forced tool, to unsealed calls and to a short answer', () => {
    const HAIKU = 'claude-haiku-4-5'
    expect(sent({ effort: 'max', maxOutputTokens: 2_000 }, HAIKU)['thinking']).toEqual({ type: 'enabled', budget_tokens: 1_900 })
    expect(sent({ thinking: { enabled: true, budgetTokens: 9_000, show: true }, maxOutputTokens: 2_000 }, HAIKU)['thinking']).toEqual({ type: 'enabled', budget_tokens: 1_999 })
    const open: Message[] = [user('q'), { role: 'assistant', parts: [{ kind: 'tool_call', id: 'a', name: 'f', argumentsJson: '{}' }] }, { role: 'tool', parts: [{ kind: 'tool_result', callId: 'a', parts: [], isError: false }] }]
    for (const request of [{ maxOutputTokens: 1_000 }, { messages: open }, { tools: [{ name: 'f', schema: {} }], toolChoice: { kind: 'required' } as const }]) {
      expect(sent({ effort: 'high', ...request }, HAIKU)).not.toHaveProperty('thinking')
      expect(dropped({ effort: 'high', ...request }, HAIKU)).toEqual(['reasoning_effort'])
    }
    const closed = [...open, { role: 'assistant', parts: [text('done')] }, user('next')] satisfies Message[]
    expect(sent({ effort: 'high', messages: closed }, HAIKU)).toHaveProperty('thinking')
  })

  it.each([
    ['claude-haiku-4-5', { temperature: 0.5, topK: 3 }, { temperature: 0.5, top_k: 3 }, []],
    ['claude-haiku-4-5', { temperature: 1.7 }, { temperature: 1 }, ['temperature']],
    ['claude-haiku-4-5', { temperature: 0.5, topP: 0.9 }, { temperature: 0.5 }, ['top_p']],
    ['claude-haiku-4-5', { topP: 0.9 }, { top_p: 0.9 }, []],
    ['claude-haiku-4-5', { temperature: 0.5, effort: 'low' }, {}, ['temperature']],
    ['claude-opus-4-7', { temperature: 0.5, topP: 0.9, topK: 3 }, {}, ['temperature', 'top_p', 'top_k']],
    ['claude-opus-4-7', { temperature: 1, topP: 1 }, {}, []],
  ] as const)('%s sampled with %o', (model, asked, expected, lost) => {
    const got = sent(asked, model)
    const sampled = Object.fromEntries(['temperature', 'top_p', 'top_k'].flatMap((member) => (got[member] === undefined ? [] : [[member, got[member]]])))
    expect(sampled).toEqual(expected)
    expect(dropped(asked, model)).toEqual(lost)
  })

  it.each([
    ['auto', 'auto', []],
    ['default', 'standard_only', []],
    ['priority', 'auto', []],
    ['flex', undefined, ['service_tier']],
    ['toString', undefined, ['service_tier']],
  ])('service tier %s is sent as %s', (asked, expected, lost) => {
    expect(sent({ serviceTier: asked })['service_tier']).toBe(expected)
    expect(dropped({ serviceTier: asked })).toEqual(lost)
  })

  it('a JSON schema becomes the output format; the mode without a schema becomes an instruction and is named', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
    expect(sent({ format: { kind: 'json_schema', name: 'x', schema, strict: true }, effort: 'low' })['output_config']).toEqual({ effort: 'low', format: { type: 'json_schema', schema: { ...schema, additionalProperties: false } } })
    const object = sent({ format: { kind: 'json_object' } })
    expect(object).not.toHaveProperty('output_config')
    expect(JSON.stringify(object['system'])).toContain('JSON object')
    expect(dropped({ format: { kind: 'json_object' } })).toEqual(['response_format'])
  })

  it('stop sequences and the user id are sent under their names here', () => {
    expect(sent({ stop: ['END'], userId: 'u' })).toMatchObject({ stop_sequences: ['END'], metadata: { user_id: 'u' } })
  })
})

describe('loss', () => {
  const schemaOf = (schema: unknown): Partial<ModelRequest> => ({ format: { kind: 'json_schema', name: 'x', schema, strict: true } })
  const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, required: ['next'] }
  const wide = { type: 'object', properties: Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`p${n}`, { type: 'string' }])) }

  it.each<[string, Partial<ModelRequest>, string?]>([
    ['logprobs', { logprobs: { top: 0 } }],
    ['n', { choices: 2 }],
    ['presence_penalty', { presencePenalty: 0.1 }],
    ['frequency_penalty', { frequencyPenalty: -1 }],
    ['stop', { stop: ['ok', '\n'] }],
    ['messages.content.input_audio', { messages: [{ role: 'user', parts: [{ kind: 'audio', base64: '', format: 'wav' }] }] }],
    ['messages.content.image_url', { messages: [{ role: 'user', parts: [{ kind: 'image', source: { kind: 'data', mediaType: 'image/tiff', base64: '' } }] }] }],
    ['messages.content.file', { messages: [{ role: 'tool', parts: [{ kind: 'tool_result', callId: 'a', isError: false, parts: [{ kind: 'file', source: { kind: 'provider_file', wire: 'openai-chat', id: 'f' } }] }] }] }],
    ['tools.function.name', { tools: [{ name: 'a.b', schema: {} }] }],
    ['tool_choice', { tools: [{ name: 'f', schema: {} }], toolChoice: { kind: 'required' } }, 'claude-opus-5-5'],
    ['response_format', schemaOf({ type: 'object', properties: {} }), 'claude-sonnet-4-20250514'],
    ['response_format', schemaOf({ ...node, $defs: { node } })],
    ['response_format', schemaOf({ type: 'object', properties: { map: { type: 'object', additionalProperties: { type: 'string' } } }, required: ['map'] })],
    ['response_format', schemaOf(wide)],
  ])('%s is refused where it would change the answer (%o)', (member, request, model = OPUS) => {
    expect(adapter.loss(call(request).request(), target('anthropic-messages', model)).refused).toEqual([member])
  })

  it('names what may be left out, and nothing for defaults', () => {
    expect(dropped({ seed: 1, verbosity: 'low', messages: [{ role: 'user', name: 'Ann', parts: [{ kind: 'image', detail: 'high', source: { kind: 'url', url: 'https://x.test/a' } }] }] })).toEqual(['seed', 'verbosity', 'messages.name', 'messages.content.image_url.detail'])
    expect(adapter.loss(call({ presencePenalty: 0, verbosity: 'medium', temperature: 1, choices: 1 }).request(), target('anthropic-messages', OPUS))).toEqual({ refused: [], dropped: [] })
  })

  it('and build stand up to schemas nested or linked without end', () => {
    const deep: Record<string, unknown> = { type: 'object' }
    let at = deep
    for (let n = 0; n < 3_000; n += 1) {
      const next = { type: 'object' }
      at['properties'] = { x: next }
      at = next
    }
    const request = schemaOf(deep)
    expect(adapter.loss(call(request).request(), target('anthropic-messages', OPUS)).refused).toEqual(['response_format'])
    expect(() => sent(request)).not.toThrow()
  })
})

describe('the table of models', () => {
  it('knows a model whatever stands around its name and however its version is written', () => {
    for (const name of ['claude-haiku-4-5', 'anthropic/claude-haiku-4.5', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0', 'Claude-Haiku-4-5@latest']) {
      expect(sent({ maxOutputTokens: 1_000_000 }, name)['max_tokens']).toBe(64_000)
    }
  })

  it('has a row of its own for every model the official SDK names', () => {
    const types = readFileSync('node_modules/@anthropic-ai/sdk/resources/messages/messages.d.ts', 'utf8')
    const names = [...(/^export type Model = (.*);$/m.exec(types)?.[1] ?? '').matchAll(/'(claude-[^']+)'/g)].map((match) => match[1] ?? '')
    expect(names.length).toBeGreaterThan(15)
    // The unknown ones are sent what they were asked for, so an over-long limit shows whether a row knows the name.
    const unknown = names.filter((name) => sent({ maxOutputTokens: 1_000_000 }, name)['max_tokens'] === 1_000_000)
    expect(unknown).toEqual(['claude-mythos-preview'])
  })
})

describe('instructions', () => {
  const image = { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AA==' } } as const
  const file = { kind: 'file', source: { kind: 'data', mediaType: 'application/pdf', base64: 'AA==' } } as const

  it.each(['system', 'developer'] as const)('of role %s with an image or a file are refused, at the front and in the middle: there is no place for them', (role) => {
    const refused = (messages: Message[]) => adapter.loss(call({ messages }).request(), target('anthropic-messages', OPUS)).refused
    expect(refused([{ role, parts: [text('Match this style.'), image] }, user('Go')])).toEqual(['messages.content.image_url'])
    expect(refused([user('Go'), { role, parts: [file] }])).toEqual(['messages.content.file'])
    expect(refused([{ role, parts: [text('Be short.')] }, { role: 'user', parts: [image, file] }])).toEqual([])
  })
})

describe('ids that a provider used again in a later turn', () => {
  const called = (name: string): Message => ({ role: 'assistant', parts: [{ kind: 'tool_call', id: 'call_0', name, argumentsJson: '{}' }] })
  const answered = (value: string): Message => ({ role: 'tool', parts: [{ kind: 'tool_result', callId: 'call_0', parts: [text(value)], isError: false }] })
  const messages = [user('Go'), called('first'), answered('1'), called('second'), answered('2'), called('first'), answered('3')]

  it('are told apart, each result with its own call', () => {
    const blocks = (sent({ messages })['messages'] as { content: { type: string; id?: string; tool_use_id?: string }[] }[]).flatMap((message) => message.content)
    const calls = blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
    expect(calls[0]).toBe('call_0')
    expect(new Set(calls).size).toBe(3)
    expect(blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []))).toEqual(calls)
    for (const id of calls) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
  })

  it('declare every tool that was called, where the client offers none any more', () => {
    expect(sent({ messages })['tools']).toMatchObject([{ name: 'first' }, { name: 'second' }])
    expect(sent({ messages: messages.slice(0, 5) })['tools']).toMatchObject([{ name: 'first' }, { name: 'second' }])
  })
})

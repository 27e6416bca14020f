// Requests to Gemini: what each member of the common form becomes, and what the wire cannot carry.
import type { Content, FunctionDeclaration, GenerationConfig } from '@google/genai'
import { describe, expect, it } from 'vitest'
import type { Message, ModelRequest } from '../../../../core/model-request.ts'
import { gemini as adapter } from '../../../../router/providers/gemini/adapter.ts'
import { bodyOf, call, native, target } from '../anthropic/calls.ts'

const PRO = 'gemini-3.1-pro-preview'
const text = (value: string) => ({ kind: 'text', text: value }) as const
const user = (value: string): Message => ({ role: 'user', parts: [text(value)] })

type Body = { contents: Content[]; systemInstruction?: Content; generationConfig?: GenerationConfig; tools?: { functionDeclarations: FunctionDeclaration[] }[]; toolConfig?: unknown; serviceTier?: unknown }

function sent(request: Partial<ModelRequest>, model = PRO, effort?: string): Body {
  return bodyOf(adapter.build(call(request, { effort }), target('gemini', model), 'k')) as Body
}

function loss(request: Partial<ModelRequest>, model = PRO) {
  return adapter.loss(call(request).request(), target('gemini', model))
}

describe('the head of a request', () => {
  it('names the model in the path, streams as events, and carries key and request id', () => {
    const plain = adapter.build(call({}), target('gemini', PRO, { headers: { 'x-goog-user-project': 'p' } }), 'secret')
    expect(plain.path).toBe('/models/gemini-3.1-pro-preview:generateContent')
    expect(plain.headers).toMatchObject({ 'x-goog-api-key': 'secret', 'x-request-id': 'req_1', 'x-goog-user-project': 'p' })
    const stream = adapter.build(call({}, { stream: true }), target('gemini', 'tunedModels/mine'), undefined)
    expect(stream.path).toBe('/tunedModels/mine:streamGenerateContent?alt=sse')
    expect(stream.headers).not.toHaveProperty('x-goog-api-key')
  })

  it.each(['../../v1/projects', 'models/..', 'a//b', './x', ''])('refuses %s as a model name', (model) => {
    expect(() => adapter.build(call({}), target('gemini', model), 'k')).toThrow(/no model name/)
  })

  it('keeps a model name of odd letters inside its segment of the path', () => {
    expect(adapter.build(call({}), target('gemini', 'm?key=x#y'), 'k').path).toBe('/models/m%3Fkey%3Dx%23y:generateContent')
  })

  it('counts the whole request, system prompt and tools with it', () => {
    const request = adapter.countTokens?.build(call({ messages: [{ role: 'system', parts: [text('S')] }, user('q')] }), target('gemini', PRO), 'k')
    expect(request?.path).toBe('/models/gemini-3.1-pro-preview:countTokens')
    expect(request === undefined ? undefined : bodyOf(request)).toMatchObject({ generateContentRequest: { model: 'models/gemini-3.1-pro-preview', systemInstruction: { parts: [{ text: 'S' }] }, contents: [{ role: 'user' }] } })
  })

  it('forwards a body in its own form as it is', () => {
    const body = { contents: [], safetySettings: [{ x: 1 }] }
    expect(bodyOf(adapter.build(native('gemini', body), target('gemini', PRO), 'k'))).toEqual(body)
  })
})

describe('the conversation', () => {
  it('has its opening instructions apart, and a later one in its place', () => {
    const got = sent({ messages: [{ role: 'system', parts: [text('A')] }, { role: 'developer', parts: [text('B')] }, user('q'), { role: 'assistant', parts: [text('a')] }, { role: 'system', parts: [text('C')] }, user('r')] })
    expect(got.systemInstruction).toEqual({ parts: [{ text: 'A' }, { text: 'B' }] })
    expect(got.contents).toEqual([
      { role: 'user', parts: [{ text: 'q' }] },
      { role: 'model', parts: [{ text: 'a' }] },
      { role: 'user', parts: [{ text: '<system-reminder>\nC\n</system-reminder>' }, { text: 'r' }] },
    ])
  })

  it('opens the first turn with the instructions for a model without a system prompt, and asks them when there is nothing else', () => {
    expect(sent({ messages: [{ role: 'system', parts: [text('A')] }, user('q')] }, 'gemma-4-26b-a4b-it')).toMatchObject({ contents: [{ role: 'user', parts: [{ text: 'A' }, { text: 'q' }] }] })
    const alone = sent({ messages: [{ role: 'system', parts: [text('A')] }] })
    expect(alone.contents).toEqual([{ role: 'user', parts: [{ text: 'A' }] }])
    expect(alone).not.toHaveProperty('systemInstruction')
    expect(sent({ messages: [] }).contents).toHaveLength(1)
  })

  const loop: readonly Message[] = [
    user('q'),
    { role: 'assistant', parts: [text('Looking.'), { kind: 'tool_call', id: 'c1', name: 'f', argumentsJson: '{"x":1}' }, { kind: 'tool_call', id: 'c2', name: 'g', argumentsJson: 'oops' }] },
    { role: 'tool', parts: [{ kind: 'tool_result', callId: 'c2', parts: [text('boom')], isError: true }] },
    { role: 'tool', parts: [{ kind: 'tool_result', callId: 'c1', parts: [text('7'), text('8')], isError: false }] },
    user('and?'),
  ]

  it('answers calls under their functions’ names, in a turn of their own', () => {
    expect(sent({ messages: loop }, 'gemini-2.5-flash').contents).toEqual([
      { role: 'user', parts: [{ text: 'q' }] },
      { role: 'model', parts: [{ text: 'Looking.' }, { functionCall: { id: 'c1', name: 'f', args: { x: 1 } } }, { functionCall: { id: 'c2', name: 'g', args: { INVALID_JSON: 'oops' } } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'c2', name: 'g', response: { error: 'boom' } } }, { functionResponse: { id: 'c1', name: 'f', response: { output: '7\n8' } } }] },
      { role: 'user', parts: [{ text: 'and?' }] },
    ])
  })

  it('signs the first call of a turn: with the signature it came with, else with the documented stand-in where one is demanded', () => {
    const signed = (value: string, wire: 'gemini' | 'anthropic-messages') =>
      sent({ messages: [user('q'), { role: 'assistant', parts: [{ kind: 'tool_call', id: 'c1', name: 'f', argumentsJson: '{}', seal: { wire, value } }, { kind: 'tool_call', id: 'c2', name: 'f', argumentsJson: '{}' }] }] }).contents[1]?.parts?.map((part) => part.thoughtSignature)
    expect(signed('SIG', 'gemini')).toEqual(['SIG', undefined])
    expect(signed('SIG', 'anthropic-messages')).toEqual(['skip_thought_signature_validator', undefined])
  })

  it('takes back its own sealed thoughts and leaves everyone else’s behind', () => {
    const parts = [
      { kind: 'reasoning', text: 'mine', seal: { wire: 'gemini', value: 'S' } },
      { kind: 'reasoning', text: 'foreign', seal: { wire: 'anthropic-messages', value: 'x' } },
      { kind: 'reasoning', text: 'unsealed' },
      text('answer'),
    ] as const
    expect(sent({ messages: [user('q'), { role: 'assistant', parts }] }).contents[1]?.parts).toEqual([{ text: 'mine', thought: true, thoughtSignature: 'S' }, { text: 'answer' }])
  })

  it('sends media inline or by address, with the type the address tells', () => {
    const parts = [
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AA==' } },
      { kind: 'image', source: { kind: 'url', url: 'https://x.test/a.webp?size=1' } },
      { kind: 'image', source: { kind: 'url', url: 'https://x.test/a' } },
      { kind: 'file', name: 'a.csv', source: { kind: 'url', url: 'https://x.test/f' } },
      { kind: 'file', source: { kind: 'provider_file', wire: 'gemini', id: 'https://generativelanguage.googleapis.com/v1beta/files/1' } },
      { kind: 'audio', base64: 'BB==', format: 'mp3' },
    ] as const
    expect(sent({ messages: [{ role: 'user', parts }] }).contents[0]?.parts).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'AA==' } },
      { fileData: { fileUri: 'https://x.test/a.webp?size=1', mimeType: 'image/webp' } },
      { fileData: { fileUri: 'https://x.test/a', mimeType: 'image/jpeg' } },
      { fileData: { fileUri: 'https://x.test/f', mimeType: 'text/csv' } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/1' } },
      { inlineData: { mimeType: 'audio/mp3', data: 'BB==' } },
    ])
  })

  it('puts pictures of a result inside the response where the model takes them, else beside it', () => {
    const messages: Message[] = [
      user('q'),
      { role: 'assistant', parts: [{ kind: 'tool_call', id: 'c', name: 'shot', argumentsJson: '{}' }] },
      { role: 'tool', parts: [{ kind: 'tool_result', callId: 'c', isError: false, parts: [text('ok'), { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AA==' } }] }] },
    ]
    const picture = { inlineData: { mimeType: 'image/png', data: 'AA==' } }
    expect(sent({ messages }).contents[2]?.parts).toEqual([{ functionResponse: { id: 'c', name: 'shot', response: { output: 'ok' }, parts: [picture] } }])
    expect(sent({ messages }, 'gemini-2.5-pro').contents.slice(2)).toEqual([
      { role: 'user', parts: [{ functionResponse: { id: 'c', name: 'shot', response: { output: 'ok' } } }] },
      { role: 'user', parts: [{ text: 'The function shot also returned:' }, picture] },
    ])
  })
})

describe('tools', () => {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: { unit: { const: 'C' }, const: { type: ['string', 'null'] } }, required: ['unit'] }
  const tool = { name: 'f', description: 'd', schema }

  it('are declared with their JSON Schema, and for older models with the part of OpenAPI they know', () => {
    expect(sent({ tools: [tool] }).tools).toEqual([
      { functionDeclarations: [{ name: 'f', description: 'd', parametersJsonSchema: { type: 'object', properties: { unit: { enum: ['C'] }, const: { type: ['string', 'null'] } }, required: ['unit'] } }] },
    ])
    expect(sent({ tools: [tool] }, 'gemini-1.5-pro').tools).toEqual([
      { functionDeclarations: [{ name: 'f', description: 'd', parameters: { type: 'OBJECT', properties: { unit: { type: 'STRING', format: 'enum', enum: ['C'] }, const: { type: 'STRING', nullable: true } }, required: ['unit'] } }] },
    ])
  })

  it.each([
    [undefined, false, undefined],
    [undefined, true, { mode: 'VALIDATED' }],
    [{ kind: 'auto' }, false, { mode: 'AUTO' }],
    [{ kind: 'none' }, true, { mode: 'NONE' }],
    [{ kind: 'required' }, true, { mode: 'ANY' }],
    [{ kind: 'tool', name: 'f' }, false, { mode: 'ANY', allowedFunctionNames: ['f'] }],
  ] as const)('choice %o, strict %s, is sent as %o', (toolChoice, strict, expected) => {
    expect(sent({ tools: [{ ...tool, strict }], toolChoice }).toolConfig).toEqual(expected === undefined ? undefined : { functionCallingConfig: expected })
  })

  it('with schemas that use each other without end are written out only so far', () => {
    const twice = { type: 'object', properties: { a: { $ref: '#/$defs/n' }, b: { $ref: '#/$defs/n' } }, $defs: { n: { type: 'object', properties: { a: { $ref: '#/$defs/n' }, b: { $ref: '#/$defs/n' } } } } }
    const request = adapter.build(call({ tools: [{ name: 'f', schema: twice }] }), target('gemini', 'gemini-1.5-pro'), 'k')
    expect(request.body.length).toBeLessThan(500_000)
  })
})

describe('settings', () => {
  it('have Gemini’s names', () => {
    expect(sent({ maxOutputTokens: 9, temperature: 0.1, topP: 0.2, topK: 3, stop: ['a'], seed: 4, presencePenalty: 0.5, frequencyPenalty: 0.6, logprobs: { top: 2 } }).generationConfig).toEqual({
      maxOutputTokens: 9,
      temperature: 0.1,
      topP: 0.2,
      topK: 3,
      stopSequences: ['a'],
      seed: 4,
      presencePenalty: 0.5,
      frequencyPenalty: 0.6,
      responseLogprobs: true,
      logprobs: 2,
    })
    expect(sent({ logprobs: { top: 0 } }).generationConfig).toEqual({ responseLogprobs: true })
    expect(sent({})).not.toHaveProperty('generationConfig')
  })

  it('ask for JSON with the schema in the form the model knows', () => {
    const format = { kind: 'json_schema', name: 'x', strict: true, schema: { type: 'object', properties: { n: { anyOf: [{ type: 'integer' }, { type: 'null' }] } } } } as const
    expect(sent({ format }).generationConfig).toEqual({ responseMimeType: 'application/json', responseJsonSchema: format.schema })
    expect(sent({ format }, 'gemini-1.5-flash').generationConfig).toEqual({ responseMimeType: 'application/json', responseSchema: { type: 'OBJECT', properties: { n: { type: 'INTEGER', nullable: true } } } })
    expect(sent({ format: { kind: 'json_object' } }).generationConfig).toEqual({ responseMimeType: 'application/json' })
  })

  it.each([
    // model, effort, thinkingConfig, dropped
    ['gemini-3-pro-preview', 'minimal', { thinkingLevel: 'LOW', includeThoughts: true }, ['reasoning_effort']],
    ['gemini-3-pro-preview', 'medium', { thinkingLevel: 'HIGH', includeThoughts: true }, ['reasoning_effort']],
    ['gemini-3.1-pro-preview', 'medium', { thinkingLevel: 'MEDIUM', includeThoughts: true }, []],
    ['gemini-3.1-pro-preview', 'none', { thinkingLevel: 'LOW' }, ['reasoning_effort']],
    ['gemini-3-flash-preview', 'minimal', { thinkingLevel: 'MINIMAL', includeThoughts: true }, []],
    ['gemini-3.7-flash', 'minimal', { thinkingLevel: 'LOW', includeThoughts: true }, ['reasoning_effort']],
    ['gemini-3.7-flash-lite', 'minimal', { thinkingLevel: 'MINIMAL', includeThoughts: true }, []],
    ['gemini-3-flash-preview', 'xhigh', { thinkingLevel: 'HIGH', includeThoughts: true }, ['reasoning_effort']],
    ['gemini-4-pro', 'high', { thinkingLevel: 'HIGH', includeThoughts: true }, []],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }, ['reasoning_effort']],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }, []],
    ['gemini-2.5-flash-lite', 'medium', { thinkingBudget: 8_192, includeThoughts: true }, []],
    ['gemini-2.5-pro', 'max', { thinkingBudget: 32_768, includeThoughts: true }, []],
    ['gemini-2.0-flash', 'high', undefined, ['reasoning_effort']],
    ['gemini-2.0-flash', 'none', undefined, []],
    ['gemini-2.5-pro', 'toString', { includeThoughts: true }, ['reasoning_effort']],
  ] as const)('%s at effort %s thinks %o', (model, effort, expected, dropped) => {
    expect(sent({ effort }, model).generationConfig?.thinkingConfig).toEqual(expected)
    expect(sent({}, model, effort).generationConfig?.thinkingConfig).toEqual(expected)
    expect(loss({ effort }, model).dropped).toEqual(dropped)
  })

  it('take an explicit budget as the model can, and hide thoughts when nobody wants to see them', () => {
    const thinking = { enabled: true, budgetTokens: 5_000, show: false }
    expect(sent({ thinking }, 'gemini-2.5-flash').generationConfig?.thinkingConfig).toEqual({ thinkingBudget: 5_000 })
    expect(sent({ thinking }).generationConfig?.thinkingConfig).toEqual({ thinkingLevel: 'MEDIUM' })
    expect(sent({ thinking: { enabled: false, budgetTokens: undefined, show: true } }, 'gemini-2.5-flash').generationConfig?.thinkingConfig).toEqual({ thinkingBudget: 0 })
  })

  it.each([
    ['auto', undefined, []],
    ['default', 'standard', []],
    ['flex', 'flex', []],
    ['priority', 'priority', []],
    ['scale', undefined, ['service_tier']],
    ['constructor', undefined, ['service_tier']],
  ])('service tier %s is sent as %s', (asked, expected, dropped) => {
    expect(sent({ serviceTier: asked }).serviceTier).toBe(expected)
    expect(loss({ serviceTier: asked }).dropped).toEqual(dropped)
  })
})

describe('loss', () => {
  const tools = [{ name: 'f', schema: {} }]
  it.each<[string, Partial<ModelRequest>, string?]>([
    ['n', { choices: 2 }],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e', 'f'] }],
    ['top_logprobs', { logprobs: { top: 21 } }],
    ['presence_penalty', { presencePenalty: 1 }, 'gemini-2.5-pro'],
    ['frequency_penalty', { frequencyPenalty: 1 }, 'gemini-2.5-pro'],
    ['parallel_tool_calls', { tools, parallelToolCalls: false }],
    ['tools.function.name', { tools: [{ name: '1st', schema: {} }] }],
    ['response_format', { tools, format: { kind: 'json_object' } }, 'gemini-2.5-pro'],
    ['response_format', { tools, format: { kind: 'json_object' }, toolChoice: { kind: 'required' } }],
    ['messages.content.image_url', { messages: [{ role: 'user', parts: [{ kind: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } }] }] }, 'gemini-2.0-flash'],
    ['messages.content.file', { messages: [{ role: 'user', parts: [{ kind: 'file', source: { kind: 'provider_file', wire: 'openai-chat', id: 'f' } }] }] }],
  ])('%s is refused where it would change the answer (%o)', (member, request, model = PRO) => {
    expect(loss(request, model).refused).toEqual([member])
  })

  it('names what may be left out, and nothing for what is carried', () => {
    expect(loss({ seed: 2 ** 40, userId: 'u', verbosity: 'high', messages: [{ role: 'user', name: 'Ann', parts: [{ kind: 'image', detail: 'low', source: { kind: 'data', mediaType: 'image/png', base64: '' } }] }] }).dropped.toSorted()).toEqual(
      ['messages.content.image_url.detail', 'messages.name', 'seed', 'user', 'verbosity'],
    )
    expect(sent({ seed: 2 ** 40 })).not.toHaveProperty('generationConfig')
    const carried = { seed: 1, temperature: 2, topK: 1, logprobs: { top: 20 }, presencePenalty: 1, tools, format: { kind: 'json_object' }, parallelToolCalls: true, effort: 'low' } as const
    expect(loss(carried)).toEqual({ refused: [], dropped: [] })
  })
})

describe('embeddings', () => {
  const build = (body: Record<string, unknown>) => adapter.embeddings?.build(body, target('gemini', 'gemini-embedding-001', { kind: 'embedding' }), 'k')
  const parse = (asked: Record<string, unknown>, answer: unknown) => adapter.embeddings?.parse(JSON.stringify(answer), asked, target('gemini', 'gemini-embedding-001'))

  it('ask for every text, in the size wanted', () => {
    const request = build({ input: ['a', 'b'], dimensions: 2 })
    expect(request?.path).toBe('/models/gemini-embedding-001:batchEmbedContents')
    expect(JSON.parse(request?.body ?? '')).toEqual({
      requests: ['a', 'b'].map((one) => ({ model: 'models/gemini-embedding-001', content: { parts: [{ text: one }] }, outputDimensionality: 2 })),
    })
  })

  it.each([[[1, 2, 3]], [[]], [undefined], [['a', 1]]])('take texts only, not %o', (input) => {
    expect(() => build({ input })).toThrow(expect.objectContaining({ code: 'cannot_translate' }))
  })

  it('come back in OpenAI’s form, as numbers or base64, with the tokens when they were counted', () => {
    const answer = { embeddings: [{ values: [0.5, -1] }, { values: [1, 0] }], usageMetadata: { promptTokenCount: 12 } }
    const found = parse({ input: ['a', 'b'] }, answer)
    expect(found?.body).toEqual({
      object: 'list',
      model: 'gemini-embedding-001',
      data: [
        { object: 'embedding', index: 0, embedding: [0.5, -1] },
        { object: 'embedding', index: 1, embedding: [1, 0] },
      ],
      usage: { prompt_tokens: 12, total_tokens: 12 },
    })
    expect(found?.facts.usage).toMatchObject({ inputTotal: 12, outputTotal: 0 })
    const packed = parse({ input: 'a', encoding_format: 'base64' }, { embeddings: [{ values: [0.5, -1] }] })
    const data = packed?.body['data'] as { embedding: string }[] | undefined
    const buffer = Buffer.from(data?.[0]?.embedding ?? '', 'base64')
    expect([buffer.readFloatLE(0), buffer.readFloatLE(4)]).toEqual([0.5, -1])
    expect(packed?.body).not.toHaveProperty('usage')
    expect(packed?.facts.usage).toBeUndefined()
  })

  it.each([
    ['too few', { embeddings: [{ values: [1] }] }],
    ['empty ones', { embeddings: [{ values: [1] }, { values: [] }] }],
    ['no numbers', { embeddings: [{ values: [1] }, { values: ['x'] }] }],
    ['none', {}],
  ])('are malformed when the provider sends %s', (_, answer) => {
    expect(() => parse({ input: ['a', 'b'] }, answer)).toThrow(expect.objectContaining({ code: 'provider_malformed' }))
  })
})

describe('instructions', () => {
  const image = { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AA==' } } as const
  const file = { kind: 'file', source: { kind: 'data', mediaType: 'application/pdf', base64: 'AA==' } } as const

  it.each(['system', 'developer'] as const)('of role %s with an image or a file are refused, at the front and in the middle: there is no place for them', (role) => {
    const refused = (messages: Message[]) => adapter.loss(call({ messages }).request(), target('gemini', PRO)).refused
    expect(refused([{ role, parts: [text('Match this style.'), image] }, user('Go')])).toEqual(['messages.content.image_url'])
    expect(refused([user('Go'), { role, parts: [file] }])).toEqual(['messages.content.file'])
    expect(refused([{ role, parts: [text('Be short.')] }, { role: 'user', parts: [image, file] }])).toEqual([])
  })
})

describe('results of parallel calls', () => {
  it('stay together when an image stands beside one of them: their number must equal the calls’', () => {
    const call = (id: string) => ({ kind: 'tool_call', id, name: `f_${id}`, argumentsJson: '{}' }) as const
    const result = (callId: string, parts: readonly ReturnType<typeof text>[] | readonly object[]): Message => ({ role: 'tool', parts: [{ kind: 'tool_result', callId, parts: parts as never, isError: false }] })
    const image = { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AA==' } }
    const { contents } = sent({ messages: [user('Go'), { role: 'assistant', parts: [call('a'), call('b')] }, result('a', [text('A'), image]), result('b', [text('B')]), user('And?')] }, 'gemini-2.5-flash')
    expect(contents.map(({ role, parts }) => [role, ...(parts ?? []).map((part) => Object.keys(part)[0])])).toEqual([
      ['user', 'text'],
      ['model', 'functionCall', 'functionCall'],
      ['user', 'functionResponse', 'functionResponse'],
      ['user', 'text', 'inlineData', 'text'],
    ])
  })
})

describe('ids that a provider used again in a later turn', () => {
  const called = (name: string): Message => ({ role: 'assistant', parts: [{ kind: 'tool_call', id: 'call_0', name, argumentsJson: '{}' }] })
  const answered = (value: string): Message => ({ role: 'tool', parts: [{ kind: 'tool_result', callId: 'call_0', parts: [text(value)], isError: false }] })
  const messages = [user('Go'), called('first'), answered('1'), called('second'), answered('2'), called('first'), answered('3')]

  it('name each result after the call before it', () => {
    const names = sent({ messages }).contents.flatMap(({ parts }) => (parts ?? []).flatMap((part) => part.functionResponse?.name ?? []))
    expect(names).toEqual(['first', 'second', 'first'])
  })
})

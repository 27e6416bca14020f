import fc from 'fast-check'
import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { chatSurface } from '../../../router/http/surfaces/chat/surface.ts'
import type { JsonObject } from '../../../router/providers/json.ts'
import { damaged, refusalOf } from './support.ts'

type Body = OpenAI.ChatCompletionCreateParams

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

/** A body with every member that the common form holds. */
const FULL = {
  model: 'auto',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'Answer in French.' }], name: 'dev' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
        { type: 'file', file: { file_id: 'file-1' } },
      ],
    },
    {
      role: 'assistant',
      content: [{ type: 'text', text: 'Looking.' }, { type: 'refusal', refusal: 'Not that.' }],
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"q":1}' } },
        { id: 'call_2', type: 'function', function: { name: 'look', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'A cat.' },
    { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'A dog.' }] },
  ],
  tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema, strict: true } }, { type: 'function', function: { name: 'stop' } }],
  tool_choice: { type: 'function', function: { name: 'look' } },
  parallel_tool_calls: false,
  max_tokens: 50,
  max_completion_tokens: 60,
  temperature: 0.5,
  top_p: 0.9,
  stop: ['END', 'STOP'],
  seed: 7,
  presence_penalty: 0.1,
  frequency_penalty: 0.2,
  logprobs: true,
  top_logprobs: 3,
  n: 2,
  reasoning_effort: 'low',
  response_format: { type: 'json_schema', json_schema: { name: 'place', description: 'A place.', schema, strict: true } },
  verbosity: 'low',
  service_tier: 'flex',
  user: 'user-1',
  stream: true,
  stream_options: { include_usage: true },
} satisfies Body

const request = (more: JsonObject) => chatSurface.read({ model: 'auto', messages: [{ role: 'user', content: 'Hi' }], ...more }).request()

describe('reading a chat completion', () => {
  it('finds what routing needs', () => {
    const asked = chatSurface.read(FULL)
    expect(asked).toMatchObject({ model: 'auto', stream: true, userId: 'user-1', effort: 'low', maxOutputTokens: 50, schema })
    expect([...asked.needs].toSorted()).toEqual(['audio', 'files', 'images', 'json_schema', 'logprobs', 'tools'])
    expect(asked.native).toBe(FULL)
    // Four media parts at 800, and some words.
    expect(asked.inputTokens).toBeGreaterThan(4_000)
    expect(asked.inputTokens).toBeLessThan(4_300)
  })

  it('reads every member into the common form', () => {
    expect(chatSurface.read(FULL).request()).toEqual({
      messages: [
        { role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] },
        { role: 'developer', parts: [{ kind: 'text', text: 'Answer in French.' }], name: 'dev' },
        {
          role: 'user',
          parts: [
            { kind: 'text', text: 'What is this?' },
            { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, detail: 'low' },
            { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AAAA' } },
            { kind: 'audio', base64: 'UklG', format: 'wav' },
            { kind: 'file', source: { kind: 'data', mediaType: 'application/pdf', base64: 'BBBB' }, name: 'a.pdf' },
            { kind: 'file', source: { kind: 'provider_file', wire: 'openai-chat', id: 'file-1' } },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { kind: 'text', text: 'Looking.' },
            { kind: 'refusal', text: 'Not that.' },
            { kind: 'tool_call', id: 'call_1', name: 'look', argumentsJson: '{"q":1}' },
            { kind: 'tool_call', id: 'call_2', name: 'look', argumentsJson: '' },
          ],
        },
        { role: 'tool', parts: [{ kind: 'tool_result', callId: 'call_1', parts: [{ kind: 'text', text: 'A cat.' }], isError: false }] },
        { role: 'tool', parts: [{ kind: 'tool_result', callId: 'call_2', parts: [{ kind: 'text', text: 'A dog.' }], isError: false }] },
      ],
      tools: [
        { name: 'look', description: 'Looks.', schema, strict: true },
        { name: 'stop', schema: { type: 'object', properties: {} } },
      ],
      toolChoice: { kind: 'tool', name: 'look' },
      parallelToolCalls: false,
      maxOutputTokens: 60,
      temperature: 0.5,
      topP: 0.9,
      topK: undefined,
      stop: ['END', 'STOP'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      logprobs: { top: 3 },
      choices: 2,
      effort: 'low',
      thinking: undefined,
      format: { kind: 'json_schema', name: 'place', description: 'A place.', schema, strict: true },
      verbosity: 'low',
      serviceTier: 'flex',
      userId: 'user-1',
      hints: [],
      unmapped: [],
    })
  })

  it('reads the common form once', () => {
    const asked = chatSurface.read(FULL)
    expect(asked.request()).toBe(asked.request())
  })

  it('takes null for absent', () => {
    const nulls = Object.fromEntries(['stop', 'seed', 'n', 'tools', 'response_format', 'stream', 'logprobs', 'user', 'logit_bias', 'metadata', 'audio', 'prediction', 'service_tier', 'made_up'].map((member) => [member, null]))
    expect(request(nulls)).toMatchObject({ stop: [], choices: 1, tools: [], hints: [], unmapped: [] })
  })

  it.each([
    ['logit_bias', { logit_bias: { 50256: -100 } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['web_search_options', { web_search_options: {} }],
    ['moderation', { moderation: { model: 'm' } }],
    ['made_up', { made_up: 1 }],
    ['tools.0 (custom)', { tools: [{ type: 'custom', custom: { name: 'c' } }] }],
    ['tool_choice (custom)', { tool_choice: { type: 'custom', custom: { name: 'c' } } }],
    ['response_format (grammar)', { response_format: { type: 'grammar' } }],
    ['messages.0.content.0 (video_url)', { messages: [{ role: 'user', content: [{ type: 'video_url', video_url: {} }] }] }],
    ['messages.0.audio', { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }],
    ['messages.0.tool_calls.0 (custom)', { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: {} }] }] }],
    ['messages.0.content (audio)', { messages: [{ role: 'tool', tool_call_id: 'a', content: [{ type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }] }] }],
  ])('names %s as what no other wire can carry', (name, more) => {
    expect(request(more).unmapped).toEqual([name])
  })

  it.each(['prompt_cache_key', 'prompt_cache_retention', 'prediction', 'store', 'metadata', 'audio'])('may leave %s out', (member) => {
    const value = { store: true, metadata: { a: 'b' } }[member] ?? { some: 'value' }
    expect(request({ [member]: value })).toMatchObject({ hints: [member], unmapped: [] })
  })

  it('finds nothing to leave out in what is empty or off', () => {
    expect(request({ store: false, metadata: {}, logit_bias: {}, modalities: ['text'] })).toMatchObject({ hints: [], unmapped: [] })
  })

  it('reads the retired form of tools, pairing results by name', () => {
    const read = request({
      messages: [
        { role: 'user', content: 'Look.' },
        { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{}' } },
        { role: 'function', name: 'look', content: 'A cat.' },
      ],
      functions: [{ name: 'look', parameters: schema }],
      function_call: { name: 'look' },
    })
    expect(read.tools).toEqual([{ name: 'look', schema }])
    expect(read.toolChoice).toEqual({ kind: 'tool', name: 'look' })
    const [call] = read.messages[1]?.parts ?? []
    expect(read.messages[2]?.parts).toMatchObject([{ kind: 'tool_result', callId: call?.kind === 'tool_call' ? call.id : undefined }])
  })

  it('keeps only the tools that are allowed', () => {
    const tools = ['a', 'b', 'c'].map((name) => ({ type: 'function', function: { name } }))
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'b' } }] }
    const read = request({ tools, tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })
    expect([read.tools.map((tool) => tool.name), read.toolChoice]).toEqual([['b'], { kind: 'required' }])
  })

  it('marks what a cache should hold, by parts, messages and tools', () => {
    const ephemeral = { type: 'ephemeral' }
    const read = request({
      messages: [
        { role: 'system', content: 'Long.', cache_control: { type: 'ephemeral', ttl: '1h' } },
        { role: 'user', content: [{ type: 'text', text: 'A', cache_control: ephemeral }, { type: 'text', text: 'B', prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } }] },
      ],
      tools: [{ type: 'function', function: { name: 'a' }, cache_control: ephemeral }],
    })
    expect(read.messages.map((message) => message.parts.map((part) => ('cache' in part ? part.cache : undefined)))).toEqual([['1h'], ['5m', '1h']])
    expect(read.tools[0]?.cache).toBe('5m')
    expect(read.hints).toEqual([])
  })

  it('reads reasoning that was brought back, with its seals', () => {
    const read = request({
      messages: [
        { role: 'assistant', content: 'A', reasoning_content: 'So.' },
        { role: 'assistant', content: 'B', reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', signature: 'sig', format: 'anthropic-claude-v1' }, { type: 'reasoning.encrypted', data: 'enc', format: 'openai-responses-v1' }] },
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{}' }, extra_content: { google: { thought_signature: 'gem' } } }] },
      ],
    })
    expect(read.messages.map((message) => message.parts)).toEqual([
      [{ kind: 'reasoning', text: 'So.' }, { kind: 'text', text: 'A' }],
      [
        { kind: 'reasoning', text: 'Hm.', seal: { wire: 'anthropic-messages', value: 'sig' } },
        { kind: 'reasoning', text: '', seal: { wire: 'openai-responses', value: 'enc' } },
        { kind: 'text', text: 'B' },
      ],
      [{ kind: 'tool_call', id: 'a', name: 'look', argumentsJson: '{}', seal: { wire: 'gemini', value: 'gem' } }],
    ])
  })

  it.each([
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, { enabled: true, budgetTokens: 2048, show: true }],
    [{ reasoning: { max_tokens: 512, exclude: true } }, { enabled: true, budgetTokens: 512, show: false }],
    [{ reasoning: { enabled: false } }, { enabled: false, budgetTokens: undefined, show: true }],
    [{ reasoning: { effort: 'high' } }, undefined],
  ])('reads thinking as %j', (more, thinking) => {
    expect(request(more).thinking).toEqual(thinking)
  })

  it('takes the effort from either form', () => {
    expect(chatSurface.read({ ...FULL, reasoning_effort: null, reasoning: { effort: 'high' } }).effort).toBe('high')
    expect(request({ reasoning: { effort: 'high' } }).effort).toBe('high')
  })

  it('leaves out a turn in which nothing was said', () => {
    expect(request({ messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: '' }, { role: 'user', content: 'And?' }] }).messages.map((message) => message.role)).toEqual(['user', 'user'])
  })

  it('passes echoed answers without refusing their members', () => {
    const echoed = { role: 'assistant', content: 'A', refusal: null, annotations: [], audio: null, function_call: null, provider_extra: 1 }
    expect(request({ messages: [echoed] })).toMatchObject({ unmapped: [], hints: ['messages.0.provider_extra'] })
  })
})

describe('a chat body that is wrong', () => {
  it.each([
    ['model', { model: 7 }],
    ['model', { model: ' ' }],
    ['messages', { messages: [] }],
    ['messages', { messages: 'Hi' }],
    ['messages.0', { messages: ['Hi'] }],
    ['messages.0.role', { messages: [{ content: 'Hi' }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: 7 }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: ['Hi'] }] }],
    ['messages.0.tool_calls', { messages: [{ role: 'assistant', tool_calls: {} }] }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_completion_tokens', { max_completion_tokens: 1.5 }],
    ['n', { n: '2' }],
    ['temperature', { temperature: 'hot' }],
    ['stream', { stream: 'yes' }],
    ['stop', { stop: 7 }],
    ['seed', { seed: 0.5 }],
    ['logprobs', { logprobs: 3 }],
    ['top_logprobs', { top_logprobs: -1 }],
    ['tools', { tools: {} }],
    ['tool_choice', { tool_choice: 7 }],
    ['response_format', { response_format: 'json' }],
    ['reasoning_effort', { reasoning_effort: 'hard' }],
    ['metadata', { metadata: 'x' }],
    ['user', { user: 7 }],
    ['stream_options', { stream_options: true }],
  ])('is refused at once, naming %s', (param, more) => {
    const error = refusalOf(() => chatSurface.read({ ...FULL, ...more }))
    expect([error.code, error.details?.['param']]).toEqual(['bad_request', param])
  })

  it.each([
    ['messages.0.role', { messages: [{ role: 'robot', content: 'Hi' }] }],
    ['messages.0.content.0.text', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    ['messages.0.content.0.type', { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }],
    ['messages.0.content.0.image_url.url', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'ftp://a' } }] }] }],
    ['messages.0.content.0.image_url.url', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png,raw' } }] }] }],
    ['messages.0.content.0.file.file_id', { messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] }],
    ['messages.0.tool_call_id', { messages: [{ role: 'tool', content: 'A' }] }],
    ['messages.0.tool_calls.0.function.name', { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: {} }] }] }],
    ['messages.0.tool_calls.0.id', { messages: [{ role: 'assistant', tool_calls: [{ type: 'function', function: { name: 'a' } }] }] }],
    ['tools.0.function.name', { tools: [{ type: 'function', function: {} }] }],
    ['tools.0.function.parameters', { tools: [{ type: 'function', function: { name: 'a', parameters: 7 } }] }],
    ['tool_choice', { tool_choice: 'always' }],
    ['stop.1', { stop: ['a', 7] }],
    ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
    ['response_format.json_schema.name', { response_format: { type: 'json_schema', json_schema: {} } }],
    ['thinking.type', { thinking: { type: 'often' } }],
  ])('is refused where it must be translated, naming %s', (param, more) => {
    const asked = chatSurface.read({ model: 'auto', messages: [{ role: 'user', content: 'Hi' }], ...more })
    const error = refusalOf(asked.request)
    expect([error.code, error.details?.['param']]).toEqual(['bad_request', param])
  })

  it('never ends in another error, whatever stands anywhere', () => {
    fc.assert(
      fc.property(damaged(FULL), (body) => {
        try {
          chatSurface.read(body).request()
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'WeighbridgeError', code: 'bad_request' })
        }
      }),
      { numRuns: 500 },
    )
  })

  it('is refused when its tools nest deeper than they could be written', () => {
    // Members that look like indexes take the writer's recursive way.
    const deep = JSON.parse(`${'{"1":'.repeat(50_000)}1${'}'.repeat(50_000)}`)
    expect(refusalOf(() => chatSurface.read({ ...FULL, tools: [deep] })).details).toEqual({ param: 'tools' })
  })

  it('has few names in what it could not carry, however many there are', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x${index}`, 1]))
    expect(request(many).unmapped.length).toBeLessThan(50)
  })
})

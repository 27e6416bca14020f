import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../../../core/config.ts'
import { modelRequest, type Message, type ModelRequest, type RequestPart } from '../../../../core/model-request.ts'
import type { OutgoingCall } from '../../../../router/providers/adapter.ts'
import { openaiChat } from '../../../../router/providers/openai-chat/adapter.ts'
import type { JsonObject } from '../../../../router/providers/json.ts'
import { callOf, targetOf } from '../../conformance/reading.ts'

const user = (...parts: RequestPart[]): Message => ({ role: 'user', parts })
const text = (value: string): RequestPart => ({ kind: 'text', text: value })
const HELLO = user(text('Hello'))
const asked = (known: Partial<ModelRequest>): ModelRequest => modelRequest({ messages: [HELLO], ...known })
const at = (dialect: Dialect, model: string, effort?: string) => targetOf('openai-chat', model, { provider: { dialect }, effort })
function sent(dialect: Dialect, model: string, known: Partial<ModelRequest>, more: Partial<OutgoingCall> = {}): JsonObject {
  const request = asked(known)
  return JSON.parse(openaiChat.build(callOf({ wire: 'anthropic-messages', request: () => request, stream: false, ...more }), at(dialect, model), 'k').body) as JsonObject
}
const lost = (dialect: Dialect, model: string, known: Partial<ModelRequest>, effort?: string) => openaiChat.loss(asked(known), at(dialect, model, effort))
const messagesOf = (dialect: Dialect, ...messages: Message[]): unknown => sent(dialect, 'm', { messages })['messages']
const PNG = { kind: 'data', mediaType: 'image/png', base64: 'AAAA' } as const

describe('a request of another API', () => {
  it('becomes a Chat Completions body with every member that wire has', () => {
    const body = sent('openai', 'gpt-4.1', {
      messages: [{ role: 'system', parts: [text('Be short.')] }, HELLO],
      tools: [{ name: 'f', description: 'd', schema: { type: 'object' }, strict: true }, { name: 'g', schema: {} }],
      toolChoice: { kind: 'tool', name: 'f' },
      parallelToolCalls: false,
      maxOutputTokens: 9,
      temperature: 0.5,
      topP: 0.9,
      stop: ['END'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      logprobs: { top: 3 },
      format: { kind: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true, description: 'd' },
      serviceTier: 'flex',
      userId: 'u',
    })
    expect(body).toEqual({
      model: 'gpt-4.1',
      messages: [{ role: 'system', content: 'Be short.' }, { role: 'user', content: 'Hello' }],
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } }, { type: 'function', function: { name: 'g', parameters: {} } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
      max_completion_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      stop: ['END'],
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
      logprobs: true,
      top_logprobs: 3,
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true, description: 'd' } },
      service_tier: 'flex',
      safety_identifier: 'u',
    })
  })

  it('says nothing that was not asked', () => {
    expect(sent('plain', 'm', {})).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] })
    expect(sent('plain', 'm', {}, { stream: true })).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  })

  it('is spelled in the dialect', () => {
    expect(sent('mistral', 'm', { seed: 1, tools: [{ name: 'f', schema: {} }], toolChoice: { kind: 'required' }, maxOutputTokens: 3, userId: 'u' })).toMatchObject({ random_seed: 1, tool_choice: 'any', max_tokens: 3 })
    expect(sent('mistral', 'm', { userId: 'u' })).not.toHaveProperty('user')
    expect(sent('vllm', 'm', { topK: 5, userId: 'u' })).toMatchObject({ top_k: 5, user: 'u' })
    expect(sent('plain', 'm', { maxOutputTokens: 3 })).toMatchObject({ max_tokens: 3 })
    expect(sent('openrouter', 'openai/gpt-5.5', { maxOutputTokens: 3 })).toMatchObject({ max_completion_tokens: 3 })
    expect(sent('plain', 'm', { topK: 5 })).not.toHaveProperty('top_k')
    expect(sent('openai', 'gpt-5.5', { serviceTier: 'standard_only' })).toMatchObject({ service_tier: 'default' })
    expect(sent('ollama', 'm', { tools: [{ name: 'f', schema: {} }], toolChoice: { kind: 'none' } })).not.toHaveProperty('tools')
    expect(sent('ollama', 'm', { tools: [{ name: 'f', schema: {} }], toolChoice: { kind: 'auto' } })).not.toHaveProperty('tool_choice')
  })
})

describe('what thinking becomes', () => {
  it.each<[Dialect, string, Partial<ModelRequest>, JsonObject]>([
    ['openai', 'gpt-5.5', { thinking: { enabled: true, budgetTokens: 20_000, show: true } }, { reasoning_effort: 'high' }],
    ['openai', 'gpt-5.5', { thinking: { enabled: true, budgetTokens: 1_024, show: true } }, { reasoning_effort: 'low' }],
    ['openai', 'gpt-5.5', { thinking: { enabled: true, budgetTokens: undefined, show: true } }, {}],
    ['openai', 'gpt-5.5', { thinking: { enabled: false, budgetTokens: undefined, show: false } }, { reasoning_effort: 'none' }],
    ['openai', 'gpt-5', { thinking: { enabled: false, budgetTokens: undefined, show: false } }, { reasoning_effort: 'minimal' }],
    ['openai', 'gpt-4.1', { thinking: { enabled: true, budgetTokens: 20_000, show: true } }, {}],
    ['openai', 'gpt-5.5', { effort: 'low', thinking: { enabled: true, budgetTokens: 20_000, show: true } }, { reasoning_effort: 'low' }],
    ['openrouter', 'm', { thinking: { enabled: true, budgetTokens: 2_000, show: true } }, { reasoning: { max_tokens: 2_000 }, usage: { include: true } }],
    ['openrouter', 'm', { thinking: { enabled: false, budgetTokens: undefined, show: true } }, { reasoning: { enabled: false }, usage: { include: true } }],
    ['qwen', 'm', { thinking: { enabled: true, budgetTokens: 2_000, show: true } }, { enable_thinking: true, thinking_budget: 2_000 }],
    ['deepseek', 'm', { thinking: { enabled: false, budgetTokens: undefined, show: true } }, { thinking: { type: 'disabled' } }],
    ['moonshot', 'kimi-k2.6', { thinking: { enabled: false, budgetTokens: undefined, show: true } }, { thinking: { type: 'disabled' } }],
    ['moonshot', 'kimi-k3', { thinking: { enabled: true, budgetTokens: 9, show: true } }, {}],
  ])('at %s %s for %j is %j', (dialect, model, known, expected) => {
    const { model: _model, messages: _messages, ...rest } = sent(dialect, model, known)
    expect(rest).toEqual(expected)
  })

  it('is the call’s effort before all else', () => {
    expect(sent('qwen', 'm', { effort: 'low', thinking: { enabled: true, budgetTokens: 5, show: true } }, { effort: 'none' })).toMatchObject({ enable_thinking: false })
  })

  it('is off for tools of a model that takes them only so, and a refusal where effort was asked for', () => {
    const tools = [{ name: 'f', schema: {} }]
    expect(sent('openai', 'gpt-5.6', { tools })).toMatchObject({ reasoning_effort: 'none' })
    expect(lost('openai', 'gpt-5.6', { tools }).refused).toEqual([])
    expect(lost('openai', 'gpt-5.6', { tools }, 'high').refused).toEqual([expect.stringContaining('openai-responses')])
    expect(lost('openai', 'gpt-5.5', { tools }, 'high').refused).toEqual([])
  })
})

describe('messages', () => {
  it('keep one text a text, and anything more as parts', () => {
    expect(messagesOf('plain', user(text('a')), user(text('a'), text('b')), user({ kind: 'image', source: PNG, detail: 'low' }), user({ kind: 'image', source: { kind: 'url', url: 'https://x/y' } }))).toEqual([
      { role: 'user', content: 'a' },
      { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } }] },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x/y' } }] },
    ])
  })

  it('carry files and sounds; text files as text', () => {
    const pdf = { kind: 'file', source: { kind: 'data', mediaType: 'application/pdf', base64: 'AAAA' } } as const
    const note = { kind: 'file', source: { kind: 'data', mediaType: 'text/plain', base64: Buffer.from('Grüße').toString('base64') }, name: 'note.txt' } as const
    const uploaded = { kind: 'file', source: { kind: 'provider_file', wire: 'openai-responses', id: 'file-1' } } as const
    expect(messagesOf('openai', user(pdf, note, uploaded, { kind: 'audio', base64: 'BBBB', format: 'wav' }))).toEqual([
      {
        role: 'user',
        content: [
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'file.pdf' } },
          { type: 'text', text: 'note.txt\n\nGrüße' },
          { type: 'file', file: { file_id: 'file-1' } },
          { type: 'input_audio', input_audio: { data: 'BBBB', format: 'wav' } },
        ],
      },
    ])
  })

  it('put the developer’s word where the dialect has a place for it', () => {
    const messages: Message[] = [{ role: 'developer', parts: [text('a')] }, HELLO, { role: 'system', parts: [text('b')] }]
    expect((messagesOf('openai', ...messages) as { role: string }[]).map((message) => message.role)).toEqual(['developer', 'user', 'system'])
    expect((messagesOf('plain', ...messages) as { role: string }[]).map((message) => message.role)).toEqual(['system', 'user', 'system'])
  })

  it('carry a whole tool loop, with what a tool shows after all of its results', () => {
    const loop: Message[] = [
      { role: 'assistant', parts: [text('Looking.'), { kind: 'tool_call', id: 'a', name: 'f', argumentsJson: '' }, { kind: 'tool_call', id: 'b', name: 'g', argumentsJson: '{"n":1}' }] },
      { role: 'tool', parts: [{ kind: 'tool_result', callId: 'a', parts: [{ kind: 'text', text: 'one' }, { kind: 'image', source: PNG }], isError: false }, { kind: 'tool_result', callId: 'b', parts: [{ kind: 'text', text: 'no such file' }], isError: true }] },
      HELLO,
    ]
    expect(messagesOf('plain', ...loop)).toEqual([
      { role: 'assistant', content: 'Looking.', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }, { id: 'b', type: 'function', function: { name: 'g', arguments: '{"n":1}' } }] },
      { role: 'tool', tool_call_id: 'a', content: 'one\n(What it shows follows.)' },
      { role: 'tool', tool_call_id: 'b', content: 'Error: no such file' },
      { role: 'user', content: [{ type: 'text', text: 'Shown by the tool of call a:' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
      { role: 'user', content: 'Hello' },
    ])
  })

  it('never carry an id too long or of the wrong letters, and keep call and result together', () => {
    const id = `toolu_${'x'.repeat(60)}`
    const loop: Message[] = [{ role: 'assistant', parts: [{ kind: 'tool_call', id, name: 'f', argumentsJson: '{}' }] }, { role: 'tool', parts: [{ kind: 'tool_result', callId: id, parts: [], isError: false }] }]
    for (const [dialect, form] of [['openai', /^.{1,40}$/], ['mistral', /^[A-Za-z0-9]{9}$/]] as const) {
      const [assistant, tool] = messagesOf(dialect, ...loop) as [{ tool_calls: [{ id: string }] }, { tool_call_id: string }]
      expect(assistant.tool_calls[0].id).toMatch(form)
      expect(tool.tool_call_id).toBe(assistant.tool_calls[0].id)
    }
  })

  it('give reasoning back to the dialect that wants it, and only what this wire made', () => {
    const details = [{ type: 'reasoning.text', text: 'why', signature: 'S', index: 0 }]
    const turn = (value: string, wire: 'openai-chat' | 'anthropic-messages' = 'openai-chat'): Message => ({ role: 'assistant', parts: [{ kind: 'reasoning', text: 'why', seal: { wire, value } }, text('x')] })
    expect(messagesOf('deepseek', turn('text'))).toEqual([{ role: 'assistant', content: 'x', reasoning_content: 'why' }])
    expect(messagesOf('ollama', turn('text'))).toEqual([{ role: 'assistant', content: 'x', reasoning: 'why' }])
    expect(messagesOf('openrouter', turn(JSON.stringify(details)))).toEqual([{ role: 'assistant', content: 'x', reasoning_details: details }])
    expect(messagesOf('openai', turn('text'))).toEqual([{ role: 'assistant', content: 'x' }])
    for (const dialect of ['deepseek', 'openrouter', 'openai'] as const) expect(messagesOf(dialect, turn('SIG', 'anthropic-messages'))).toEqual([{ role: 'assistant', content: 'x' }])
    expect(messagesOf('openrouter', turn(JSON.stringify(details), 'anthropic-messages'))).toEqual([{ role: 'assistant', content: 'x' }])
    expect(messagesOf('openrouter', turn('not json'))).toEqual([{ role: 'assistant', content: 'x', reasoning: 'why' }])
  })

  it('give a signature of Gemini back on the call it belongs to', () => {
    const extra = { google: { thought_signature: 'S' } }
    const call = (wire: 'openai-chat' | 'gemini'): Message => ({ role: 'assistant', parts: [{ kind: 'tool_call', id: 'a', name: 'f', argumentsJson: '{}', seal: { wire, value: JSON.stringify(extra) } }] })
    expect(messagesOf('plain', call('openai-chat'))).toMatchObject([{ content: null, tool_calls: [{ extra_content: extra }] }])
    expect(JSON.stringify(messagesOf('plain', call('gemini')))).not.toContain('extra_content')
  })

  it('keep a refusal as OpenAI has it, and as text elsewhere', () => {
    const turn: Message = { role: 'assistant', parts: [{ kind: 'refusal', text: 'No.' }] }
    expect(messagesOf('openai', turn)).toEqual([{ role: 'assistant', content: null, refusal: 'No.' }])
    expect(messagesOf('plain', turn)).toEqual([{ role: 'assistant', content: 'No.' }])
  })

  it('carry cache marks to those who read them', () => {
    const marked = user({ kind: 'text', text: 'a', cache: '1h' })
    expect(messagesOf('openrouter', marked)).toEqual([{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }] }])
    expect(messagesOf('openai', marked)).toEqual([{ role: 'user', content: 'a' }])
  })
})

describe('what a dialect cannot carry', () => {
  it.each<[string, Dialect, string, Partial<ModelRequest>, readonly string[], readonly string[]]>([
    ['a schema at DeepSeek', 'deepseek', 'm', { format: { kind: 'json_schema', name: 'n', schema: {}, strict: true } }, ['response_format (json_schema)'], []],
    ['a JSON object at DeepSeek', 'deepseek', 'm', { format: { kind: 'json_object' } }, [], []],
    ['log probabilities at Groq', 'groq', 'm', { logprobs: { top: 0 } }, ['logprobs'], []],
    ['log probabilities of a thinking model', 'openai', 'gpt-5.5', { logprobs: { top: 0 } }, ['logprobs'], []],
    ['log probabilities without thinking', 'openai', 'gpt-5.5', { logprobs: { top: 0 }, effort: 'none' }, [], []],
    ['sampling of a thinking model', 'openai', 'gpt-5.5', { temperature: 0.2, topP: 0.5, topK: 3, presencePenalty: 1, frequencyPenalty: 1 }, [], ['temperature', 'top_p', 'top_k', 'presence_penalty', 'frequency_penalty']],
    ['sampling that changes nothing', 'openai', 'gpt-5.5', { temperature: 1, topP: 1, presencePenalty: 0 }, [], []],
    ['stops of o3', 'openai', 'o3', { stop: ['a'] }, ['stop'], []],
    ['five stops', 'openai', 'gpt-4.1', { stop: ['a', 'b', 'c', 'd', 'e'] }, ['stop (more than 4)'], []],
    ['stops of Grok', 'xai', 'grok-4.6', { stop: ['a'] }, ['stop'], []],
    ['a forced tool while Kimi thinks', 'moonshot', 'kimi-k2.6', { tools: [{ name: 'f', schema: {} }], toolChoice: { kind: 'required' } }, ['tool_choice'], []],
    ['a forced tool while Kimi does not think', 'moonshot', 'kimi-k2.6', { tools: [{ name: 'f', schema: {} }], toolChoice: { kind: 'required' }, effort: 'none' }, [], []],
    ['a forced tool at Ollama', 'ollama', 'm', { tools: [{ name: 'f', schema: {} }], toolChoice: { kind: 'tool', name: 'f' } }, ['tool_choice'], []],
    ['an image by address at Ollama', 'ollama', 'm', { messages: [user({ kind: 'image', source: { kind: 'url', url: 'https://x/y' } })] }, ['messages (image by address)'], []],
    ['an image inside a result', 'ollama', 'm', { messages: [{ role: 'tool', parts: [{ kind: 'tool_result', callId: 'a', isError: false, parts: [{ kind: 'image', source: { kind: 'url', url: 'https://x/y' } }] }] }] }, ['messages (image by address)'], []],
    ['a PDF at DeepSeek', 'deepseek', 'm', { messages: [user({ kind: 'file', source: { kind: 'data', mediaType: 'application/pdf', base64: '' } })] }, ['messages (file)'], []],
    ['a text file at DeepSeek', 'deepseek', 'm', { messages: [user({ kind: 'file', source: { kind: 'data', mediaType: 'text/plain', base64: '' } })] }, [], []],
    ['a file by address', 'openai', 'm', { messages: [user({ kind: 'file', source: { kind: 'url', url: 'https://x/y' } })] }, ['messages (file by address)'], []],
    ['a file by address at OpenRouter', 'openrouter', 'm', { messages: [user({ kind: 'file', source: { kind: 'url', url: 'https://x/y' } })] }, [], []],
    ['a file that lies elsewhere', 'openai', 'm', { messages: [user({ kind: 'file', source: { kind: 'provider_file', wire: 'anthropic-messages', id: 'f' } })] }, ['messages (uploaded file)'], []],
    ['two answers', 'openai', 'gpt-4.1', { choices: 2 }, ['n'], []],
    ['seed, verbosity and tier', 'deepseek', 'm', { seed: 1, verbosity: 'low', serviceTier: 'flex', userId: 'u' }, [], ['seed', 'verbosity', 'service_tier', 'user']],
    ['strict functions at Moonshot', 'moonshot', 'kimi-k2.6', { tools: [{ name: 'f', schema: {}, strict: true }] }, [], ['tools.strict']],
    ['thinking of a model that does not', 'openai', 'gpt-4.1', { thinking: { enabled: true, budgetTokens: 1, show: true } }, [], ['thinking']],
    ['nothing', 'plain', 'm', {}, [], []],
  ])('is named: %s', (_name, dialect, model, known, refused, dropped) => {
    expect(lost(dialect, model, known)).toEqual({ refused, dropped })
  })
})

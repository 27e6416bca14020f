import type Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerPart } from '../../../core/model-answer.ts'
import { messagesSurface } from '../../../router/http/surfaces/messages/surface.ts'
import type { JsonObject } from '../../../router/providers/json.ts'
import { anyAnswer, contextOf, damaged, KNOWN_FACTS, refusalOf } from './support.ts'

const schema = { type: 'object' as const, properties: { city: { type: 'string' } } }
const ephemeral = { type: 'ephemeral' as const }

const FULL = {
  model: 'auto',
  max_tokens: 60,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?', cache_control: ephemeral },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        { type: 'image', source: { type: 'file', file_id: 'file_1' } },
        { type: 'document', title: 'A page', source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' } },
        { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'Some words.' } },
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'More words.' }] } },
        { type: 'search_result', title: 'Found', source: 'https://example.com', content: [{ type: 'text', text: 'A cat.' }] },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'So.', signature: 'sig' },
        { type: 'redacted_thinking', data: 'hidden' },
        { type: 'text', text: 'Looking.' },
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: { q: 1 } },
        { type: 'tool_use', id: 'toolu_2', name: 'look', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'A cat.' },
        { type: 'tool_result', tool_use_id: 'toolu_2', is_error: true, content: [{ type: 'text', text: 'Failed.' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'CCCC' } }] },
        { type: 'text', text: 'And?' },
      ],
    },
    { role: 'system', content: 'Hurry.' },
    { role: 'user', content: 'Now.' },
  ],
  tools: [{ name: 'look', description: 'Looks.', input_schema: schema, strict: true, cache_control: ephemeral }, { type: 'custom', name: 'stop', input_schema: { type: 'object' } }],
  tool_choice: { type: 'any', disable_parallel_tool_use: true },
  thinking: { type: 'enabled', budget_tokens: 2048, display: 'omitted' },
  output_config: { effort: 'low', format: { type: 'json_schema', schema } },
  // Still taken by models that have them, though the newest types do not list them any more.
  ...{ temperature: 1, top_p: 0.9, top_k: 40 },
  stop_sequences: ['END'],
  metadata: { user_id: 'user-1' },
  service_tier: 'standard_only',
  stream: true,
} satisfies Anthropic.MessageCreateParams

const request = (more: JsonObject) => messagesSurface.read({ model: 'auto', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], ...more }).request()

describe('reading a message request', () => {
  it('finds what routing needs', () => {
    const asked = messagesSurface.read(FULL)
    expect(asked).toMatchObject({ model: 'auto', stream: true, userId: 'user-1', effort: 'low', maxOutputTokens: 60, schema })
    expect([...asked.needs].toSorted()).toEqual(['files', 'images', 'json_schema', 'tools'])
    expect(asked.native).toBe(FULL)
    expect(asked.inputTokens).toBeGreaterThan(4_000)
    expect(asked.inputTokens).toBeLessThan(4_300)
  })

  it('reads every member into the common form, results in messages of their own', () => {
    expect(messagesSurface.read(FULL).request()).toEqual({
      messages: [
        { role: 'system', parts: [{ kind: 'text', text: 'Be brief.', cache: '1h' }] },
        {
          role: 'user',
          parts: [
            { kind: 'text', text: 'What is this?', cache: '5m' },
            { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AAAA' } },
            { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
            { kind: 'image', source: { kind: 'provider_file', wire: 'anthropic-messages', id: 'file_1' } },
            { kind: 'file', source: { kind: 'data', mediaType: 'application/pdf', base64: 'BBBB' }, name: 'A page' },
            { kind: 'text', text: 'Notes' },
            { kind: 'text', text: 'Some words.' },
            { kind: 'text', text: 'More words.' },
            { kind: 'text', text: 'Found\nhttps://example.com' },
            { kind: 'text', text: 'A cat.' },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { kind: 'reasoning', text: 'So.', seal: { wire: 'anthropic-messages', value: 'sig' } },
            { kind: 'reasoning', text: '', seal: { wire: 'anthropic-messages', value: 'hidden' }, redacted: true },
            { kind: 'text', text: 'Looking.' },
            { kind: 'tool_call', id: 'toolu_1', name: 'look', argumentsJson: '{"q":1}' },
            { kind: 'tool_call', id: 'toolu_2', name: 'look', argumentsJson: '{}' },
          ],
        },
        {
          role: 'tool',
          parts: [
            { kind: 'tool_result', callId: 'toolu_1', parts: [{ kind: 'text', text: 'A cat.' }], isError: false },
            { kind: 'tool_result', callId: 'toolu_2', parts: [{ kind: 'text', text: 'Failed.' }, { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'CCCC' } }], isError: true },
          ],
        },
        { role: 'user', parts: [{ kind: 'text', text: 'And?' }] },
        { role: 'system', parts: [{ kind: 'text', text: 'Hurry.' }] },
        { role: 'user', parts: [{ kind: 'text', text: 'Now.' }] },
      ],
      tools: [
        { name: 'look', description: 'Looks.', schema, strict: true, cache: '5m' },
        { name: 'stop', schema: { type: 'object' } },
      ],
      toolChoice: { kind: 'required' },
      parallelToolCalls: false,
      maxOutputTokens: 60,
      temperature: 1,
      topP: 0.9,
      topK: 40,
      stop: ['END'],
      seed: undefined,
      presencePenalty: undefined,
      frequencyPenalty: undefined,
      logprobs: undefined,
      choices: 1,
      effort: 'low',
      thinking: { enabled: true, budgetTokens: 2048, show: false },
      format: { kind: 'json_schema', name: 'answer', schema, strict: true },
      verbosity: undefined,
      serviceTier: 'default',
      userId: 'user-1',
      hints: [],
      unmapped: [],
    })
  })

  it.each([
    ['container', { container: 'c' }],
    ['inference_geo', { inference_geo: 'eu' }],
    ['mcp_servers', { mcp_servers: [{}] }],
    ['max_tokens', { max_tokens: 0 }],
    ['output_config.task_budget', { output_config: { task_budget: {} } }],
    ['thinking (between_tools)', { thinking: { type: 'between_tools' } }],
    ['tools.0 (web_search_20250305)', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['tools.0 (bash_20250124)', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
    ['tools.0.defer_loading', { tools: [{ name: 'a', input_schema: {}, defer_loading: true }] }],
    ['messages.0.content.0 (server_tool_use)', { messages: [{ role: 'assistant', content: [{ type: 'server_tool_use', id: 'a', name: 'web_search', input: {} }] }] }],
    ['messages.0.content.0 (container_upload)', { messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }] }] }],
    ['messages.0.content.0.citations', { messages: [{ role: 'user', content: [{ type: 'document', citations: { enabled: true }, source: { type: 'text', media_type: 'text/plain', data: 'A' } }] }] }],
    ['context_management', { context_management: { edits: [{ type: 'compact_20260112' }] } }],
    ['context_management', { context_management: { edits: [{ type: 'clear_thinking_20251015' }, { type: 'compact_20260112' }] } }],
    ['context_management', { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }], more: true } }],
    ['context_management', { context_management: { edits: ['clear_thinking_20251015'] } }],
    ['context_management', { context_management: { edits: {} } }],
    ['context_management', { context_management: true }],
  ])('names %s as what no other wire can carry', (name, more) => {
    expect(request(more).unmapped).toEqual([name])
  })

  it('leaves out edits that only clear what the conversation has outgrown, and says so', () => {
    const edits = [{ type: 'clear_thinking_20251015', keep: 'all' }, { type: 'clear_tool_uses_20250919', trigger: { type: 'input_tokens', value: 30_000 } }]
    expect(request({ context_management: { edits } })).toMatchObject({ hints: ['context_management'], unmapped: [] })
    for (const nothing of [{}, { edits: [] }, { edits: null }]) expect(request({ context_management: nothing })).toMatchObject({ hints: [], unmapped: [] })
  })

  it('marks the last block where the body asks for caching as a whole', () => {
    expect(request({ cache_control: ephemeral }).messages.at(-1)?.parts).toEqual([{ kind: 'text', text: 'Hi', cache: '5m' }])
  })

  it('keeps from its own wire whatever metadata is not a user id', () => {
    const asked = messagesSurface.read({ ...FULL, metadata: { user_id: 'u', weighbridge_task: 'simple_qa', team: 'a' } })
    expect(asked.native['metadata']).toEqual({ user_id: 'u' })
    expect(asked.metadata).toEqual({ user_id: 'u', weighbridge_task: 'simple_qa', team: 'a' })
    expect(messagesSurface.read({ ...FULL, metadata: { weighbridge_task: 'simple_qa' } }).native).not.toHaveProperty('metadata')
  })

  it('counts without a limit, as token counting is asked', () => {
    const { max_tokens: _limit, ...body } = FULL
    expect(messagesSurface.read(body).maxOutputTokens).toBeUndefined()
  })
})

describe('an answer of another wire that comes back in a turn', () => {
  it.each([
    ['shown', { type: 'adaptive' }, () => true],
    ['omitted', { type: 'adaptive', display: 'omitted' }, (part: AnswerPart) => part.kind !== 'reasoning' || part.seal !== undefined],
  ] as const)('is read as the parts it was written from with thinking %s, and kept from providers of this wire where they never made it', (_how, thinking, comesBack) => {
    const context = contextOf(messagesSurface, { model: 'auto', max_tokens: 9, thinking, messages: [{ role: 'user', content: 'Hi' }] })
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const { content } = JSON.parse(messagesSurface.translated(answer, KNOWN_FACTS, context))
        const asked = messagesSurface.read({ model: 'auto', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content }, { role: 'user', content: 'And?' }] })
        // A refusal is text there.
        const parts = answer.parts.filter(comesBack).map((part) => (part.kind === 'refusal' ? { kind: 'text', text: part.text } : part))
        if (parts.length > 0) expect(asked.request().messages[1]).toEqual({ role: 'assistant', parts })
        expect(JSON.stringify(asked.native)).not.toContain('wb1.')
        const shown = answer.parts.filter((part) => part.kind !== 'reasoning').length
        // A message that only held what was taken out is taken out itself.
        expect(asked.native['messages']).toHaveLength(shown === 0 && content.length > 0 ? 2 : 3)
        expect(asked.request().messages).toHaveLength(parts.length === 0 ? 2 : 3)
      }),
    )
  })
})

describe('an answer whose thinking was not asked for', () => {
  it('still brings back, before its calls, what their maker wants to see again', () => {
    const seal = { wire: 'openai-chat', value: 'text' } as const
    const answer = { parts: [{ kind: 'reasoning', text: 'So.', seal }, { kind: 'text', text: 'Looking.' }, { kind: 'tool_call', id: 'a', name: 'look', argumentsJson: '{}' }], finish: 'tool_calls', stopSequence: undefined, logprobs: undefined } as const
    const asks = { model: 'auto', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
    const { content } = JSON.parse(messagesSurface.translated(answer, KNOWN_FACTS, contextOf(messagesSurface, asks)))
    const [text, ...rest] = messagesSurface.read({ ...asks, messages: [...asks.messages, { role: 'assistant', content }] }).request().messages[1]?.parts ?? []
    expect([text, ...rest]).toEqual([answer.parts[1], answer.parts[0], answer.parts[2]])
  })
})

describe('a message request that is wrong', () => {
  it.each([
    ['model', { model: null }],
    ['messages', { messages: {} }],
    ['messages.0', { messages: [7] }],
    ['messages.0.role', { messages: [{ content: 'Hi' }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: 7 }] }],
    ['system', { system: 7 }],
    ['max_tokens', { max_tokens: 'many' }],
    ['stop_sequences', { stop_sequences: 'END' }],
    ['tools', { tools: {} }],
    ['tool_choice', { tool_choice: 'any' }],
    ['thinking', { thinking: true }],
    ['output_config.effort', { output_config: { effort: 'hard' } }],
    ['metadata.user_id', { metadata: { user_id: 7 } }],
    ['top_k', { top_k: 0.5 }],
  ])('is refused at once, naming %s', (param, more) => {
    const error = refusalOf(() => messagesSurface.read({ ...FULL, ...more }))
    expect([error.code, error.details?.['param']]).toEqual(['bad_request', param])
  })

  it.each([
    ['messages.0.role', { messages: [{ role: 'tool', content: 'Hi' }] }],
    ['messages.0.content', { messages: [{ role: 'user' }] }],
    ['messages.0.content.0.text', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    ['messages.0.content.0.source.type', { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'x' } }] }] }],
    ['messages.0.content.0.tool_use_id', { messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] }],
    ['messages.0.content.0.name', { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a' }] }] }],
    ['tools.0.name', { tools: [{ input_schema: {} }] }],
    ['tools.0.input_schema', { tools: [{ name: 'a' }] }],
    ['tool_choice.type', { tool_choice: { type: 'required' } }],
    ['tool_choice.name', { tool_choice: { type: 'tool' } }],
    ['thinking.type', { thinking: { type: 'often' } }],
    ['stop_sequences.0', { stop_sequences: [7] }],
    ['output_config.format.schema', { output_config: { format: { type: 'json_schema' } } }],
  ])('is refused where it must be translated, naming %s', (param, more) => {
    const error = refusalOf(() => request(more))
    expect([error.code, error.details?.['param']]).toEqual(['bad_request', param])
  })

  it('never ends in another error, whatever stands anywhere', () => {
    fc.assert(
      fc.property(damaged(FULL), (body) => {
        try {
          messagesSurface.read(body).request()
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'WeighbridgeError', code: 'bad_request' })
        }
      }),
      { numRuns: 500 },
    )
  })
})

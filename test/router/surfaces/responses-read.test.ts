import fc from 'fast-check'
import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { responsesSurface } from '../../../router/http/surfaces/responses/surface.ts'
import type { JsonObject } from '../../../router/providers/json.ts'
import { anyAnswer, contextOf, damaged, KNOWN_FACTS, refusalOf } from './support.ts'

const schema = { type: 'object', properties: { city: { type: 'string' } } }

const FULL = {
  model: 'auto',
  instructions: 'Be brief.',
  input: [
    { role: 'developer', content: 'Answer in French.' },
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is this?' },
        { type: 'input_image', detail: 'low', image_url: 'data:image/png;base64,AAAA' },
        { type: 'input_image', detail: 'auto', file_id: 'file-1' },
        { type: 'input_file', filename: 'a.txt', file_data: 'QUJD' },
        { type: 'input_file', file_url: 'https://example.com/a.pdf' },
      ],
    },
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'So.' }, { type: 'summary_text', text: 'Then.' }], encrypted_content: 'enc' },
    { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Looking.', annotations: [] }, { type: 'refusal', refusal: 'Not that.' }] },
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'look', arguments: '{"q":1}' },
    { type: 'function_call', call_id: 'call_2', name: 'look', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'A cat.' },
    { type: 'function_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'A dog.' }] },
    { role: 'user', content: 'And?' },
  ],
  tools: [{ type: 'function', name: 'look', description: 'Looks.', parameters: schema, strict: true }, { type: 'function', name: 'stop', parameters: null, strict: null }],
  tool_choice: { type: 'function', name: 'look' },
  parallel_tool_calls: false,
  max_output_tokens: 60,
  temperature: 0.5,
  top_p: 0.9,
  top_logprobs: 2,
  reasoning: { effort: 'low', summary: 'auto' },
  text: { format: { type: 'json_schema', name: 'place', schema, strict: true }, verbosity: 'low' },
  service_tier: 'flex',
  safety_identifier: 'user-1',
  include: ['reasoning.encrypted_content'],
  truncation: 'disabled',
  metadata: { a: 'b' },
  store: false,
  stream: true,
} satisfies OpenAI.Responses.ResponseCreateParams

const request = (more: JsonObject) => responsesSurface.read({ model: 'auto', input: 'Hi', ...more }).request()

describe('reading a response request', () => {
  it('finds what routing needs', () => {
    const asked = responsesSurface.read(FULL)
    expect(asked).toMatchObject({ model: 'auto', stream: true, userId: 'user-1', effort: 'low', maxOutputTokens: 60, schema, metadata: { a: 'b' } })
    expect([...asked.needs].toSorted()).toEqual(['files', 'images', 'json_schema', 'logprobs', 'tools'])
    expect(asked.native).toBe(FULL)
    expect(asked.inputTokens).toBeGreaterThan(3_200)
    expect(asked.inputTokens).toBeLessThan(3_500)
  })

  it('reads every member into the common form, an assistant turn of several items as one message', () => {
    expect(responsesSurface.read(FULL).request()).toEqual({
      messages: [
        { role: 'developer', parts: [{ kind: 'text', text: 'Be brief.' }] },
        { role: 'developer', parts: [{ kind: 'text', text: 'Answer in French.' }] },
        {
          role: 'user',
          parts: [
            { kind: 'text', text: 'What is this?' },
            { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AAAA' }, detail: 'low' },
            { kind: 'image', source: { kind: 'provider_file', wire: 'openai-responses', id: 'file-1' }, detail: 'auto' },
            { kind: 'file', source: { kind: 'data', mediaType: 'text/plain', base64: 'QUJD' }, name: 'a.txt' },
            { kind: 'file', source: { kind: 'url', url: 'https://example.com/a.pdf' } },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { kind: 'reasoning', text: 'So.\n\nThen.', seal: { wire: 'openai-responses', value: 'enc' } },
            { kind: 'text', text: 'Looking.' },
            { kind: 'refusal', text: 'Not that.' },
            { kind: 'tool_call', id: 'call_1', name: 'look', argumentsJson: '{"q":1}' },
            { kind: 'tool_call', id: 'call_2', name: 'look', argumentsJson: '{}' },
          ],
        },
        {
          role: 'tool',
          parts: [
            { kind: 'tool_result', callId: 'call_1', parts: [{ kind: 'text', text: 'A cat.' }], isError: false },
            { kind: 'tool_result', callId: 'call_2', parts: [{ kind: 'text', text: 'A dog.' }], isError: false },
          ],
        },
        { role: 'user', parts: [{ kind: 'text', text: 'And?' }] },
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
      stop: [],
      seed: undefined,
      presencePenalty: undefined,
      frequencyPenalty: undefined,
      logprobs: { top: 2 },
      choices: 1,
      effort: 'low',
      thinking: { enabled: true, budgetTokens: undefined, show: true },
      format: { kind: 'json_schema', name: 'place', schema, strict: true },
      verbosity: 'low',
      serviceTier: 'flex',
      userId: 'user-1',
      hints: [],
      unmapped: [],
    })
  })

  it.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'p' } }],
    ['background', { background: true }],
    ['context_management', { context_management: [{ type: 'compaction' }] }],
    ['moderation', { moderation: { model: 'm' } }],
    ['access_programs', { access_programs: {} }],
    ['made_up', { made_up: 1 }],
    ['reasoning.mode', { reasoning: { mode: 'pro' } }],
    ['text.made_up', { text: { made_up: 1 } }],
    ['tools.0 (web_search)', { tools: [{ type: 'web_search' }] }],
    ['tools.0 (mcp)', { tools: [{ type: 'mcp', server_label: 'a' }] }],
    ['tools.0.defer_loading', { tools: [{ type: 'function', name: 'a', defer_loading: true }] }],
    ['tool_choice (mcp)', { tool_choice: { type: 'mcp', server_label: 'a' } }],
    ['input.0 (item_reference)', { input: [{ type: 'item_reference', id: 'rs_1' }] }],
    ['input.0 (web_search_call)', { input: [{ type: 'web_search_call', id: 'ws_1' }] }],
    ['input.0 (compaction)', { input: [{ type: 'compaction', encrypted_content: 'x' }] }],
    ['input.0.namespace', { input: [{ type: 'function_call', call_id: 'a', name: 'a', arguments: '{}', namespace: 'n' }] }],
  ])('names %s as what no other wire can carry', (name, more) => {
    expect(request(more).unmapped).toEqual([name])
  })

  it.each([
    ['store', { store: true }],
    ['truncation', { truncation: 'auto' }],
    ['prompt_cache_key', { prompt_cache_key: 'k' }],
    ['max_tool_calls', { max_tool_calls: 3 }],
    ['reasoning.context', { reasoning: { context: 'auto' } }],
  ])('may leave %s out', (name, more) => {
    expect(request(more)).toMatchObject({ hints: [name], unmapped: [] })
  })

  it('asks for logprobs by include as by number', () => {
    expect(request({ include: ['message.output_text.logprobs'] }).logprobs).toEqual({ top: 0 })
    expect(request({}).logprobs).toBeUndefined()
  })

  it('needs no input where it stands in a stored prompt', () => {
    expect(responsesSurface.read({ model: 'auto', prompt: { id: 'p' } }).inputTokens).toBe(0)
  })
})

describe('an answer of another wire that comes back as input', () => {
  it('is read as the parts it was written from, and kept from providers of this wire where they never made it', () => {
    const context = contextOf(responsesSurface, { model: 'auto', input: 'Hi' })
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const { output } = JSON.parse(responsesSurface.translated(answer, KNOWN_FACTS, context))
        const asked = responsesSurface.read({ model: 'auto', input: [{ role: 'user', content: 'Hi' }, ...output, { role: 'user', content: 'And?' }] })
        expect(asked.request().messages[1]).toEqual({ role: 'assistant', parts: answer.parts })
        const native = asked.native['input']
        expect(JSON.stringify(native)).not.toMatch(/wb1\.|"(msg|rs|fc)_wb/)
        const kept = answer.parts.filter((part) => part.kind !== 'reasoning').map((part) => ({ text: 'message', refusal: 'message', tool_call: 'function_call' })[part.kind])
        expect(Array.isArray(native) ? native.slice(1, -1).map((item) => item.type) : []).toEqual(kept)
      }),
    )
  })
})

describe('a response request that is wrong', () => {
  it.each([
    ['model', { model: '' }],
    ['input', { input: 7 }],
    ['input', { input: undefined }],
    ['input.0', { input: ['Hi'] }],
    ['instructions', { instructions: 7 }],
    ['max_output_tokens', { max_output_tokens: 0 }],
    ['tools', { tools: {} }],
    ['text', { text: 'json' }],
    ['reasoning', { reasoning: 'low' }],
    ['reasoning.effort', { reasoning: { effort: 'hard' } }],
    ['include', { include: 'all' }],
    ['truncation', { truncation: 'some' }],
  ])('is refused at once, naming %s', (param, more) => {
    const error = refusalOf(() => responsesSurface.read({ ...FULL, ...more }))
    expect([error.code, error.details?.['param']]).toEqual(['bad_request', param])
  })

  it.each([
    ['input.0.role', { input: [{ role: 'tool', content: 'Hi' }] }],
    ['input.0.content', { input: [{ role: 'user' }] }],
    ['input.0.content.0.text', { input: [{ role: 'user', content: [{ type: 'input_text' }] }] }],
    ['input.0.content.0.type', { input: [{ role: 'user', content: [{}] }] }],
    ['input.0.call_id', { input: [{ type: 'function_call', name: 'a', arguments: '{}' }] }],
    ['input.0.arguments', { input: [{ type: 'function_call', call_id: 'a', name: 'a', arguments: {} }] }],
    ['input.0.output', { input: [{ type: 'function_call_output', call_id: 'a' }] }],
    ['tools.0.name', { tools: [{ type: 'function' }] }],
    ['tools.0.type', { tools: [{ name: 'a' }] }],
    ['text.format.schema', { text: { format: { type: 'json_schema', name: 'a' } } }],
  ])('is refused where it must be translated, naming %s', (param, more) => {
    const error = refusalOf(() => request(more))
    expect([error.code, error.details?.['param']]).toEqual(['bad_request', param])
  })

  it('never ends in another error, whatever stands anywhere', () => {
    fc.assert(
      fc.property(damaged(FULL), (body) => {
        try {
          responsesSurface.read(body).request()
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'WeighbridgeError', code: 'bad_request' })
        }
      }),
      { numRuns: 500 },
    )
  })
})

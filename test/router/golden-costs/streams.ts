// Golden costs of streams: events as the providers send them, named where the wire names them. What they test is which usage
// of several counts.
import type { PricedModel } from './prices.ts'
import type { PlaceName } from './providers.ts'

export type GoldenStream = { readonly name: string; readonly at: PlaceName; readonly model: PricedModel; readonly events: readonly (readonly [event: string | undefined, data: unknown])[]; readonly working: string; readonly usd: number }

const chunk = (more: Readonly<Record<string, unknown>>): readonly [undefined, unknown] => [undefined, { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], ...more }]
const choice = (delta: unknown, finish: string | null): unknown => ({ index: 0, delta, logprobs: null, finish_reason: finish })
const event = (data: Readonly<Record<string, unknown>> & { readonly type: string }): readonly [string, unknown] => [data.type, data]

export const GOLDEN_STREAMS: readonly GoldenStream[] = [
  {
    name: 'OpenAI: the last chunk has no choices and all the usage',
    at: 'openai',
    model: 'gpt-5.4',
    events: [
      chunk({ choices: [choice({ role: 'assistant', content: '' }, null)], usage: null }),
      chunk({ choices: [choice({ content: 'ok' }, null)], usage: null }),
      chunk({ choices: [choice({}, 'stop')], usage: null }),
      chunk({ usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500, prompt_tokens_details: { cached_tokens: 400 } } }),
      [undefined, '[DONE]'],
    ],
    working: '600*2.5 + 400*0.25 + 500*15',
    usd: 0.0091,
  },
  {
    name: 'Moonshot: usage on the choice of the last chunk',
    at: 'moonshot',
    model: 'kimi-k2.6',
    events: [chunk({ choices: [choice({ role: 'assistant', content: 'ok' }, null)] }), chunk({ choices: [{ ...Object(choice({}, 'stop')), usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100, cached_tokens: 0 } }] }), [undefined, '[DONE]']],
    working: '1000*0.95 + 100*4',
    usd: 0.00135,
  },
  {
    name: 'Anthropic: message_delta is cumulative, its nulls say nothing, and nothing is added up',
    at: 'anthropic',
    model: 'claude-opus-4-7',
    events: [
      event({ type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-4-7', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 100, cache_read_input_tokens: 2000, cache_creation_input_tokens: 1000, cache_creation: { ephemeral_5m_input_tokens: 600, ephemeral_1h_input_tokens: 400 }, output_tokens: 4, service_tier: 'standard' } } }),
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: null } }),
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ok' } }),
      event({ type: 'content_block_stop', index: 0 }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { input_tokens: null, cache_read_input_tokens: 2000, cache_creation_input_tokens: null, output_tokens: 300, server_tool_use: null } }),
      event({ type: 'message_stop' }),
    ],
    working: '100*5 + 2000*0.5 + 600*6.25 + 400*10 + 300*25',
    usd: 0.01675,
  },
  {
    name: 'Gemini: the last usage of a stream counts, not their sum',
    at: 'gemini',
    model: 'gemini-2.5-flash',
    events: [
      [undefined, { responseId: 'r', modelVersion: 'gemini-2.5-flash', candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'o' }] } }], usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 5, thoughtsTokenCount: 100, totalTokenCount: 1105 } }],
      [undefined, { responseId: 'r', modelVersion: 'gemini-2.5-flash', candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'k' }] }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 20, thoughtsTokenCount: 380, totalTokenCount: 1400 } }],
    ],
    working: '1000*0.3 + 400*2.5',
    usd: 0.0013,
  },
  {
    name: 'Responses: usage on the terminal event alone',
    at: 'openai-responses',
    model: 'gpt-5.4',
    events: [
      event({ type: 'response.created', sequence_number: 0, response: { id: 'resp_1', object: 'response', status: 'in_progress', model: 'gpt-5.4', output: [], usage: null } }),
      event({ type: 'response.output_text.delta', sequence_number: 1, item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'ok', logprobs: [] }),
      event({ type: 'response.completed', sequence_number: 2, response: { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-5.4', output: [], service_tier: 'default', usage: { input_tokens: 2000, input_tokens_details: { cached_tokens: 1000 }, output_tokens: 300, output_tokens_details: { reasoning_tokens: 250 }, total_tokens: 2300 } } }),
    ],
    working: '1000*2.5 + 1000*0.25 + 300*15',
    usd: 0.00725,
  },
]

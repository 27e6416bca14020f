import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../../../core/config.ts'
import { rulesOf } from '../../../../router/providers/openai-chat/dialects.ts'
import { canonicalUsage } from '../../../../router/providers/openai-chat/usage.ts'
import { openaiChat } from '../../../../router/providers/openai-chat/adapter.ts'
import { openaiResponses } from '../../../../router/providers/openai-responses/adapter.ts'
import { targetOf } from '../../conformance/reading.ts'

const inDialect = (dialect: Dialect, raw: unknown): unknown => canonicalUsage(raw, rulesOf(targetOf('openai-chat', 'm', { provider: { dialect } }).provider).usage)
const known = (more: object): object => ({ cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined, reasoning: undefined, reportedCostUsd: undefined, ...more })

describe('usage', () => {
  it.each<[Dialect, object, object]>([
    ['openai', { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 }, completion_tokens_details: { reasoning_tokens: 3, rejected_prediction_tokens: 1 } }, { inputTotal: 10, outputTotal: 5, cacheRead: 4, cacheWrite: 2, reasoning: 3 }],
    ['openai', { prompt_tokens: 10, completion_tokens: 5, cost: 1 }, { inputTotal: 10, outputTotal: 5 }],
    ['deepseek', { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 7, prompt_cache_miss_tokens: 3 }, { inputTotal: 10, outputTotal: 5, cacheRead: 7 }],
    ['moonshot', { prompt_tokens: 10, completion_tokens: 5, cached_tokens: 6 }, { inputTotal: 10, outputTotal: 5, cacheRead: 6 }],
    ['mistral', { prompt_tokens: 10, completion_tokens: 5, num_cached_tokens: 6, prompt_audio_seconds: null }, { inputTotal: 10, outputTotal: 5, cacheRead: 6 }],
    ['mistral', { prompt_tokens: 10, completion_tokens: 5, prompt_token_details: { cached_tokens: 6 } }, { inputTotal: 10, outputTotal: 5, cacheRead: 6 }],
    ['qwen', { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 3, cache_creation_input_tokens: 4, cache_creation: { ephemeral_5m_input_tokens: 4 } } }, { inputTotal: 10, outputTotal: 5, cacheRead: 3, cacheWrite: 4 }],
    ['xai', { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } }, { inputTotal: 10, outputTotal: 12, reasoning: 7 }],
    ['xai', { prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 7 } }, { inputTotal: 10, outputTotal: 12, reasoning: 7 }],
    // Should xAI ever count as OpenAI does, the total says so.
    ['xai', { prompt_tokens: 10, completion_tokens: 12, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } }, { inputTotal: 10, outputTotal: 12, reasoning: 7 }],
    ['xai', { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 30 } }, { inputTotal: 40, outputTotal: 5, cacheRead: 30 }],
    ['xai', { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 10 } }, { inputTotal: 10, outputTotal: 5, cacheRead: 10 }],
    ['xai', { prompt_tokens: 10, completion_tokens: 5, cost_in_usd_ticks: 37_756_000 }, { inputTotal: 10, outputTotal: 5, reportedCostUsd: 0.0037756 }],
    ['groq', { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 3 } }, { inputTotal: 10, outputTotal: 5, cacheRead: 3 }],
    // Reasoning on top of completion, whoever serves it: the total leaves no other reading.
    ['plain', { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } }, { inputTotal: 10, outputTotal: 12, reasoning: 7 }],
    ['plain', { prompt_tokens: 10, completion_tokens: 12, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } }, { inputTotal: 10, outputTotal: 12, reasoning: 7 }],
    ['openrouter', { prompt_tokens: 10, completion_tokens: 5, cost: 0.00014, is_byok: false, cost_details: { upstream_inference_cost: 0.0001 } }, { inputTotal: 10, outputTotal: 5, reportedCostUsd: 0.00014 }],
    ['openrouter', { prompt_tokens: 10, completion_tokens: 5, cost: 0.25, is_byok: true, cost_details: { upstream_inference_cost: 0.5 } }, { inputTotal: 10, outputTotal: 5, reportedCostUsd: 0.75 }],
    ['openrouter', { prompt_tokens: 10, completion_tokens: 5, cost: 0.25, is_byok: true, cost_details: null }, { inputTotal: 10, outputTotal: 5, reportedCostUsd: undefined }],
    ['plain', { prompt_tokens: '10', completion_tokens: -5, prompt_tokens_details: null, cost: 'free' }, { inputTotal: undefined, outputTotal: undefined }],
  ])('of %s %j becomes canonical', (dialect, raw, expected) => {
    expect(inDialect(dialect, raw)).toEqual({ ...known(expected), raw })
  })

  it('that is missing stays unknown', () => {
    expect(canonicalUsage(null)).toBeUndefined()
    expect(canonicalUsage([1])).toBeUndefined()
  })

  it('is found wherever a server puts it, and the dialect by the address', () => {
    const groq = openaiChat.parse(JSON.stringify({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }], x_groq: { id: 'r', usage: { prompt_tokens: 3, completion_tokens: 4 } } }), targetOf('openai-chat', 'm'))
    expect(groq.facts.usage).toMatchObject({ inputTotal: 3, outputTotal: 4 })
    const xai = targetOf('openai-chat', 'grok-4', { provider: { baseUrl: 'https://api.x.ai/v1' } })
    expect(openaiChat.parse(JSON.stringify({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 5 } } }), xai).facts.usage).toMatchObject({ outputTotal: 9 })
  })

  it('of the Responses API takes reasoning as inside, and xAI’s dollars', () => {
    const usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 40, cache_write_tokens: 5 }, output_tokens: 50, output_tokens_details: { reasoning_tokens: 20 }, total_tokens: 150, cost_in_usd_ticks: 1e10 }
    const body = JSON.stringify({ object: 'response', status: 'completed', output: [], usage })
    const expected = { inputTotal: 100, cacheRead: 40, cacheWrite: 5, outputTotal: 50, reasoning: 20 }
    expect(openaiResponses.parse(body, targetOf('openai-responses', 'm')).facts.usage).toMatchObject({ ...expected, reportedCostUsd: undefined })
    expect(openaiResponses.parse(body, targetOf('openai-responses', 'm', { provider: { baseUrl: 'https://api.x.ai/v1' } })).facts.usage).toMatchObject({ ...expected, reportedCostUsd: 1 })
  })
})

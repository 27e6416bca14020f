// Golden costs: an answer's usage as the provider sends it, and the dollars it costs, worked out by hand. `working` is the sum
// in millionths of a dollar (tokens × USD per million), `fees` what comes on top in dollars; a test holds `usd` to both.
import type { PricedModel } from './prices.ts'
import type { PlaceName } from './providers.ts'

export type GoldenCase = {
  /** What it is about: the trap. */
  readonly name: string
  readonly at: PlaceName
  readonly model: PricedModel
  /** The provider's own usage object. */
  readonly usage: unknown
  /** Served tier, where the wire puts it beside the usage. */
  readonly serviceTier?: string
  /** Time of the call; left out: Monday 2026-11-23 20:00 UTC. */
  readonly when?: string
  readonly working: string
  readonly fees?: number
  readonly usd: number
  /** Where the number comes from; left out: priced. */
  readonly source?: 'priced' | 'estimated' | 'provider'
  /** What our own price makes of it, where the provider reported another sum. */
  readonly pricedUsd?: number
}

const OPENAI: readonly GoldenCase[] = [
  { name: 'plain input and output', at: 'openai', model: 'gpt-5.4', usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 }, working: '1000*2.5 + 500*15', usd: 0.01 },
  { name: 'cached tokens are inside the prompt', at: 'openai', model: 'gpt-5.4', usage: { prompt_tokens: 10_000, completion_tokens: 200, total_tokens: 10_200, prompt_tokens_details: { cached_tokens: 8000, audio_tokens: 0 } }, working: '2000*2.5 + 8000*0.25 + 200*15', usd: 0.01 },
  { name: 'reasoning is inside the completion', at: 'openai', model: 'gpt-5.5', usage: { prompt_tokens: 300, completion_tokens: 900, total_tokens: 1200, completion_tokens_details: { reasoning_tokens: 640 } }, working: '300*5 + 900*30', usd: 0.0285 },
  { name: 'rejected prediction tokens are inside the completion, and billed', at: 'openai', model: 'gpt-5.4', usage: { prompt_tokens: 400, completion_tokens: 1000, total_tokens: 1400, completion_tokens_details: { accepted_prediction_tokens: 120, rejected_prediction_tokens: 330, reasoning_tokens: 0 } }, working: '400*2.5 + 1000*15', usd: 0.016 },
  { name: 'one token short of the long-context tier', at: 'openai', model: 'gpt-5.4', usage: { prompt_tokens: 271_999, completion_tokens: 100 }, working: '271999*2.5 + 100*15', usd: 0.6814975 },
  { name: 'the long-context tier prices the whole request from exactly 272,000 tokens', at: 'openai', model: 'gpt-5.4', usage: { prompt_tokens: 272_000, completion_tokens: 100 }, working: '272000*5 + 100*22.5', usd: 1.36225 },
  { name: 'cached tokens count toward the tier, and are billed at its rate', at: 'openai', model: 'gpt-5.5', usage: { prompt_tokens: 300_000, completion_tokens: 2000, prompt_tokens_details: { cached_tokens: 290_000 } }, working: '10000*10 + 290000*1 + 2000*45', usd: 0.48 },
  { name: 'flex halves every rate', at: 'openai', model: 'gpt-5.4', serviceTier: 'flex', usage: { prompt_tokens: 10_000, completion_tokens: 1000, prompt_tokens_details: { cached_tokens: 4000 } }, working: '6000*1.25 + 4000*0.125 + 1000*7.5', usd: 0.0155 },
  { name: 'priority doubles', at: 'openai', model: 'gpt-5.4', serviceTier: 'priority', usage: { prompt_tokens: 1000, completion_tokens: 500 }, working: '1000*5 + 500*30', usd: 0.02 },
  { name: 'priority of gpt-5.5 is two and a half', at: 'openai', model: 'gpt-5.5', serviceTier: 'priority', usage: { prompt_tokens: 1000, completion_tokens: 500 }, working: '1000*12.5 + 500*75', usd: 0.05 },
  { name: 'the served tier counts, whatever was asked', at: 'openai', model: 'gpt-5.4', serviceTier: 'default', usage: { prompt_tokens: 1000, completion_tokens: 500 }, working: '1000*2.5 + 500*15', usd: 0.01 },
  { name: 'a tier without a published price (scale) is an estimate at list price', at: 'openai', model: 'gpt-5.4', serviceTier: 'scale', usage: { prompt_tokens: 1000, completion_tokens: 500 }, working: '1000*2.5 + 500*15', usd: 0.01, source: 'estimated' },
  { name: 'cache writes have their own rate', at: 'openai', model: 'gpt-5.6-sol', usage: { prompt_tokens: 9000, completion_tokens: 300, prompt_tokens_details: { cached_tokens: 2000, cache_write_tokens: 6000 } }, working: '1000*4 + 2000*0.4 + 6000*5 + 300*20', usd: 0.0408 },
  { name: 'audio tokens are inside both sums, at rates of their own', at: 'openai', model: 'gpt-4o-audio-preview', usage: { prompt_tokens: 1200, completion_tokens: 700, prompt_tokens_details: { cached_tokens: 0, audio_tokens: 1000 }, completion_tokens_details: { audio_tokens: 600, reasoning_tokens: 0 } }, working: '200*2.5 + 1000*40 + 100*10 + 600*80', usd: 0.0895 },
  { name: 'a response: input includes cached, output includes reasoning', at: 'openai-responses', model: 'gpt-5.4', usage: { input_tokens: 5000, input_tokens_details: { cached_tokens: 3000, cache_write_tokens: 0 }, output_tokens: 800, output_tokens_details: { reasoning_tokens: 700 }, total_tokens: 5800 }, working: '2000*2.5 + 3000*0.25 + 800*15', usd: 0.01775 },
  { name: 'a response beyond the tier', at: 'openai-responses', model: 'gpt-5.5', usage: { input_tokens: 272_000, input_tokens_details: { cached_tokens: 0 }, output_tokens: 10, output_tokens_details: { reasoning_tokens: 0 } }, working: '272000*10 + 10*45', usd: 2.72045 },
  { name: 'a response served at flex', at: 'openai-responses', model: 'gpt-5.5', serviceTier: 'flex', usage: { input_tokens: 2000, input_tokens_details: { cached_tokens: 1000 }, output_tokens: 400, output_tokens_details: { reasoning_tokens: 0 } }, working: '1000*2.5 + 1000*0.25 + 400*15', usd: 0.00875 },
  { name: 'a response that wrote to the cache', at: 'openai-responses', model: 'gpt-5.6-sol', usage: { input_tokens: 4000, input_tokens_details: { cached_tokens: 500, cache_write_tokens: 3000, cache_write_tokens_details: { ttl_30m_tokens: 3000, ttl_12h_tokens: 0 } }, output_tokens: 100, output_tokens_details: { reasoning_tokens: 0 } }, working: '500*4 + 500*0.4 + 3000*5 + 100*20', usd: 0.0192 },
]

const claude = (usage: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({ cache_creation: null, cache_creation_input_tokens: null, cache_read_input_tokens: null, server_tool_use: null, service_tier: 'standard', ...usage })

const ANTHROPIC: readonly GoldenCase[] = [
  { name: 'null cache members are none', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 1000, output_tokens: 500 }), working: '1000*5 + 500*25', usd: 0.0175 },
  { name: 'cache reads stand beside the input, not inside', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 100, cache_read_input_tokens: 9000, cache_creation_input_tokens: 0, output_tokens: 200 }), working: '100*5 + 9000*0.5 + 200*25', usd: 0.01 },
  { name: 'five-minute and one-hour writes are priced apart', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 50, cache_read_input_tokens: 1000, cache_creation_input_tokens: 3000, cache_creation: { ephemeral_5m_input_tokens: 2000, ephemeral_1h_input_tokens: 1000 }, output_tokens: 10 }), working: '50*5 + 1000*0.5 + 2000*6.25 + 1000*10 + 10*25', usd: 0.0235 },
  { name: 'writes without a split are five-minute writes', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 10, cache_read_input_tokens: 0, cache_creation_input_tokens: 4000, output_tokens: 1 }), working: '10*5 + 4000*6.25 + 1*25', usd: 0.025075 },
  { name: 'only one-hour writes', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 10, cache_creation_input_tokens: 4000, cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 4000 }, output_tokens: 1 }), working: '10*5 + 4000*10 + 1*25', usd: 0.040075 },
  { name: 'thinking is inside the output', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 200, output_tokens: 1200, output_tokens_details: { thinking_tokens: 1000 } }), working: '200*5 + 1200*25', usd: 0.031 },
  { name: 'the batch tier halves every rate', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 1000, cache_read_input_tokens: 2000, output_tokens: 400, service_tier: 'batch' }), working: '1000*2.5 + 2000*0.25 + 400*12.5', usd: 0.008 },
  { name: 'the priority tier is capacity bought ahead: an estimate at list price', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 1000, output_tokens: 400, service_tier: 'priority' }), working: '1000*5 + 400*25', usd: 0.015, source: 'estimated' },
  { name: 'fast mode is six times the price', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 1000, cache_read_input_tokens: 1000, output_tokens: 100, speed: 'fast' }), working: '1000*30 + 1000*3 + 100*150', usd: 0.048 },
  { name: 'inference kept in the US costs a tenth more, caches included', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 1000, cache_read_input_tokens: 2000, output_tokens: 100, inference_geo: 'us' }), working: '1000*5.5 + 2000*0.55 + 100*27.5', usd: 0.00935 },
  { name: 'inference anywhere costs nothing more', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 1000, output_tokens: 100, inference_geo: 'global' }), working: '1000*5 + 100*25', usd: 0.0075 },
  { name: 'web searches are billed by the request', at: 'anthropic', model: 'claude-opus-4-7', usage: claude({ input_tokens: 1000, output_tokens: 100, server_tool_use: { web_search_requests: 3, web_fetch_requests: 2 } }), working: '1000*5 + 100*25', fees: 0.03, usd: 0.0375 },
  { name: 'cache reads and writes count toward the long-context tier', at: 'anthropic', model: 'claude-sonnet-4-5', usage: claude({ input_tokens: 1000, cache_read_input_tokens: 150_000, cache_creation_input_tokens: 50_000, output_tokens: 100 }), working: '1000*6 + 150000*0.6 + 50000*7.5 + 100*22.5', usd: 0.47325 },
  { name: 'exactly 200,000 tokens are not above the tier', at: 'anthropic', model: 'claude-sonnet-4-5', usage: claude({ input_tokens: 200_000, output_tokens: 100 }), working: '200000*3 + 100*15', usd: 0.6015 },
]

const GEMINI: readonly GoldenCase[] = [
  { name: 'plain prompt and candidates', at: 'gemini', model: 'gemini-2.5-flash', usage: { promptTokenCount: 1000, candidatesTokenCount: 400, totalTokenCount: 1400 }, working: '1000*0.3 + 400*2.5', usd: 0.0013 },
  { name: 'thoughts stand beside the candidates and are output', at: 'gemini', model: 'gemini-2.5-flash', usage: { promptTokenCount: 1000, candidatesTokenCount: 400, thoughtsTokenCount: 1600, totalTokenCount: 3000 }, working: '1000*0.3 + 2000*2.5', usd: 0.0053 },
  { name: 'cached content is inside the prompt', at: 'gemini', model: 'gemini-2.5-flash', usage: { promptTokenCount: 10_000, cachedContentTokenCount: 8000, candidatesTokenCount: 100, totalTokenCount: 10_100 }, working: '2000*0.3 + 8000*0.03 + 100*2.5', usd: 0.00109 },
  { name: 'results of server-side tools are input beside the prompt', at: 'gemini', model: 'gemini-2.5-flash', usage: { promptTokenCount: 500, toolUsePromptTokenCount: 1500, candidatesTokenCount: 100, totalTokenCount: 2100 }, working: '2000*0.3 + 100*2.5', usd: 0.00085 },
  { name: 'audio of the prompt, some of it cached, has rates of its own', at: 'gemini', model: 'gemini-2.5-flash', usage: { promptTokenCount: 3000, cachedContentTokenCount: 500, candidatesTokenCount: 100, totalTokenCount: 3100, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 1000 }, { modality: 'AUDIO', tokenCount: 2000 }], cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 500 }] }, working: '1000*0.3 + 1500*1 + 500*0.1 + 100*2.5', usd: 0.0021 },
  { name: 'an image that was drawn has its own rate', at: 'gemini', model: 'gemini-2.5-flash-image', usage: { promptTokenCount: 100, candidatesTokenCount: 1300, totalTokenCount: 1400, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }] }, working: '100*0.3 + 10*2.5 + 1290*30', usd: 0.038755 },
  { name: 'above 200,000 tokens the whole request is dearer', at: 'gemini', model: 'gemini-3.1-pro-preview', usage: { promptTokenCount: 200_001, candidatesTokenCount: 10, totalTokenCount: 200_011 }, working: '200001*4 + 10*18', usd: 0.800184 },
  { name: 'the served tier may stand in the usage', at: 'gemini', model: 'gemini-3.1-pro-preview', usage: { promptTokenCount: 1000, candidatesTokenCount: 100, totalTokenCount: 1100, serviceTier: 'flex' }, working: '1000*1 + 100*6', usd: 0.0016 },
]

const COMPATIBLE: readonly GoldenCase[] = [
  { name: 'Moonshot puts cached_tokens beside prompt_tokens', at: 'moonshot', model: 'kimi-k2.6', usage: { prompt_tokens: 2000, completion_tokens: 300, total_tokens: 2300, cached_tokens: 1500 }, working: '500*0.95 + 1500*0.16 + 300*4', usd: 0.001915 },
  { name: 'DeepSeek off its peak hours: hits and misses make up the prompt', at: 'deepseek', model: 'deepseek-v4-pro', usage: { prompt_tokens: 3000, completion_tokens: 500, total_tokens: 3500, prompt_cache_hit_tokens: 2500, prompt_cache_miss_tokens: 500, completion_tokens_details: { reasoning_tokens: 200 } }, working: '500*0.66 + 2500*0.022 + 500*1.98', usd: 0.001375 },
  { name: 'DeepSeek in its peak hours costs double', at: 'deepseek', model: 'deepseek-v4-pro', when: '2026-11-23T01:00:00Z', usage: { prompt_tokens: 3000, completion_tokens: 500, prompt_cache_hit_tokens: 2500, prompt_cache_miss_tokens: 500 }, working: '500*1.32 + 2500*0.044 + 500*3.96', usd: 0.00275 },
  { name: 'DeepSeek just after its peak hours', at: 'deepseek', model: 'deepseek-v4-pro', when: '2026-11-23T04:00:00Z', usage: { prompt_tokens: 1000, completion_tokens: 100, prompt_cache_hit_tokens: 0 }, working: '1000*0.66 + 100*1.98', usd: 0.000858 },
  { name: 'DeepSeek has no peak hours at a Beijing weekend', at: 'deepseek', model: 'deepseek-v4-pro', when: '2026-11-22T07:00:00Z', usage: { prompt_tokens: 1000, completion_tokens: 100, prompt_cache_hit_tokens: 0 }, working: '1000*0.66 + 100*1.98', usd: 0.000858 },
  { name: 'a call of the past costs what it cost then', at: 'deepseek', model: 'deepseek-v4-pro', when: '2026-08-01T02:00:00Z', usage: { prompt_tokens: 1000, completion_tokens: 100, prompt_cache_hit_tokens: 0 }, working: '1000*0.435 + 100*0.87', usd: 0.000522 },
  { name: 'xAI puts reasoning beside the completion', at: 'xai', model: 'grok-4.6', usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1500, prompt_tokens_details: { cached_tokens: 400 }, completion_tokens_details: { reasoning_tokens: 400 } }, working: '600*2 + 400*0.5 + 500*6', usd: 0.0044 },
  { name: 'xAI: more cached than prompted means that the prompt leaves them out', at: 'xai', model: 'grok-4.6', usage: { prompt_tokens: 200, completion_tokens: 50, prompt_tokens_details: { cached_tokens: 900 }, completion_tokens_details: { reasoning_tokens: 0 } }, working: '200*2 + 900*0.5 + 50*6', usd: 0.00115 },
  { name: 'xAI: its tier holds from exactly 200,000 tokens', at: 'xai', model: 'grok-4.6', usage: { prompt_tokens: 200_000, completion_tokens: 50, completion_tokens_details: { reasoning_tokens: 0 } }, working: '200000*4 + 50*12', usd: 0.8006 },
  { name: 'xAI reports ticks of 1e-10 dollars, which are preferred', at: 'xai', model: 'grok-4.6', usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100, completion_tokens_details: { reasoning_tokens: 0 }, cost_in_usd_ticks: 26_500_000 }, working: '2650*1', usd: 0.00265, source: 'provider', pricedUsd: 0.0026 },
  { name: 'Qwen includes reads and writes in the prompt', at: 'qwen', model: 'qwen3-max', usage: { prompt_tokens: 5000, completion_tokens: 200, total_tokens: 5200, prompt_tokens_details: { cached_tokens: 1000, cache_creation_input_tokens: 3000 } }, working: '1000*1.2 + 1000*0.24 + 3000*1.5 + 200*6', usd: 0.00714 },
  { name: 'Groq includes cached tokens', at: 'groq', model: 'openai/gpt-oss-120b', usage: { prompt_tokens: 4000, completion_tokens: 500, total_tokens: 4500, prompt_tokens_details: { cached_tokens: 1000 }, queue_time: 0.01, prompt_time: 0.02 }, working: '3000*0.15 + 1000*0.075 + 500*0.6', usd: 0.000825 },
  { name: 'Groq’s flex costs what on-demand costs', at: 'groq', model: 'openai/gpt-oss-120b', serviceTier: 'flex', usage: { prompt_tokens: 1000, completion_tokens: 100 }, working: '1000*0.15 + 100*0.6', usd: 0.00021 },
  { name: 'Groq’s on_demand is the list price', at: 'groq', model: 'openai/gpt-oss-120b', serviceTier: 'on_demand', usage: { prompt_tokens: 1000, completion_tokens: 100 }, working: '1000*0.15 + 100*0.6', usd: 0.00021 },
  { name: 'Mistral includes cached tokens', at: 'mistral', model: 'mistral-medium-3.5', usage: { prompt_tokens: 3000, completion_tokens: 100, total_tokens: 3100, num_cached_tokens: 2000 }, working: '1000*1.5 + 2000*0.15 + 100*7.5', usd: 0.00255 },
  { name: 'OpenRouter reports dollars, which are preferred', at: 'openrouter', model: 'anthropic/claude-sonnet-4.6', usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100, cost: 0.0047, cost_details: { upstream_inference_cost: null } }, working: '4700*1', usd: 0.0047, source: 'provider', pricedUsd: 0.0045 },
  { name: 'OpenRouter with a key of one’s own: its fee and what the provider bills', at: 'openrouter', model: 'anthropic/claude-sonnet-4.6', usage: { prompt_tokens: 1000, completion_tokens: 100, cost: 0.000225, is_byok: true, cost_details: { upstream_inference_cost: 0.0045 } }, working: '4725*1', usd: 0.004725, source: 'provider', pricedUsd: 0.0045 },
  { name: 'a server of one’s own with a fee per request', at: 'vllm', model: 'my-model', usage: { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 }, working: '1000*0.2 + 1000*0.8', fees: 0.0005, usd: 0.0015 },
  { name: 'more cached than prompted, where no dialect explains it, never costs less than the cached tokens', at: 'vllm', model: 'kimi-k2.6', usage: { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 500 } }, working: '500*0.16 + 10*4', usd: 0.00012 },
]

export const GOLDEN_CASES: readonly GoldenCase[] = [...OPENAI, ...ANTHROPIC, ...GEMINI, ...COMPATIBLE]

// The providers of the golden cases: wire, address and dialect, nothing else matters to a parser.
import type { Dialect, Provider, Target } from '../../../core/config.ts'
import type { Wire } from '../../../core/model-request.ts'
import { PRICES, type PricedModel } from './prices.ts'

type Place = { readonly api: Wire; readonly baseUrl: string; readonly dialect?: Dialect }

export const PLACES = {
  openai: { api: 'openai-chat', baseUrl: 'https://api.openai.com/v1' },
  'openai-responses': { api: 'openai-responses', baseUrl: 'https://api.openai.com/v1' },
  anthropic: { api: 'anthropic-messages', baseUrl: 'https://api.anthropic.com/v1' },
  gemini: { api: 'gemini', baseUrl: 'https://generativelanguage.googleapis.com/v1beta' },
  moonshot: { api: 'openai-chat', baseUrl: 'https://api.moonshot.ai/v1' },
  deepseek: { api: 'openai-chat', baseUrl: 'https://api.deepseek.com/v1' },
  xai: { api: 'openai-chat', baseUrl: 'https://api.x.ai/v1' },
  qwen: { api: 'openai-chat', baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1', dialect: 'qwen' },
  groq: { api: 'openai-chat', baseUrl: 'https://api.groq.com/openai/v1' },
  mistral: { api: 'openai-chat', baseUrl: 'https://api.mistral.ai/v1' },
  openrouter: { api: 'openai-chat', baseUrl: 'https://openrouter.ai/api/v1' },
  vllm: { api: 'openai-chat', baseUrl: 'http://127.0.0.1:8000/v1', dialect: 'vllm' },
} as const satisfies Record<string, Place>
export type PlaceName = keyof typeof PLACES

/** A target as the configuration would make it. */
export function targetAt(place: PlaceName, model: PricedModel): Target {
  const { api, baseUrl, dialect }: Place = PLACES[place]
  const provider: Provider = {
    name: place,
    api,
    dialect,
    baseUrl,
    apiKeys: [],
    retries: 0,
    headers: {},
    timeouts: { connectMs: 1, firstTokenMs: 1, idleMs: 1, totalMs: 1 },
    maxConnections: 1,
    simulated: false,
  }
  return { name: model, provider, model, effort: undefined, price: PRICES[model], contextWindow: undefined, kind: 'chat', lacks: new Set(), evidenceKey: `${place}/${model}` }
}

// Prices of the golden cases, written down by hand in USD per million tokens, as the providers' price pages and genai-prices
// 0.1.8 have them in November 2026. A test holds the packaged data to them.
import { priceSchema, type PriceEntry } from '../../../core/config-schema.ts'
import { priceOfEntries } from '../../../core/price-entries.ts'
import type { TargetPrice } from '../../../core/prices.ts'

type Written = Parameters<typeof priceSchema.parse>[0] & Partial<PriceEntry>

/** A list of prices by date is one price whose rates in force are those of the call. */
function price(...written: Written[]): TargetPrice {
  const found = priceOfEntries(written.map((entry) => priceSchema.parse(entry)), 'hand', Date.parse('2026-11-23T20:00:00Z'))
  if (found === undefined) throw new Error('no price is in force')
  return found
}

const OPENAI_TIERS = { flex: 0.5, batch: 0.5, priority: 2, fast: 2 }
const DEEPSEEK_PEAK = { input: 1.32, cache_read: 0.044, output: 3.96, days: ['mon', 'tue', 'wed', 'thu', 'fri'], utc_offset_hours: 8 } as const

export const PRICES = {
  'gpt-5.4': price({ input: 2.5, cache_read: 0.25, output: 15, per_web_search: 0.01, service_tiers: OPENAI_TIERS, tiers: [{ from_input_tokens: 272_000, input: 5, cache_read: 0.5, output: 22.5 }] }),
  'gpt-5.5': price({ input: 5, cache_read: 0.5, output: 30, per_web_search: 0.01, service_tiers: { ...OPENAI_TIERS, priority: 2.5, fast: 2.5 }, tiers: [{ from_input_tokens: 272_000, input: 10, cache_read: 1, output: 45 }] }),
  'gpt-5.6-sol': price({ input: 4, cache_read: 0.4, cache_write: 5, output: 20, per_web_search: 0.01, service_tiers: OPENAI_TIERS, tiers: [{ from_input_tokens: 272_000, input: 8, cache_read: 0.8, cache_write: 10, output: 30 }] }),
  'gpt-4o-audio-preview': price({ input: 2.5, output: 10, input_audio: 40, output_audio: 80 }),
  'claude-opus-4-7': { ...price({ input: 5, cache_read: 0.5, cache_write: 6.25, cache_write_1h: 10, output: 25, per_web_search: 0.01, service_tiers: { batch: 0.5, fast: 6 } }), marks: [{ member: 'inference_geo', value: 'us', factor: 1.1 }] },
  'claude-sonnet-4-5': price({ input: 3, cache_read: 0.3, cache_write: 3.75, cache_write_1h: 6, output: 15, per_web_search: 0.01, service_tiers: { batch: 0.5 }, tiers: [{ from_input_tokens: 200_001, input: 6, cache_read: 0.6, cache_write: 7.5, cache_write_1h: 12, output: 22.5 }] }),
  'gemini-2.5-flash': price({ input: 0.3, cache_read: 0.03, output: 2.5, input_audio: 1, cache_read_audio: 0.1, service_tiers: { flex: 0.5, batch: 0.5 } }),
  'gemini-3.1-pro-preview': price({ input: 2, cache_read: 0.2, output: 12, service_tiers: { flex: 0.5, batch: 0.5 }, tiers: [{ from_input_tokens: 200_001, input: 4, cache_read: 0.4, output: 18 }] }),
  'gemini-2.5-flash-image': price({ input: 0.3, output: 2.5, output_image: 30, service_tiers: { flex: 0.5, batch: 0.5 } }),
  'kimi-k2.6': price({ input: 0.95, cache_read: 0.16, output: 4 }),
  // Before 17 August 2026 one rate all day; since then peak hours on Beijing weekdays, 09:00–12:00 and 14:00–18:00 (01–04 and 06–10 UTC).
  'deepseek-v4-pro': price(
    { input: 0.435, cache_read: 0.003625, output: 0.87 },
    {
      from: '2026-08-17',
      input: 0.66,
      cache_read: 0.022,
      output: 1.98,
      windows: [
        { ...DEEPSEEK_PEAK, days: [...DEEPSEEK_PEAK.days], from: '09:00', until: '12:00' },
        { ...DEEPSEEK_PEAK, days: [...DEEPSEEK_PEAK.days], from: '14:00', until: '18:00' },
      ],
    },
  ),
  'grok-4.6': price({ input: 2, cache_read: 0.5, output: 6, tiers: [{ from_input_tokens: 200_000, input: 4, cache_read: 1, output: 12 }] }),
  // Not in the data set: Alibaba's list price outside China, with its own price for explicit cache writes (125 % of input).
  'qwen3-max': price({ input: 1.2, cache_read: 0.24, cache_write: 1.5, output: 6 }),
  'openai/gpt-oss-120b': price({ input: 0.15, cache_read: 0.075, output: 0.6, service_tiers: { flex: 1 } }),
  'mistral-medium-3.5': price({ input: 1.5, cache_read: 0.15, output: 7.5 }),
  'anthropic/claude-sonnet-4.6': price({ input: 3, cache_read: 0.3, cache_write: 3.75, output: 15 }),
  /** A server of one's own: dollars a request besides tokens. */
  'my-model': price({ input: 0.2, output: 0.8, per_request: 0.0005 }),
} as const satisfies Record<string, TargetPrice>

export type PricedModel = keyof typeof PRICES

// How simulated providers deviate from OpenAI's Chat Completions: a row each for usage and for reasoning texts (WIRE.md §1).
// A provider without a row is OpenAI's equal.
import { TICKS_PER_USD, usdAt, type PriceFigure } from './reported-cost.ts'
import type { SimUsage } from './surface.ts'

export type ChatDialect = {
  /** Member that carries the reasoning's text; `undefined`: it is never shown. */
  readonly reasoning: 'reasoning_content' | 'reasoning' | undefined
  /** The usage object. `price`: what the provider charges, for those that report their cost. */
  readonly usage: (usage: SimUsage, price: PriceFigure | undefined) => Record<string, unknown>
  /** A comment line sent before the first event. */
  readonly comment?: string
}

const totals = ({ input, output }: SimUsage): Record<string, unknown> => ({ prompt_tokens: input, completion_tokens: output, total_tokens: input + output })

const OPENAI: ChatDialect = {
  reasoning: undefined,
  usage: (usage) => ({
    ...totals(usage),
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0, ...(usage.written > 0 ? { cache_write_tokens: usage.written } : {}) },
    completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  }),
}

const ROWS: Readonly<Record<string, ChatDialect>> = {
  moonshot: { reasoning: 'reasoning_content', usage: (usage) => ({ ...totals(usage), cached_tokens: usage.cached, prompt_tokens_details: { cached_tokens: usage.cached }, completion_tokens_details: { reasoning_tokens: usage.reasoning } }) },
  deepseek: {
    reasoning: 'reasoning_content',
    comment: ': keep-alive\n\n',
    usage: (usage) => ({
      ...totals(usage),
      prompt_tokens_details: { cached_tokens: usage.cached },
      completion_tokens_details: { reasoning_tokens: usage.reasoning },
      prompt_cache_hit_tokens: usage.cached,
      prompt_cache_miss_tokens: usage.input - usage.cached,
    }),
  },
  // Reasoning is not inside completion_tokens, but it is in the total.
  xai: {
    reasoning: 'reasoning_content',
    usage: (usage, price) => ({
      ...totals(usage),
      completion_tokens: usage.output - usage.reasoning,
      prompt_tokens_details: { text_tokens: usage.input, audio_tokens: 0, image_tokens: 0, cached_tokens: usage.cached },
      completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
      num_sources_used: 0,
      ...(price === undefined ? {} : { cost_in_usd_ticks: Math.round(usdAt(usage, price) * TICKS_PER_USD) }),
    }),
  },
  openrouter: {
    reasoning: 'reasoning',
    comment: ': OPENROUTER PROCESSING\n\n',
    usage: (usage, price) => ({
      ...totals(usage),
      prompt_tokens_details: { cached_tokens: usage.cached },
      completion_tokens_details: { reasoning_tokens: usage.reasoning },
      ...(price === undefined ? {} : { cost: usdAt(usage, price), is_byok: false }),
    }),
  },
}

/** The dialect of a simulated provider. */
export function chatDialect(provider: string): ChatDialect {
  return ROWS[provider] ?? OPENAI
}

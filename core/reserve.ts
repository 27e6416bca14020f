// How much of a budget a call takes before it is known what it costs. Pure; the same figures when a call is admitted and when a
// configuration is checked for budgets that no call fits.
import { costOf, tierFor, type TargetPrice } from './prices.ts'
import { usageOf, type Usage } from './usage.ts'

/** An estimate of the input's tokens is from its text, without a tokenizer: so much more is set aside. */
export const INPUT_MARGIN = 1.2
/** Lengths of answers spread about log-normally with σ near 1: the 95th percentile is e^(1.645−0.5) = 3.1 times the mean. */
export const OUTPUT_FACTOR = 3

/** What is known of a call before it is made. */
export type Foreseen = {
  /** Estimated input tokens. */
  readonly inputTokens: number
  /** Most output tokens of one answer that the client allows; `undefined`: no limit. */
  readonly maxOutputTokens: number | undefined
  /** Mean output tokens of such calls. */
  readonly expectedOutputTokens: number
  /** Mean share of the input read from cache, 0..1. */
  readonly cacheReadShare: number
  /** Answers asked for. */
  readonly choices: number
  /** As the client asks for it. */
  readonly serviceTier: string | undefined
}

/** Tokens and dollars to set aside; `usd` is `undefined` without a price. */
export type Reserve = { readonly tokens: number; readonly usd: number | undefined }

/** What the call will likely take, at the upper side. */
export function likelyReserve(call: Foreseen, price: TargetPrice | undefined, nowMs: number | undefined): Reserve {
  const input = Math.ceil(call.inputTokens * INPUT_MARGIN)
  const output = Math.ceil(Math.min(call.maxOutputTokens ?? Infinity, call.expectedOutputTokens * OUTPUT_FACTOR) * call.choices)
  return reserve(usageOf({ inputTotal: input, cacheRead: input * call.cacheReadShare, outputTotal: output }), call, price, nowMs)
}

/**
 * The most it can take: nothing read from cache, all input at the dearest input rate, every token of output that is allowed.
 * `assumedOutputTokens`: where the client states no limit.
 */
export function mostReserve(call: Foreseen, price: TargetPrice | undefined, nowMs: number | undefined, assumedOutputTokens: number): Reserve {
  const input = Math.ceil(call.inputTokens * INPUT_MARGIN)
  const output = Math.ceil((call.maxOutputTokens ?? assumedOutputTokens) * call.choices)
  const tier = price === undefined ? undefined : tierFor(price, input)
  const [written, written1h] = [tier?.cacheWrite ?? tier?.input ?? 0, tier?.cacheWrite1h ?? tier?.cacheWrite ?? tier?.input ?? 0]
  const dearest = Math.max(tier?.input ?? 0, written, written1h)
  const writes = dearest === (tier?.input ?? 0) ? {} : { cacheWrite: input, ...(dearest === written1h ? { cacheWrite1h: input } : {}) }
  return reserve(usageOf({ inputTotal: input, ...writes, outputTotal: output }), call, price, nowMs)
}

function reserve(usage: Usage, call: Foreseen, price: TargetPrice | undefined, nowMs: number | undefined): Reserve {
  return { tokens: (usage.inputTotal ?? 0) + (usage.outputTotal ?? 0), usd: costOf(usage, price, nowMs === undefined ? undefined : { nowMs, serviceTier: call.serviceTier }) }
}

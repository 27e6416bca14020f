// How long a simulated model takes: a time to the first token and a pace, spread around the profile's medians. Pure.
import type { Random } from '../../core/seams.ts'
import type { ModelProfile } from '../profiles.ts'

/** Milliseconds of one answer, before any time scale. */
export type Timing = { /** When thinking begins to show, where it shows. */ readonly thinkingMs: number; readonly firstTokenMs: number; readonly msPerToken: number }

/** Spread of the logarithms. Ours: a p95 of about 1.8 medians for the first token, as hosted models show within a day. */
const FIRST_TOKEN_SIGMA = 0.35
const PACE_SIGMA = 0.15
/** Tokens of uncached input read per millisecond before the first token. Ours. */
const PREFILL_TOKENS_PER_MS = 15

/** Median reasoning tokens by effort; no effort asked for: none. Ours, doubling or more at each step. */
const REASONING_TOKENS: Readonly<Record<string, number>> = { none: 0, minimal: 40, low: 120, medium: 400, high: 1_000, xhigh: 2_400, max: 4_800 }

/** Reasoning tokens of one answer; `u` in [0, 1) spreads them over ±50%. */
export function reasoningTokens(effort: string | undefined, u: number): number {
  return Math.round((REASONING_TOKENS[effort ?? 'none'] ?? 0) * (0.5 + u))
}

/** Draws the timing of one answer; reasoning is spent before the first visible token. */
export function timingOf(profile: ModelProfile, work: { uncachedTokens: number; reasoningTokens: number }, random: Random): Timing {
  const msPerToken = (1000 / profile.tokensPerSecond.value) * Math.exp(PACE_SIGMA * normal(random))
  const start = profile.ttftMs.value * Math.exp(FIRST_TOKEN_SIGMA * normal(random))
  const thinkingMs = start + work.uncachedTokens / PREFILL_TOKENS_PER_MS
  return { thinkingMs, firstTokenMs: thinkingMs + work.reasoningTokens * msPerToken, msPerToken }
}

/** A standard normal draw (Box and Muller, 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

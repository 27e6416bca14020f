// Token usage in one canonical form, whatever the provider's dialect. A detail that the provider did not state is
// `undefined`, never a guessed 0.

/** Tokens of one exchange. `inputTotal` includes cache reads and writes; `outputTotal` includes reasoning. */
export type Usage = {
  readonly inputTotal: number | undefined
  readonly cacheRead: number | undefined
  /** All cache writes; `cacheWrite1h` of them at the one-hour price. */
  readonly cacheWrite: number | undefined
  readonly cacheWrite1h: number | undefined
  readonly outputTotal: number | undefined
  readonly reasoning: number | undefined
  /** Dollars the provider itself reported for the exchange; `undefined` when it does not report any. */
  readonly reportedCostUsd: number | undefined
  /** The provider's usage object as it came. */
  readonly raw: unknown
}

/** Usage of which only the given details are known; everything else is unknown, not 0. For estimates. */
export function usageOf(known: Partial<Usage>): Usage {
  const unknown = { inputTotal: undefined, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined, outputTotal: undefined, reasoning: undefined, reportedCostUsd: undefined, raw: undefined }
  return { ...unknown, ...known }
}

/** The size classes by which output length and prices differ: <2k, 2–10k, 10–128k, more input tokens. */
export const INPUT_BUCKETS = ['<2k', '2-10k', '10-128k', '>128k'] as const
export type InputBucket = (typeof INPUT_BUCKETS)[number]

/** The size class of an input of so many tokens. */
export function inputBucket(inputTokens: number): InputBucket {
  if (inputTokens < 2_000) return '<2k'
  if (inputTokens < 10_000) return '2-10k'
  return inputTokens <= 128_000 ? '10-128k' : '>128k'
}

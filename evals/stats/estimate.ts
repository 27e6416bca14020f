// The shape of every statistic: a value with an interval that says what it assumes. Data only.

/** A number with its interval. `value`, `low` and `high` are undefined when they cannot be known: never 0. */
export type Estimate = {
  value: number | undefined
  low: number | undefined
  high: number | undefined
  /** Items the estimate rests on. */
  n: number
  /** How the interval was made, e.g. `wilson 95%`. */
  method: string
}

/** An estimate of which nothing is known yet. */
export const unknownEstimate = (n: number, method: string): Estimate => ({ value: undefined, low: undefined, high: undefined, n, method })

/** `wilson` at .95 → `wilson 95%`. */
export const methodName = (name: string, confidence: number): string => `${name} ${Number((100 * confidence).toFixed(1))}%`

export const DEFAULT_CONFIDENCE = 0.95

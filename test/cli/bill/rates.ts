// Dollars of tokens at a test's own rates, in whole picodollars, reckoned apart from what is tested.

/** `rates` in dollars per million, with at most two decimals. */
export function moneyAt(rates: { readonly input: number; readonly cacheRead: number; readonly output: number }, input: number, cacheRead: number, output: number): bigint {
  const of = (tokens: number, rate: number): bigint => BigInt(tokens) * BigInt(Math.round(rate * 100)) * 10_000n
  return of(input - cacheRead, rates.input) + of(cacheRead, rates.cacheRead) + of(output, rates.output)
}

/** As the database answers it. */
export function decimalOf(pico: bigint): string {
  const digits = pico.toString().padStart(13, '0')
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`
}

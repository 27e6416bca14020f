// Many looks and many tests, kept honest: false discoveries among alerts, and intervals that hold at every look.

/** Which p-values are discoveries at false-discovery rate `q` (Benjamini & Hochberg 1995), with adjusted p-values, in the given order. */
export function benjaminiHochberg(pValues: readonly number[], q: number): { isDiscovery: boolean; adjusted: number }[] {
  const count = pValues.length
  const order = pValues.map((p, at) => ({ p, at })).toSorted((a, b) => b.p - a.p)
  const adjusted = Array<number>(count).fill(1)
  let smallest = 1
  order.forEach(({ p, at }, position) => {
    smallest = Math.min(smallest, (p * count) / (count - position))
    adjusted[at] = smallest
  })
  return adjusted.map((value) => ({ adjusted: value, isDiscovery: value <= q }))
}

/**
 * Half-width of the asymptotic confidence sequence of Waudby-Smith et al. (2024, eq. 9) for a mean: it may be looked at after every item. `n` items, `variance` of one
 * item, `alpha` the error over all time, `rho` > 0 where it is tightest (see `rhoFor`). Undefined for n < 1 or a negative or unknown variance.
 */
export function confidenceSequenceHalfWidth(n: number, variance: number | undefined, alpha: number, rho: number): number | undefined {
  if (n < 1 || variance === undefined || !(variance >= 0)) return undefined
  const spread = n * variance * rho * rho + 1
  return Math.sqrt((spread / (n * n * rho * rho)) * Math.log(spread / (alpha * alpha)))
}

/** The `rho` for which the sequence is about tightest at `n` items of the given variance (Waudby-Smith et al. 2024, B.2). */
export function rhoFor(n: number, variance: number, alpha: number): number {
  const log = -2 * Math.log(alpha)
  return Math.sqrt((log + Math.log(1 + log)) / (n * variance))
}

// Seeded draws from the distributions of a posterior, and what is read off them. In: a uniform source. Out: numbers.
import type { Random } from '../../core/seams.ts'

/** A standard normal draw (Box and Muller 1958; the cosine half). */
export function drawNormal(random: Random): number {
  // 1 − u lies in (0, 1], so that the logarithm is finite.
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** A Gamma(shape, 1) draw, shape > 0 (Marsaglia and Tsang 2000; shapes below 1 by their boosting). */
export function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random.next()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = drawNormal(random)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** A Beta(a, b) draw, a and b > 0. */
export function drawBeta(a: number, b: number, random: Random): number {
  const x = drawGamma(a, random)
  return x / (x + drawGamma(b, random))
}

/** A number with the 2.5% and 97.5% points of its draws. */
export type Span = { readonly value: number; readonly low: number; readonly high: number }

/** Mean and central 95% of draws; at least one draw. */
export function spanOf(draws: ArrayLike<number>): Span {
  const sorted = Float64Array.from(draws).sort()
  return { value: mean(sorted), low: pointOf(sorted, 0.025), high: pointOf(sorted, 0.975) }
}

/** Share of draws above zero. */
export function shareAboveZero(draws: ArrayLike<number>): number {
  let above = 0
  for (let i = 0; i < draws.length; i += 1) if ((draws[i] ?? 0) > 0) above += 1
  return above / draws.length
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i += 1) sum += values[i] ?? 0
  return sum / values.length
}

// Linear interpolation between order statistics (Hyndman and Fan 1996, type 7).
function pointOf(sorted: Float64Array, q: number): number {
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] ?? 0
  const above = sorted[Math.ceil(at)] ?? below
  return below + (above - below) * (at - Math.floor(at))
}

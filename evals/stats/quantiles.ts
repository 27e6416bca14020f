// Normal and beta distribution functions and their inverses. Own code rather than a library: five short functions whose
// published values are tested, against packages that bring a hundred. Pure numbers in, numbers out.

/** Standard normal distribution function; |error| < 1e-15 relative to the larger tail (continued fraction and series of erfc). */
export function normalCdf(x: number): number {
  return x < 0 ? 0.5 * erfc(-x / Math.SQRT2) : 1 - 0.5 * erfc(x / Math.SQRT2)
}

/** erfc for x ≥ 0: Taylor series below 2.5, Lentz continued fraction above (Abramowitz & Stegun 7.1.6, 7.1.14). */
function erfc(x: number): number {
  if (x > 27) return 0
  if (x < 2.5) {
    let term = x
    let sum = x
    for (let k = 1; k < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); k += 1) {
      term *= (2 * x * x) / (2 * k + 1)
      sum += term
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
  }
  let fraction = 0
  for (let k = 120; k >= 1; k -= 1) fraction = k / 2 / (x + fraction)
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction)
}

/** Standard normal quantile for 0 < p < 1 (±Infinity at the ends): Acklam's rational start, two Halley steps. NaN outside [0, 1]. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN
  if (p === 0) return -Infinity
  if (p === 1) return Infinity
  if (p > 0.5) return -normalQuantile(1 - p)
  const tail = Math.sqrt(-2 * Math.log(p))
  // Abramowitz & Stegun 26.2.23, |error| < 4.5e-4: enough for Halley's cubic convergence.
  let x = -(tail - (2.515517 + 0.802853 * tail + 0.010328 * tail * tail) / (1 + 1.432788 * tail + 0.189269 * tail * tail + 0.001308 * tail ** 3))
  for (let step = 0; step < 3; step += 1) {
    const error = normalCdf(x) - p
    const slope = error * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2)
    x -= slope / (1 + (x * slope) / 2)
  }
  return x
}

/** log Γ(x) for x > 0 (Lanczos, g = 7, nine terms; about 15 digits). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  const base = shifted + 7.5
  const sum = LANCZOS.reduce((total, coefficient, at) => (at === 0 ? coefficient : total + coefficient / (shifted + at)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum)
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** Beta distribution function I_x(a, b), a, b > 0, by Lentz's continued fraction (DLMF 8.17.22). */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  const tiny = 1e-300
  let c = 1
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1), tiny)
  let fraction = d
  for (let m = 1; m <= 1000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / guard(1 + even * d, tiny)
    c = guard(1 + even / c, tiny)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / guard(1 + odd * d, tiny)
    c = guard(1 + odd / c, tiny)
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-15) break
  }
  return front * fraction
}

const guard = (value: number, tiny: number): number => (Math.abs(value) < tiny ? tiny : value)

/** Beta quantile by bisection down to neighbouring doubles; NaN for p outside [0, 1]. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1)) return NaN
  if (p === 0) return 0
  if (p === 1) return 1
  let low = 0
  let high = 1
  for (let step = 0; step < 1100; step += 1) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (betaCdf(middle, a, b) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The two-sided normal critical value, e.g. 1.96 at .95. */
export const criticalValue = (confidence: number): number => normalQuantile(1 - (1 - confidence) / 2)

/** log C(n, k). */
export const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)

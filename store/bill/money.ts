// Dollars as whole picodollars (1e-12), the scale of the stored Decimal(18, 12), so that sums of sums stay exact. Pure.

/** Exact dollars in units of 1e-12. */
export type Money = bigint

const SCALE = 12
const FORM = /^([+-]?)(\d{0,30})(?:\.(\d{0,80}))?(?:[eE]([+-]?\d{1,3}))?$/

/**
 * Reads an amount: plain or scientific, with `$` and thousands separators as people's exports write them. Beyond twelve
 * decimals it is rounded half away from zero. `undefined`: not an amount.
 */
export function parseMoney(text: string): Money | undefined {
  const plain = text.trim().replace(/^([+-]?)\$/, '$1').replaceAll(',', '')
  const match = FORM.exec(plain)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const shift = SCALE - fraction.length + Number(exponent)
  if (shift > 60) return undefined
  const digits = BigInt(`${whole}${fraction}`)
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : roundedQuotient(digits, 10n ** BigInt(-shift))
  return sign === '-' ? -value : value
}

/** The amount that a stored query answered with; NULL stays `undefined`. Throws on text that is no amount: a query never sends one. */
export function storedMoney(text: string | null): Money | undefined {
  if (text === null) return undefined
  const value = parseMoney(text)
  if (value === undefined) throw new TypeError('not an amount')
  return value
}

/** Exact decimal text without trailing zeros, at least two decimals: `12.50`, `0.000001`. */
export function exactUsd(value: Money): string {
  const digits = abs(value).toString().padStart(SCALE + 1, '0')
  const fraction = digits.slice(-SCALE).replace(/0+$/, '').padEnd(2, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${fraction}`
}

/** Dollars for a table: cents, or four significant digits below a cent; `–` when unknown. */
export function shownUsd(value: Money | undefined): string {
  if (value === undefined) return '–'
  const size = abs(value)
  const decimals = size === 0n || size >= 10n ** 10n ? 2 : 6
  const unit = 10n ** BigInt(SCALE - decimals)
  const digits = roundedQuotient(size, unit).toString().padStart(decimals + 1, '0')
  return `${value < 0n ? '-' : ''}$${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** A sum in which an unknown part leaves the known rest standing; `undefined` only when every part is unknown. */
export function sumKnown(parts: Iterable<Money | undefined>): Money | undefined {
  let sum: Money | undefined
  for (const part of parts) if (part !== undefined) sum = (sum ?? 0n) + part
  return sum
}

/** The size of an amount. */
export function abs(value: Money): Money {
  return value < 0n ? -value : value
}

/** Tokens at dollars per million tokens, rounded to a picodollar. */
export function tokensAt(tokens: number, usdPerMillion: number): Money {
  // A rate has at most six decimals in any price list; the product stays exact in whole numbers.
  return roundedQuotient(BigInt(Math.round(tokens)) * BigInt(Math.round(usdPerMillion * 1e9)), 1_000n)
}

/** As a float, for ratios and text only. */
export function toNumber(value: Money): number {
  return Number(value) / 1e12
}

function roundedQuotient(value: bigint, by: bigint): bigint {
  const size = abs(value)
  const rounded = (size + by / 2n) / by
  return value < 0n ? -rounded : rounded
}

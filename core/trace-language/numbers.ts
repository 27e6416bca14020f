// Numbers with units, as the search language writes them: read into the field's base unit, and written so that reading gives the same
// number again. Pure.
import type { NumberUnit } from './fields.ts'

/** What could not be read, and what was probably meant. */
export type Unread = { readonly message: string; readonly suggestion?: string }

const SUFFIXES: Readonly<Record<NumberUnit, Readonly<Record<string, number>>>> = {
  usd: { '': 1 },
  ms: { ms: 1, s: 1_000, min: 60_000, m: 60_000, h: 3_600_000 },
  count: { '': 1, k: 1_000, K: 1_000, M: 1_000_000 },
  share: { '': 1, '%': 0.01 },
  rating: { '': 1, '%': 0.01 },
}

const EXAMPLES: Readonly<Record<NumberUnit, string>> = { usd: '$0.01', ms: '250ms or 2s', count: '1500 or 10k', share: '5% or 0.05', rating: '0.5' }

/** Beyond this no number is stored, and digits get lost. */
const MOST = 1e12
/** Digits behind the point that are kept: those of the stored dollars. */
const DIGITS = 12

/** The number in the unit's base (dollars, milliseconds, count, share), or why it is none. Bounds: 0 to 10^12; ratings from −1, shares to 1. */
export function readNumber(unit: NumberUnit, text: string): number | Unread {
  // Digits are bounded and the parts cannot overlap, so that the time is linear in the text.
  const parts = /^(-?)(\$?)(\d{1,16}(?:\.\d{1,16})?|\.\d{1,16})([A-Za-z%]{0,3})$/.exec(text)
  const [, sign = '', dollar = '', digits = '', suffix = ''] = parts ?? []
  const bare = { message: `"${shown(text)}" is no ${NAMES[unit]}: write ${EXAMPLES[unit]}` }
  if (parts === null || (dollar !== '' && unit !== 'usd')) return bare
  const factor = Object.hasOwn(SUFFIXES[unit], suffix) ? SUFFIXES[unit][suffix] : undefined
  if (factor === undefined) return unit === 'ms' && suffix === '' ? { message: `"${shown(text)}" needs a unit: ${EXAMPLES.ms}`, suggestion: `${text}ms` } : bare
  const value = tidy(Number(digits) * factor) * (sign === '' ? 1 : -1)
  if (value < 0 && unit !== 'rating') return { message: `${NAMES[unit]} cannot be negative` }
  if (unit === 'rating' && Math.abs(value) > 1) return { message: `ratings go from -1 to 1, not to ${shown(text)}` }
  if (unit === 'share' && value > 1) return { message: `a probability is at most 100%, not ${shown(text)}`, ...(suffix === '' && value <= 100 ? { suggestion: `${text}%` } : {}) }
  if (value > MOST) return { message: `"${shown(text)}" is more than anything stored` }
  if (unit === 'count' && !Number.isInteger(value)) return { message: `${NAMES.count} is whole, not ${shown(text)}` }
  return value === 0 ? 0 : value
}

const NAMES: Readonly<Record<NumberUnit, string>> = { usd: 'amount', ms: 'duration', count: 'count', share: 'share', rating: 'rating' }

/** The number as the language writes it. */
export function writeNumber(unit: NumberUnit, value: number): string {
  if (unit === 'usd') return `$${plain(value)}`
  if (unit !== 'ms') return plain(value)
  const seconds = tidy(value / 1_000)
  // Seconds only where they are the same number again.
  return value >= 1_000 && tidy(seconds * 1_000) === value ? `${plain(seconds)}s` : `${plain(value)}ms`
}

/** Without an exponent, and without digits that only the binary form has. */
function plain(value: number): string {
  const text = value.toFixed(DIGITS)
  return text.replace(/\.?0+$/, '')
}

function tidy(value: number): number {
  return Number(value.toFixed(DIGITS))
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

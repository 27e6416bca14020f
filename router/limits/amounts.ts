// Dollars, tokens and calls as budgets count them. Dollars are whole numbers of 1e-12 USD, the last digit that stored costs have: setting
// aside and giving back then cancel out exactly, and sums are exact up to $9,007 (2^53), to the sixteenth digit beyond. Pure.
import type { Measure } from '../../core/limits.ts'
import type { Amounts } from '../../store/state/budgets.ts'

/** Amounts that change in place: they are counted for every call. */
export type Counter = { -readonly [M in Measure]: number }

const PER_USD = 1e12

export function none(): Counter {
  return { usd: 0, tokens: 0, requests: 0 }
}

export function copyOf({ usd, tokens, requests }: Amounts): Counter {
  return { usd, tokens, requests }
}

/** Dollars → what is counted. */
export function counted(usd: number): number {
  return Math.round(usd * PER_USD)
}

/** What is counted → dollars. */
export function dollars(amount: number): number {
  return amount / PER_USD
}

/** An amount of a measure as people and documents have it: dollars, or a number. */
export function shown(measure: Measure, amount: number): number {
  return measure === 'usd' ? dollars(amount) : amount
}

/** The reverse of `shown`. */
export function amountOf(measure: Measure, value: number): number {
  return measure === 'usd' ? counted(value) : value
}

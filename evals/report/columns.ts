// How a report's figures are called, explained and written. A table and formatters; pure.
import type { Estimate } from '../stats/estimate.ts'
import type { RateName } from './rates.ts'

/** Columns of a suite, with what they mean. */
export const COLUMNS: Readonly<Record<RateName, { readonly title: string; readonly meaning: string; readonly scale: 'share' | 'number'; /** Whether more is better. */ readonly up: boolean }>> = {
  pushback: { title: 'pushback', meaning: 'nonsense clearly challenged', scale: 'share', up: true },
  false_pushback: { title: 'false pushback', meaning: 'sound look-alikes challenged', scale: 'share', up: false },
  youden_j: { title: 'J', meaning: 'pushback − false pushback', scale: 'share', up: true },
  accuracy: { title: 'accuracy', meaning: 'correct of all answerable', scale: 'share', up: true },
  hallucination: { title: 'hallucination', meaning: 'wrong of all not correct: I/(P+I+NA)', scale: 'share', up: false },
  fabrication: { title: 'fabrication', meaning: 'specifics given where there is no answer', scale: 'share', up: false },
  index: { title: 'index', meaning: '100·(correct − wrong)/n', scale: 'number', up: true },
  pass: { title: 'pass', meaning: 'answers that pass their own check', scale: 'share', up: true },
  score: { title: 'score', meaning: 'mean score 0–1', scale: 'number', up: true },
  evidence: { title: 'e', meaning: 'mean evidence 0–1 that learning takes', scale: 'number', up: true },
}

/** An estimate as a cell of its column. */
export function shown(name: RateName, estimate: Estimate | undefined): string {
  if (estimate?.value === undefined) return estimate === undefined ? '' : `too few (n ${estimate.n})`
  if (COLUMNS[name].scale === 'share') return share(estimate)
  const digits = name === 'index' ? 0 : 2
  return `${estimate.value.toFixed(digits)}${bounds(estimate, (value) => value.toFixed(digits))}`
}

/** A share as per cent with its bounds. */
export function share(estimate: Pick<Estimate, 'value' | 'low' | 'high'>): string {
  const percent = (value: number): string => (100 * value).toFixed(0)
  return estimate.value === undefined ? '–' : `${percent(estimate.value)}%${bounds(estimate, percent)}`
}

function bounds({ low, high }: Pick<Estimate, 'low' | 'high'>, text: (value: number) => string): string {
  return low === undefined || high === undefined ? '' : ` (${text(low)}…${text(high)})`
}

/** Points of a difference with its bounds, e.g. `−4.2 (−9.8…1.3)`. */
export function points({ value, low, high }: Estimate): string {
  const one = (number: number): string => `${number < 0 ? '−' : '+'}${Math.abs(100 * number).toFixed(1)}`
  return value === undefined ? '–' : `${one(value)}${bounds({ low, high }, one)}`
}

export const seconds = (ms: number | undefined): string => (ms === undefined ? '–' : `${(ms / 1000).toFixed(2)} s`)

export const dollars = (usd: number): string => `$${usd.toFixed(usd !== 0 && Math.abs(usd) < 0.01 ? 6 : 4)}`

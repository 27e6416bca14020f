// What a client is told of its limits in headers, as OpenAI and Anthropic spell them: the limit with the least room left for requests and
// for tokens; and our own for dollars and steps. Only limits that are the caller's own are shown. Pure.
import type { Wire } from '../../core/model-request.ts'
import type { WeighbridgeError } from '../../core/errors.ts'
import { dollars } from './amounts.ts'
import { isSteps, type Bound } from './bounds.ts'
import { RETRY_WITHIN_MS } from './refusal.ts'

type Left = { readonly bound: Bound; readonly left: number; readonly share: number }

/** Headers of an answer or a refusal of a call with these bounds. */
export function limitHeaders(bounds: readonly Bound[], wire: Wire | undefined, leased: boolean, nowMs: number): Record<string, string> {
  // One look at each bound: this runs for every call.
  let requests: Left | undefined
  let tokens: Left | undefined
  let money: Left | undefined
  let steps: Left | undefined
  for (const bound of bounds) {
    if (!bound.own) continue
    const { measure, window } = bound.limit
    if (measure === 'usd') money = tighter(money, bound, leased)
    else if (window !== 'total') {
      if (measure === 'requests') requests = tighter(requests, bound, leased)
      else tokens = tighter(tokens, bound, leased)
    } else if (isSteps(bound)) steps = tighter(steps, bound, leased)
  }
  const headers: Record<string, string> = {}
  if (requests !== undefined) putRate(headers, 'requests', requests, wire, nowMs)
  if (tokens !== undefined) putRate(headers, 'tokens', tokens, wire, nowMs)
  if (money !== undefined) {
    const { limit, cell } = money.bound
    headers['x-weighbridge-budget-limit-usd'] = usdText(limit.most)
    headers['x-weighbridge-budget-remaining-usd'] = usdText(Math.max(0, money.left))
    if (cell.endMs !== Infinity) headers['x-weighbridge-budget-reset'] = new Date(cell.endMs).toISOString()
  }
  if (steps !== undefined) headers['x-weighbridge-steps-remaining'] = String(Math.max(0, steps.left))
  return headers
}

function putRate(headers: Record<string, string>, measure: 'requests' | 'tokens', { bound, left }: Left, wire: Wire | undefined, nowMs: number): void {
  const { limit, cell } = bound
  const remaining = String(Math.max(0, Math.floor(left)))
  if (wire === 'anthropic-messages') {
    const name = `anthropic-ratelimit-${measure}`
    headers[`${name}-limit`] = String(limit.most)
    headers[`${name}-remaining`] = remaining
    headers[`${name}-reset`] = new Date(cell.endMs).toISOString()
  } else {
    headers[`x-ratelimit-limit-${measure}`] = String(limit.most)
    headers[`x-ratelimit-remaining-${measure}`] = remaining
    headers[`x-ratelimit-reset-${measure}`] = goDuration(cell.endMs - nowMs)
  }
}

/** What a refusal by a limit adds: official SDKs try a 429 or 409 again by themselves unless they are told that it will not help. */
export function refusalHeaders(error: WeighbridgeError): Record<string, string> {
  if (error.answer.httpStatus !== 429 && error.answer.httpStatus !== 409) return {}
  const helps = error.answer.httpStatus === 429 && error.retryAfterMs !== undefined && error.retryAfterMs <= RETRY_WITHIN_MS
  return helps ? {} : { 'x-should-retry': 'false' }
}

/** Of two bounds the one with the smaller share of its limit left. */
function tighter(least: Left | undefined, bound: Bound, leased: boolean): Left {
  const { cell, limit } = bound
  const here = cell.room(limit.measure, limit.most, leased)
  // A follower has only a slice in its hand: the rest is where it last heard it to be.
  const left = leased && !cell.detached ? here + (cell.leftAtPrimary?.[limit.measure] ?? 0) : here
  const share = limit.most > 0 ? left / limit.most : 0
  return least === undefined || share < least.share ? { bound, left, share } : least
}

/** Dollars to the millionth. */
function usdText(amount: number): string {
  return String(Math.round(dollars(amount) * 1e6) / 1e6)
}

/** A length of time as OpenAI writes it in these headers (Go's duration): `850ms`, `1s`, `6m0s`, `23h59m1s`. */
export function goDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.ceil(ms))}ms`
  const seconds = Math.ceil(ms / 1_000)
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  return `${h > 0 ? `${h}h` : ''}${h > 0 || m > 0 ? `${m}m` : ''}${s}s`
}


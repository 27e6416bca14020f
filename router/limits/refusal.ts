// Why a call is not made, for its caller: which limit, how much of it is used, what the call would need, when waiting helps and what to
// change. Figures of limits that others share are not the caller's business: it hears which one and until when. Pure.
import { WeighbridgeError, type ErrorCode } from '../../core/errors.ts'
import type { Measure, Window } from '../../core/limits.ts'
import { shown } from './amounts.ts'
import { boundName, isSteps, type Bound } from './bounds.ts'
import type { Runaway } from './runaway.ts'

/** A bound that has no room for a call. */
export type Shortage = { readonly bound: Bound; readonly need: number }

/** A client may try again by itself when the wait is no longer than this; official SDKs take no longer one from `retry-after` either. */
export const RETRY_WITHIN_MS = 60_000
/** When only what calls under way have set aside is in the way: one of them may be over by then. */
const HELD_RETRY_MS = 1_000

const WINDOW_WORDS: Readonly<Record<Window, string>> = { minute: 'this minute', hour: 'this hour', day: 'this day', month: 'this month', total: 'in all' }

/**
 * The error for a call that does not fit. Of several shortages the one that holds longest speaks: after it the others are over too.
 * `budget_exceeded`, `rate_limit_exceeded` (tokens and requests of a window) or `step_limit`.
 */
export function refusalFor(shortages: readonly Shortage[], nowMs: number): WeighbridgeError | undefined {
  const [worst] = [...shortages].sort((a, b) => (waitMs(b, nowMs) ?? Infinity) - (waitMs(a, nowMs) ?? Infinity))
  return worst === undefined ? undefined : refusal(worst, nowMs)
}

function refusal(shortage: Shortage, nowMs: number): WeighbridgeError {
  const { bound } = shortage
  const { limit, cell, own } = bound
  const wait = waitMs(shortage, nowMs)
  const name = boundName(bound)
  const resets = cell.endMs === Infinity ? undefined : new Date(cell.endMs).toISOString()
  const when = resets === undefined ? 'It does not begin anew by itself.' : `It begins anew at ${resets}.`
  const details = { budget: name, ...(own ? figures(shortage) : {}), resets_at: resets ?? null }
  const remedy = remedyFor(shortage)
  return new WeighbridgeError(codeOf(bound), `${own ? ownText(shortage, name) : `The budget "${name}", which this call shares with others, has no room left for it ${WINDOW_WORDS[limit.window]}.`} ${when}`, {
    details,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(remedy === undefined ? {} : { remedy }),
  })
}

/** Until there may be room again; `undefined`: waiting does not help. */
function waitMs({ bound, need }: Shortage, nowMs: number): number | undefined {
  const { cell, limit } = bound
  const most = limit.most + cell.forgiven[limit.measure]
  if (need > limit.most) return undefined
  if (cell.spentInAll(limit.measure) + need <= most) return HELD_RETRY_MS
  return cell.endMs === Infinity ? undefined : Math.max(1, cell.endMs - nowMs)
}

function codeOf(bound: Bound): ErrorCode {
  if (isSteps(bound)) return 'step_limit'
  return bound.limit.measure === 'usd' || bound.limit.window === 'total' ? 'budget_exceeded' : 'rate_limit_exceeded'
}

function figures({ bound, need }: Shortage): Record<string, number> {
  const { cell, limit } = bound
  const { measure } = limit
  const figure = (amount: number): number => Number(shown(measure, amount).toPrecision(12))
  return { limit: figure(limit.most), used: figure(cell.spentInAll(measure)), set_aside: figure(cell.held[measure]), needed: figure(need) }
}

function ownText({ bound, need }: Shortage, name: string): string {
  const { cell, limit } = bound
  const { measure, window } = limit
  const text = (amount: number): string => amountText(measure, amount)
  const used = cell.spentInAll(measure)
  const held = cell.held[measure]
  const lent = cell.lentUnused(measure)
  const beside = `${held > 0 ? `, set aside for ${cell.open} call(s) under way ${text(held)}` : ''}${lent > 0 ? `, in the hands of other routers ${text(lent)}` : ''}`
  if (measure === 'requests') return `The limit "${name}" is ${text(limit.most)} ${WINDOW_WORDS[window]}, and ${used} were made${lent > 0 ? `; ${lent} are in the hands of other routers` : ''}.`
  if (need > limit.most) return `The limit "${name}" is ${text(limit.most)} ${WINDOW_WORDS[window]}, and this call alone may take ${text(need)}.`
  return `The limit "${name}" is ${text(limit.most)} ${WINDOW_WORDS[window]}: used ${text(used)}${beside}, and this call may take ${text(need)}.`
}

/** More exact than the catalogue's, where something more exact can be said. */
function remedyFor({ bound, need }: Shortage): string | undefined {
  const { limit, rule } = bound
  if (limit.measure !== 'requests' && need > limit.most) return 'Ask for less output (the limit on output tokens), send less input, or have the limit raised: no call of this size fits it.'
  if ((rule === 'trace' || rule === 'session') && limit.window === 'total') {
    const header = limit.measure === 'usd' ? ', or the x-weighbridge-max-trace-usd header' : limit.measure === 'requests' ? ', or the x-weighbridge-max-steps header' : ''
    return `Begin a new ${rule}, or raise budgets.each_${rule}.${limit.measure === 'requests' ? 'steps' : limit.measure}${rule === 'trace' ? header : ''}; \`weighbridge budgets reset ${rule} ID\` begins it anew.`
  }
  return undefined
}

function amountText(measure: Measure, amount: number): string {
  if (measure === 'usd') return `$${Number(shown('usd', amount).toPrecision(6))}`
  return measure === 'tokens' ? `${amount} tokens` : `${amount} calls`
}

/** The error for a call of an agent that has run away. */
export function runawayError(runaway: Runaway): WeighbridgeError {
  const seconds = Math.ceil(runaway.leftMs / 1_000)
  if (runaway.kind === 'slope') {
    const [spent, most] = [amountText('usd', runaway.perMinute), amountText('usd', runaway.most)]
    return new WeighbridgeError('runaway', `This trace or session spent ${spent} within a minute; budgets.runaway.usd_per_minute is ${most}. It may go on in ${seconds} s.`, {
      details: { limit: 'usd_per_minute', most: shown('usd', runaway.most), spent: shown('usd', runaway.perMinute) },
      retryAfterMs: runaway.leftMs,
    })
  }
  const { made, most } = runaway
  return new WeighbridgeError('runaway', `This very call was made ${made} times in this trace or session within ${Math.round(runaway.withinMs / 1_000)} s; budgets.runaway.same_call is ${most}. It may be made again in ${seconds} s.`, {
    details: { limit: 'same_call', most, made },
    retryAfterMs: runaway.leftMs,
  })
}

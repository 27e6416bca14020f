// Lays a provider's export beside our own rows: every difference by day and model, each with its causes. In: our usage by hour,
// the export's lines, our rates, tolerances. Out: cells that differ, and sums. Pure; nothing is dropped silently.
import { ALL_MODELS, cellId, dayOf, ourCells, STANDARD, theirCells, type OurCell, type OurHour, type TheirCell } from './cells.ts'
import { CAUSES, explainUsage, roundingOf, type Cause, type CauseName, type Cell, type RatesOf, type Tolerance } from './causes.ts'
import type { ProviderExport } from './exports/form.ts'
import { abs, type Money } from '../../store/bill/money.ts'
import { priceDifference, type OffCell } from './price-causes.ts'

/** One model on one day that differs. `restUsd`: dollars that no cause accounts for. */
export type Difference = { readonly day: string; readonly model: string; readonly ours: OurCell | undefined; readonly theirs: TheirCell | undefined; readonly causes: readonly Cause[]; readonly restUsd: Money }

export type Reconciliation = {
  readonly differences: readonly Difference[]
  readonly compared: number
  readonly days: readonly string[]
  /** How far their days begin from UTC midnight, in hours; 0: they are UTC days. */
  readonly shiftHours: number
  /** Dollars of both sides over all compared cells; theirs `undefined` without dollars in the export. */
  readonly oursUsd: Money
  readonly theirsUsd: Money | undefined
}

const DAY_MS = 86_400_000
/** Hours that whole days may be shifted by (UTC−12 to UTC+14). */
export const MOST_SHIFT = 14

/** What of an export is compared: whole days of [fromMs, toMs). */
export type Scope = { readonly fromMs: number; readonly toMs: number }

/** Compares. `hours` should reach `MOST_SHIFT` hours beyond the scope on both sides, so that other time zones can be told. */
export function reconcile(hours: readonly OurHour[], exports: readonly ProviderExport[], scope: Scope, ratesOf: RatesOf, tolerance: Tolerance): Reconciliation {
  const lines = exports.flatMap((one) => one.lines).filter((line) => line.atMs >= scope.fromMs && line.atMs < scope.toMs)
  const byModel = lines.length === 0 || lines.some((line) => line.model !== undefined)
  const theirs = theirCells(lines, byModel)
  const days: string[] = []
  for (let at = scope.fromMs; at < scope.toMs; at += DAY_MS) days.push(dayOf(at))
  const shiftHours = zoneOf(hours, theirs, byModel, days)
  const ours = within(ourCells(hours, byModel, shiftHours), days)
  const utc = shiftHours === 0 ? ours : within(ourCells(hours, byModel), days)
  const ids = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted()
  const found = ids.map((id) => compare(id, { ours, theirs, utc, days, ratesOf, tolerance }))
  const explained = withPrices(found, tolerance, ratesOf)
  const sum = (parts: readonly (Money | undefined)[]): Money => parts.reduce<Money>((total, part) => total + (part ?? 0n), 0n)
  return {
    differences: explained.filter(({ causes }) => causes.length > 0),
    compared: ids.length,
    days,
    shiftHours,
    oursUsd: sum([...ours.values()].map((cell) => cell.usd)),
    theirsUsd: [...theirs.values()].some((cell) => cell.usd !== undefined) ? sum([...theirs.values()].map((cell) => cell.usd)) : undefined,
  }
}

/** Whether someone has to act: an open cause that is not accepted. What is unexplained is never accepted. */
export function isOpen(difference: Difference, accepted: ReadonlySet<string>): boolean {
  return difference.causes.some(({ cause }) => CAUSES[cause].open && (cause === 'unexplained' || !accepted.has(cause)))
}

/** Causes that can be accepted. */
export const ACCEPTABLE: readonly CauseName[] = (Object.keys(CAUSES) as CauseName[]).filter((name) => CAUSES[name].open && name !== 'unexplained')

type Sides = { readonly ours: ReadonlyMap<string, OurCell>; readonly theirs: ReadonlyMap<string, TheirCell>; readonly utc: ReadonlyMap<string, OurCell>; readonly days: readonly string[]; readonly ratesOf: RatesOf; readonly tolerance: Tolerance }

function within(cells: ReadonlyMap<string, OurCell>, days: readonly string[]): Map<string, OurCell> {
  const wanted = new Set(days)
  return new Map([...cells].filter(([id]) => wanted.has(id.slice(0, 10))))
}

function compare(id: string, sides: Sides): Difference & { readonly off: Cell | undefined } {
  const [day, model] = [id.slice(0, 10), id.slice(11)]
  const [mine, them] = [sides.ours.get(id), sides.theirs.get(id)]
  const difference = { day, model, ours: mine, theirs: them }
  if (them === undefined) {
    // Attempts that never had usage nor dollars leave no trace at a provider either.
    const isNothing = mine === undefined || (mine.requests === 0 && mine.usd === 0n)
    const detail = mine === undefined ? '' : `${mine.requests} request(s), ${mine.input} input and ${mine.output} output tokens here, no line there`
    return { ...difference, causes: isNothing ? [] : [{ cause: 'not_there', detail, usd: mine === undefined ? undefined : -mine.usd }], restUsd: 0n, off: undefined }
  }
  if (mine === undefined) {
    const isNothing = [them.requests, them.input, them.output].every((figure) => (figure ?? 0) === 0) && (them.usd ?? 0n) === 0n
    return { ...difference, causes: isNothing ? [] : [{ cause: 'not_through_us', detail: 'nothing of it here', usd: them.usd }], restUsd: 0n, off: undefined }
  }
  const cell: Cell = { day, model, ours: mine, theirs: them, isBoundary: isBoundary(sides, day, model) }
  const { causes, restUsd } = explainUsage(cell, sides.tolerance, sides.ratesOf)
  const before = sides.utc.get(id)
  const isShifted = before !== mine && (before === undefined || before.input !== mine.input || before.output !== mine.output || before.requests !== mine.requests)
  const zone: Cause[] = isShifted ? [{ cause: 'day_boundary', detail: 'their day is not the UTC day', usd: them.usd === undefined ? undefined : mine.usd - (before?.usd ?? 0n) }] : []
  return { ...difference, causes: [...zone, ...causes], restUsd, off: cell }
}

/** Usage that is too much here and too little, to the token, on a day beside: it was counted on the other side of midnight. */
function isBoundary(sides: Sides, day: string, model: string): boolean {
  const off = (at: string): readonly [number, number, number] | undefined => {
    const [mine, them] = [sides.ours.get(cellId(at, model)), sides.theirs.get(cellId(at, model))]
    if (mine === undefined || them?.input === undefined || them.output === undefined) return undefined
    return [them.input - mine.input, them.output - mine.output, them.requests === undefined ? 0 : them.requests - mine.requests]
  }
  const here = off(day)
  if (here === undefined || here.every((part) => part === 0)) return false
  return [-1, 1].some((step) => off(dayOf(Date.parse(day) + step * DAY_MS))?.every((part, index) => part === -(here[index] ?? 0)) === true)
}

/** The shift at which the most cells agree to the token, if UTC days do not and it makes at least two of them agree. */
function zoneOf(hours: readonly OurHour[], theirs: ReadonlyMap<string, TheirCell>, byModel: boolean, days: readonly string[]): number {
  const stated = [...theirs].filter(([, cell]) => cell.input !== undefined && cell.output !== undefined)
  const agreeing = (shift: number): number => {
    const mine = within(ourCells(hours, byModel, shift), days)
    return stated.filter(([id, cell]) => mine.get(id)?.input === cell.input && mine.get(id)?.output === cell.output).length
  }
  let best = { shift: 0, agree: agreeing(0) }
  if (best.agree === stated.length || stated.length < 2) return 0
  // Hours without traffic make several shifts agree alike: the nearest one to UTC is said.
  for (let step = 2; step <= 2 * MOST_SHIFT + 1; step += 1) {
    const shift = (step % 2 === 0 ? -1 : 1) * Math.floor(step / 2)
    const agree = agreeing(shift)
    if (agree > best.agree && agree >= 2 && agree * 2 > stated.length) best = { shift, agree }
  }
  return best.shift
}

/** Names what is left of the dollars: rounding, attempts without a price, another price, or nothing known. */
function withPrices(found: readonly (Difference & { readonly off: Cell | undefined })[], tolerance: Tolerance, ratesOf: RatesOf): Difference[] {
  const offs = found.flatMap(({ off, restUsd }): OffCell[] => {
    if (off === undefined || off.theirs.usd === undefined || off.ours.unpriced > 0) return []
    const rounding = roundingOf(off, tolerance)
    return abs(restUsd) <= rounding ? [] : [offCell(off, restUsd, tolerance, ratesOf)]
  })
  const sentences = new Map([...Map.groupBy(offs, ({ cell }) => cell.model)].map(([model, cells]) => [model, priceDifference(cells)]))
  return found.map(({ off, ...difference }) => {
    const { causes, restUsd } = difference
    if (off === undefined || off.theirs.usd === undefined || restUsd === 0n) return difference
    const named = (cause: CauseName, detail: string, rest: Money): Difference => ({ ...difference, causes: [...causes, { cause, detail, usd: restUsd }], restUsd: rest })
    if (abs(restUsd) <= roundingOf(off, tolerance)) return named('rounding', '', 0n)
    if (off.ours.unpriced > 0 && restUsd > 0n) return named('unpriced_here', `${off.ours.unpriced} attempt(s) with ${off.ours.unpricedTokens} tokens have no price here`, 0n)
    if (off.model !== ALL_MODELS && off.theirs.input === undefined && off.theirs.usdBy.size === 0 && sentences.get(off.model) === undefined) return named('unexplained', 'the export has dollars only: add the usage export to tell traffic from price', restUsd)
    const sentence = sentences.get(off.model) ?? alone(off, restUsd, tolerance, ratesOf)
    return sentence === undefined ? named('unexplained', 'the same tokens, other dollars, by no price that holds for all days', restUsd) : named('price', sentence, 0n)
  })
}

/** A cell that shares no price with the other days of its model may still show one by its own dollars by class. */
function alone(cell: Cell, restUsd: Money, tolerance: Tolerance, ratesOf: RatesOf): string | undefined {
  if (cell.theirs.usdBy.size === 0) return undefined
  return priceDifference([offCell(cell, restUsd, tolerance, ratesOf)])
}

function offCell(cell: Cell, restUsd: Money, tolerance: Tolerance, ratesOf: RatesOf): OffCell {
  const rates = ratesOf({ provider: cell.ours.provider, model: cell.ours.asked, day: cell.day, tier: STANDARD })
  return { cell, restUsd, rounding: roundingOf(cell, tolerance), halfUnits: tolerance.halfUnit * BigInt(cell.theirs.lines), rates }
}

// A reconciliation as text: what differs by day and model with its causes for people, the same as JSON for machines. Pure.
import { table } from '../output.ts'
import { CAUSES, type CauseName } from './causes.ts'
import type { OurCell, TheirCell } from './cells.ts'
import { exactUsd, shownUsd, sumKnown, type Money } from '../../store/bill/money.ts'
import { isOpen, type Difference, type Reconciliation } from './reconcile.ts'

/** A reconciliation with what it was made of. */
export type Report = {
  readonly result: Reconciliation
  readonly exports: readonly { readonly kind: string; readonly lines: number; readonly skipped: readonly string[] }[]
  readonly providers: readonly string[]
  readonly accepted: ReadonlySet<string>
  readonly notes: readonly string[]
}

/** For people: one line for each difference beyond rounding, a sum by cause, and what is open. */
export function reportText(report: Report): string {
  const { result } = report
  const shown = result.differences.filter(({ causes }) => causes.some(({ cause }) => cause !== 'rounding'))
  const rows = shown.map((one) => [
    one.day,
    one.model,
    pair(one.ours?.requests, one.theirs, one.theirs?.requests),
    pair(one.ours?.input, one.theirs, one.theirs?.input),
    pair(one.ours?.cacheRead, one.theirs, one.theirs?.cacheRead),
    pair(one.ours?.output, one.theirs, one.theirs?.output),
    `${one.ours === undefined ? 'none' : shownUsd(one.ours.usd)} | ${one.theirs === undefined ? 'none' : shownUsd(one.theirs.usd)}`,
    one.causes.filter(({ cause }) => cause !== 'rounding').map(({ cause, detail }) => `${cause}${detail === '' ? '' : `: ${detail}`}`).join('; '),
  ])
  const days = result.days.length === 0 ? 'no day' : `${result.days[0]} to ${result.days.at(-1)}`
  const head = `${report.exports.map(({ kind, lines }) => `${kind} (${lines} lines)`).join(' and ')} against ${report.providers.join(', ')}: ${days}, ${result.compared} model days compared`
  const shift = result.shiftHours === 0 ? [] : [`Their days begin ${Math.abs(result.shiftHours)} h ${result.shiftHours > 0 ? 'before' : 'after'} UTC midnight; ours are counted alike below.`]
  const sums = `ours ${shownUsd(result.oursUsd)}, theirs ${shownUsd(result.theirsUsd)}${result.theirsUsd === undefined ? ' (the export has no dollars)' : `, difference ${shownUsd(result.theirsUsd - result.oursUsd)}`}`
  const open = result.differences.filter((one) => isOpen(one, report.accepted)).length
  const verdict = result.differences.length === 0 ? 'Nothing differs.' : `${result.differences.length} differ: ${causeSums(result.differences).join(', ')}. ${open === 0 ? 'None is open.' : `${open} open.`}`
  return [head, ...shift, ...skippedOf(report), ...report.notes, sums, '', ...(rows.length === 0 ? [] : [table(['day', 'model', 'requests ours | theirs', 'input', 'cached', 'output', 'dollars', 'cause'], rows)]), verdict, ''].join('\n')
}

/** For machines: every difference, rounding included; dollars as exact text. */
export function reportJson(report: Report): string {
  const { result, accepted } = report
  const differences = result.differences.map((one) => ({
    day: one.day,
    model: one.model,
    ours: one.ours === undefined ? null : oursJson(one.ours),
    theirs: one.theirs === undefined ? null : theirsJson(one.theirs),
    causes: one.causes.map(({ cause, detail, usd }) => ({ cause, detail, usd: moneyOrNull(usd), open: CAUSES[cause].open && (cause === 'unexplained' || !accepted.has(cause)) })),
    unexplained_usd: exactUsd(one.restUsd),
    open: isOpen(one, accepted),
  }))
  const { days, compared, shiftHours, oursUsd, theirsUsd } = result
  const totals = { ours_usd: exactUsd(oursUsd), theirs_usd: moneyOrNull(theirsUsd), difference_usd: theirsUsd === undefined ? null : exactUsd(theirsUsd - oursUsd) }
  return `${JSON.stringify({ exports: report.exports, providers: report.providers, from: days[0] ?? null, until: days.at(-1) ?? null, compared, day_shift_hours: shiftHours, ...totals, open: differences.filter(({ open }) => open).length, differences, notes: [...skippedOf(report), ...report.notes] })}\n`
}

function pair(ours: number | undefined, side: TheirCell | undefined, theirs: number | undefined): string {
  const here = ours === undefined ? 'none' : String(ours)
  return side === undefined ? `${here} | none` : theirs === undefined ? `${here} | not said` : ours === theirs ? here : `${here} | ${theirs}`
}

function causeSums(differences: readonly Difference[]): string[] {
  const all = differences.flatMap(({ causes }) => causes)
  return [...Map.groupBy(all, ({ cause }) => cause)].map(([cause, list]) => `${cause} ${list.length}${dollars(cause, sumKnown(list.map(({ usd }) => usd)))}`)
}

function dollars(cause: CauseName, usd: Money | undefined): string {
  return usd === undefined || usd === 0n || cause === 'day_boundary' ? '' : ` (${shownUsd(usd)})`
}

function skippedOf(report: Report): string[] {
  return report.exports.flatMap(({ kind, skipped }) => skipped.map((why) => `${kind}: ${why} left out.`))
}

function oursJson(cell: OurCell): Record<string, unknown> {
  const { requests, failed, input, cacheRead, cacheWrite, output, usd, unpriced, cut, cutUsd, tiers } = cell
  return { requests, failed, input, cache_read: cacheRead, cache_write: cacheWrite, output, usd: exactUsd(usd), unpriced, cut, cut_usd: exactUsd(cutUsd), tiers: Object.fromEntries(tiers) }
}

function theirsJson(cell: TheirCell): Record<string, unknown> {
  const { requests, input, cacheRead, cacheWrite, output, usd, usdBy, tiers } = cell
  const stated = (value: number | undefined): number | null => value ?? null
  return { requests: stated(requests), input: stated(input), cache_read: stated(cacheRead), cache_write: stated(cacheWrite), output: stated(output), usd: moneyOrNull(usd), usd_by_class: Object.fromEntries([...usdBy].map(([name, value]) => [name, exactUsd(value)])), tiers: Object.fromEntries(tiers) }
}

function moneyOrNull(value: Money | undefined): string | null {
  return value === undefined ? null : exactUsd(value)
}

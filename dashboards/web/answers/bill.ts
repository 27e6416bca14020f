// A month to the cent: lines by any dimensions, their exact total, and the course of its days. The same queries and sums as `weighbridge
// bill`, so that the same number stands on the page and in the terminal.
import { WeighbridgeError } from '../../../core/errors.ts'
import { nearestNames } from '../../../core/nearest-names.ts'
import { billLines, billTotal, type BillLine } from '../../../store/bill/lines.ts'
import { exactUsd, sumKnown, type Money } from '../../../store/bill/money.ts'
import { BILL_DIMENSIONS, billedAttempts, billedCalls, isBillDimension, reportedCosts, tagsSeen, type BillKey } from '../../../store/queries/bill.ts'
import { type BillAnswer, type Dollars, MOST_LINES, type ShownLine } from '../api/bill.ts'
import { sideOf } from '../frame.ts'
import type { Context } from '../server.ts'

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/
const MOST_PARTS = 4
const LONGEST_TAG = 128

/** GET /api/ui/bill */
export async function billAnswer({ ask, clock, params, simulatedDefault }: Context): Promise<BillAnswer> {
  const now = clock.nowMs()
  const simulated = sideOf(params) ?? simulatedDefault()
  const { month, from, to, ongoing } = monthOf(params.get('month'), now)
  const by = keyOf(params.getAll('by'))
  const window = { simulated, from, to }
  const asked = { ...window, tag_names: by.flatMap((part) => ('tag' in part ? [part.tag] : [])) }
  const [attempts, calls, reported, byDay, tags] = await Promise.all([ask(billedAttempts(by), asked), ask(billedCalls(by), asked), ask(reportedCosts(by), asked), ask(billedAttempts([{ dimension: 'day' }]), { ...window, tag_names: [] }), ask(tagsSeen, window)])
  const names = by.map((part) => ('tag' in part ? `tag.${part.tag}` : part.dimension))
  const lines = billLines({ attempts, calls, reported }, names.includes('day'))
  return {
    simulated,
    month,
    fromMs: from.getTime(),
    toMs: to.getTime(),
    ongoing,
    by: names,
    lines: lines.slice(0, MOST_LINES).map(shown),
    found: lines.length,
    total: shown(billTotal(lines)),
    days: billLines({ attempts: byDay, calls: [], reported: [] }, true).map(({ key, money }) => ({ day: key[0] ?? '', production: dollars(money.production), evals: dollars(sumKnown([money.eval, money.judge])) })),
    tags: tags.map((row) => row.tag),
  }
}

function monthOf(asked: string | null, now: number): { readonly month: string; readonly from: Date; readonly to: Date; readonly ongoing: boolean } {
  const month = asked ?? new Date(now).toISOString().slice(0, 7)
  const match = MONTH.exec(month)
  if (match === null) throw new WeighbridgeError('bad_request', `month=${month.slice(0, 32)} is no month such as 2026-11.`)
  const from = Date.UTC(Number(match[1]), Number(match[2]) - 1)
  const to = Date.UTC(Number(match[1]), Number(match[2]))
  if (from > now) throw new WeighbridgeError('bad_request', `${month} lies in the future.`)
  return { month, from: new Date(from), to: new Date(Math.min(to, now)), ongoing: to > now }
}

function keyOf(words: readonly string[]): BillKey[] {
  const names = [...new Set(words.length === 0 ? ['target'] : words)]
  if (names.length > MOST_PARTS) throw new WeighbridgeError('bad_request', `A bill on a page is by at most ${MOST_PARTS} dimensions.`)
  return names.map((name) => {
    if (isBillDimension(name)) return { dimension: name }
    const tag = /^tag\.(.+)$/s.exec(name)?.[1]
    if (tag !== undefined && tag.length <= LONGEST_TAG) return { tag }
    const near = nearestNames(name, BILL_DIMENSIONS)
    throw new WeighbridgeError('bad_request', `A bill has no dimension "${name.slice(0, 64)}"${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`)
  })
}

function shown({ key, money, counts }: BillLine): ShownLine {
  // Every column of money stays, as text.
  return { key, money: Object.fromEntries(Object.entries(money).map(([name, value]) => [name, dollars(value)])) as ShownLine['money'], counts }
}

function dollars(value: Money | undefined): Dollars {
  return value === undefined ? null : exactUsd(value)
}

// Why one cell differs: tokens first, then what they explain of the dollars, then the rest. In: both sides of one model on one
// day, our rates. Out: causes with the dollars each accounts for, and what is left. Pure; it must not explain by a guess what
// the figures do not show.
import { classesOf, STANDARD, type ClassTokens, type OurCell, type TheirCell } from './cells.ts'
import { CLASSES } from './exports/form.ts'
import { abs, tokensAt, toNumber, type Money } from '../../store/bill/money.ts'

/** Dollars per million tokens by class. */
export type ClassRates = ClassTokens
/** Our rates for a model of one of our providers on a day at a tier; `undefined`: we have none. */
export type RatesOf = (at: { readonly provider: string; readonly model: string; readonly day: string; readonly tier: string }) => ClassRates | undefined

/** Every cause, whether somebody should act on it, and what it means. */
export const CAUSES = {
  rounding: { open: false, meaning: 'within the tolerance, or what rounding every line of the export can add up to' },
  service_tier: { open: false, meaning: 'tokens at another service tier than we recorded' },
  cache_class: { open: false, meaning: 'the same input, split otherwise between plain and cached' },
  day_boundary: { open: false, meaning: 'the same usage on the day before or after, or days in another time zone' },
  aborted: { open: false, meaning: 'answers that were cut: our usage is an estimate' },
  failed_attempts: { open: false, meaning: 'attempts that failed without usage are counted there' },
  price: { open: true, meaning: 'another price' },
  not_through_us: { open: true, meaning: 'usage that did not come through this router' },
  not_there: { open: true, meaning: 'calls of ours that the export does not have' },
  unpriced_here: { open: true, meaning: 'attempts without a price here' },
  unexplained: { open: true, meaning: 'nothing of the above accounts for it' },
} as const satisfies Record<string, { readonly open: boolean; readonly meaning: string }>
export type CauseName = keyof typeof CAUSES

/** `usd`: dollars of the difference (theirs − ours) that it accounts for; `undefined`: the export has no dollars. */
export type Cause = { readonly cause: CauseName; readonly detail: string; readonly usd: Money | undefined }

export type Tolerance = { readonly usd: Money; /** Share of the larger side, e.g. 0.001. */ readonly share: number; /** Half the last decimal of an export's dollars, for each of its lines. */ readonly halfUnit: Money }

export type Cell = { readonly day: string; readonly model: string; readonly ours: OurCell; readonly theirs: TheirCell; /** The same usage is missing on a day beside this one. */ readonly isBoundary: boolean }

/** Causes found, and the dollars that none of them accounts for (0 where the export has none). */
export type Explained = { readonly causes: Cause[]; readonly restUsd: Money; readonly effect: Money }

/** Explains tokens and requests, and as much of the dollars as follows from them at our rates. */
export function explainUsage(cell: Cell, tolerance: Tolerance, ratesOf: RatesOf): Explained {
  const { ours, theirs } = cell
  const rates = (tier: string): ClassRates | undefined => ratesOf({ provider: ours.provider, model: ours.asked, day: cell.day, tier })
  const causes: Cause[] = []
  let effect = 0n
  const add = (cause: CauseName, detail: string, usd: Money): void => {
    causes.push({ cause, detail, usd: theirs.usd === undefined ? undefined : usd })
    effect += usd
  }
  const input = beyond(theirs.input, ours.input, tolerance.share)
  const output = beyond(theirs.output, ours.output, tolerance.share)
  const requests = beyond(theirs.requests, ours.requests, tolerance.share)
  const standard = rates(STANDARD)
  if (input !== 0 || output !== 0) {
    const moved = differenceOf(theirs, ours)
    const usd = standard === undefined ? 0n : valueOf(moved, standard)
    const text = amounts(requests, input, output)
    if (cell.isBoundary) add('day_boundary', `${text}; a day beside has the opposite`, usd)
    else if (isWithinCut(ours, { requests, input, output })) add('aborted', `${text}; ${ours.cut} answer(s) were cut here and estimated`, cutEffect(ours, moved, standard))
    else if (input >= 0 && output >= 0 && requests >= 0) add('not_through_us', text, usd)
    else if (input <= 0 && output <= 0 && requests <= 0) add('not_there', text, usd)
    else add('unexplained', text, usd)
  } else {
    if (requests > 0 && requests <= ours.failed) add('failed_attempts', `${signed(requests)} requests; ${ours.failed} attempt(s) failed without usage`, 0n)
    else if (requests < 0 && -requests <= ours.cut) add('aborted', `${signed(requests)} requests; ${ours.cut} answer(s) were cut here`, -ours.cutUsd)
    else if (requests !== 0) add(requests > 0 ? 'not_through_us' : 'not_there', `${signed(requests)} requests without tokens`, 0n)
    explainClasses(cell, tolerance, rates, add)
  }
  const rest = theirs.usd === undefined ? 0n : theirs.usd - ours.usd - effect
  return { causes, restUsd: rest, effect }
}

/** The same totals in other classes: cached or not, and at which tier. */
function explainClasses({ ours, theirs }: Cell, tolerance: Tolerance, rates: (tier: string) => ClassRates | undefined, add: (cause: CauseName, detail: string, usd: Money) => void): void {
  const standard = rates(STANDARD)
  const read = beyond(theirs.cacheRead, ours.cacheRead, tolerance.share)
  const write = beyond(theirs.cacheWrite, ours.cacheWrite, tolerance.share)
  if (read !== 0 || write !== 0) {
    const moved = { input: -read - write, cacheRead: read, cacheWrite: write, output: 0 }
    add('cache_class', [...(read === 0 ? [] : [`${signed(read)} cache reads`]), ...(write === 0 ? [] : [`${signed(write)} cache writes`])].join(', '), standard === undefined ? 0n : valueOf(moved, standard))
  }
  if (theirs.tiers.size === 0 || read !== 0 || write !== 0) return
  let usd = 0n
  const parts: string[] = []
  for (const tier of new Set([...theirs.tiers.keys(), ...ours.tiers.keys()])) {
    const [there, here] = [theirs.tiers.get(tier), ours.tiers.get(tier)]
    const moved = minus(there, here)
    const tokens = CLASSES.reduce((sum, name) => sum + moved[name], 0)
    if (CLASSES.every((name) => Math.abs(moved[name]) <= tolerance.share * Math.max(there?.[name] ?? 0, here?.[name] ?? 0))) continue
    const price = rates(tier)
    usd += price === undefined ? 0n : valueOf(moved, price)
    parts.push(`${signed(tokens)} tokens at ${tier}${price === undefined ? ' (no price for it here)' : ''}`)
  }
  if (parts.length > 0) add('service_tier', parts.join(', '), usd)
}

/** What a cell's rest may be by rounding alone. */
export function roundingOf(cell: Pick<Cell, 'ours' | 'theirs'>, tolerance: Tolerance): Money {
  const larger = Math.max(toNumber(abs(cell.theirs.usd ?? 0n)), toNumber(abs(cell.ours.usd)))
  return tolerance.usd + tolerance.halfUnit * BigInt(cell.theirs.lines) + BigInt(Math.round(larger * tolerance.share * 1e12))
}

/** A difference as such only beyond the tolerated share; 0 where they do not state it. */
function beyond(theirs: number | undefined, ours: number, share: number): number {
  return theirs === undefined || Math.abs(theirs - ours) <= share * Math.max(theirs, ours) ? 0 : theirs - ours
}

function differenceOf(theirs: TheirCell, ours: OurCell): ClassTokens {
  const there = classesOf(theirs.input ?? ours.input, theirs.cacheRead ?? ours.cacheRead, theirs.cacheWrite ?? ours.cacheWrite, theirs.output ?? ours.output)
  return minus(there, classesOf(ours.input, ours.cacheRead, ours.cacheWrite, ours.output))
}

function minus(a: ClassTokens | undefined, b: ClassTokens | undefined): ClassTokens {
  const of = (name: keyof ClassTokens): number => (a?.[name] ?? 0) - (b?.[name] ?? 0)
  return { input: of('input'), cacheRead: of('cacheRead'), cacheWrite: of('cacheWrite'), output: of('output') }
}

/** Tokens at rates. */
export function valueOf(tokens: ClassTokens, rates: ClassRates): Money {
  return CLASSES.reduce((sum, name) => sum + tokensAt(tokens[name], rates[name]), 0n)
}

/**
 * Whether what was cut can be the whole difference: not less than all of its known usage missing there, not more than the cut
 * requests at several times an ordinary answer (their real size is what we do not know).
 */
function isWithinCut(ours: OurCell, { requests, input, output }: { readonly requests: number; readonly input: number; readonly output: number }): boolean {
  if (ours.cut === 0 || requests > 0 || -requests > ours.cut) return false
  const whole = Math.max(1, ours.requests - ours.cut)
  const most = (known: number, all: number): number => ours.cut * (4 * ((all - known) / whole) + 4_096)
  return input >= -ours.cutInput && output >= -ours.cutOutput && input <= most(ours.cutInput, ours.input) && output <= most(ours.cutOutput, ours.output)
}

/** Their dollars for the cut answers less our estimate of them. */
function cutEffect(ours: OurCell, moved: ClassTokens, rates: ClassRates | undefined): Money {
  if (rates === undefined) return 0n
  return valueOf({ ...moved, input: moved.input + ours.cutInput, output: moved.output + ours.cutOutput }, rates) - ours.cutUsd
}

function amounts(requests: number, input: number, output: number): string {
  const parts = ([[requests, 'requests'], [input, 'input'], [output, 'output']] as const).filter(([amount]) => amount !== 0)
  return parts.map(([amount, what]) => `${signed(amount)} ${what}`).join(', ')
}

/** `+1,200` or `−3`. */
export function signed(amount: number): string {
  return `${amount < 0 ? '−' : '+'}${Math.abs(amount).toLocaleString('en-US')}`
}

// Which price is another one: the class of tokens and by how much, from dollars by class where the export has them, else from
// the days on which the same model's dollars are off. In: cells of one model with the dollars that usage does not explain.
// Out: a sentence, or nothing where the figures do not show one. Pure.
import { classesOf, STANDARD, type ClassTokens } from './cells.ts'
import type { Cell, ClassRates } from './causes.ts'
import { CLASSES, type TokenClass } from './exports/form.ts'
import { toNumber, type Money } from '../../store/bill/money.ts'

/** A cell with the dollars (theirs − ours) that its tokens do not explain: how much of it is tolerated, and how much rounding its lines can have. */
export type OffCell = { readonly cell: Cell; readonly restUsd: Money; readonly rounding: Money; readonly halfUnits: Money; readonly rates: ClassRates | undefined }

const CLASS_NAMES: Readonly<Record<TokenClass, string>> = { input: 'input', cacheRead: 'cache reads', cacheWrite: 'cache writes', output: 'output' }
/** How far two days may disagree on one price, beyond their rounding. */
const SPREAD = 0.005
/** How many times better one class has to fit to be named alone. */
const CLEARLY = 5

/** What the off cells of one model have in common; the same sentence for all of them. `undefined`: nothing. */
export function priceDifference(cells: readonly OffCell[]): string | undefined {
  const byClass = fromClassDollars(cells)
  if (byClass !== undefined) return byClass
  const fits = distinct(
    CLASSES.flatMap((name) => {
      const fit = commonRatio(cells, (cell) => tokensOf(cell)[name] / 1e6)
      return fit === undefined ? [] : [{ name, ...fit }]
    }),
  )
  const whole = commonRatio(cells, ({ cell }) => toNumber(cell.ours.usd))?.ratio
  // One day fits any class: without a second one nothing tells them apart.
  if (cells.length > 1 && fits.length === 1 && fits[0] !== undefined) return classText(fits[0].name, fits[0].ratio, cells[0]?.rates)
  if (whole !== undefined) return `dollars for the same tokens are ${ratioText(1 + whole)} ours${cells.length > 1 && fits.length === 0 ? ', in every class alike' : ''}${tierHint(1 + whole)}${fits.length > 1 ? `; an export by token class tells which of ${fits.map(({ name }) => CLASS_NAMES[name]).join(', ')} it is` : ''}`
  return undefined
}

function fromClassDollars(cells: readonly OffCell[]): string | undefined {
  const found = new Map<TokenClass, { usd: number; tokens: number; ours: number; slack: number }>()
  for (const off of cells) {
    if (off.cell.theirs.usdBy.size === 0 || off.rates === undefined) continue
    const tokens = tokensOf(off)
    for (const name of CLASSES) {
      const usd = off.cell.theirs.usdBy.get(name)
      if (usd === undefined || tokens[name] === 0) continue
      const had = found.get(name) ?? { usd: 0, tokens: 0, ours: 0, slack: 0 }
      found.set(name, { usd: had.usd + toNumber(usd), tokens: had.tokens + tokens[name], ours: had.ours + (tokens[name] * off.rates[name]) / 1e6, slack: had.slack + toNumber(off.rounding) })
    }
  }
  const off = [...found].filter(([, { usd, ours, slack }]) => Math.abs(usd - ours) > Math.max(slack, ours * 1e-6))
  return off.length === 0 ? undefined : off.map(([name, { usd, tokens, ours }]) => `${CLASS_NAMES[name]}: ${rate((usd / tokens) * 1e6)} there, ${rate((ours / tokens) * 1e6)} here per million`).join('; ')
}

type Fit = { readonly ratio: number; /** The largest share by which a day disagrees. */ readonly misfit: number }

/** Of several classes that fit, the one alone that fits far better than the next; else all of them. */
function distinct<One extends Fit>(fits: readonly One[]): readonly One[] {
  const [best, next] = fits.toSorted((a, b) => a.misfit - b.misfit)
  return best !== undefined && (next === undefined || best.misfit * CLEARLY < next.misfit) ? [best] : fits
}

/** rest / measure where it is the same in every cell, within rounding and `SPREAD`; `undefined` where it is not or cannot be told. */
function commonRatio(cells: readonly OffCell[], measureOf: (off: OffCell) => number): Fit | undefined {
  const parts = cells.map((off) => ({ measure: measureOf(off), rest: toNumber(off.restUsd), slack: toNumber(off.halfUnits) }))
  if (parts.length === 0 || parts.some(({ measure }) => measure <= 0)) return undefined
  const measured = parts.reduce((sum, part) => sum + part.measure, 0)
  const ratio = parts.reduce((sum, part) => sum + part.rest, 0) / measured
  const misfits = parts.map(({ measure, rest, slack }) => Math.max(0, Math.abs(rest - ratio * measure) - slack) / Math.abs(ratio * measure))
  const misfit = Math.max(...misfits)
  return misfit <= SPREAD ? { ratio, misfit } : undefined
}

function tokensOf({ cell: { ours, theirs } }: Pick<OffCell, 'cell'>): ClassTokens {
  return classesOf(theirs.input ?? ours.input, theirs.cacheRead ?? ours.cacheRead, theirs.cacheWrite ?? ours.cacheWrite, theirs.output ?? ours.output)
}

function classText(name: TokenClass, perMillion: number, rates: ClassRates | undefined): string {
  const ours = rates?.[name]
  if (ours === undefined) return `${CLASS_NAMES[name]}: ${perMillion > 0 ? '+' : '−'}${rate(Math.abs(perMillion))} per million against ours`
  return `${CLASS_NAMES[name]}: ${rate(ours + perMillion)} there, ${rate(ours)} here per million`
}

function ratioText(ratio: number): string {
  return `${Number(ratio.toPrecision(5))} times`
}

/** Half and double are what batch, flex and priority cost: worth a word, no proof. */
function tierHint(ratio: number): string {
  return Math.abs(ratio - 0.5) < SPREAD ? ` (as at batch or flex; at ${STANDARD} here)` : Math.abs(ratio - 2) < SPREAD ? ` (as at priority; at ${STANDARD} here)` : ''
}

function rate(usdPerMillion: number): string {
  return `$${Number(usdPerMillion.toPrecision(5))}`
}

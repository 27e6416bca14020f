// What every provider's export comes down to: lines by day and model, each with the facts that this export states. A fact it
// does not state is `undefined`, so that it is not compared; 0 means that the provider says 0. Types and readers of cells.
import { parseMoney, type Money } from '../../../store/bill/money.ts'

export const EXPORT_PROVIDERS = ['openai', 'anthropic', 'openrouter'] as const
export type ExportProvider = (typeof EXPORT_PROVIDERS)[number]

/** Token classes that dollars and rates are told apart by. */
export const CLASSES = ['input', 'cacheRead', 'cacheWrite', 'output'] as const
export type TokenClass = (typeof CLASSES)[number]

/** One line of an export. `input` includes cache reads and writes, as everywhere in this program. */
export type ExportLine = {
  /** Start of the line's time, in milliseconds since the Unix epoch. */
  readonly atMs: number
  /** Model as the provider spells it; `undefined`: the export was not grouped by model. */
  readonly model: string | undefined
  /** Service tier as the provider spells it, `batch` included. */
  readonly tier: string | undefined
  readonly requests: number | undefined
  readonly input: number | undefined
  readonly cacheRead: number | undefined
  readonly cacheWrite: number | undefined
  readonly output: number | undefined
  readonly usd: Money | undefined
  /** Which class of tokens `usd` is for, where the export splits dollars by class (`input` then means uncached input). */
  readonly usdOf: TokenClass | 'other' | undefined
}

/** An export as read. */
export type ProviderExport = {
  readonly provider: ExportProvider
  /** Which export it is, for people. */
  readonly kind: string
  readonly lines: readonly ExportLine[]
  /** Days the export speaks about, from the first to the last line, also where a day has no usage: `[from, to)`. */
  readonly fromMs: number
  readonly toMs: number
  /** Half of the last decimal that its dollars are written with; 0: not rounded. */
  readonly halfUnit: Money
  /** Lines that could not be read, and why; never their content. */
  readonly skipped: readonly string[]
  /** What a reader should know, e.g. further pages that are missing. */
  readonly notes: readonly string[]
}

/** A line of which nothing is stated yet. */
export function emptyLine(atMs: number): ExportLine {
  return { atMs, model: undefined, tier: undefined, requests: undefined, input: undefined, cacheRead: undefined, cacheWrite: undefined, output: undefined, usd: undefined, usdOf: undefined }
}

/** A count of tokens or requests; `undefined` for an empty cell, null or nonsense. */
export function countOf(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^[\d,]+(\.0+)?$/.test(value.trim()) ? Number(value.replaceAll(',', '')) : undefined
  return number !== undefined && Number.isFinite(number) && number >= 0 && number < 1e15 ? number : undefined
}

/** An amount from a cell or a JSON number; `undefined` when there is none. */
export function amountOf(value: unknown): Money | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? parseMoney(String(value)) : typeof value === 'string' ? parseMoney(value) : undefined
}

/** A word; `undefined` for an empty one or none. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** A moment: epoch seconds, a date, or a timestamp, UTC where it names no zone (as all three providers state). */
export function momentOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value > 1e8 && value < 1e11 ? value * 1000 : undefined
  const text = wordOf(value)
  if (text === undefined) return undefined
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1000
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined
  const zoned = text.length === 10 || /(Z|[+-]\d{2}:?\d{2})$/.test(text)
  const at = Date.parse(zoned ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(at) ? undefined : at
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The sum of what is stated; `undefined` when nothing is. */
export function sumStated(parts: readonly (number | undefined)[]): number | undefined {
  const stated = parts.filter((part) => part !== undefined)
  return stated.length === 0 ? undefined : stated.reduce((sum, part) => sum + part, 0)
}

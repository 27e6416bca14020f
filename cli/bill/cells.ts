// Both sides of a reconciliation as cells: one model on one day. In: our usage by hour, an export's lines. Out: cells by key.
// What a side does not state stays undefined. Pure.
import { serviceTierName } from '../../core/prices.ts'
import type { ExportLine, TokenClass } from './exports/form.ts'
import { sumStated } from './exports/form.ts'
import { comparedModel } from './model-names.ts'
import { storedMoney, sumKnown, type Money } from '../../store/bill/money.ts'

/** One row of the `usage_by_hour` query; `hour` in epoch seconds. */
export type OurHour = {
  readonly hour: number
  readonly provider: string
  readonly billed_model: string
  readonly asked_model: string
  readonly tier: string
  readonly answered: number
  readonly failed: number
  readonly input: number
  readonly cache_read: number
  readonly cache_write: number
  readonly output: number
  readonly usd: string
  readonly unpriced: number
  readonly unpriced_input: number
  readonly unpriced_output: number
  readonly cut: number
  readonly cut_input: number
  readonly cut_output: number
  readonly cut_usd: string
}

/** Tokens by class; `input` without cache reads and writes. */
export type ClassTokens = Readonly<Record<TokenClass, number>>

/** Our side of a cell. Everything is counted, so nothing is undefined; unpriced attempts are not in `usd`. */
export type OurCell = {
  readonly requests: number
  readonly failed: number
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
  readonly usd: Money
  readonly unpriced: number
  readonly unpricedTokens: number
  readonly cut: number
  readonly cutInput: number
  readonly cutOutput: number
  readonly cutUsd: Money
  readonly tiers: ReadonlyMap<string, ClassTokens>
  /** Provider and model as configured, to find our price by. */
  readonly provider: string
  readonly asked: string
}

/** Their side of a cell. */
export type TheirCell = {
  readonly requests: number | undefined
  readonly input: number | undefined
  readonly cacheRead: number | undefined
  readonly cacheWrite: number | undefined
  readonly output: number | undefined
  readonly usd: Money | undefined
  readonly usdBy: ReadonlyMap<TokenClass | 'other', Money>
  /** Empty where the export names no tiers. */
  readonly tiers: ReadonlyMap<string, ClassTokens>
  /** Lines that made it: each may have been rounded. */
  readonly lines: number
}

/** Models are compared by this name where an export is not grouped by model. */
export const ALL_MODELS = '(all models)'
/** The tier that list prices are for. */
export const STANDARD = 'standard'

const DAY_MS = 86_400_000
const NO_TOKENS: ClassTokens = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }

/** `2026-11-03 gpt-5.4`: what both sides' cells are found by. */
export function cellId(day: string, model: string): string {
  return `${day} ${model}`
}

/** The UTC day that a moment falls on, `shiftHours` ahead of it. */
export function dayOf(atMs: number, shiftHours = 0): string {
  return new Date(Math.floor((atMs + shiftHours * 3_600_000) / DAY_MS) * DAY_MS).toISOString().slice(0, 10)
}

/** Our cells, with days that begin `shiftHours` before UTC midnight. */
export function ourCells(hours: readonly OurHour[], byModel: boolean, shiftHours = 0): Map<string, OurCell> {
  const groups = Map.groupBy(hours, (row) => cellId(dayOf(row.hour * 1000, shiftHours), byModel ? comparedModel(row.billed_model) : ALL_MODELS))
  return new Map([...groups].map(([id, rows]) => [id, ourCell(rows)]))
}

function ourCell(rows: readonly OurHour[]): OurCell {
  const sum = (of: (row: OurHour) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const money = (of: (row: OurHour) => string): Money => sumKnown(rows.map((row) => storedMoney(of(row)))) ?? 0n
  const tiers = new Map<string, ClassTokens>()
  for (const row of rows) addTokens(tiers, serviceTierName(row.tier) ?? STANDARD, classesOf(row.input, row.cache_read, row.cache_write, row.output))
  return {
    requests: sum((row) => row.answered + row.cut),
    failed: sum((row) => row.failed),
    input: sum((row) => row.input),
    cacheRead: sum((row) => row.cache_read),
    cacheWrite: sum((row) => row.cache_write),
    output: sum((row) => row.output),
    usd: money((row) => row.usd),
    unpriced: sum((row) => row.unpriced),
    unpricedTokens: sum((row) => row.unpriced_input + row.unpriced_output),
    cut: sum((row) => row.cut),
    cutInput: sum((row) => row.cut_input),
    cutOutput: sum((row) => row.cut_output),
    cutUsd: money((row) => row.cut_usd),
    tiers,
    provider: rows[0]?.provider ?? '',
    asked: rows[0]?.asked_model ?? '',
  }
}

/** Their cells. */
export function theirCells(lines: readonly ExportLine[], byModel: boolean): Map<string, TheirCell> {
  const groups = Map.groupBy(lines, (line) => cellId(dayOf(line.atMs), byModel && line.model !== undefined ? comparedModel(line.model) : ALL_MODELS))
  return new Map([...groups].map(([id, group]) => [id, theirCell(group)]))
}

function theirCell(lines: readonly ExportLine[]): TheirCell {
  const usdBy = new Map<TokenClass | 'other', Money>()
  const tiers = new Map<string, ClassTokens>()
  for (const line of lines) {
    if (line.usd !== undefined && line.usdOf !== undefined) usdBy.set(line.usdOf, (usdBy.get(line.usdOf) ?? 0n) + line.usd)
    if (line.input !== undefined && line.output !== undefined && line.tier !== undefined) addTokens(tiers, serviceTierName(line.tier) ?? STANDARD, classesOf(line.input, line.cacheRead ?? 0, line.cacheWrite ?? 0, line.output))
  }
  return {
    requests: sumStated(lines.map((line) => line.requests)),
    input: sumStated(lines.map((line) => line.input)),
    cacheRead: sumStated(lines.map((line) => line.cacheRead)),
    cacheWrite: sumStated(lines.map((line) => line.cacheWrite)),
    output: sumStated(lines.map((line) => line.output)),
    usd: sumKnown(lines.map((line) => line.usd)),
    usdBy,
    tiers,
    lines: lines.filter((line) => line.usd !== undefined).length,
  }
}

/** Tokens by class out of an input total that includes cache reads and writes. */
export function classesOf(input: number, cacheRead: number, cacheWrite: number, output: number): ClassTokens {
  return { input: Math.max(0, input - cacheRead - cacheWrite), cacheRead, cacheWrite, output }
}

function addTokens(tiers: Map<string, ClassTokens>, tier: string, tokens: ClassTokens): void {
  const had = tiers.get(tier) ?? NO_TOKENS
  tiers.set(tier, { input: had.input + tokens.input, cacheRead: had.cacheRead + tokens.cacheRead, cacheWrite: had.cacheWrite + tokens.cacheWrite, output: had.output + tokens.output })
}

// One's own calls at another target, price or effort. In: a sample of calls, prices, answer lengths, cache and repeat behaviour. Out:
// dollars by input size before and after, with an interval, and how much of the difference each cause makes. Pure and seeded.
import type { z } from 'zod'
import { blendedPer1k, costOf, type TargetPrice } from '../../../core/prices.ts'
import { seededRandom } from '../../../core/seams.ts'
import { INPUT_BUCKETS, usageOf, type InputBucket } from '../../../core/usage.ts'
import type { repeatRates, trafficSample } from '../../../store/queries/what-if.ts'
import { drawBeta, drawNormal, spanOf, type Span } from '../draws.ts'
import type { TrafficCell, Verbosity } from './verbosity.ts'

export type SampledCall = z.output<(typeof trafficSample)['row']>
export type RepeatRow = z.output<(typeof repeatRates)['row']>

/** A causes' dollars, each with those before it in place: they add up to the difference. */
export type Causes = { readonly list_price: number; readonly verbosity: number; readonly cache: number; readonly retries: number }

export type RepricedBucket = {
  readonly bucket: InputBucket
  readonly calls: number
  /** At the prices in force now. */
  readonly now_usd: number
  readonly then_usd: Span
  /** Change as a share of now_usd. */
  readonly change: Span
  readonly causes: Causes
  readonly verbosity: Verbosity
  /** Share of input tokens read from cache, as it is and as it would be. */
  readonly cache_share: { readonly now: number; readonly after: number; readonly learned: boolean }
}

export type Repriced = {
  readonly calls: number
  readonly sampled: number
  /** What these calls were charged; null where some charge is unknown. */
  readonly charged_usd: number | null
  readonly now_usd: number
  readonly then_usd: Span
  readonly change: Span
  readonly causes: Causes
  readonly buckets: readonly RepricedBucket[]
  readonly repeats: { readonly now: Repeats; readonly after: Repeats }
}

/** How much more than one answer a call costs. `undefined`: too few calls to say, so that of the other target counts. */
export type Repeats = { readonly failed_share: number | undefined; readonly repeat_rate: number | undefined; readonly observed: number }

export type RepriceInputs = {
  readonly sample: readonly SampledCall[]
  readonly cells: readonly TrafficCell[]
  readonly fromKey: string
  readonly toKey: string
  readonly fromPrice: TargetPrice
  readonly toPrice: TargetPrice
  readonly verbosity: readonly Verbosity[]
  readonly repeats: readonly RepeatRow[]
  readonly seed: string
  readonly draws: number
}

/** Calls below which a rate is not learned. */
const FEWEST = 30

/** `undefined` when there is no call, or one of them cannot be priced. */
export function reprice(inputs: RepriceInputs): Repriced | undefined {
  const { sample, cells, fromKey, toKey, fromPrice, toPrice } = inputs
  const totals = new Map(INPUT_BUCKETS.map((bucket) => [bucket, cells.filter((cell) => cell.evidence_key === fromKey && cell.bucket === bucket).reduce((sum, cell) => sum + cell.answers, 0)]))
  const repeats = { now: repeatsOf(inputs.repeats, fromKey), after: repeatsOf(inputs.repeats, toKey) }
  const extra = { now: overhead(repeats.now, repeats.now), after: overhead(repeats.after, repeats.now) }
  const sums: { bucket: InputBucket; sums: Sums; scale: number; cache: RepricedBucket['cache_share']; verbosity: Verbosity }[] = []
  for (const verbosity of inputs.verbosity) {
    const { bucket } = verbosity
    const calls = sample.filter((call) => call.bucket === bucket)
    if (calls.length === 0) continue
    const cache = cacheShares(cells, bucket, fromKey, toKey)
    const added = addUp(calls, fromPrice, toPrice, cache, verbosity.ratio)
    if (added === undefined) return undefined
    sums.push({ bucket, sums: added, scale: (totals.get(bucket) ?? calls.length) / calls.length, cache, verbosity })
  }
  if (sums.length === 0) return undefined
  const random = seededRandom(`whatif|${inputs.seed}|${fromKey}|${toKey}`)
  const after = sums.map(() => new Float64Array(inputs.draws))
  const total = new Float64Array(inputs.draws)
  for (let i = 0; i < inputs.draws; i += 1) {
    const factor = drawOverhead(repeats, random)
    for (const [at, { sums: s, scale, verbosity }] of sums.entries()) {
      const usd = scale * factor * (s.inputThen + s.outputThenPerRatio * verbosity.ratio * Math.exp(verbosity.logSd * drawNormal(random) - verbosity.logSd ** 2 / 2))
      const values = after[at]
      if (values !== undefined) values[i] = usd
      total[i] = (total[i] ?? 0) + usd
    }
  }
  const buckets = sums.map(({ bucket, sums: s, scale, cache, verbosity }, at): RepricedBucket => {
    const now = scale * extra.now * s.now
    const then = spanOf(after[at] ?? new Float64Array(1))
    return { bucket, calls: totals.get(bucket) ?? 0, now_usd: now, then_usd: then, change: relative(then, now), causes: causesOf(s, scale, extra), verbosity, cache_share: cache }
  })
  const now = buckets.reduce((sum, one) => sum + one.now_usd, 0)
  const then = spanOf(total)
  const charged = cells.filter((cell) => cell.evidence_key === fromKey)
  return {
    calls: buckets.reduce((sum, one) => sum + one.calls, 0),
    sampled: sample.length,
    charged_usd: charged.some(({ usd }) => usd === null) ? null : charged.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
    now_usd: now,
    then_usd: then,
    change: relative(then, now),
    causes: buckets.reduce((sum, { causes: c }) => ({ list_price: sum.list_price + c.list_price, verbosity: sum.verbosity + c.verbosity, cache: sum.cache + c.cache, retries: sum.retries + c.retries }), { list_price: 0, verbosity: 0, cache: 0, retries: 0 }),
    buckets,
    repeats,
  }
}

/** Dollars of a bucket's sampled calls, step by step from what is to what would be. */
type Sums = {
  readonly now: number
  /** The same tokens at the other price. */
  readonly listPrice: number
  /** With answers of the other length. */
  readonly lengths: number
  /** With the other cache share as well: input, and output for a ratio of 1. */
  readonly inputThen: number
  readonly outputThenPerRatio: number
  readonly after: number
}

function addUp(calls: readonly SampledCall[], fromPrice: TargetPrice, toPrice: TargetPrice, cache: RepricedBucket['cache_share'], ratio: number): Sums | undefined {
  const sums = { now: 0, listPrice: 0, lengths: 0, inputThen: 0, outputThenPerRatio: 0, after: 0 }
  for (const { input, cache_read: read, cache_write: written, output } of calls) {
    const at = (price: TargetPrice, cacheRead: number, outputTotal: number): number | undefined => costOf(usageOf({ inputTotal: input, cacheRead, cacheWrite: Math.min(written, input - cacheRead), outputTotal }), price)
    // Each call reads from cache as it did, scaled to the share that is expected.
    const readThen = cache.now > 0 ? Math.min(input, (read * cache.after) / cache.now) : input * cache.after
    const costs = [at(fromPrice, read, output), at(toPrice, read, output), at(toPrice, read, output * ratio), at(toPrice, readThen, 0), at(toPrice, readThen, output), at(toPrice, readThen, output * ratio)]
    const [now, listPrice, lengths, inputThen, plain, after] = costs
    if (now === undefined || listPrice === undefined || lengths === undefined || inputThen === undefined || plain === undefined || after === undefined) return undefined
    sums.now += now
    sums.listPrice += listPrice
    sums.lengths += lengths
    sums.inputThen += inputThen
    sums.outputThenPerRatio += plain - inputThen
    sums.after += after
  }
  return sums
}

function causesOf(s: Sums, scale: number, extra: { readonly now: number; readonly after: number }): Causes {
  return {
    list_price: scale * extra.now * (s.listPrice - s.now),
    verbosity: scale * extra.now * (s.lengths - s.listPrice),
    cache: scale * extra.now * (s.after - s.lengths),
    retries: scale * (extra.after - extra.now) * s.after,
  }
}

function cacheShares(cells: readonly TrafficCell[], bucket: InputBucket, fromKey: string, toKey: string): RepricedBucket['cache_share'] {
  const shareOf = (key: string): { share: number; answers: number } | undefined => {
    const own = cells.filter((cell) => cell.bucket === bucket && cell.evidence_key === key && cell.input_known > 0)
    const input = own.reduce((sum, cell) => sum + cell.input_known, 0)
    return input === 0 ? undefined : { share: Math.min(1, own.reduce((sum, cell) => sum + (cell.cache_read ?? 0), 0) / input), answers: own.reduce((sum, cell) => sum + cell.answers, 0) }
  }
  const [now, other] = [shareOf(fromKey), shareOf(toKey)]
  const learned = other !== undefined && other.answers >= FEWEST
  return { now: now?.share ?? 0, after: learned ? other.share : (now?.share ?? 0), learned }
}

function repeatsOf(rows: readonly RepeatRow[], key: string): Repeats {
  const row = rows.find((one) => one.evidence_key === key)
  if (row === undefined) return { failed_share: undefined, repeat_rate: undefined, observed: 0 }
  return {
    failed_share: row.answered < FEWEST || row.answered_usd <= 0 ? undefined : row.failed_usd / row.answered_usd,
    repeat_rate: row.observed < FEWEST ? undefined : row.repeated / row.observed,
    observed: row.observed,
  }
}

/** Dollars per dollar of plain answers: failed attempts on top, and each repeated call once more. */
function overhead(own: Repeats, other: Repeats): number {
  return (1 + (own.failed_share ?? other.failed_share ?? 0)) * (1 + (own.repeat_rate ?? other.repeat_rate ?? 0))
}

function drawOverhead({ now, after }: { readonly now: Repeats; readonly after: Repeats }, random: ReturnType<typeof seededRandom>): number {
  const known = after.repeat_rate === undefined ? now : after
  const repeated = (known.repeat_rate ?? 0) * known.observed
  const rate = known.repeat_rate === undefined ? 0 : drawBeta(repeated + 0.5, known.observed - repeated + 0.5, random)
  return (1 + (after.failed_share ?? now.failed_share ?? 0)) * (1 + rate)
}

function relative({ value, low, high }: Span, now: number): Span {
  return now > 0 ? { value: value / now - 1, low: low / now - 1, high: high / now - 1 } : { value: 0, low: 0, high: 0 }
}

/** A chain link whose ceiling admits another share of these calls at the other price. */
export type Bite = { readonly chain: string; readonly target: string; readonly ceiling: number; readonly over_now: number; readonly over_then: number }

/** Shares of the sampled calls of a chain's tasks that would be over a link's ceiling, before and after. */
export function bitesOf(calls: readonly SampledCall[], link: { readonly chain: string; readonly target: string; readonly ceiling: number }, inputs: Pick<RepriceInputs, 'fromPrice' | 'toPrice' | 'verbosity'>): Bite | undefined {
  if (calls.length === 0) return undefined
  const ratio = new Map<string, number>(inputs.verbosity.map((one) => [one.bucket, one.ratio]))
  const isOver = (call: SampledCall, price: TargetPrice, output: number): boolean => {
    const usd = costOf(usageOf({ inputTotal: call.input, cacheRead: call.cache_read, outputTotal: output }), price)
    return usd === undefined || (blendedPer1k(call.input, output, usd) ?? 0) > link.ceiling
  }
  const share = (over: (call: SampledCall) => boolean): number => calls.filter(over).length / calls.length
  return { ...link, over_now: share((call) => isOver(call, inputs.fromPrice, call.output)), over_then: share((call) => isOver(call, inputs.toPrice, call.output * (ratio.get(call.bucket) ?? 1))) }
}

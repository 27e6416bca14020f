// A what-if question asked of the database: which rows it takes, and the answer over them. The I/O edge; the arithmetic is in
// reprice.ts and verbosity.ts.
import type { Config, Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import type { TargetPrice } from '../../../core/prices.ts'
import type { InputBucket } from '../../../core/usage.ts'
import type { ClickHouse } from '../../../store/clickhouse/clickhouse.ts'
import { pairedLengths, repeatRates, trafficCells, trafficSample } from '../../../store/queries/what-if.ts'
import { bitesOf, reprice, type Bite, type Repriced } from './reprice.ts'
import { verbosityOf } from './verbosity.ts'

export type WhatIfQuestion = {
  /** As configured and priced now. */
  readonly from: Target
  /** With the price that it would have. */
  readonly to: Target
  readonly sinceMs: number
  readonly nowMs: number
  readonly verbosity: ReadonlyMap<InputBucket, number>
}

export type WhatIfAnswer = Repriced & { readonly from: string; readonly to: string; readonly simulated: boolean; readonly since: string; readonly ceilings: readonly Bite[] }

const DRAWS = 2_000
const SEED = 'whatif'

/**
 * Answers. Throws `nothing_to_apply` where the target had no calls in the window or a price is unknown: what cannot be priced is not
 * guessed.
 */
export async function askWhatIf(clickhouse: Pick<ClickHouse, 'query'>, config: Config, { from, to, sinceMs, nowMs, verbosity: given }: WhatIfQuestion): Promise<WhatIfAnswer> {
  const prices = { fromPrice: priceOf(from), toPrice: priceOf(to) }
  const simulated = from.provider.simulated
  const window = { simulated, from: new Date(sinceMs), to: new Date(nowMs) }
  const [fromKey, toKey] = [from.evidenceKey, to.evidenceKey]
  const [cells, sample, paired, repeats] = await Promise.all([
    clickhouse.query(trafficCells, window),
    clickhouse.query(trafficSample, { ...window, evidence_key: fromKey }),
    clickhouse.query(pairedLengths, { ...window, from_key: fromKey, to_key: toKey }),
    clickhouse.query(repeatRates, window),
  ])
  const verbosity = verbosityOf({ fromKey, toKey, cells, paired, given })
  const answer = reprice({ sample, cells, fromKey, toKey, ...prices, verbosity, repeats, seed: SEED, draws: DRAWS })
  if (answer === undefined) throw new WeighbridgeError('nothing_to_apply', `${from.name} answered no production call since ${new Date(sinceMs).toISOString()} that can be priced.`, { remedy: 'Look further back with --since, or name a target that has traffic.' })
  const links = linksOf(config, from.name)
  const ceilings = links.flatMap(({ tasks, ...link }) => bitesOf(sample.filter(({ task }) => tasks.has(task)), link, { ...prices, verbosity }) ?? [])
  return { ...answer, from: from.name, to: to.name, simulated, since: new Date(sinceMs).toISOString(), ceilings: ceilings.filter(({ over_now, over_then }) => over_then > over_now) }
}

function priceOf({ name, price }: Target): TargetPrice {
  if (price === undefined) throw new WeighbridgeError('nothing_to_apply', `${name} is unpriced.`, { remedy: 'Give it a price in targets or prices.overrides, or name a price file with --prices.' })
  return price
}

/** The links with a ceiling that hold a target, with the tasks that use their chain. */
function linksOf(config: Config, target: string): { readonly chain: string; readonly target: string; readonly ceiling: number; readonly tasks: ReadonlySet<string> }[] {
  const chains = Map.groupBy([...config.tasks.values()], (task) => task.chainName)
  return [...chains].flatMap(([chain, tasks]) => {
    const link = tasks[0]?.chain.find((one) => one.target === target)
    return link?.maxCostPer1k === undefined ? [] : [{ chain, target, ceiling: link.maxCostPer1k, tasks: new Set(tasks.map(({ name }) => name)) }]
  })
}

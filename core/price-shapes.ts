// What a price means for the chains: eight typical requests, what each link of each chain would cost for them, and which of
// them its ceiling admits. Pure; a router's own estimates are made per call, from the output lengths it has seen.
import type { Config } from './config.ts'
import { blendedPer1k, costOf, type TargetPrice } from './prices.ts'
import { usageOf } from './usage.ts'

/** Tokens of one request; `cachedTokens` are part of `inputTokens`. */
export type RequestShape = { readonly name: string; readonly inputTokens: number; readonly cachedTokens: number; readonly outputTokens: number }

/**
 * Eight shapes of requests, from a short question to one beyond OpenAI's long-context tier (272,000 tokens). Ours; the sizes are
 * of the order that chat, retrieval, agent and document traffic has.
 */
export const REQUEST_SHAPES: readonly RequestShape[] = [
  { name: 'short question', inputTokens: 200, cachedTokens: 0, outputTokens: 300 },
  { name: 'long answer', inputTokens: 400, cachedTokens: 0, outputTokens: 2_000 },
  { name: 'chat turn', inputTokens: 2_000, cachedTokens: 0, outputTokens: 500 },
  { name: 'cached chat turn', inputTokens: 8_000, cachedTokens: 6_000, outputTokens: 500 },
  { name: 'retrieval', inputTokens: 6_000, cachedTokens: 0, outputTokens: 400 },
  { name: 'agent step', inputTokens: 30_000, cachedTokens: 27_000, outputTokens: 700 },
  { name: 'long document', inputTokens: 120_000, cachedTokens: 0, outputTokens: 900 },
  { name: 'beyond the tier', inputTokens: 300_000, cachedTokens: 0, outputTokens: 1_500 },
]

/** One link for one shape. `per1kUsd` and `usd` are `undefined` for an unpriced target, which no ceiling admits. */
export type LinkCost = {
  readonly chain: string
  readonly target: string
  readonly shape: RequestShape
  readonly usd: number | undefined
  readonly per1kUsd: number | undefined
  /** USD per 1,000 tokens; `undefined`: the link has none. */
  readonly ceiling: number | undefined
  readonly within: boolean
}

/** Dollars of a shape at a price; `undefined` when unpriced. */
export function shapeCost(price: TargetPrice | undefined, shape: RequestShape): number | undefined {
  return costOf(usageOf({ inputTotal: shape.inputTokens, cacheRead: shape.cachedTokens, outputTotal: shape.outputTokens }), price)
}

/** Every link of every chain in use, for every shape, against its ceiling, at the prices in force. */
export function ceilingCheck(config: Config, shapes: readonly RequestShape[] = REQUEST_SHAPES): LinkCost[] {
  const chains = new Map([...config.tasks.values()].map((task) => [task.chainName, task.chain]))
  return [...chains].flatMap(([chain, links]) =>
    links.flatMap((link) => {
      const price = config.targets.get(link.target)?.price
      return shapes.map((shape): LinkCost => {
        const usd = shapeCost(price, shape)
        const per1kUsd = usd === undefined ? undefined : blendedPer1k(shape.inputTokens, shape.outputTokens, usd)
        const ceiling = link.maxCostPer1k
        return { chain, target: link.target, shape, usd, per1kUsd, ceiling, within: ceiling === undefined || (per1kUsd !== undefined && per1kUsd <= ceiling) }
      })
    }),
  )
}

/** A link whose ceiling admits fewer shapes than before. */
export type LinkOver = { readonly chain: string; readonly target: string; readonly ceiling: number; /** Shapes that it admitted and does not any more. */ readonly newly: readonly LinkCost[]; /** All it does not admit. */ readonly over: readonly LinkCost[]; readonly shapes: number }

/** The links that exceed their ceiling for more shapes than they did; a link or ceiling that is new counts from nothing. */
export function newlyOver(before: readonly LinkCost[], after: readonly LinkCost[]): LinkOver[] {
  const key = (cost: LinkCost): string => JSON.stringify([cost.chain, cost.target, cost.shape.name])
  const was = new Map(before.map((cost) => [key(cost), cost.within]))
  const links = Map.groupBy(after, (cost) => JSON.stringify([cost.chain, cost.target]))
  return [...links.values()].flatMap((costs) => {
    const over = costs.filter((cost) => !cost.within)
    const newly = over.filter((cost) => was.get(key(cost)) !== false)
    const [first] = newly
    return first?.ceiling === undefined ? [] : [{ chain: first.chain, target: first.target, ceiling: first.ceiling, newly, over, shapes: costs.length }]
  })
}

/** One link over its ceiling, as a line for people. */
export function overText({ chain, target, ceiling, newly, over, shapes }: LinkOver): string {
  const named = newly.map((cost) => `${cost.shape.name} ${cost.per1kUsd === undefined ? 'unpriced' : `$${Number(cost.per1kUsd.toPrecision(3))}`}`)
  return `${chain}: ${target} exceeds its ceiling of $${ceiling} per 1,000 tokens for ${over.length} of ${shapes} request shapes (new: ${named.join(', ')})`
}

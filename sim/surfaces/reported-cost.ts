// What a simulated provider says an exchange cost, for the few that do: tokens at its profile's price. Pure.
import type { SimUsage } from './surface.ts'

/** USD per million tokens. */
export type PriceFigure = { readonly input: number; readonly cacheRead: number; readonly output: number }

/** xAI counts in ten-billionths of a dollar. */
export const TICKS_PER_USD = 10_000_000_000

/** Dollars of an exchange. */
export function usdAt(usage: SimUsage, price: PriceFigure): number {
  return ((usage.input - usage.cached) * price.input + usage.cached * price.cacheRead + usage.output * price.output) / 1_000_000
}

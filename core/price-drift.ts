// Notices that a provider charges something else than our price says: its own reported cost (OpenRouter, xAI) more than 5%
// off ours, five calls running. Said once for each target and price. Pure but for what it remembers.
import type { TargetPrice } from './prices.ts'

/** Reported and expected dollars of the calls that made the signal. */
export type DriftSignal = { readonly target: string; readonly calls: number; readonly reportedUsd: number; readonly pricedUsd: number }

/** Calls in a row that must be off, and by how much. */
export const DRIFT_CALLS = 5
export const DRIFT_SHARE = 0.05
/** Sums this small are rounding. */
const LEAST_USD = 1e-7

type Run = { version: string; side: -1 | 1; calls: number; reportedUsd: number; pricedUsd: number; said: boolean }

export interface PriceDrift {
  /** Takes one attempt into account: what the provider reported, and what `costOf` makes of the same usage. */
  note(target: { readonly name: string; readonly price: TargetPrice | undefined }, reportedUsd: number, pricedUsd: number): DriftSignal | undefined
}

/** A drift watch that has seen nothing yet; it remembers one run of calls per target. */
export function createPriceDrift(): PriceDrift {
  const runs = new Map<string, Run>()
  return {
    note(target, reportedUsd, pricedUsd) {
      const version = target.price?.version
      if (version === undefined || !Number.isFinite(reportedUsd) || !Number.isFinite(pricedUsd)) return undefined
      const known = runs.get(target.name)
      const said = known?.version === version && known.said
      const difference = reportedUsd - pricedUsd
      if (Math.abs(difference) <= Math.max(LEAST_USD, DRIFT_SHARE * pricedUsd)) {
        runs.set(target.name, { version, side: 1, calls: 0, reportedUsd: 0, pricedUsd: 0, said })
        return undefined
      }
      const side = difference > 0 ? 1 : -1
      const run = known?.version === version && known.side === side && known.calls > 0 ? known : { version, side, calls: 0, reportedUsd: 0, pricedUsd: 0, said } satisfies Run
      const next: Run = { ...run, calls: run.calls + 1, reportedUsd: run.reportedUsd + reportedUsd, pricedUsd: run.pricedUsd + pricedUsd }
      const signals = next.calls >= DRIFT_CALLS && !next.said
      runs.set(target.name, { ...next, said: next.said || signals })
      return signals ? { target: target.name, calls: next.calls, reportedUsd: next.reportedUsd, pricedUsd: next.pricedUsd } : undefined
    },
  }
}

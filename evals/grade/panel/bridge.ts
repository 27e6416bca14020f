// From one judge set to another: answers graded by both make the old set's grades usable under the new one, where there are
// enough of them. Comes in: scores under both sets. Goes out: the rate as the new set would have graded everything. Pure.
import type { Estimate } from '../../stats/estimate.ts'
import { predictionPoweredRate } from '../../stats/prediction-powered.ts'

/** Answers of one target graded by both sets below which the new set starts without a past. */
export const FEWEST_BRIDGE_ROWS = 40

/** An answer graded by the old set, and by the new one where it is a bridge; scores 0..1. */
export type BridgeRow = { readonly before: number; readonly after: number | undefined }

/** The mean score under the new set, by all rows; `undefined` with fewer than 40 bridges: then only the new set's own rows count. */
export function bridgedMean(rows: readonly BridgeRow[]): Estimate | undefined {
  const bridges = rows.flatMap(({ before, after }) => (after === undefined ? [] : [{ truth: after, predicted: before }]))
  if (bridges.length < FEWEST_BRIDGE_ROWS) return undefined
  return predictionPoweredRate(
    bridges,
    rows.filter(({ after }) => after === undefined).map(({ before }) => before),
  )
}

// Looks for calls worth asking again. In: a connection that may read captured text. Out: drafts for a person's review, or
// `content_not_captured` where nothing was ever kept.
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { contentKept, harvestCandidates } from '../../store/queries/harvest.ts'
import { draftsOf, type Candidate, type Harvest } from './review.ts'
import { redactor } from './redact.ts'

export const HARVEST_REASONS = ['retried', 'edited', 'disputed', 'expensive'] as const
export type HarvestReason = (typeof HARVEST_REASONS)[number]

export type HarvestRequest = { readonly tasks: readonly string[]; readonly reasons: readonly HarvestReason[]; readonly days: number; readonly limit: number; readonly simulated: boolean }

const DAY_MS = 86_400_000

/** Finds and drafts. Throws `content_not_captured` when the window holds calls but no text of any, and what the queries throw. */
export async function harvest(clickhouse: Pick<ClickHouse, 'query'>, clock: Clock, request: HarvestRequest, patterns: readonly string[]): Promise<Harvest & { readonly calls: number; readonly captured: number }> {
  const redact = redactor(patterns)
  const to = new Date(clock.nowMs())
  const window = { simulated: request.simulated, from: new Date(to.getTime() - request.days * DAY_MS), to }
  const [kept] = await clickhouse.query(contentKept, window)
  const { captured = 0, calls = 0 } = kept ?? {}
  if (captured === 0) throw new WeighbridgeError('content_not_captured', `None of the ${calls} production calls of the last ${request.days} days has its text kept.`)
  const rows = await clickhouse.query(harvestCandidates, { ...window, tasks: [...request.tasks], limit: request.limit })
  const wanted = (row: Candidate): boolean => request.reasons.length === 0 || request.reasons.some((reason) => row[reason])
  return { ...draftsOf(rows.filter(wanted), redact), calls, captured }
}

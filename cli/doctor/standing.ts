// What a collector's and a router's own documents say about their health, as checks. Pure: the same documents give the same checks.
import { z } from 'zod'
import type { RouterOperations } from '../../core/operations.ts'
import { duration } from '../output.ts'
import type { Check } from './check.ts'

const count = z.number()

/** `GET /admin/status` of a collector, as far as it is judged here. */
export const collectorStatusSchema = z.object({
  now_ms: z.number(),
  counters: z.object({ received: count, stored: count, deduplicated: count, dead_lettered: count, lost: count, waiting: count, rejected: count, failed_inserts: count }),
  wal: z.object({ bytes: count, records: count, oldest_ms: z.number().nullable(), corrupt_segments: count, lost_bytes: count }),
  disk: z.object({ free_bytes: count, total_bytes: count }).nullable(),
  clickhouse: z.union([z.object({ version: z.string(), now_ms: z.number(), round_trip_ms: z.number() }), z.object({ error: z.string() })]),
  inserts_succeed: z.boolean(),
})
export type CollectorStatus = z.infer<typeof collectorStatusSchema>

/** What waits longer has a reason. */
const LAG_MS = 60_000
/** Below this the write-ahead log soon finds no room; a bound of its own keeps it from filling the disk. */
const LEAST_FREE_BYTES = 1024 * 1024 * 1024
const LEAST_FREE_SHARE = 0.05
/** Further apart, the order of spans from two machines is not the order in which things happened. */
const SKEW_MS = 2_000

/** Everything a collector's status tells. */
export function judgeCollector(status: CollectorStatus): Check[] {
  return [counted(status), log(status), disk(status), databaseClock(status)]
}

function counted({ counters }: CollectorStatus): Check {
  const { received, stored, deduplicated, dead_lettered: deadLettered, lost, waiting, rejected } = counters
  const said = `received ${received} = stored ${stored} + known already ${deduplicated} + dead letters ${deadLettered} + lost ${lost} + waiting ${waiting}${rejected > 0 ? `; refused ${rejected} for good` : ''}, since its start`
  const check = { name: 'counters', ok: true, said }
  if (received !== stored + deduplicated + deadLettered + lost + waiting) return { ...check, ok: false, said: `${said}: does not add up`, remedy: 'This is a bug: report it with the output of `weighbridge doctor --json`.' }
  if (lost > 0) return { ...check, ok: false, remedy: 'The disk gave back other bytes than were written: check it. The damaged segments are kept beside the log as *.corrupt.' }
  if (deadLettered > 0) return { ...check, ok: false, remedy: 'ClickHouse cannot take these rows: the reason of each is in collector/dead-letter.jsonl of the data directory. When it is dealt with: `weighbridge collector replay`.' }
  return check
}

function log({ now_ms: nowMs, wal, counters, inserts_succeed: insertsSucceed }: CollectorStatus): Check {
  const lagMs = wal.oldest_ms === null ? 0 : Math.max(0, nowMs - wal.oldest_ms)
  const said = counters.waiting === 0 ? `nothing waits; the write-ahead log holds ${megabytes(wal.bytes)}` : `${counters.waiting} item(s) wait, the oldest for ${duration(lagMs)}; the write-ahead log holds ${megabytes(wal.bytes)}`
  const check = { name: 'log', ok: true, said, ms: Math.round(lagMs) }
  if (!insertsSucceed) return { ...check, ok: false, said: `${said}; the last insert failed`, remedy: "Read the collector's log for ClickHouse's answer. Nothing is lost: spans wait on disk and go in when ClickHouse takes them." }
  if (counters.waiting > 0 && lagMs > LAG_MS) return { ...check, ok: false, remedy: 'More comes in than ClickHouse takes, or it was away: watch whether the wait shrinks; otherwise give ClickHouse more room, or keep fewer spans.' }
  if (wal.corrupt_segments > 0) return { ...check, ok: false, said: `${said}; ${wal.corrupt_segments} segment(s) were damaged, ${wal.lost_bytes} bytes could not be read`, remedy: 'Check the disk under the data directory: what was written did not come back.' }
  return check
}

function disk({ disk: found }: CollectorStatus): Check {
  if (found === null) return { name: 'disk', ok: false, said: 'the collector cannot tell how full its disk is', remedy: 'Check that its data directory exists and is readable.' }
  const { free_bytes: free, total_bytes: total } = found
  const said = `${gigabytes(free)} of ${gigabytes(total)} free under the collector`
  if (free < LEAST_FREE_BYTES || free < total * LEAST_FREE_SHARE) {
    return { name: 'disk', ok: false, said, remedy: 'Make room, or keep spans for fewer days (storage.retention_days). On a full disk the collector answers 503, and senders keep what they have.' }
  }
  return { name: 'disk', ok: true, said }
}

function databaseClock({ clickhouse, now_ms: nowMs }: CollectorStatus): Check {
  if ('error' in clickhouse) return { name: 'clock', ok: false, said: `the collector does not reach ClickHouse: ${clickhouse.error}`, remedy: 'Check the clickhouse section of the configuration on the collector, and its account.' }
  return judgeClock('the collector', nowMs - clickhouse.round_trip_ms / 2, 'ClickHouse', clickhouse.now_ms, clickhouse.round_trip_ms / 2)
}

/** How far one clock is from another, each read at the same moment give or take `uncertainMs`. */
export function judgeClock(one: string, oneMs: number, other: string, otherMs: number, uncertainMs: number): Check {
  const apartMs = Math.abs(oneMs - otherMs)
  const said = apartMs <= uncertainMs ? `${one} and ${other} agree to within ${duration(Math.max(1, uncertainMs))}` : `${other} is ${duration(apartMs)} ${otherMs > oneMs ? 'ahead of' : 'behind'} ${one}`
  const ok = apartMs <= SKEW_MS + uncertainMs
  return { name: 'clock', ok, said, ms: Math.round(apartMs), ...(ok ? {} : { remedy: 'Keep the clocks of all machines right (NTP): times of spans come from the router, hours are closed by the collector, retention by ClickHouse.' }) }
}

/** What waits in the router. */
export function judgeSpool({ spool }: Pick<RouterOperations, 'spool'>): Check {
  const said = spool.records === 0 ? 'nothing waits in the router' : `${spool.records} batch(es), ${megabytes(spool.bytes)}, wait in the router, the oldest for ${duration(spool.oldest_ms)}`
  if (spool.dropped > 0) return { name: 'spool', ok: false, said: `${said}; ${spool.dropped} batch(es) were dropped at the bound`, remedy: 'The collector was away for longer than the spool has room for: bring it back, and raise spool.max_bytes if that can happen again.' }
  if ((spool.oldest_ms ?? 0) > LAG_MS) return { name: 'spool', ok: false, said, remedy: "The collector does not take the router's spans: see the checks of the collector, and the router's log. They wait on disk meanwhile." }
  return { name: 'spool', ok: true, said }
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
const gigabytes = (bytes: number): string => `${(bytes / 1024 / 1024 / 1024).toFixed(1)} GiB`

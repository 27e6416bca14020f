// How a collector stands, as one document: what it counted, what waits, its disk, its database and its clock. For `doctor` and for
// people; GET /metrics has the same counters for machines.
import { statfs } from 'node:fs/promises'
import type { Clock } from '../core/seams.ts'
import type { ClickHouse } from '../store/clickhouse/clickhouse.ts'
import type { SegmentedLog } from '../store/log/log.ts'
import { waiting, type Counters } from './counters.ts'
import type { KeyJournal } from './write/key-journal.ts'

export type StatusParts = {
  readonly dataDir: string
  readonly clickhouse: ClickHouse
  readonly counters: Counters
  readonly wal: SegmentedLog
  readonly journal: KeyJournal
  readonly isHealthy: () => boolean
  readonly clock: Clock
  /** Milliseconds that the database has for its answer; default 4,000: whoever asks waits for 10 s. */
  readonly patienceMs?: number | undefined
}

const PATIENCE_MS = 4_000

/** Never throws: what cannot be asked is `null`, with the reason. */
export async function collectorStatus({ dataDir, clickhouse, counters, wal, journal, isHealthy, clock, patienceMs = PATIENCE_MS }: StatusParts): Promise<unknown> {
  // All of one moment, or they would not add up.
  const { received, stored, deduplicated, deadLettered, lost, rejected, replayed, failedInserts } = counters
  const left = waiting(counters)
  const log = wal.stats()
  const disk = await statfs(dataDir).then(({ bavail, bsize, blocks }) => ({ free_bytes: bavail * bsize, total_bytes: blocks * bsize }), () => null)
  const sentMs = clock.monotonicMs()
  const answer = clickhouse.rows('SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) AS now_ms').then(
    ([row]) => ({ version: String(row?.['version']), now_ms: Number(row?.['now_ms']), round_trip_ms: clock.monotonicMs() - sentMs }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  )
  // The pool that rows are inserted through waits for minutes; a database that hangs is what is to be told, not a reason to say nothing.
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<{ error: string }>((resolve) => {
    timer = setTimeout(() => resolve({ error: `no answer within ${patienceMs} ms` }), patienceMs)
  })
  const database = await Promise.race([answer, silence]).finally(() => clearTimeout(timer))
  return {
    now_ms: clock.nowMs(),
    counters: { received, stored, deduplicated, dead_lettered: deadLettered, lost, waiting: left, rejected, replayed, failed_inserts: failedInserts },
    wal: { bytes: log.bytes, records: log.records, oldest_ms: log.oldestMs ?? null, corrupt_segments: log.corruptSegments, lost_bytes: log.lostBytes },
    known_keys: counters.knownKeys(),
    running_ms: Math.round(journal.runningMs()),
    disk,
    clickhouse: database,
    inserts_succeed: isHealthy(),
  }
}

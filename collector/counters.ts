// What the collector counts, and its Prometheus text. received = stored + deduplicated + dead-lettered + lost + waiting, always.

/** Items are spans and log records; each accepted one ends in exactly one of stored, deduplicated, dead-lettered and, if the disk itself lost it, lost. */
export type Counters = {
  /** Accepted and on disk, those found waiting at start included. */
  received: number
  stored: number
  deduplicated: number
  deadLettered: number
  /** Accepted, and unreadable on disk before they could be stored: a damaged segment. */
  lost: number
  /** Dead letters that were taken up again; they count as received once more. */
  replayed: number
  /** Hours of traffic summed up, again or for the first time. */
  hoursBuilt: number
  /** Keys remembered to recognise what is sent again. */
  knownKeys: () => number
  /** Refused for good, with a partial success. */
  rejected: number
  /** Accepted and not kept. */
  metrics: number
  /** Clean and repeated inserts that ClickHouse confirmed. */
  inserts: number
  /** Inserts that ended in anything but a clean 200. */
  failedInserts: number
  /** Requests by HTTP status. */
  requests: Map<number, number>
}

/** All zero. */
export function newCounters(): Counters {
  return { received: 0, stored: 0, deduplicated: 0, deadLettered: 0, lost: 0, replayed: 0, hoursBuilt: 0, knownKeys: () => 0, rejected: 0, metrics: 0, inserts: 0, failedInserts: 0, requests: new Map() }
}

/** Items on disk that are not dealt with yet. */
export function waiting(counters: Counters): number {
  return counters.received - counters.stored - counters.deduplicated - counters.deadLettered - counters.lost
}

/** Figures of the log on disk that belong on the same page. */
export type LogFigures = { readonly bytes: number; readonly oldestMs: number | undefined; readonly corruptSegments: number; readonly lostBytes: number }

/** The text of GET /metrics (Prometheus text format 0.0.4). */
export function prometheusText(counters: Counters, log: LogFigures, nowMs: number): string {
  const lines: string[] = []
  const put = (name: string, type: 'counter' | 'gauge', help: string, value: number): void => {
    lines.push(`# HELP weighbridge_collector_${name} ${help}`, `# TYPE weighbridge_collector_${name} ${type}`, `weighbridge_collector_${name} ${value}`)
  }
  put('items_received_total', 'counter', 'Spans and log records accepted and synced to disk, those found waiting at start included.', counters.received)
  put('items_stored_total', 'counter', 'Items inserted into ClickHouse.', counters.stored)
  put('items_deduplicated_total', 'counter', 'Items that had been received before.', counters.deduplicated)
  put('items_dead_lettered_total', 'counter', 'Items that ClickHouse cannot take, written to the dead letter file.', counters.deadLettered)
  put('items_lost_total', 'counter', 'Items whose segment was damaged before they were stored.', counters.lost)
  put('items_replayed_total', 'counter', 'Dead letters that were taken up again.', counters.replayed)
  put('items_waiting', 'gauge', 'Items on disk that are not in ClickHouse yet.', waiting(counters))
  put('items_rejected_total', 'counter', 'Items refused with a partial success.', counters.rejected)
  put('metrics_received_total', 'counter', 'OTLP metrics accepted; they are not stored.', counters.metrics)
  put('inserts_total', 'counter', 'Inserts that ClickHouse confirmed.', counters.inserts)
  put('insert_failures_total', 'counter', 'Inserts that ended in anything but a clean answer.', counters.failedInserts)
  put('rollup_hours_built_total', 'counter', 'Hours of traffic summed up, again or for the first time.', counters.hoursBuilt)
  put('wal_bytes', 'gauge', 'Bytes of the write-ahead log that wait.', log.bytes)
  put('known_keys', 'gauge', 'Identities remembered to recognise what is sent again.', counters.knownKeys())
  put('wal_oldest_seconds', 'gauge', 'Age of the oldest waiting request.', log.oldestMs === undefined ? 0 : Math.max(0, (nowMs - log.oldestMs) / 1000))
  put('wal_corrupt_segments_total', 'counter', 'Segments found damaged.', log.corruptSegments)
  put('wal_lost_bytes_total', 'counter', 'Bytes of damaged segments that could not be read.', log.lostBytes)
  lines.push('# HELP weighbridge_collector_requests_total Requests by HTTP status.', '# TYPE weighbridge_collector_requests_total counter')
  for (const [status, count] of [...counters.requests].sort(([a], [b]) => a - b)) lines.push(`weighbridge_collector_requests_total{status="${status}"} ${count}`)
  return `${lines.join('\n')}\n`
}

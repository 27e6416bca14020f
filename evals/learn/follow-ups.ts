// Before the evidence is read: the signals that only the database can see are told, like all others over the collector. Follow-ups that
// went through another router or over a restart, and feedback whose call was not known where it came in.
import { EVENT, WB } from '../../core/attributes.ts'
import { contentHash } from '../../core/hash.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import { crossSignals, matchedFeedback } from '../../store/queries/signals.ts'

/** Tells them; how many. A fact that was told before is deduplicated by its identity. */
export async function tellFollowUps(clickhouse: Pick<ClickHouse, 'query'>, emit: (records: readonly LogRecord[]) => Promise<void>): Promise<number> {
  const found = (await clickhouse.query(crossSignals, {})).map((row): LogRecord => ({
    eventName: EVENT.signal,
    timeMs: row.at_ms,
    traceId: row.trace_id,
    spanId: row.span_id,
    attributes: {
      // As the routers name it, so that a fact both see is one.
      [WB.signalId]: contentHash([row.kind, row.trace_id, row.span_id, 0]),
      [WB.signalKind]: row.kind,
      [WB.signalValue]: row.value ?? undefined,
      [WB.signalByTrace]: row.by_trace_id,
      [WB.signalBySpan]: row.by_span_id,
      [WB.signalBasis]: row.basis,
      [WB.signalConfidence]: row.confidence,
      [WB.simulated]: row.is_simulated,
    },
  }))
  const matched = (await clickhouse.query(matchedFeedback, {})).map((row): LogRecord => {
    const { [WB.signalAbout]: _about, ...attributes } = row.attributes
    return {
      eventName: EVENT.signal,
      timeMs: row.at_ms,
      traceId: row.trace_id,
      attributes: { ...attributes, [WB.signalId]: contentHash(['matched', row.signal_id]), [WB.signalKind]: row.kind, [WB.signalValue]: row.value ?? undefined, [WB.simulated]: row.is_simulated, [WB.signalMatches]: row.signal_id },
    }
  })
  await emit([...found, ...matched])
  return found.length + matched.length
}

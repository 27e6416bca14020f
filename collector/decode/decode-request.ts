// The body of one OTLP request → the rows it becomes, each with its table and the identity it is deduplicated by. Pure: the same
// bytes give the same rows, today at receipt and later out of the write-ahead log.
import type { InsertRow, TableName } from '../../core/tables.ts'
import { logRow } from './log-row.ts'
import { jsonLeaves, parseJson } from './otlp-json.ts'
import type { DecodedRequest } from './otlp-model.ts'
import { parseProtobuf, protobufLeaves } from './otlp-protobuf.ts'
import { walkLogs, walkMetrics, walkTraces } from './otlp-walk.ts'
import { spanRow } from './span-row.ts'

export const SIGNALS = ['traces', 'logs', 'metrics'] as const
export type OtlpSignal = (typeof SIGNALS)[number]
export type OtlpEncoding = 'json' | 'protobuf'

/** A row that is not stored yet. `key` is unique within its table. */
export type Item = { readonly table: TableName; readonly key: string; readonly row: InsertRow }

/** Decodes a body that is not compressed any more. `receivedMs` is the wall time of receipt. Throws `otlp_undecodable`. */
export function decodeRequest(signal: OtlpSignal, encoding: OtlpEncoding, body: Uint8Array, receivedMs: number): DecodedRequest<Item> {
  const tree = encoding === 'json' ? parseJson(body) : parseProtobuf(signal, body)
  const leaves = encoding === 'json' ? jsonLeaves : protobufLeaves
  if (signal === 'metrics') {
    walkMetrics(tree)
    return { items: [], rejected: 0, reason: '' }
  }
  if (signal === 'traces') {
    const { items, rejected, reason } = walkTraces(tree, leaves)
    return { items: items.map((span) => ({ table: 'spans', key: span.traceId + span.spanId, row: spanRow(span, receivedMs) })), rejected, reason }
  }
  const items: Item[] = []
  let rejected = 0
  let reason = ''
  for (const event of walkLogs(tree, leaves).items) {
    const outcome = logRow(event, receivedMs)
    if ('refused' in outcome) {
      rejected += 1
      reason ||= outcome.refused
    } else {
      items.push(outcome)
    }
  }
  return { items, rejected, reason }
}

/** How many metrics a body holds; they are accepted and not stored. Throws `otlp_undecodable`. */
export function countMetrics(encoding: OtlpEncoding, body: Uint8Array): number {
  return walkMetrics(encoding === 'json' ? parseJson(body) : parseProtobuf('metrics', body))
}

/** The encoding of a content type; `undefined` for one that is not OTLP's. */
export function encodingOf(contentType: string | undefined): OtlpEncoding | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return 'json'
  return type === 'application/x-protobuf' ? 'protobuf' : undefined
}

/** The signal of a request path; `undefined` for other paths. */
export function signalOf(path: string): OtlpSignal | undefined {
  return SIGNALS.find((signal) => path === `/v1/${signal}`)
}

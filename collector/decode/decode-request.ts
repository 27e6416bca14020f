// The body of one OTLP request → the rows it becomes, by table, each with the identity it is deduplicated by. Pure: the same bytes
// give the same rows, today at receipt and later out of the write-ahead log (but for what our own price book says by then).
import type { InsertRow, TableName } from '../../core/tables.ts'
import { encodeRows, type EncodedRows } from './encoded-rows.ts'
import { readJsonSpans } from './json-spans.ts'
import { logRow } from './log-row.ts'
import { jsonLeaves, parseJson } from './otlp-json.ts'
import { parseProtobuf, protobufLeaves } from './otlp-protobuf.ts'
import { readProtobufSpans } from './protobuf-spans.ts'
import { walkLogs, walkMetrics, walkTraces, type Leaves } from './otlp-walk.ts'
import { SpanRows, type ForeignOptions } from './span-row.ts'

export const SIGNALS = ['traces', 'logs', 'metrics'] as const
export type OtlpSignal = (typeof SIGNALS)[number]
export type OtlpEncoding = 'json' | 'protobuf'

/** What a request becomes. `rejected` items can never be stored, whoever sends them again. */
export type DecodedRequest = { readonly rows: readonly EncodedRows[]; /** Rows in all tables. */ readonly items: number; readonly rejected: number; readonly reason: string }

const NO_IDS = 'spans need a trace id of 16 bytes and a span id of 8 bytes, not all zero'
const NOTHING: DecodedRequest = { rows: [], items: 0, rejected: 0, reason: '' }

/** Decodes a body that is not compressed any more. `receivedMs` is the wall time of receipt. Throws `otlp_undecodable`. */
export function decodeRequest(signal: OtlpSignal, encoding: OtlpEncoding, body: Uint8Array, receivedMs: number, foreign: ForeignOptions = {}): DecodedRequest {
  if (signal === 'traces') return decodeTraces(encoding, body, receivedMs, foreign)
  const tree = encoding === 'json' ? parseJson(body) : parseProtobuf(signal, body)
  if (signal === 'logs') return decodeLogs(tree, encoding === 'json' ? jsonLeaves : protobufLeaves, receivedMs)
  walkMetrics(tree)
  return NOTHING
}

function decodeTraces(encoding: OtlpEncoding, body: Uint8Array, receivedMs: number, foreign: ForeignOptions): DecodedRequest {
  const leaves = encoding === 'json' ? jsonLeaves : protobufLeaves
  const read = (enclosing?: ReadonlySet<string>): { spans: SpanRows; rejected: number } => {
    const straight = new SpanRows(leaves, receivedMs, body.length, foreign, enclosing)
    const refused = encoding === 'json' ? readJsonSpans(body, straight) : readProtobufSpans(body, straight)
    if (refused !== undefined) return { spans: straight, rejected: refused }
    const spans = new SpanRows(leaves, receivedMs, body.length, foreign, enclosing)
    return { spans, rejected: walkTraces(encoding === 'json' ? parseJson(body) : parseProtobuf('traces', body), leaves, spans) }
  }
  let { spans, rejected } = read()
  const enclosing = spans.enclosing()
  if (enclosing.size > 0) ({ spans, rejected } = read(enclosing))
  const rows = spans.rows()
  return { rows, items: rows.reduce((sum, { ends }) => sum + ends.length, 0), rejected, reason: rejected === 0 ? '' : NO_IDS }
}

function decodeLogs(tree: unknown, leaves: Leaves, receivedMs: number): DecodedRequest {
  const tables = new Map<TableName, { key: string; row: InsertRow }[]>()
  let [items, rejected, reason] = [0, 0, '']
  for (const event of walkLogs(tree, leaves)) {
    const outcome = logRow(event, receivedMs)
    if ('refused' in outcome) {
      rejected += 1
      reason ||= outcome.refused
      continue
    }
    items += 1
    const group = tables.get(outcome.table)
    if (group === undefined) tables.set(outcome.table, [outcome])
    else group.push(outcome)
  }
  return { rows: [...tables].map(([table, found]) => encodeRows(table, found)), items, rejected, reason }
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

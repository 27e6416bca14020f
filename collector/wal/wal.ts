// The write-ahead log: acknowledged requests as they came, on disk until their rows are in ClickHouse. A thin layer over the
// segmented log: it adds what a record means.
import type { Logger } from 'pino'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import { TABLES, type InsertRow, type TableName } from '../../core/tables.ts'
import type { LogDisk } from '../../store/log/disk.ts'
import { openSegmentedLog } from '../../store/log/log.ts'
import type { SegmentedLog } from '../../store/log/log.ts'
import { decodeRequest } from '../decode/decode-request.ts'
import { encodeRows, type EncodedRows } from '../decode/encoded-rows.ts'
import type { ForeignOptions } from '../decode/span-row.ts'

/** `rows`: not a request but rows of ours that were set aside once and are to be tried again. */
const SIGNALS = ['traces', 'logs', 'metrics', 'rows'] as const
const headerSchema = z.object({
  v: z.literal(1),
  signal: z.enum(SIGNALS),
  encoding: z.enum(['json', 'protobuf']),
  compressed: z.boolean(),
  received_ms: z.number(),
  items: z.number().int(),
  /** Whether texts on foreign spans were kept when it came: they count among its items. */
  keeps_text: z.boolean().optional(),
  /** Whether it comes out of the dead letters: an interrupted replay may have brought it before, at any time. */
  replayed: z.boolean().optional(),
})
/** What is known of a stored request: its form, when it came (wall time), and how many of its items were accepted. */
export type RequestHeader = z.infer<typeof headerSchema>

const NEWLINE = 0x0a
const inflate = promisify(gunzip)

/** A request as one record: a line of JSON, then the body as it came. */
export function encodeRecord(header: RequestHeader, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body])
}

/** The header of a record alone. Throws `log_corrupt` for bytes that are none. */
export function headerOf(record: Uint8Array): RequestHeader {
  return splitRecord(record).header
}

/** The parts of a record. Throws `log_corrupt` for bytes that are none. */
export function splitRecord(record: Uint8Array): { header: RequestHeader; body: Uint8Array } {
  const at = record.indexOf(NEWLINE)
  try {
    return { header: headerSchema.parse(JSON.parse(Buffer.from(record.subarray(0, at)).toString('utf8'))), body: record.subarray(at + 1) }
  } catch (cause) {
    throw new WeighbridgeError('log_corrupt', 'A record of the write-ahead log has no readable header.', { cause })
  }
}

const rowLine = z.object({ table: z.enum(Object.keys(TABLES) as [TableName, ...TableName[]]), key: z.string().min(1), row: z.record(z.string(), z.unknown()) })
/** A row that was set aside, as one line of JSON. */
export type RowLine = { readonly table: TableName; readonly key: string; readonly row: InsertRow }

/** The row of a line; `undefined` when it is none that its table could take. */
export function readRowLine(line: string): RowLine | undefined {
  try {
    const parsed = rowLine.parse(JSON.parse(line))
    encodeRows(parsed.table, [parsed])
    return parsed
  } catch {
    return undefined
  }
}

/** The rows of a record. Throws `otlp_undecodable`, or what a row at fault throws. */
export async function rowsOf(header: RequestHeader, body: Uint8Array, foreign: ForeignOptions = {}): Promise<readonly EncodedRows[]> {
  if (header.signal !== 'rows') return decodeRequest(header.signal, header.encoding, header.compressed ? await inflate(body) : body, header.received_ms, { ...foreign, keepsText: header.keeps_text === true }).rows
  const tables = new Map<TableName, RowLine[]>()
  for (const line of Buffer.from(body).toString().split('\n')) {
    const row = line === '' ? undefined : readRowLine(line)
    if (row !== undefined) tables.set(row.table, [...(tables.get(row.table) ?? []), row])
  }
  return [...tables].map(([table, rows]) => encodeRows(table, rows))
}

export type WalOptions = { readonly dir: string; readonly maxBytes: number; readonly log: Logger; readonly clock: Clock; readonly disk?: LogDisk; readonly onRecord?: (record: Uint8Array) => void }

/** Opens the log with what acknowledging needs: fsync, and rejection at the bound. `onRecord` is shown every record that still waits. */
export function openWal({ dir, maxBytes, log, clock, disk, onRecord }: WalOptions): Promise<SegmentedLog> {
  return openSegmentedLog({ dir, maxBytes, fsync: true, whenFull: 'reject', log, clock, ...(disk === undefined ? {} : { disk }), ...(onRecord === undefined ? {} : { onRecord }) })
}

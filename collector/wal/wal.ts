// The write-ahead log: acknowledged requests as they came, on disk until their rows are in ClickHouse, and a while longer, so
// that a restarted collector still knows what it has stored. A thin layer over the segmented log: it adds what a record means.
import type { Logger } from 'pino'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import type { LogDisk } from '../../store/log/disk.ts'
import { openSegmentedLog } from '../../store/log/log.ts'
import type { SegmentedLog } from '../../store/log/log.ts'
import { decodeRequest } from '../decode/decode-request.ts'
import type { Item } from '../decode/decode-request.ts'

const headerSchema = z.object({
  v: z.literal(1),
  signal: z.enum(['traces', 'logs', 'metrics']),
  encoding: z.enum(['json', 'protobuf']),
  compressed: z.boolean(),
  received_ms: z.number(),
  items: z.number().int(),
})
/** What is known of a stored request: its form, when it came (wall time), and how many of its items were accepted. */
export type RequestHeader = z.infer<typeof headerSchema>

const NEWLINE = 0x0a
const inflate = promisify(gunzip)

/** A request as one record: a line of JSON, then the body as it came. */
export function encodeRecord(header: RequestHeader, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body])
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

/** The rows of a stored request. */
export async function itemsOf(header: RequestHeader, body: Uint8Array): Promise<readonly Item[]> {
  return decodeRequest(header.signal, header.encoding, header.compressed ? await inflate(body) : body, header.received_ms).items
}

/** Released requests stay this long: the window in which a re-sent span is known again after a restart. */
export const KEEP_MS = 15 * 60_000

export type WalOptions = { readonly dir: string; readonly maxBytes: number; readonly log: Logger; readonly clock: Clock; readonly disk?: LogDisk }

/** Opens the log with what acknowledging needs: fsync, rejection at the bound, and the window kept. */
export function openWal({ dir, maxBytes, log, clock, disk }: WalOptions): Promise<SegmentedLog> {
  return openSegmentedLog({ dir, maxBytes, fsync: true, whenFull: 'reject', keepMs: KEEP_MS, log, clock, ...(disk === undefined ? {} : { disk }) })
}

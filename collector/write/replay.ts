// Dead letters → the write-ahead log once more. Rows come back as rows, requests as they came; what still makes no sense goes back
// into the file. Interrupted, it starts again: rows that were stored meanwhile are recognised in ClickHouse.
import type { SegmentedLog } from '../../store/log/log.ts'
import { encodeRecord, headerOf, readRowLine, rowsOf } from '../wal/wal.ts'
import type { DeadLetters } from './dead-letters.ts'

export type Replayed = { readonly rows: number; readonly requests: number; /** Lines that still cannot be used. */ readonly kept: number }

const ROWS_AT_ONCE = 500
const BYTES_AT_ONCE = 4 * 1024 * 1024

/** Appends everything usable; resolves once it is on disk again. `onItems` is told how many items wait more than before. Throws `disk_full`. */
export async function replayDeadLetters(deadLetters: DeadLetters, wal: Pick<SegmentedLog, 'append'>, nowMs: number, onItems: (items: number) => void): Promise<Replayed> {
  let [rows, requests, kept] = [0, 0, 0]
  let lines: string[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return
    await wal.append(encodeRecord({ v: 1, signal: 'rows', encoding: 'json', compressed: false, received_ms: nowMs, items: lines.length }, Buffer.from(lines.join('\n'))))
    onItems(lines.length)
    lines = []
    bytes = 0
  }
  const putBack: (() => Promise<void>)[] = []
  await deadLetters.takeAll(async (letter, line) => {
    if (letter?.kind === 'row') {
      const row = JSON.stringify({ table: letter.table, key: letter.key, row: letter.row })
      if (readRowLine(row) !== undefined) {
        lines.push(row)
        bytes += row.length
        rows += 1
        if (lines.length >= ROWS_AT_ONCE || bytes >= BYTES_AT_ONCE) await flush()
        return
      }
    }
    if (letter?.kind === 'request') {
      const items = await usableItems(letter.header, letter.body)
      if (items !== undefined) {
        await wal.append(encodeRecord(items.header, items.body))
        onItems(items.header.items)
        requests += 1
        return
      }
    }
    kept += 1
    putBack.push(() => deadLetters.addLine(line))
  }, async () => {
    await flush()
    for (const put of putBack) await put()
  })
  return { rows, requests, kept }
}

/** A stored request that can be decoded by now, with the number of its items as it is by now. */
async function usableItems(given: unknown, base64: string): Promise<{ header: ReturnType<typeof headerOf>; body: Buffer } | undefined> {
  try {
    const body = Buffer.from(base64, 'base64')
    const header = headerOf(Buffer.from(`${JSON.stringify(given)}\n`))
    const items = (await rowsOf(header, body)).reduce((sum, { ends }) => sum + ends.length, 0)
    return items === 0 ? undefined : { header: { ...header, items, replayed: true }, body }
  } catch {
    return undefined
  }
}

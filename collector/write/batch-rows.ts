// Rows on their way into one insert: which record of the write-ahead log carried each, and the bytes of the insert's body.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { InsertRow, TableName } from '../../core/tables.ts'
import { NativeBlock } from '../../store/clickhouse/native.ts'
import { keyOf, LAYOUTS, rowAt, startOf, type EncodedRows } from '../decode/encoded-rows.ts'

/** One row; `batch` names the record of the write-ahead log that carried it. */
export type BatchRow = { readonly rows: EncodedRows; readonly index: number; readonly batch: string }

/** Identity within its table. */
export function keyOfRow({ rows, index }: BatchRow): string {
  return keyOf(rows, index)
}

/** As an object, for a dead letter. */
export function objectOf({ rows, index }: BatchRow): InsertRow {
  return rowAt(rows, index)
}

const HOUR_MS = 3_600_000

/** The hours that rows begin in, as milliseconds since the epoch. */
export function hoursOf(all: readonly BatchRow[]): Set<number> {
  const hours = new Set<number>()
  for (const { rows, index } of all) hours.add((rows.hours[index] ?? 0) * HOUR_MS)
  return hours
}

/** Rows that are turned into columns before other work gets its turn: some 10 ms. */
const ROWS_IN_A_TURN = 5_000

/** The body of an insert in ClickHouse's Native format: one block of all rows, each with its batch. */
export async function insertBody(table: TableName, all: readonly BatchRow[]): Promise<Buffer> {
  const block = new NativeBlock(LAYOUTS[table].inserted)
  const names = new Map<string, Uint8Array>()
  for (const [n, { rows, index, batch }] of all.entries()) {
    let name = names.get(batch)
    // Ids of logs and positions are short ASCII: one byte of length.
    if (name === undefined) names.set(batch, (name = Buffer.from(`${String.fromCharCode(batch.length)}${batch}`, 'latin1')))
    block.add(rows.bytes, startOf(rows, index), rows.ends[index] ?? 0, name)
    if ((n + 1) % ROWS_IN_A_TURN === 0) await nextTurn()
  }
  return block.finish()
}

/** The most days in one insert: ClickHouse refuses one that touches more than 100 partitions, and every day is one. */
export const MOST_DAYS = 32

/** Splits a table's rows so that none of the parts spans more than `mostDays` days; the usual single part keeps its order. */
export function splitByDays(all: readonly BatchRow[], mostDays = MOST_DAYS): readonly (readonly BatchRow[])[] {
  const days = new Map<number, BatchRow[]>()
  let last: { readonly day: number; readonly group: BatchRow[] } | undefined
  for (const row of all) {
    const day = Math.floor((row.rows.hours[row.index] ?? 0) / 24)
    if (last?.day !== day) {
      let group = days.get(day)
      if (group === undefined) days.set(day, (group = []))
      last = { day, group }
    }
    last.group.push(row)
  }
  if (days.size <= mostDays) return all.length === 0 ? [] : [all]
  const parts: BatchRow[][] = []
  const ordered = [...days].sort(([a], [b]) => a - b)
  for (let at = 0; at < ordered.length; at += mostDays) parts.push(ordered.slice(at, at + mostDays).flatMap(([, group]) => group))
  return parts
}

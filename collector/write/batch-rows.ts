// Rows on their way into one insert: which record of the write-ahead log carried each, and the bytes of the insert's body. Pure.
import type { InsertRow, TableName } from '../../core/tables.ts'
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

/** The body of an insert in RowBinaryWithNamesAndTypes: the header, then every row with its batch behind it. */
export function insertBody(table: TableName, all: readonly BatchRow[]): Buffer {
  const { header } = LAYOUTS[table]
  const names = new Map<string, Buffer>()
  let size = header.length
  for (const { rows, index, batch } of all) {
    let name = names.get(batch)
    if (name === undefined) {
      const text = Buffer.from(batch, 'latin1')
      // Ids of logs and positions are short ASCII: one byte of length.
      name = Buffer.concat([Buffer.from([text.length]), text])
      names.set(batch, name)
    }
    size += (rows.ends[index] ?? 0) - startOf(rows, index) + name.length
  }
  const body = Buffer.allocUnsafe(size)
  header.copy(body)
  let at = header.length
  for (const { rows, index, batch } of all) {
    at += rows.bytes.copy(body, at, startOf(rows, index), rows.ends[index])
    at += names.get(batch)?.copy(body, at) ?? 0
  }
  return body
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

// One insert's worth of rows out of many: per table, and over few enough days, because ClickHouse refuses an insert that touches
// more than 100 partitions and every day is one. Pure.
import type { InsertRow, TableName } from '../../core/tables.ts'
import type { BatchRow } from './insert-rows.ts'

/** The most days in one insert. */
export const MOST_DAYS = 32

const TIME_COLUMN = { spans: 'started_at', signals: 'at', eval_results: 'evaluated_at', labels: 'at', route_tables: 'published_at' } as const satisfies Record<TableName, string>

function dayOf(table: TableName, row: InsertRow): string {
  return String(row[TIME_COLUMN[table]]).slice(0, 10)
}

/** Splits a table's rows so that none of the parts spans more than `mostDays` days; the usual single part keeps its order. */
export function splitByDays(table: TableName, rows: readonly BatchRow[], mostDays = MOST_DAYS): readonly (readonly BatchRow[])[] {
  const days = new Map<string, BatchRow[]>()
  for (const row of rows) {
    const day = dayOf(table, row.row)
    const group = days.get(day)
    if (group === undefined) days.set(day, [row])
    else group.push(row)
  }
  if (days.size <= mostDays) return rows.length === 0 ? [] : [rows]
  const parts: BatchRow[][] = []
  const ordered = [...days].sort(([a], [b]) => (a < b ? -1 : 1))
  for (let at = 0; at < ordered.length; at += mostDays) parts.push(ordered.slice(at, at + mostDays).flatMap(([, group]) => group))
  return parts
}

// Decoded rows as objects again, each with its table and identity, for tests that look at what a column holds.
import type { DecodedRequest } from '../../collector/decode/decode-request.ts'
import { keyOf, rowAt } from '../../collector/decode/encoded-rows.ts'
import type { InsertRow, TableName } from '../../core/tables.ts'

export type Item = { readonly table: TableName; readonly key: string; readonly row: InsertRow }

/** All rows of a request in order. */
export function itemsOf(decoded: DecodedRequest): Item[] {
  return decoded.rows.flatMap((rows) => rows.ends.map((_, index) => ({ table: rows.table, key: keyOf(rows, index), row: rowAt(rows, index) })))
}

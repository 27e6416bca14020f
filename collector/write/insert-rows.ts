// Rows → ClickHouse, each exactly once, however often the connection, the server or this process dies in between.
// A clean first 200 is believed. After anything else the insert is ended, the server is asked what it has, and only the missing
// rows go again. Rows that the server refuses for what they hold are found by halving and handed to the dead letters.
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import type { TableName } from '../../core/tables.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { LAYOUTS } from '../decode/encoded-rows.ts'
import { insertBody, keyOfRow, type BatchRow } from './batch-rows.ts'
import { endQuery, storedAmong, storedKeys, tableColumns } from './stored-keys.ts'

export type InsertSeams = {
  readonly clickhouse: ClickHouse
  /** Name of the cluster that tables are spread over; `undefined`: one server. */
  readonly cluster?: string | undefined
  readonly log: Logger
  /** Takes a row that the server refuses for what it holds; returns once it is on disk. */
  readonly deadLetter: (table: TableName, row: BatchRow, reason: string) => Promise<void>
  /** Waits before another try; `attempt` counts from 1. Throws to give up: the rows stay in the write-ahead log. */
  readonly backOff: (attempt: number) => Promise<void>
  readonly onInsert: (clean: boolean) => void
}

/**
 * What is known of rows before they are sent. `new`: nobody has sent them. `by_batch`: an earlier process may have, under these
 * batches. `by_key`: somebody may have, under any batch (a replayed dead letter, a log that lost its name).
 */
export type Doubt = 'new' | 'by_batch' | 'by_key'

/**
 * Server codes that speak of a value in a row, never of the server's state: CANNOT_PARSE_TEXT and its kin, TYPE_MISMATCH,
 * ARGUMENT_OUT_OF_BOUND, INCORRECT_DATA, nested lists of unequal length, NULL in an ordinary column, DECIMAL_OVERFLOW,
 * VIOLATED_CONSTRAINT.
 */
const ROW_CODES = new Set([6, 25, 26, 27, 28, 33, 38, 41, 53, 69, 70, 72, 117, 130, 131, 190, 321, 349, 376, 407, 467, 469])

/** Whether the server refused what a row holds. */
export function speaksOfARow(error: unknown): error is WeighbridgeError {
  return error instanceof WeighbridgeError && error.code === 'clickhouse_query' && ROW_CODES.has(Number(error.details?.['code']))
}

const distinct = (rows: readonly BatchRow[]): string[] => [...new Set(rows.map((row) => row.batch))]

/** Rows for columns that the table does not have, or has with another type, mean another schema: no row is at fault then. */
async function refuseOtherSchema(clickhouse: ClickHouse, table: TableName): Promise<void> {
  const found = await tableColumns(clickhouse, table)
  const others = [...LAYOUTS[table].columns, ['batch', 'String'] as const].filter(([name, type]) => found.get(name) !== type).map(([name]) => name)
  if (others.length > 0) throw new WeighbridgeError('schema_outdated', `Table ${table} lacks the columns ${others.slice(0, 5).join(', ')}, or has them with another type.`)
}

/**
 * Stores the rows; resolves with how many are stored now (the others were dead-lettered). Rejects only with what `backOff` throws.
 */
export async function insertRows(seams: InsertSeams, table: TableName, rows: readonly BatchRow[], doubt: Doubt): Promise<number> {
  const { clickhouse, log, backOff, onInsert } = seams
  let doubtful = doubt !== 'new'
  let unfinished: string | undefined
  let sent = false
  for (let attempt = 1; ; attempt += 1) {
    try {
      let missing = rows
      if (doubtful) {
        if (unfinished !== undefined) {
          await endQuery(clickhouse, unfinished, seams.cluster)
          unfinished = undefined
        }
        const stored = doubt === 'by_key' ? await storedAmong(clickhouse, table, rows.map(keyOfRow)) : await storedKeys(clickhouse, table, distinct(rows))
        missing = rows.filter((row) => !stored.has(keyOfRow(row)))
      }
      if (missing.length === 0) return rows.length
      if (sent) {
        // A clean answer and no row to be seen: not a thing to repeat without a pause.
        sent = false
        log.error({ table, rows: missing.length, attempt }, 'ClickHouse confirmed rows that it does not show')
        await backOff(attempt)
      }
      // Never the token of an earlier try: the server may have noted that one without storing a row.
      const queryId = randomUUID()
      const body = await insertBody(table, missing)
      unfinished = queryId
      await clickhouse.insert(table, body, { token: queryId, queryId, format: 'Native' })
      unfinished = undefined
      onInsert(true)
      if (attempt > 1) log.info({ table, rows: missing.length, attempt }, 'ClickHouse takes rows again')
      if (!doubtful) return rows.length
      sent = true
      // Go round once more: the answer is believed when the rows are seen.
    } catch (error) {
      if (!(error instanceof WeighbridgeError)) throw error
      onInsert(false)
      doubtful = true
      const halved = speaksOfARow(error) ? await isolate(seams, table, rows, doubt, error) : undefined
      if (halved !== undefined) return halved
      log[attempt === 1 ? 'warn' : 'debug']({ err: error, table, rows: rows.length, attempt }, 'rows could not be inserted; they wait on disk')
      await backOff(attempt)
    }
  }
}

/** Finds the row at fault by halving; `undefined` when no row is (another schema, or the server went away meanwhile). */
async function isolate(seams: InsertSeams, table: TableName, rows: readonly BatchRow[], doubt: Doubt, error: WeighbridgeError): Promise<number | undefined> {
  try {
    await refuseOtherSchema(seams.clickhouse, table)
  } catch (schema) {
    seams.log.error({ err: schema, table }, 'rows could not be inserted; they wait on disk')
    return undefined
  }
  const [only] = rows
  if (only !== undefined && rows.length === 1) {
    await seams.deadLetter(table, only, error.message)
    return 0
  }
  const middle = rows.length >> 1
  const again: Doubt = doubt === 'by_key' ? 'by_key' : 'by_batch'
  return (await insertRows(seams, table, rows.slice(0, middle), again)) + (await insertRows(seams, table, rows.slice(middle), again))
}

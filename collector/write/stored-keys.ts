// Which rows of some write-ahead batches ClickHouse has already: asked after anything but a clean first answer, because neither
// an error nor a deduplication token proves what was stored.
import type { TableName } from '../../core/tables.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'

// The same identity that decode gives a row.
const KEY_SQL = {
  spans: 'concat(trace_id, span_id)',
  signals: 'signal_id',
  eval_results: 'result_id',
  labels: 'label_id',
  route_tables: "concat(toString(version), ':', hash)",
} as const satisfies Record<TableName, string>

/** Batches per question: parameters travel in the address. */
const BATCHES_AT_ONCE = 100

/** The keys of all rows that carry one of these batches. */
export async function storedKeys(clickhouse: ClickHouse, table: TableName, batches: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (let at = 0; at < batches.length; at += BATCHES_AT_ONCE) {
    const rows = await clickhouse.rows(`SELECT ${KEY_SQL[table]} AS key FROM ${table} WHERE batch IN {batches:Array(String)}`, { batches: batches.slice(at, at + BATCHES_AT_ONCE) })
    for (const row of rows) found.add(String(row['key']))
  }
  return found
}

/** The names of the table's columns as it stands. */
export async function tableColumns(clickhouse: ClickHouse, table: TableName): Promise<Set<string>> {
  return new Set((await clickhouse.rows(`DESCRIBE TABLE ${table}`)).map((row) => String(row['name'])))
}

/** Ends an insert that may still run, and waits until it has. */
export async function endQuery(clickhouse: ClickHouse, queryId: string): Promise<void> {
  await clickhouse.command('KILL QUERY WHERE query_id = {id:String} SYNC', { id: queryId })
}

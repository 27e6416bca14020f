// Which rows ClickHouse has already: asked after anything but a clean first answer, because neither an error nor a deduplication
// token proves what was stored.
import type { TableName } from '../../core/tables.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'

// The same identity that decode gives a row.
const KEY_SQL = {
  spans: 'concat(trace_id, span_id)',
  signals: 'signal_id',
  eval_results: 'result_id',
  labels: 'label_id',
  route_tables: "concat(toString(version), ':', hash)",
  content: "concat(trace_id, ':', span_id, ':', kind)",
  router_states: "concat(router, ' ', toString(toUnixTimestamp64Milli(at)))",
  learning_events: 'event_id',
} as const satisfies Record<TableName, string>

/** What an identity begins with and a bloom filter finds: the column, and its part of the key. */
const FIND_SQL = {
  spans: { column: 'trace_id', part: (key: string) => key.slice(0, 32) },
  signals: { column: 'signal_id', part: (key: string) => key },
  eval_results: { column: 'result_id', part: (key: string) => key },
  labels: { column: 'label_id', part: (key: string) => key },
  route_tables: { column: 'hash', part: (key: string) => key.slice(key.indexOf(':') + 1) },
  content: { column: 'trace_id', part: (key: string) => key.slice(0, key.indexOf(':')) },
  router_states: { column: 'router', part: (key: string) => key.slice(0, key.lastIndexOf(' ')) },
  learning_events: { column: 'event_id', part: (key: string) => key },
} as const satisfies Record<TableName, { readonly column: string; readonly part: (key: string) => string }>

/** Values per question: parameters travel in the address. */
const BATCHES_AT_ONCE = 100
const KEYS_AT_ONCE = 100

/** The keys of all rows that carry one of these batches. */
export async function storedKeys(clickhouse: ClickHouse, table: TableName, batches: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (let at = 0; at < batches.length; at += BATCHES_AT_ONCE) {
    const rows = await clickhouse.rows(`SELECT ${KEY_SQL[table]} AS key FROM ${table} WHERE batch IN {batches:Array(String)}`, { batches: batches.slice(at, at + BATCHES_AT_ONCE) })
    for (const row of rows) found.add(String(row['key']))
  }
  return found
}

/** Those of the keys that are stored, whatever batch carried them. */
export async function storedAmong(clickhouse: ClickHouse, table: TableName, keys: readonly string[]): Promise<Set<string>> {
  const { column, part } = FIND_SQL[table]
  const found = new Set<string>()
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    const wanted = keys.slice(at, at + KEYS_AT_ONCE)
    const rows = await clickhouse.rows(`SELECT ${KEY_SQL[table]} AS key FROM ${table} WHERE ${column} IN {parts:Array(String)} AND key IN {keys:Array(String)}`, { parts: [...new Set(wanted.map(part))], keys: wanted })
    for (const row of rows) found.add(String(row['key']))
  }
  return found
}

/** Keys of all rows that a collector decoded since a time, in pieces: what the journal of recent keys holds, from the other side. */
export async function* storedSince(clickhouse: ClickHouse, sinceMs: number): AsyncGenerator<{ readonly table: TableName; readonly key: string }> {
  for (const table of Object.keys(KEY_SQL) as TableName[]) {
    // The keys of the table above are the names of the tables.
    const sql = `SELECT ${KEY_SQL[table]} AS key FROM ${table} WHERE ingested_at >= fromUnixTimestamp64Milli({since:Int64})`
    for await (const row of clickhouse.stream(sql, { since: sinceMs })) yield { table, key: String(row['key']) }
  }
}

/** The table's columns as it stands: name → type. */
export async function tableColumns(clickhouse: ClickHouse, table: TableName): Promise<Map<string, string>> {
  return new Map((await clickhouse.rows(`DESCRIBE TABLE ${table}`)).map((row) => [String(row['name']), String(row['type'])]))
}

/** Between two questions whether a shard is done. */
const POLL_MS = 50

/**
 * Ends an insert that may still run, and waits until it has: on this server, and, where the rows went on to the shards of a cluster,
 * on each of them. A shard that is down runs nothing, and answers when it is up again; until then this throws.
 */
export async function endQuery(clickhouse: ClickHouse, queryId: string, cluster: string | undefined): Promise<void> {
  await clickhouse.command('KILL QUERY WHERE query_id = {id:String} OR initial_query_id = {id:String} SYNC', { id: queryId })
  if (cluster === undefined) return
  for (;;) {
    const running = await clickhouse.rows('SELECT 1 FROM clusterAllReplicas({cluster:String}, system.processes) WHERE initial_query_id = {id:String} LIMIT 1', { cluster, id: queryId })
    if (running.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

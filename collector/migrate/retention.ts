// How long rows are kept, by configuration: brings the TTL of every table to the days that are asked for, and touches none that has
// them already. Under an account that may change the schema.
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { retention, SINGLE_SERVER, type StorageForm } from './define.ts'

/** Days by table. */
export type RetentionDays = { readonly spans: number; readonly signals: number; readonly eval_results: number; readonly content: number; readonly rollup_minutes: number; readonly rollup_hours: number }

/** The column that retention counts from, where it is not the time of ingestion. */
const FROM: Readonly<Record<string, string>> = { rollup_minutes: 'at', rollup_hours: 'at' }

/** The tables whose retention changed. Parts that are too old by the new one go with the next merge, in the background. */
export async function applyRetention(clickhouse: ClickHouse, days: RetentionDays, form: StorageForm = SINGLE_SERVER): Promise<readonly string[]> {
  const changed: string[] = []
  for (const [table, wanted] of Object.entries(days)) {
    const stored = form.stored(table)
    const [row] = await clickhouse.rows('SELECT create_table_query AS text FROM system.tables WHERE database = currentDatabase() AND name = {table:String}', { table: stored })
    const column = FROM[table] ?? 'ingested_at'
    // As the server spells it back: `TTL toDateTime(ingested_at) + toIntervalDay(90)`.
    const current = /\bTTL toDateTime\((\w+)\) \+ toIntervalDay\((\d+)\)/.exec(String(row?.['text'] ?? ''))
    if (current?.[1] === column && Number(current[2]) === wanted) continue
    await clickhouse.command(`ALTER TABLE ${stored}${form.onCluster} MODIFY TTL ${retention(column, wanted)}`)
    changed.push(table)
  }
  return changed
}

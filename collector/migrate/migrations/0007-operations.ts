// What dashboards need that was not kept before: how routers stood (spool, cooldowns, drains), what caches saved, and which calls have
// captured text: that it is there, never the text itself.
import { addColumn, createTable, createView, type Migration, type StorageForm, type TableDefinition } from '../define.ts'

/** One row each time a router describes itself, every few seconds. */
const ROUTER_STATES: TableDefinition = {
  name: 'router_states',
  columns: {
    at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
    router: 'LowCardinality(String)',
    route_version: 'UInt32',
    ready: 'Bool',
    in_flight: 'UInt32',
    spool_bytes: 'UInt64',
    spool_max_bytes: 'UInt64',
    spool_records: 'UInt64',
    spool_oldest_ms: 'Nullable(Float64)',
    spool_dropped: 'UInt64',
    targets: 'Array(LowCardinality(String)) CODEC(ZSTD(1))',
    target_states: 'Array(LowCardinality(String)) CODEC(ZSTD(1))',
    target_codes: 'Array(LowCardinality(String)) CODEC(ZSTD(1))',
    attributes: 'Map(LowCardinality(String), String) CODEC(ZSTD(1))',
    batch: 'String CODEC(ZSTD(1))',
    ingested_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  },
  findBy: ['batch'],
  partitionBy: 'toYYYYMM(at)',
  orderBy: ['router', 'at'],
  keepDays: 30,
  shardBy: 'cityHash64(router)',
}

/** Read with the rights of whoever migrated, because readers have none on the text. */
const AS_MIGRATOR = 'DEFINER = CURRENT_USER SQL SECURITY DEFINER'

const contentKept = (content: string): string => `SELECT trace_id, span_id, at, kind, is_simulated, length(body) > 0 AS is_there, attributes['weighbridge.content.form'] AS form
FROM ${content}`

/** Other servers of a cluster know only who asked first: there each looks into its own table, and `content_kept` asks them all. */
function keptOf(form: StorageForm): readonly string[] {
  if (form.spread === undefined) return [createView('content_kept', contentKept('content'), form, AS_MIGRATOR)]
  const local = form.stored('content_kept')
  return [
    createView(local, contentKept(form.stored('content')), form, AS_MIGRATOR),
    `CREATE TABLE IF NOT EXISTS content_kept${form.onCluster} AS ${local}\nENGINE = ${form.spread('content_kept', 'cityHash64(trace_id)')}`,
  ]
}

export const operations: Migration = {
  number: 7,
  name: 'operations',
  statements: (form: StorageForm) => [
    ...createTable(ROUTER_STATES, form),
    ...addColumn('spans', 'cache_saved_usd', 'Nullable(Decimal(18, 12))', 'price_version', form),
    ...keptOf(form),
  ],
}

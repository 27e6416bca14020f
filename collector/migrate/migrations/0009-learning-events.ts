// What the learner found and did besides publishing tables: drift, canaries and their verdicts, holds, freezes, recommendations.
import { createTable, type Migration, type TableDefinition } from '../define.ts'

/** A few rows a day; read by time and kind, and by target for the marks on a chart. */
const LEARNING_EVENTS: TableDefinition = {
  name: 'learning_events',
  columns: {
    event_id: 'String CODEC(ZSTD(1))',
    at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
    kind: 'LowCardinality(String)',
    task: 'LowCardinality(String)',
    target: 'LowCardinality(String)',
    evidence_key: 'LowCardinality(String)',
    metric: 'LowCardinality(String)',
    value: 'Nullable(Float64)',
    reference: 'Nullable(Float64)',
    version: 'UInt32',
    message: 'String CODEC(ZSTD(1))',
    body: 'String CODEC(ZSTD(3))',
    is_simulated: 'Bool',
    batch: 'String CODEC(ZSTD(1))',
    ingested_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  },
  findBy: ['event_id', 'batch'],
  partitionBy: 'toYYYYMM(at)',
  orderBy: ['is_simulated', 'kind', 'at'],
  keepDays: 400,
  shardBy: 'cityHash64(event_id)',
}

export const learningEvents: Migration = {
  number: 9,
  name: 'learning-events',
  statements: (form) => createTable(LEARNING_EVENTS, form),
}

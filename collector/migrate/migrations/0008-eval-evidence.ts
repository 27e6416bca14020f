// What stands behind a grade (who decided, the judges' votes and their prompt), and what people say of answers: labels, in a table
// of their own, because a label is no verdict on a target and must never be counted as one.
import { addColumn, createTable, type Migration, type TableDefinition } from '../define.ts'

const EVAL_COLUMNS: readonly (readonly [name: string, type: string, after: string])[] = [
  ['label_source', 'LowCardinality(String)', 'grader'],
  ['prompt_hash', 'LowCardinality(String)', 'label_source'],
  ['votes', 'String CODEC(ZSTD(1))', 'prompt_hash'],
  ['self_family_judge', 'Bool', 'votes'],
  ['span_id', 'String CODEC(ZSTD(1))', 'trace_id'],
  ['judge_cost_usd', 'Nullable(Decimal(18, 12))', 'cost_usd'],
  ['cached_from', 'String CODEC(ZSTD(1))', 'judge_cost_usd'],
]

/** One row per label a person gave; the newest of a person on a trial counts. */
const LABELS: TableDefinition = {
  name: 'labels',
  columns: {
    label_id: 'String CODEC(ZSTD(1))',
    at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
    run_id: 'String CODEC(ZSTD(1))',
    suite: 'LowCardinality(String)',
    suite_hash: 'LowCardinality(String)',
    probe_id: 'String CODEC(ZSTD(1))',
    probe_kind: 'LowCardinality(String)',
    answerable: 'Bool',
    target: 'LowCardinality(String)',
    provider: 'LowCardinality(String)',
    model: 'LowCardinality(String)',
    effort: 'LowCardinality(String)',
    epoch: 'UInt16',
    label: 'LowCardinality(String)',
    labelled_by: 'LowCardinality(String)',
    via: 'LowCardinality(String)',
    note: 'String CODEC(ZSTD(1))',
    trace_id: 'String CODEC(ZSTD(1))',
    span_id: 'String CODEC(ZSTD(1))',
    is_simulated: 'Bool',
    attributes: 'Map(LowCardinality(String), String) CODEC(ZSTD(1))',
    batch: 'String CODEC(ZSTD(1))',
    ingested_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))",
  },
  findBy: ['batch', 'label_id', 'run_id'],
  partitionBy: 'toYYYYMM(at)',
  orderBy: ['is_simulated', 'suite', 'target', 'at', 'probe_id'],
  keepDays: 400,
}

export const evalEvidence: Migration = {
  number: 8,
  name: 'eval-evidence',
  statements: (form) => [...EVAL_COLUMNS.flatMap(([name, type, after]) => addColumn('eval_results', name, type, after, form)), ...createTable(LABELS, form)],
}

// What a migration is, and how a table is spelled for the form of storage at hand: today one server, later a cluster of
// Replicated tables under Distributed ones, out of the same definitions. Pure text.

/** Where tables live. A cluster form adds its own values; migrations name no engine themselves. */
export type StorageForm = {
  readonly name: string
  /** Engine clause of a stored table. */
  readonly engine: (table: string) => string
  /** Settings that every stored table gets. */
  readonly settings: Readonly<Record<string, number | string>>
}

/** One server, embedded or not. */
export const SINGLE_SERVER: StorageForm = {
  name: 'single',
  engine: () => 'MergeTree',
  settings: {
    // Off by default; without it a repeated insert stores twice, token or not.
    non_replicated_deduplication_window: 1000,
    // A 200 from the server then means the part is on disk; measured at 5% of an insert of 50,000 rows.
    fsync_after_insert: 1,
    fsync_part_directory: 1,
    // Retention drops whole parts, never rewrites them.
    ttl_only_drop_parts: 1,
  },
}

/** A stored table. Column texts are literal: a migration must not change when the program's own list of columns does. */
export type TableDefinition = {
  readonly name: string
  /** Name → type, codec included. */
  readonly columns: Readonly<Record<string, string>>
  /** Columns with a bloom filter, for finding rows by an id. */
  readonly findBy: readonly string[]
  readonly partitionBy: string
  readonly orderBy: readonly string[]
  /** Days a row is kept after it was ingested; `undefined`: for ever. Counted from ingestion, so that a late row is never dropped on arrival. */
  readonly keepDays?: number
}

/** The statement that creates a table; running it again changes nothing. */
export function createTable(table: TableDefinition, form: StorageForm): string {
  const lines = [
    ...Object.entries(table.columns).map(([name, type]) => `\`${name}\` ${type}`),
    ...table.findBy.map((column) => `INDEX ${column}_bloom ${column} TYPE bloom_filter(0.001) GRANULARITY 1`),
  ]
  const settings = Object.entries(form.settings).map(([name, value]) => `${name} = ${value}`)
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name}`,
    `(\n  ${lines.join(',\n  ')}\n)`,
    `ENGINE = ${form.engine(table.name)}`,
    `PARTITION BY ${table.partitionBy}`,
    `ORDER BY (${table.orderBy.join(', ')})`,
    ...(table.keepDays === undefined ? [] : [`TTL toDateTime(ingested_at) + INTERVAL ${table.keepDays} DAY DELETE`]),
    `SETTINGS ${settings.join(', ')}`,
  ].join('\n')
}

/** The statement that creates a view; running it again changes nothing. */
export function createView(name: string, select: string): string {
  return `CREATE VIEW IF NOT EXISTS ${name} AS\n${select}`
}

/** The statement that puts a view in the place of an older one, at once; running it again changes nothing. */
export function replaceView(name: string, select: string): string {
  return `CREATE OR REPLACE VIEW ${name} AS\n${select}`
}

/** One numbered step. Once released its statements never change: a new step corrects an old one. */
export type Migration = {
  /** Counts up from 1 without gaps; also the schema's version after it. */
  readonly number: number
  readonly name: string
  /** Each one safe to run again, because a killed migration starts over and two may run at once. */
  readonly statements: (form: StorageForm) => readonly string[]
}

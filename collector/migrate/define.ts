// What a migration is, and how a table is spelled for the form of storage at hand: one server, or a cluster of Replicated tables
// under Distributed ones, out of the same definitions. Pure text.

/** Where tables live. Migrations name no engine themselves. */
export type StorageForm = {
  readonly name: string
  /** Behind the name in every statement that changes the schema: empty, or ` ON CLUSTER …`. */
  readonly onCluster: string
  /** Name of the table that holds the rows; readers and the collector use the plain name in every form. */
  readonly stored: (table: string) => string
  /** Engine clause of a stored table. */
  readonly engine: (table: string) => string
  /** Engine clause of a table that every server holds whole. */
  readonly wholeEngine: (table: string) => string
  /** Engine clause of the table that spreads rows over shards; `undefined`: there is none, the stored table has the plain name. */
  readonly spread: ((table: string, shardBy: string) => string) | undefined
  /** Settings that every stored table gets. */
  readonly settings: Readonly<Record<string, number | string>>
}

const SETTINGS = {
  // A 200 from the server then means the part is on disk; measured at 5% of an insert of 50,000 rows.
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  // Retention drops whole parts, never rewrites them.
  ttl_only_drop_parts: 1,
} as const

/** One server, embedded or not. */
export const SINGLE_SERVER: StorageForm = {
  name: 'single',
  onCluster: '',
  stored: (table) => table,
  engine: () => 'MergeTree',
  wholeEngine: () => 'MergeTree',
  spread: undefined,
  // Off by default; without it a repeated insert stores twice, token or not.
  settings: { non_replicated_deduplication_window: 1000, ...SETTINGS },
}

export type ClusterOptions = {
  /** Name in the servers' `remote_servers`. */
  readonly cluster: string
  readonly database: string
  /** false: shards of one server each, without Keeper and without ON CLUSTER; every server is migrated by itself. For tests. */
  readonly replicated: boolean
}

/** A cluster: rows live in NAME_local on the shard that their trace falls to, NAME spreads them and reads all shards. */
export function clusterForm({ cluster, database, replicated }: ClusterOptions): StorageForm {
  return {
    name: replicated ? `cluster ${cluster}` : `shards ${cluster}`,
    onCluster: replicated ? ` ON CLUSTER '${cluster}'` : '',
    stored: (table) => `${table}_local`,
    engine: (table) => (replicated ? `ReplicatedMergeTree('/clickhouse/tables/{shard}/${database}/${table}', '{replica}')` : 'MergeTree'),
    wholeEngine: (table) => (replicated ? `ReplicatedMergeTree('/clickhouse/tables/all/${database}/${table}', '{shard}-{replica}')` : 'MergeTree'),
    spread: (table, shardBy) => `Distributed('${cluster}', '${database}', '${table}_local', ${shardBy})`,
    settings: replicated ? SETTINGS : { non_replicated_deduplication_window: 1000, ...SETTINGS },
  }
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
  /** Days a row is kept after the time in `keepFrom`; `undefined`: for ever. */
  readonly keepDays?: number
  /** Column that retention counts from. Default `ingested_at`, so that a late row is never dropped on arrival. */
  readonly keepFrom?: string
  /** Whether every server of a cluster holds all of its rows. */
  readonly isWhole?: boolean
  /** Expression whose value decides a row's shard. Default: by trace, so that what is joined lies together. */
  readonly shardBy?: string
}

/** The statements that create a table; running them again changes nothing. */
export function createTable(table: TableDefinition, form: StorageForm): readonly string[] {
  const lines = [
    ...Object.entries(table.columns).map(([name, type]) => `\`${name}\` ${type}`),
    ...table.findBy.map((column) => `INDEX ${column}_bloom ${column} TYPE bloom_filter(0.001) GRANULARITY 1`),
  ]
  const settings = Object.entries(form.settings).map(([name, value]) => `${name} = ${value}`)
  const stored = table.isWhole === true ? table.name : form.stored(table.name)
  const create = [
    `CREATE TABLE IF NOT EXISTS ${stored}${form.onCluster}`,
    `(\n  ${lines.join(',\n  ')}\n)`,
    `ENGINE = ${table.isWhole === true ? form.wholeEngine(table.name) : form.engine(table.name)}`,
    `PARTITION BY ${table.partitionBy}`,
    `ORDER BY (${table.orderBy.join(', ')})`,
    ...(table.keepDays === undefined ? [] : [`TTL ${retention(table.keepFrom ?? 'ingested_at', table.keepDays)}`]),
    `SETTINGS ${settings.join(', ')}`,
  ].join('\n')
  if (form.spread === undefined || table.isWhole === true) return [create]
  return [create, `CREATE TABLE IF NOT EXISTS ${table.name}${form.onCluster} AS ${stored}\nENGINE = ${form.spread(table.name, table.shardBy ?? 'cityHash64(trace_id)')}`]
}

/** The expression by which rows leave a table. */
export function retention(column: string, days: number): string {
  return `toDateTime(${column}) + INTERVAL ${days} DAY DELETE`
}

/** The statements that add a column to a stored table; running them again changes nothing. */
export function addColumn(table: string, name: string, type: string, after: string, form: StorageForm): readonly string[] {
  const names = form.spread === undefined ? [table] : [form.stored(table), table]
  return names.map((each) => `ALTER TABLE ${each}${form.onCluster} ADD COLUMN IF NOT EXISTS \`${name}\` ${type} AFTER \`${after}\``)
}

/** The statements that add an index to a stored table and build it for the rows that are there, behind the scenes; running them again changes nothing. */
export function addIndex(table: string, name: string, definition: string, form: StorageForm): readonly string[] {
  const stored = form.spread === undefined ? table : form.stored(table)
  return [`ALTER TABLE ${stored}${form.onCluster} ADD INDEX IF NOT EXISTS ${name} ${definition}`, `ALTER TABLE ${stored}${form.onCluster} MATERIALIZE INDEX ${name}`]
}

/** The statement that creates a view; running it again changes nothing. `security`: whose rights it reads with; default the reader's own. */
export function createView(name: string, select: string, form: StorageForm = SINGLE_SERVER, security = ''): string {
  return `CREATE VIEW IF NOT EXISTS ${name}${form.onCluster}${security === '' ? '' : ` ${security}`} AS\n${select}`
}

/** The statement that puts a view in the place of an older one, at once; running it again changes nothing. */
export function replaceView(name: string, select: string, form: StorageForm = SINGLE_SERVER): string {
  return `CREATE OR REPLACE VIEW ${name}${form.onCluster} AS\n${select}`
}

/** One numbered step. Once released its statements never change: a new step corrects an old one. */
export type Migration = {
  /** Ascends from 1; the highest is also the schema's version. */
  readonly number: number
  readonly name: string
  /** Each one safe to run again, because a killed migration starts over and two may run at once. */
  readonly statements: (form: StorageForm) => readonly string[]
}

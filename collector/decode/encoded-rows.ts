// Rows in the bytes that ClickHouse takes, with what the writer must know of each: where it ends, its hour, its identity. Made once
// at receipt and carried as bytes until the insert, so that no row is ever an object on the way. Without the `batch` column, which
// is the last one and is added when the batch is known.
import { TABLES, type InsertRow, type TableName } from '../../core/tables.ts'
import { ByteSink } from '../../store/clickhouse/byte-sink.ts'
import { hourOf } from './times.ts'
import { ByteSource, codecOf, writeHeader, type Codec } from '../../store/clickhouse/row-binary.ts'

/** Rows of one table. */
export type EncodedRows = {
  readonly table: TableName
  readonly bytes: Buffer
  /** Offset behind each row. */
  readonly ends: readonly number[]
  /** Hours since the epoch by the column that the table is partitioned by. */
  readonly hours: readonly number[]
  /** Identity of each row within its table; empty for spans, whose rows begin with it. */
  readonly keys: readonly string[]
}

export type Layout = {
  /** All columns but `batch`, in the order they are written in. */
  readonly columns: readonly (readonly [name: string, type: string])[]
  readonly codecs: readonly Codec[]
  readonly index: ReadonlyMap<string, number>
  /** The bytes before the rows of an insert, `batch` included as the last column. */
  readonly header: Buffer
}

function layout(table: TableName): Layout {
  const columns = Object.entries(TABLES[table]).flatMap(([name, { type }]) => (name === 'batch' ? [] : [[name, type] as const]))
  const sink = new ByteSink(4_096)
  writeHeader(sink, [...columns, ['batch', TABLES[table].batch.type]])
  return { columns, codecs: columns.map(([, type]) => codecOf(type)), index: new Map(columns.map(([name], at) => [name, at])), header: sink.copy() }
}

/** How the rows of each table are laid out. */
export const LAYOUTS: Readonly<Record<TableName, Layout>> = { spans: layout('spans'), signals: layout('signals'), eval_results: layout('eval_results'), labels: layout('labels'), route_tables: layout('route_tables'), content: layout('content'), router_states: layout('router_states'), learning_events: layout('learning_events') }

/** The column by whose day (or month) a table is partitioned. */
export const TIME_COLUMN = { spans: 'started_at', signals: 'at', eval_results: 'evaluated_at', labels: 'at', route_tables: 'published_at', content: 'at', router_states: 'at', learning_events: 'at' } as const satisfies Record<TableName, string>

/** Hex digits of a trace id and of a span id as a row of `spans` begins: each behind one byte of length. */
export const TRACE_AT = 1
export const SPAN_AT = 34

/** Where row `index` begins. */
export function startOf(rows: EncodedRows, index: number): number {
  return index === 0 ? 0 : (rows.ends[index - 1] ?? 0)
}

/** Identity of a row within its table: for spans trace and span id. */
export function keyOf(rows: EncodedRows, index: number): string {
  if (rows.table !== 'spans') return rows.keys[index] ?? ''
  const start = startOf(rows, index)
  return rows.bytes.toString('latin1', start + TRACE_AT, start + TRACE_AT + 32) + rows.bytes.toString('latin1', start + SPAN_AT, start + SPAN_AT + 16)
}

/** A row as an object again: for a dead letter, and for tests. */
export function rowAt(rows: EncodedRows, index: number): InsertRow {
  const { columns, codecs } = LAYOUTS[rows.table]
  const source = new ByteSource(rows.bytes, startOf(rows, index))
  const row = Object.fromEntries(columns.map(([name], at) => [name, codecs[at]?.read(source)]))
  if (source.at !== rows.ends[index]) throw new RangeError(`a row of ${rows.table} does not end where its columns do`)
  return row
}

/** One column of a row; those before it are read on the way. */
export function columnAt(rows: EncodedRows, index: number, column: string): unknown {
  const { codecs, index: places } = LAYOUTS[rows.table]
  const place = places.get(column)
  if (place === undefined) throw new TypeError(`${rows.table} has no column ${column}`)
  const source = new ByteSource(rows.bytes, startOf(rows, index))
  for (let at = 0; at < place; at += 1) codecs[at]?.read(source)
  return codecs[place]?.read(source)
}

const HOUR_MS = 3_600_000

/** Hour of a time as a row holds it: ISO text, or nanoseconds as a bigint. */
function hourOfTime(value: unknown): number {
  return typeof value === 'bigint' ? hourOf(value) : Math.floor(Date.parse(String(value)) / HOUR_MS)
}

/** Rows given as objects, each with its identity. Throws RangeError for a value that its column cannot hold. */
export function encodeRows(table: TableName, items: readonly { readonly key: string; readonly row: InsertRow }[]): EncodedRows {
  const { columns, codecs } = LAYOUTS[table]
  const sink = new ByteSink()
  const ends: number[] = []
  for (const { row } of items) {
    for (const [at, [name]] of columns.entries()) codecs[at]?.write(sink, row[name])
    ends.push(sink.length)
  }
  return { table, bytes: sink.copy(), ends, hours: items.map(({ row }) => hourOfTime(row[TIME_COLUMN[table]])), keys: items.map(({ key }) => key) }
}

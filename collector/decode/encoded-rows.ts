// Rows as bytes, with what the writer must know of each: where it ends, its hour, its identity. Made once at receipt and carried so
// until the insert, so that no row is ever an object on the way. A row is, for each of its values, the number of its column in one
// byte and the value as its codec writes it; a span fills a third of its columns, and what is not there costs nothing. Without the
// `batch` column, which is added when the batch is known.
import { TABLES, type InsertRow, type TableName } from '../../core/tables.ts'
import { ByteSink } from '../../store/clickhouse/byte-sink.ts'
import { hourOf } from './times.ts'
import { ByteSource, codecOf, type Codec } from '../../store/clickhouse/row-binary.ts'

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
  /** All columns but `batch`, in the order of their numbers. */
  readonly columns: readonly (readonly [name: string, type: string])[]
  readonly codecs: readonly Codec[]
  readonly index: ReadonlyMap<string, number>
  /** Those of an insert: `batch` is the last one. */
  readonly inserted: readonly (readonly [name: string, type: string])[]
}

function layout(table: TableName): Layout {
  const columns = Object.entries(TABLES[table]).flatMap(([name, { type }]) => (name === 'batch' ? [] : [[name, type] as const]))
  return { columns, codecs: columns.map(([, type]) => codecOf(type)), index: new Map(columns.map(([name], at) => [name, at])), inserted: [...columns, ['batch', TABLES[table].batch.type]] }
}

/** How the rows of each table are laid out. */
export const LAYOUTS: Readonly<Record<TableName, Layout>> = { spans: layout('spans'), signals: layout('signals'), eval_results: layout('eval_results'), labels: layout('labels'), route_tables: layout('route_tables'), content: layout('content'), router_states: layout('router_states'), learning_events: layout('learning_events') }

/** The column by whose day (or month) a table is partitioned. */
export const TIME_COLUMN = { spans: 'started_at', signals: 'at', eval_results: 'evaluated_at', labels: 'at', route_tables: 'published_at', content: 'at', router_states: 'at', learning_events: 'at' } as const satisfies Record<TableName, string>

/** Hex digits of a trace id and of a span id as a row of `spans` begins: each behind the number of its column and one byte of length. */
export const TRACE_AT = 2
export const SPAN_AT = 36

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

/** Reads the values of a row in turn, with the numbers of their columns. */
function* valuesOf(rows: EncodedRows, index: number): Generator<readonly [column: number, value: unknown]> {
  const { codecs } = LAYOUTS[rows.table]
  const end = rows.ends[index] ?? 0
  const source = new ByteSource(rows.bytes, startOf(rows, index))
  while (source.at < end) {
    const column = source.byte()
    yield [column, codecs[column]?.read(source)]
  }
  if (source.at !== end) throw new RangeError(`a row of ${rows.table} does not end where its values do`)
}

/** A row as an object again: for a dead letter, and for tests. */
export function rowAt(rows: EncodedRows, index: number): InsertRow {
  const { columns, codecs } = LAYOUTS[rows.table]
  const found = new Map(valuesOf(rows, index))
  return Object.fromEntries(columns.map(([name], at) => [name, found.has(at) ? found.get(at) : codecs[at]?.empty]))
}

/** One column of a row; those before it are read on the way. */
export function columnAt(rows: EncodedRows, index: number, column: string): unknown {
  const { codecs, index: places } = LAYOUTS[rows.table]
  const place = places.get(column)
  if (place === undefined) throw new TypeError(`${rows.table} has no column ${column}`)
  for (const [at, value] of valuesOf(rows, index)) if (at === place) return value
  return codecs[place]?.empty
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
    for (const [at, [name]] of columns.entries()) {
      const value = row[name]
      if (value === undefined) continue
      sink.byte(at)
      codecs[at]?.write(sink, value)
    }
    ends.push(sink.length)
  }
  return { table, bytes: sink.copy(), ends, hours: items.map(({ row }) => hourOfTime(row[TIME_COLUMN[table]])), keys: items.map(({ key }) => key) }
}

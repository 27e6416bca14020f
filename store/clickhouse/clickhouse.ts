// The one way to ClickHouse: queries, inserts and commands over its HTTP interface through the official client.
// In: SQL with bound parameters, rows as bytes. Out: rows (64-bit integers and decimals as text) or a WeighbridgeError.
// It must not retry, log, or put what was inserted into an error: the caller decides, the caller reports.
import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient, drainStream, type ClickHouseSettings } from '@clickhouse/client'
import type { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Query } from '../queries/define.ts'
import { translateError } from './translate-error.ts'

/** Where a database is and who asks. */
export type ClickHouseAddress = {
  /** Origin of the HTTP interface, e.g. http://127.0.0.1:8123 */
  readonly url: string
  readonly database: string
  readonly user: string
  /** Empty for an account without one. Never logged. */
  readonly password: string
}

export type ClickHouseOptions = ClickHouseAddress & {
  /** Longest wait for an answer, in milliseconds; default 65,000, just past the most a reader may ask for. */
  readonly requestTimeoutMs?: number
  /** Most connections open at once; default 8. */
  readonly maxConnections?: number
}

/** One row as the server sent it. */
export type RawRow = Readonly<Record<string, unknown>>
/** Values for `{name:Type}` in the text; always sent beside it, never pasted into it. */
export type SqlParams = Readonly<Record<string, unknown>>

export type InsertOptions = {
  /** Deduplication token; a hint to the server, not proof (see `batch`). Must differ for different rows. */
  readonly token: string
  /** Identity of the request, for KILL QUERY; default: made up by the client. */
  readonly queryId?: string
  /** What the bytes are. Default `JSONEachRow`. */
  readonly format?: 'JSONEachRow' | 'Native'
}

/** A connection pool under one account. All methods throw `clickhouse_query` (details.code: the server's number) or `clickhouse_unreachable`. */
export interface ClickHouse {
  readonly database: string
  /** Runs a stored query: parameters are checked against its schema, rows parsed by it. */
  query<P extends z.ZodObject, R extends z.ZodObject>(query: Query<P, R>, params: z.input<P>): Promise<z.output<R>[]>
  /** Runs a SELECT as it stands (no FORMAT clause), for tools and tests. */
  rows(sql: string, params?: SqlParams): Promise<RawRow[]>
  /** As `rows`, handed over as they arrive: for answers that are too many to hold. */
  stream(sql: string, params?: SqlParams): AsyncGenerator<RawRow>
  /** Inserts rows as bytes; resolves once the server has stored all of them, throws without knowing on a lost connection. */
  insert(table: string, body: Uint8Array | string, options: InsertOptions): Promise<void>
  /** Runs a statement without an answer: DDL, KILL QUERY. */
  command(sql: string, params?: SqlParams): Promise<void>
  /** Asks a question that needs the account, so that a stranger's server on the port does not count as ours; gives the server's version. */
  ping(): Promise<string>
  /** Creates the address's database if it is absent; until then every other method fails with the server's 81. */
  createDatabase(): Promise<void>
  close(): Promise<void>
}

// The embedded reader's profile holds the same values: a read-only account may repeat a setting but not change it.
const OUTPUT_SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  date_time_output_format: 'iso',
}

// Each one spelled out, because the server's defaults differ between versions and profiles. An unknown column is an error:
// a dropped fact would otherwise go unnoticed.
const INSERT_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  distributed_foreground_insert: 1,
  date_time_input_format: 'best_effort',
  input_format_skip_unknown_fields: 0,
  // Columns meant for another schema are refused too, instead of made to fit.
  input_format_native_allow_types_conversion: 0,
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Opens a pool; connects on first use, so it never throws for an absent server. */
export function createClickHouse(options: ClickHouseOptions): ClickHouse {
  const { url, database, user, password } = options
  const timeoutMs = options.requestTimeoutMs ?? 65_000
  if (!IDENTIFIER.test(database)) throw new WeighbridgeError('config_invalid', `Not a database name: ${database}`)
  const common = {
    url,
    username: user,
    password,
    application: 'weighbridge',
    request_timeout: timeoutMs,
    max_open_connections: options.maxConnections ?? 8,
    // The server closes idle connections by its own timeout (10 s here, 3 s on old ones): ours must be the shorter one.
    keep_alive: { enabled: true, idle_socket_ttl: 2_500 },
    // Otherwise it prints every server error, with the statement, to standard error.
    log: { level: ClickHouseLogLevel.OFF },
  }
  const client = createClient({ ...common, database })
  const context = { url, user, timeoutMs }

  const rows = async (sql: string, params: SqlParams = {}): Promise<RawRow[]> => {
    try {
      const result = await client.query({ query: sql, format: 'JSONEachRow', query_params: params, clickhouse_settings: OUTPUT_SETTINGS })
      return await result.json<RawRow>()
    } catch (error) {
      throw translateError(error, { ...context, doing: 'query' })
    }
  }

  return {
    database,
    rows,
    async query(query, params) {
      // The parsed parameters, so that defaults and coercions of the schema apply.
      const found = await rows(query.sql, query.params.parse(params))
      return found.map((row) => query.row.parse(row))
    },
    async *stream(sql, params = {}) {
      try {
        const result = await client.query({ query: sql, format: 'JSONEachRow', query_params: params, clickhouse_settings: OUTPUT_SETTINGS })
        for await (const some of result.stream<RawRow>()) for (const row of some) yield row.json()
      } catch (error) {
        throw translateError(error, { ...context, doing: 'query' })
      }
    },
    async insert(table, body, { token, queryId, format = 'JSONEachRow' }) {
      if (!IDENTIFIER.test(table)) throw new TypeError(`not a table name: ${table}`)
      const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
      if (bytes.byteLength === 0) return
      try {
        // `exec` and not the client's own insert: that one takes objects and stringifies them again, its largest cost.
        const { stream } = await client.exec({
          query: `INSERT INTO ${table} FORMAT ${format}`,
          values: Readable.from([bytes], { objectMode: false }),
          clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: token },
          ...(queryId === undefined ? {} : { query_id: queryId }),
        })
        // Only a read answer gives its connection back.
        await drainStream(stream)
      } catch (error) {
        throw translateError(error, { ...context, doing: 'insert' })
      }
    },
    async command(sql, params = {}) {
      try {
        // Without waiting for the end, an error in the middle of a statement would come after the 200.
        await client.command({ query: sql, query_params: params, clickhouse_settings: { wait_end_of_query: 1 } })
      } catch (error) {
        throw translateError(error, { ...context, doing: 'command' })
      }
    },
    async ping() {
      const [row] = await rows('SELECT version() AS version')
      return String(row?.['version'] ?? '')
    },
    async createDatabase() {
      // From inside the one database that every server has: the session's own must exist before anything can be asked.
      const outside = createClient({ ...common, database: 'system' })
      try {
        await outside.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` })
      } catch (error) {
        throw translateError(error, { ...context, doing: 'command' })
      } finally {
        await outside.close()
      }
    },
    close: () => client.close(),
  }
}

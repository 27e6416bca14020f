// The ClickHouse server that config or environment name instead of the embedded engine, with its accounts.
import { readFileSync } from 'node:fs'
import type { Config, Environment } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'

/** A server's accounts; where only one account is given it serves for all of them. */
export type ClickHouseServer = { readonly migrator: ClickHouseAddress; readonly writer: ClickHouseAddress; readonly reader: ClickHouseAddress; /** May read captured text. */ readonly contentReader: ClickHouseAddress }

/**
 * `undefined`: use the embedded engine. CLICKHOUSE_URL, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD override the config; the roles
 * MIGRATOR, WRITER, READER and CONTENT (captured text) may have accounts of their own (CLICKHOUSE_READER_USER, …_PASSWORD), each also as …_FILE.
 */
export function clickhouseServer(config: Config, env: Environment): ClickHouseServer | undefined {
  const { clickhouse } = config.settings
  const url = env['CLICKHOUSE_URL'] ?? clickhouse.url
  if (url === undefined || url === '') return undefined
  if (!URL.canParse(url)) throw new WeighbridgeError('config_invalid', `CLICKHOUSE_URL is not an address: "${url}"`)
  // Workflows pass variables that nobody set as empty ones; no database and no account has an empty name.
  const database = env['CLICKHOUSE_DATABASE'] || clickhouse.database
  const user = secret(env, 'CLICKHOUSE_USER') || (clickhouse.user ?? 'default')
  const password = secret(env, 'CLICKHOUSE_PASSWORD') ?? clickhouse.password ?? ''
  const account = (role: string): ClickHouseAddress => ({
    url,
    database,
    user: secret(env, `CLICKHOUSE_${role}_USER`) || user,
    password: secret(env, `CLICKHOUSE_${role}_PASSWORD`) ?? password,
  })
  return { migrator: account('MIGRATOR'), writer: account('WRITER'), reader: account('READER'), contentReader: account('CONTENT') }
}

/** A secret from the variable NAME, or from the file that NAME_FILE names. Throws `config_invalid` when the file cannot be read. */
export function secret(env: Environment, name: string): string | undefined {
  const path = env[`${name}_FILE`]
  if (path === undefined || path === '') return env[name]
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new WeighbridgeError('config_invalid', `${name}_FILE names ${path}, which cannot be read`, { cause })
  }
}

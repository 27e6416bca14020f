// The secrets of a deployment, made once: passwords of the ClickHouse accounts, an admin key, a collector token, Grafana's
// password; and the ClickHouse files that belong to them. Existing secrets are never replaced.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLUSTER_WRITER_GRANTS, contentReaderGrants, migratorGrants, readerGrants, writerGrants } from '../../collector/engine/grants.ts'

/** Files that hold one secret each. */
export const SECRET_FILES = ['clickhouse-migrator', 'clickhouse-writer', 'clickhouse-reader', 'clickhouse-content_reader', 'admin-key', 'collector-token', 'collector-admin-token', 'grafana-admin'] as const

/** Makes what is missing in `dir`; gives the names of the files made. */
export function makeSecrets(dir: string, database: string): string[] {
  mkdirSync(join(dir, 'clickhouse-users.d'), { recursive: true })
  const made: string[] = []
  for (const name of SECRET_FILES) {
    const path = join(dir, name)
    if (existsSync(path)) continue
    const secret = `${name === 'admin-key' ? 'wb_' : ''}${randomBytes(24).toString('base64url')}`
    // Readable by the containers' own users, which differ: the folder itself is what a volume protects.
    writeFileSync(path, secret, { flag: 'wx', mode: 0o644 })
    made.push(name)
  }
  const passwords = Object.fromEntries(['migrator', 'writer', 'reader', 'content_reader'].map((role) => [role, readFileSync(join(dir, `clickhouse-${role}`), 'utf8').trim()]))
  writeFileSync(join(dir, 'clickhouse-users.d', 'weighbridge.xml'), serverUsersXml(database, passwords), { mode: 0o644 })
  const clusterSecret = join(dir, 'clickhouse-config.d', 'cluster-secret.xml')
  mkdirSync(join(dir, 'clickhouse-config.d'), { recursive: true })
  if (!existsSync(clusterSecret)) writeFileSync(clusterSecret, clusterSecretXml(randomBytes(24).toString('base64url')), { mode: 0o644 })
  return made
}

/** The config.d file by which the servers of a cluster trust each other's queries. */
function clusterSecretXml(secret: string): string {
  return `<clickhouse><remote_servers><weighbridge><secret>${secret}</secret></weighbridge></remote_servers></clickhouse>\n`
}

/** The users.d file of a ClickHouse server: passwords as SHA-256, the same grants as the embedded engine's accounts. */
export function serverUsersXml(database: string, passwords: Readonly<Record<string, string>>): string {
  const account = (user: string, profile: string, grants: readonly string[]): string => `    <${user}>
      <password_sha256_hex>${createHash('sha256').update(passwords[user] ?? '').digest('hex')}</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>${profile}</profile>
      <quota>default</quota>
      <grants>
${grants.map((grant) => `        <query>${grant}</query>`).join('\n')}
      </grants>
    </${user}>`
  return `<clickhouse>
  <profiles>
    <weighbridge_writer>
      <max_execution_time>600</max_execution_time>
      <async_insert>0</async_insert>
      <distributed_foreground_insert>1</distributed_foreground_insert>
      <distributed_product_mode>global</distributed_product_mode>
    </weighbridge_writer>
    <weighbridge_reader>
      <readonly>1</readonly>
      <distributed_product_mode>global</distributed_product_mode>
      <max_execution_time>10</max_execution_time>
      <max_memory_usage>1500000000</max_memory_usage>
      <max_result_rows>1000000</max_result_rows>
      <output_format_json_quote_64bit_integers>1</output_format_json_quote_64bit_integers>
      <output_format_json_quote_decimals>1</output_format_json_quote_decimals>
      <date_time_output_format>iso</date_time_output_format>
      <constraints>
        <max_execution_time><max>60</max><changeable_in_readonly/></max_execution_time>
      </constraints>
    </weighbridge_reader>
  </profiles>
  <users>
    <default remove="remove"/>
${[
  account('migrator', 'default', [...migratorGrants(database), 'GRANT TABLE ENGINE ON *', 'GRANT CLUSTER ON *.*']),
  account('writer', 'weighbridge_writer', [...writerGrants(database), 'GRANT KILL QUERY ON *.*', 'GRANT SELECT ON system.processes', 'GRANT CLUSTER ON *.*', ...CLUSTER_WRITER_GRANTS]),
  account('reader', 'weighbridge_reader', readerGrants(database)),
  account('content_reader', 'weighbridge_reader', contentReaderGrants(database)),
].join('\n')}
  </users>
</clickhouse>
`
}

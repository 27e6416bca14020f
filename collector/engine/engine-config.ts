// The text of the engine's two configuration files. The engine's own session runs as `default` without a password, so on
// the HTTP port that account would be a superuser: here it is fenced to the few grants that session needs, and a session
// limit keeps everyone else out of it. Pure: nothing is written here.
import { CLUSTER_WRITER_GRANTS, contentReaderGrants, migratorGrants, readerGrants, writerGrants } from './grants.ts'

/** One account of the engine. */
export type Account = { readonly user: string; readonly password: string }

export type EngineConfig = {
  /** Absolute path of the engine's directory. */
  readonly directory: string
  /** Databases the accounts may use; names of letters, digits and `_`. */
  readonly databases: readonly string[]
  readonly migrator: Account
  readonly writer: Account
  /** An empty password makes the account open to every process on this machine; it can only read. */
  readonly reader: Account
  readonly contentReader: Account
  /** Most memory the engine may take, in bytes. */
  readonly maxMemoryBytes: number
  /** Further elements of the server's configuration (`remote_servers` of a trial cluster), as XML. */
  readonly moreXml?: string | undefined
}

const READER_SECONDS = 10
const READER_MOST_SECONDS = 60
const READER_MEMORY_BYTES = 1_500_000_000
const READER_RESULT_ROWS = 1_000_000
const READER_QUERIES_PER_MINUTE = 12_000

const escapeXml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** `config.xml`; `usersFile` is the absolute path of the other file. The engine reads XML only, and its log level only from the command line. */
export function engineConfigXml(config: EngineConfig, usersFile: string): string {
  const directory = escapeXml(config.directory)
  return `<clickhouse>
  <users_config>${escapeXml(usersFile)}</users_config>
  <logger><log>${directory}/engine.log</log><size>10M</size><count>2</count></logger>
  <max_server_memory_usage>${config.maxMemoryBytes}</max_server_memory_usage>
  <query_log>
    <engine>ENGINE = Memory SETTINGS max_rows_to_keep = 10000</engine>
    <flush_interval_milliseconds>1000</flush_interval_milliseconds>
  </query_log>${config.moreXml === undefined ? '' : `\n  ${config.moreXml}`}
</clickhouse>
`
}

/** `users.xml`: the accounts, what each may do, and its limits. */
export function engineUsersXml(config: EngineConfig): string {
  const onEach = (grant: (database: string) => readonly string[]): string[] => config.databases.flatMap(grant)
  const accounts = [
    // Exactly what the engine's own session needs to start the listener and read its standard input as a table.
    account({ user: 'default', password: '' }, 'engine_session', 'default', [
      'GRANT SYSTEM LISTEN, CREATE ARBITRARY TEMPORARY TABLE ON *.*',
      'GRANT TABLE ENGINE ON File',
      'GRANT SELECT ON default.*',
    ]),
    account(config.migrator, 'migrator', 'default', [...onEach(migratorGrants), 'GRANT TABLE ENGINE ON *']),
    account(config.writer, 'writer', 'default', [...onEach(writerGrants), 'GRANT KILL QUERY ON *.*', 'GRANT SELECT ON system.processes', ...(config.moreXml === undefined ? [] : CLUSTER_WRITER_GRANTS)]),
    account(config.reader, 'reader', 'reader', onEach(readerGrants)),
    account(config.contentReader, 'reader', 'reader', onEach(contentReaderGrants)),
  ]
  return `<clickhouse>
  <profiles>
    <!-- Over several shards the right side of a join is gathered once and sent along; on one server it changes nothing. -->
    <default><distributed_product_mode>global</distributed_product_mode></default>
    <!-- Its own profile: in the one named default the limit would hit every account. -->
    <engine_session><max_sessions_for_user>1</max_sessions_for_user></engine_session>
    <migrator>
      <profile>default</profile>
      <max_execution_time>600</max_execution_time>
    </migrator>
    <writer>
      <profile>default</profile>
      <max_execution_time>600</max_execution_time>
      <async_insert>0</async_insert>
      <distributed_foreground_insert>1</distributed_foreground_insert>
    </writer>
    <reader>
      <profile>default</profile>
      <readonly>1</readonly>
      <max_execution_time>${READER_SECONDS}</max_execution_time>
      <max_memory_usage>${READER_MEMORY_BYTES}</max_memory_usage>
      <max_result_rows>${READER_RESULT_ROWS}</max_result_rows>
      <output_format_json_quote_64bit_integers>1</output_format_json_quote_64bit_integers>
      <output_format_json_quote_decimals>1</output_format_json_quote_decimals>
      <date_time_output_format>iso</date_time_output_format>
      <!-- Granules are chosen before reading: a trace by its id then opens the files of one day, not of every day of its window. -->
      <use_skip_indexes_on_data_read>0</use_skip_indexes_on_data_read>
      <constraints>
        <max_execution_time><max>${READER_MOST_SECONDS}</max><changeable_in_readonly/></max_execution_time>
      </constraints>
    </reader>
  </profiles>
  <quotas>
    <default/>
    <reader><interval><duration>60</duration><queries>${READER_QUERIES_PER_MINUTE}</queries></interval></reader>
  </quotas>
  <users>
${accounts.join('\n')}
  </users>
</clickhouse>
`
}

function account({ user, password }: Account, profile: string, quota: string, grants: readonly string[]): string {
  return `    <${user}>
      <password>${escapeXml(password)}</password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>${profile}</profile>
      <quota>${quota}</quota>
      <grants>
${grants.map((grant) => `        <query>${grant}</query>`).join('\n')}
      </grants>
    </${user}>`
}

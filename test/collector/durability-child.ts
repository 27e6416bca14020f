// Run as a child by the kill tests: a collector on a data directory, in front of whatever ClickHouse the arguments name.
import { pino } from 'pino'
import { startCollector } from '../../collector/start.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'

const [dataDir = '', url = '', database = '', user = '', password = ''] = process.argv.slice(2)
const collector = await startCollector({
  host: '127.0.0.1',
  port: 0,
  dataDir,
  clickhouse: createClickHouse({ url, database, user, password, requestTimeoutMs: 5_000 }),
  clock: systemClock,
  log: pino({ level: 'silent' }),
  maxBodyBytes: 8 * 1024 * 1024,
})
process.stdout.write(`${collector.url}\n`)

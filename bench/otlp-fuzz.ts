// Spoiled OTLP bodies, a million through the decoders and ten thousand through a collector's door: nothing may crash, hang or grow, and
// what is accepted must be storable. Opt-in; a short form runs with the tests.
//   node --expose-gc bench/otlp-fuzz.ts [--bodies 1000000] [--http 10000] [--seed 1]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { startEngine } from '../collector/engine/start-engine.ts'
import { migrate } from '../collector/migrate/migrate.ts'
import { startCollector } from '../collector/start.ts'
import { seededRandom, systemClock } from '../core/seams.ts'
import { createClickHouse } from '../store/clickhouse/clickhouse.ts'
import { fuzzDecoders } from './otlp-fuzz/decoders.ts'
import { fuzzDoor } from './otlp-fuzz/door.ts'

const { values: flags } = parseArgs({ options: { bodies: { type: 'string', default: '1000000' }, http: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } } })
const say = (text: string): void => void process.stderr.write(`${text}\n`)

const decoded = fuzzDecoders({ bodies: Number(flags.bodies), random: seededRandom(`${flags.seed} decoders`), onPart: (part) => say(`${part.bodies} bodies: ${part.decoded} decoded, heap ${part.heapMb.toFixed(1)} MB`) })
say(`decoders: ${JSON.stringify(decoded)}`)

const dir = mkdtempSync(join(tmpdir(), 'weighbridge-fuzz-'))
const log = pino({ level: 'silent' })
const engine = await startEngine({ dataDir: join(dir, 'engine'), httpPort: 0, log })
const migrator = createClickHouse(engine.migrator)
await migrate(migrator)
await migrator.close()
const clickhouse = createClickHouse(engine.writer)
const collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: join(dir, 'collector'), clickhouse, clock: systemClock, log, maxBodyBytes: 1024 * 1024 })
try {
  const door = await fuzzDoor({ url: collector.url, requests: Number(flags.http), random: seededRandom(`${flags.seed} door`), onPart: (done) => say(`${done} requests`) })
  await collector.settled()
  const { received, stored, deduplicated, deadLettered, lost, waiting } = collector.stats()
  process.stdout.write(`${JSON.stringify({ seed: flags.seed, decoders: decoded, door, counters: { received, stored, deduplicated, deadLettered, lost, waiting }, rssMb: process.memoryUsage().rss / 1e6 }, null, 2)}\n`)
} finally {
  await collector.close({ deadlineMs: 10_000 })
  await clickhouse.close()
  await engine.stop()
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}

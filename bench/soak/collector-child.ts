// Run as a child: a collector whose disk and clock misbehave on command. Arguments: data directory, port, ClickHouse address, database,
// user, password, log file. Messages in: { disk, clockOffsetMs, stats }. Messages out: { url } once, then { stats } when asked.
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { startCollector } from '../../collector/start.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { realDisk, type LogDisk } from '../../store/log/disk.ts'

export type DiskMood = 'ok' | 'full' | 'half_full' | 'slow' | 'unsynced'
export type ChildOrder = { readonly disk?: DiskMood; readonly clockOffsetMs?: number; readonly stats?: true }

const [dataDir = '', port = '0', url = '', database = '', user = '', password = '', logFile = ''] = process.argv.slice(2)
let mood: DiskMood = 'ok'
let clockOffsetMs = 0
let writes = 0

const fails = (code: string): never => {
  throw Object.assign(new Error(`the disk of the soak says ${code}`), { code })
}
/** Full at once; full for every other write; slow; or taking writes that it cannot sync. */
const disk: LogDisk = {
  create: (path) => (mood === 'full' ? fails('ENOSPC') : realDisk.create(path)),
  async write(file, bytes, offset) {
    writes += 1
    if (mood === 'slow') await delay(40)
    if (mood === 'full' || (mood === 'half_full' && writes % 2 === 0)) {
      // As a real one: what fits is written, the rest is not.
      await realDisk.write(file, bytes.subarray(0, bytes.length >> 1), offset)
      fails('ENOSPC')
    }
    await realDisk.write(file, bytes, offset)
  },
  async sync(file) {
    if (mood === 'slow') await delay(60)
    if (mood === 'unsynced') fails('EIO')
    await realDisk.sync(file)
  },
}

const collector = await startCollector({
  host: '127.0.0.1',
  port: Number(port),
  dataDir,
  clickhouse: createClickHouse({ url, database, user, password, requestTimeoutMs: 4_000 }),
  clock: { nowMs: () => systemClock.nowMs() + clockOffsetMs, monotonicMs: () => systemClock.monotonicMs() },
  log: pino({ level: logFile === '' ? 'silent' : 'info' }, pino.destination(logFile === '' ? '/dev/null' : logFile)),
  maxBodyBytes: 8 * 1024 * 1024,
  disk,
})
process.on('message', (order: ChildOrder) => {
  mood = order.disk ?? mood
  clockOffsetMs = order.clockOffsetMs ?? clockOffsetMs
  if (order.stats === true) process.send?.({ stats: collector.stats() })
})
process.on('SIGTERM', () => {
  void collector.close({ deadlineMs: 3_000 }).finally(() => process.exit(0))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ url: collector.url })

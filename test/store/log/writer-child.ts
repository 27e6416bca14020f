// Run as a child by the kill test: appends numbered records as fast as they are acknowledged and says which were.
import { pino } from 'pino'
import { openSegmentedLog } from '../../../store/log/log.ts'

const dir = process.argv[2] ?? ''
const log = await openSegmentedLog({ dir, fsync: true, segmentBytes: 4096, log: pino({ level: 'silent' }) })
for (let lane = 0; lane < 8; lane += 1) {
  void (async () => {
    for (let n = 0; ; n += 1) {
      const name = `${lane}:${n}:${'x'.repeat((n * 37) % 300)}`
      await log.append(Buffer.from(name))
      process.stdout.write(`${lane}:${n}\n`)
    }
  })()
}

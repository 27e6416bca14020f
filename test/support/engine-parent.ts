// A process that starts an engine and waits to be killed. In: the engine's directory. Out: one line with the engine's pid and port.
import { pino } from 'pino'
import { startEngine } from '../../collector/engine/start-engine.ts'

const [dataDir] = process.argv.slice(2)
if (dataDir === undefined) throw new Error('usage: engine-parent DIR')
const engine = await startEngine({ dataDir, httpPort: 0, log: pino({ level: 'silent' }) })
process.stdout.write(`${JSON.stringify({ pid: engine.pid(), port: engine.port })}\n`)

// A router in a process of its own, for tests that kill it. Arguments: provider address, data directory, collector address, longest wait for spans in ms.
import pino from 'pino'
import { systemClock, systemRandom } from '../../../core/seams.ts'
import { parseConfig } from '../../../core/config.ts'
import { startRouter } from '../../../router/start.ts'

const [provider = '', dataDir = '', collectorUrl = '', spansWaitMs = '20'] = process.argv.slice(2)
const config = parseConfig(
  `providers: { p: { base_url: "${provider}" } }
targets: { t: { provider: p, model: m, price: { input: 1, output: 2 } } }
chains: { default: [ { target: t } ] }`,
  {},
  { find: () => undefined },
)
const router = await startRouter({ config: { current: () => config }, dataDir, collectorUrl, mounts: [], clock: systemClock, random: systemRandom, log: pino({ level: 'silent' }), port: 0, spansWaitMs: Number(spansWaitMs) })
process.stdout.write(`${router.url}\n`)

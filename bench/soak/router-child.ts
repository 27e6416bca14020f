// Run as a child: a router over one simulated provider, spooling to a data directory. Arguments: provider address, data directory,
// the collector's address. Its own address goes to the parent as a message.
import { pino } from 'pino'
import { parseConfig } from '../../core/config.ts'
import { systemClock, systemRandom } from '../../core/seams.ts'
import { startRouter } from '../../router/start.ts'

const [provider = '', dataDir = '', collectorUrl = ''] = process.argv.slice(2)
const config = parseConfig(
  `providers: { p: { base_url: "${provider}", simulated: true } }
targets: { t: { provider: p, model: m, price: { input: 1, output: 2 } } }
chains: { default: [ { target: t } ] }`,
  {},
  { find: () => undefined },
)
const router = await startRouter({
  config: { current: () => config },
  dataDir,
  collectorUrl,
  mounts: [],
  clock: systemClock,
  random: systemRandom,
  log: pino({ level: 'silent' }),
  port: 0,
  // No answer may go out before its spans are on disk: this is what its client holds the router to.
  spansWaitMs: 60_000,
})
process.on('disconnect', () => process.exit(0))
process.send?.({ url: router.url })

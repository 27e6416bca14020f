// `weighbridge sim`: the simulated providers alone, for trying a configuration or a client against them.
import { once } from 'node:events'
import { EXIT, type Command } from '../command.ts'
import { startDemoSim } from '../compose/demo.ts'
import { streamLogger } from '../compose/logging.ts'

export const command: Command = {
  name: 'sim',
  summary: 'Run the simulated providers alone.',
  options: { port: { type: 'string', meaning: 'Port on 127.0.0.1 (default 4010)', value: 'N' } },
  run: async (terminal, args) => {
    const port = args.number('port', { min: 0, max: 65_535, integer: true }) ?? 4010
    const sim = await startDemoSim(port, terminal.env, streamLogger(terminal))
    terminal.out(`simulated providers at ${sim.url}: everything they say is invented\n`)
    try {
      if (!terminal.signal.aborted) await once(terminal.signal, 'abort')
      return EXIT.ok
    } finally {
      await sim.close()
    }
  },
}

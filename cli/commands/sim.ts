// `weighbridge sim`: the simulated providers alone, for trying a configuration, a client or a fault against them.
import { once } from 'node:events'
import { systemClock } from '../../core/seams.ts'
import { BUILT_IN_SUITES, loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import { loadBank } from '../../sim/bank.ts'
import { FAULTS, type Fault } from '../../sim/faults/table.ts'
import { ALL_MODELS, NATIVE_WIRES } from '../../sim/profiles.ts'
import { startSim } from '../../sim/server.ts'
import { EXIT, type Command, type Terminal } from '../command.ts'
import { streamLogger } from '../compose/logging.ts'

const SEED = 7

export const command: Command = {
  name: 'sim',
  summary: 'Run the simulated providers alone.',
  options: {
    port: { type: 'string', meaning: 'Port on 127.0.0.1 (default 4010)', value: 'N' },
    faults: { type: 'boolean', meaning: 'List the faults that can be provoked, and stop' },
  },
  help: `Every provider answers Chat Completions, Responses, Messages and Embeddings at /PROVIDER/v1 and Gemini's API at /PROVIDER/v1beta.
A fault is provoked by model name (gpt-5.4!cut_mid_stream), by the header x-sim-fault, or for everyone by POST /__sim/faults; one with
numbers takes them after a semicolon (rate_limit_429;retry_after_ms=500). A user's text that holds call:NAME makes a model call that tool.`,
  run: async (terminal, args) => {
    const faults: [string, Fault][] = Object.entries(FAULTS)
    if (args.flag('faults')) {
      if (args.flag('json')) terminal.out(`${JSON.stringify(faults.map(([name, { about, params = {} }]) => ({ name, about, params })))}\n`)
      else for (const [name, { about, params = {} }] of faults) terminal.out(`  ${name.padEnd(24)} ${about}${numbersOf(params)}\n`)
      return EXIT.ok
    }
    const port = args.number('port', { min: 0, max: 65_535, integer: true }) ?? 4010
    const sim = await startAlone(terminal, port)
    terminal.out(`simulated providers at ${sim.url}: everything they say is invented\n`)
    for (const [provider, wires] of Object.entries(NATIVE_WIRES)) {
      const models = ALL_MODELS.filter((model) => model.provider === provider).map(({ name }) => name)
      terminal.out(`  ${sim.url}/${provider}/${wires[0] === 'gemini' ? 'v1beta' : 'v1'}  ${wires.join(', ')}: ${models.join(', ')}\n`)
    }
    terminal.out(`  ${faults.length} faults: weighbridge sim --faults\n`)
    try {
      if (!terminal.signal.aborted) await once(terminal.signal, 'abort')
      return EXIT.ok
    } finally {
      await sim.close()
    }
  },
}

async function startAlone(terminal: Terminal, port: number): ReturnType<typeof startSim> {
  const suites = await Promise.all(BUILT_IN_SUITES.map((name) => loadSuite(suiteFolder(`builtin:${name}`, '.'))))
  const timeScale = Number(terminal.env['WEIGHBRIDGE_SIM_TIME_SCALE'] ?? '1')
  return startSim({ port, models: ALL_MODELS, probes: suites.flatMap((suite) => suite.probes), ...(await loadBank()), seed: SEED, timeScale, clock: systemClock, log: streamLogger(terminal) })
}

function numbersOf(params: Readonly<Record<string, number>>): string {
  const numbers = Object.entries(params).map(([name, value]) => `${name}=${value}`)
  return numbers.length === 0 ? '' : ` (${numbers.join(', ')})`
}

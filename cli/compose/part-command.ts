// The frame of a command that runs one part until it is told to stop: data directory, log on standard output, configuration
// followed, everything closed in reverse.
import { once } from 'node:events'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Arguments, type ExitCode, type Terminal } from '../command.ts'
import { Stack, type Base } from './base.ts'
import { streamLogger } from './logging.ts'
import { followConfig, locate, makeDataDir } from './settings.ts'

/** Starts the part and waits for the signal that ends it. Throws what starting throws, after closing what had started. */
export async function runPart(terminal: Terminal, args: Arguments, start: (base: Base) => Promise<void>): Promise<ExitCode> {
  const settings = locate(terminal, args, false)
  makeDataDir(settings.dataDir)
  const log = streamLogger(terminal)
  const stack = new Stack()
  try {
    const prices = priceBookIn(settings.dataDir)
    const base: Base = { holder: followConfig(settings.configPath, terminal.env, prices, log), prices, dataDir: settings.dataDir, configDir: settings.configDir, env: terminal.env, log, stack }
    stack.add('config', base.holder, () => base.holder.close())
    await start(base)
    if (!terminal.signal.aborted) await once(terminal.signal, 'abort')
    log.info('stopping: finishing what is under way')
    return EXIT.ok
  } finally {
    await stack.close(log)
  }
}

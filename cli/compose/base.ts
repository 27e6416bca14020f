// What every long-running command shares: the configuration and the prices it follows, its data directory, its log, and the stack of things
// to close in reverse order. Loads nothing heavy, so that `router` alone stays light.
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Environment } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { isLoopback } from '../../core/host-guard.ts'
import type { PriceBook } from '../../core/prices.ts'
import { systemClock } from '../../core/seams.ts'
import { openState, type State } from '../../store/state/state.ts'
import { makeDataDir, type ConfigHolder } from './settings.ts'

/** Things to close, last opened first. */
export class Stack {
  private readonly closers: { name: string; close: () => Promise<void> | void }[] = []

  /** Remembers how to close something and hands it back. */
  add<T>(name: string, thing: T, close: () => Promise<void> | void): T {
    this.closers.push({ name, close })
    return thing
  }

  /** Closes everything; a part that fails to close is logged and does not keep the others open. */
  async close(log: Logger): Promise<void> {
    for (const { name, close } of this.closers.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        log.error({ part: name, error }, 'closing failed')
      }
    }
  }
}

export type Base = { readonly holder: ConfigHolder; readonly prices: PriceBook; readonly dataDir: string; /** What paths in the configuration are relative to. */ readonly configDir: string; readonly env: Environment; readonly log: Logger; readonly stack: Stack }
/** A bind beyond loopback needs a secret; throws `bind_refused`. */
export function refuseOpenBind(part: string, host: string, hasSecret: boolean, remedy: string): void {
  if (!isLoopback(host) && !hasSecret) throw new WeighbridgeError('bind_refused', `The ${part} would listen on ${host} for anyone`, { remedy })
}

/** Opens the operational state in the data directory. */
export function openStateIn(base: Pick<Base, 'dataDir' | 'stack'>): State {
  makeDataDir(base.dataDir)
  const state = openState({ path: join(base.dataDir, 'state.sqlite'), clock: systemClock })
  return base.stack.add('state', state, () => state.close())
}

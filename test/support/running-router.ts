// `weighbridge router` inside this process, on a data directory of its own: what an operator has on one machine.
import { join } from 'node:path'
import { readRunning } from '../../cli/compose/running.ts'
import { eventually } from './eventually.ts'
import { runCommand, type CommandResult } from './run-command.ts'

export type RunningRouterCommand = { readonly url: string; readonly stop: () => Promise<CommandResult> }

/** An address that refuses connections: what a collector or a database that is down looks like. */
export const NOBODY = 'http://127.0.0.1:9'

/** Starts it in `cwd` on a free port and waits until its note says where it is. Its collector is down unless `words` name one. */
export async function startRouterCommand(cwd: string, dataDir: string, words: readonly string[], env: Readonly<Record<string, string>>): Promise<RunningRouterCommand> {
  const stopping = new AbortController()
  const ended = runCommand(['router', '--data', dataDir, '--port', '0', ...(words.includes('--collector-url') ? [] : ['--collector-url', NOBODY]), ...words], { cwd, env, signal: stopping.signal })
  const early = ended.then((result) => Promise.reject(new Error(`the router ended: ${result.err}${result.out}`)))
  early.catch(() => undefined)
  const url = await Promise.race([eventually(() => readRunning(join(cwd, dataDir))?.router, 30_000), early])
  return {
    url,
    stop: () => {
      stopping.abort()
      return ended
    },
  }
}

// `weighbridge status`: how the running router stands: each target, each task's traffic, what is drained, what else needs a person.
import { setTimeout as delay } from 'node:timers/promises'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { operationsDocument, type OperationsDocument } from '../../core/operations.ts'
import { EXIT, type Arguments, type Command, type ExitCode, type Terminal } from '../command.ts'
import { OPERATOR_PATIENCE_MS } from '../compose/drain-door.ts'
import { routerClientAt, type RouterClient } from '../compose/router-client.ts'
import { routerUrl } from '../compose/running.ts'
import { locate } from '../compose/settings.ts'
import { statusText } from '../status-text.ts'

const WATCH_S = 2

export const command: Command = {
  name: 'status',
  summary: 'Show how each target stands, where traffic goes, what is drained, and what budgets have left.',
  usage: '[--watch [SECONDS]]',
  help: 'Exit 1: a task has no target left, so its calls are refused. Needs a key with scope read (WEIGHBRIDGE_KEY) where keys are in force.',
  options: {
    watch: { type: 'boolean', meaning: `Again every SECONDS (default ${WATCH_S}) until Ctrl-C; with --json one line each time` },
    url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
  },
  run: async (terminal, args) => {
    const everyMs = watchMs(args)
    const client = routerClientAt(routerUrl(locate(terminal, args).dataDir, args.text('url') ?? terminal.env['WEIGHBRIDGE_URL']), terminal.env['WEIGHBRIDGE_KEY'], OPERATOR_PATIENCE_MS)
    if (everyMs === undefined) return show(terminal, args, client)
    let code: ExitCode = EXIT.ok
    while (!terminal.signal.aborted) {
      // A router that is away is what a person watches for, so the watch goes on.
      code = await show(terminal, args, client, true).catch((thrown: unknown) => lost(terminal, args, thrown))
      await delay(everyMs, undefined, { signal: terminal.signal }).catch(() => undefined)
    }
    return code
  },
}

async function show(terminal: Terminal, args: Arguments, client: RouterClient, again = false): Promise<ExitCode> {
  const status = await client.get('/admin/operations', operationsDocument)
  if (args.flag('json')) terminal.out(`${JSON.stringify(status)}\n`)
  else terminal.out(`${again ? cleared(terminal) : ''}${statusText(status, client.url, terminal)}`)
  return hasNothingLeft(status) ? EXIT.gateFailed : EXIT.ok
}

function lost(terminal: Terminal, args: Arguments, thrown: unknown): ExitCode {
  const { code, message } = asWeighbridgeError(thrown)
  terminal.out(args.flag('json') ? `${JSON.stringify({ error: { code, message } })}\n` : `${cleared(terminal)}! ${message}\n`)
  return EXIT.infrastructure
}

function cleared(terminal: Terminal): string {
  return terminal.isTty ? '\u001b[H\u001b[2J' : ''
}

/** A task that could serve calls by its configuration and cannot now. */
function hasNothingLeft({ ready, tasks }: OperationsDocument): boolean {
  return !ready || tasks.some((task) => task.excluded.length > 0 && Object.keys(task.shares).length === 0 && task.failover.length === 0)
}

/** `--watch` and the seconds after it; `undefined`: once. */
function watchMs(args: Arguments): number | undefined {
  const [text, ...more] = args.positionals
  if (text !== undefined && !args.flag('watch')) throw new WeighbridgeError('usage', `status takes no "${text}"`)
  if (!args.flag('watch')) return undefined
  const seconds = text === undefined ? WATCH_S : Number(text)
  if (more.length > 0 || !Number.isFinite(seconds) || seconds < 0.1 || seconds > 3_600) throw new WeighbridgeError('usage', `--watch takes seconds from 0.1 to 3600, not "${args.positionals.join(' ')}"`)
  return seconds * 1_000
}

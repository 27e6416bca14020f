// `weighbridge drain`: takes a target or a provider out of traffic, with a reason and an end; without a name it lists what is drained.
// Works at the running router, and on the state file when none runs.
import { userInfo } from 'node:os'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Drain } from '../../core/operations.ts'
import { systemClock } from '../../core/seams.ts'
import { endOf, parseLength } from '../../router/admin/subjects.ts'
import { EXIT, type Arguments, type Command, type Options, type Terminal } from '../command.ts'
import { throughDrainDoor } from '../compose/drain-door.ts'
import { table } from '../output.ts'
import { moment, span } from '../times.ts'

/** Options of both commands. */
export const DRAIN_OPTIONS = {
  by: { type: 'string', meaning: 'Who does it (default: the account of this shell)', value: 'NAME' },
  url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
} as const satisfies Options

const HISTORY_ROWS = 20

export const command: Command = {
  name: 'drain',
  summary: 'Take a target or a provider out of traffic for a while; without a name: list what is drained.',
  usage: '[TARGET|PROVIDER]',
  help: 'Calls under way finish; new ones go to the other targets of their task. It ends by itself, after a day unless --for or --until says otherwise,\nand holds across restarts. Where a name is both a target and a provider, say target:NAME or provider:NAME.',
  options: {
    for: { type: 'string', meaning: 'How long: 90s, 30m, 2h, 1h30m, 3d (default 1d)', value: 'TIME' },
    until: { type: 'string', meaning: 'Until when, as ISO 8601: 2026-03-01T18:00Z', value: 'TIME' },
    reason: { type: 'string', meaning: 'Why; kept in the history', value: 'TEXT' },
    history: { type: 'boolean', meaning: `List the last ${HISTORY_ROWS} drains: who, when, why, and how they ended` },
    ...DRAIN_OPTIONS,
  },
  run: (terminal, args) =>
    throughDrainDoor(terminal, args, async (door) => {
      if (args.positionals.length === 0) {
        if (args.text('for') !== undefined || args.text('until') !== undefined || args.text('reason') !== undefined) throw new WeighbridgeError('usage', 'Name the target or provider to drain')
        const drains = args.flag('history') ? await door.history(HISTORY_ROWS) : await door.active()
        terminal.out(args.flag('json') ? `${JSON.stringify({ drains })}\n` : listText(drains, args.flag('history')))
        return EXIT.ok
      }
      const answer = await door.start({ name: args.one('target or provider'), reason: args.text('reason') ?? '', by: authorOf(terminal, args), untilAt: untilOf(args) })
      if (args.flag('json')) terminal.out(`${JSON.stringify(answer)}\n`)
      else {
        for (const drain of answer.drains) terminal.out(`${drain.scope} ${drain.name} is drained until ${moment(drain.until_at)} (${span(drain.until_at - drain.started_at)}), by ${drain.author}${drain.reason === '' ? '' : `: ${drain.reason}`}\n  kept by ${door.where}\n`)
        for (const warning of answer.warnings) terminal.out(`  ! ${warning}\n`)
      }
      return EXIT.ok
    }),
}

/** Who acts: `--by`, else the account that the environment names, else the one that this process runs as. */
export function authorOf(terminal: Terminal, args: Arguments): string {
  const named = args.text('by') ?? ['USER', 'LOGNAME', 'USERNAME'].map((name) => terminal.env[name]).find((name) => name !== undefined && name !== '') ?? accountName()
  return (named ?? 'unknown').replaceAll(/\p{Cc}/gu, '').slice(0, 128) || 'unknown'
}

/** The name of the process's account; its number where it has no name, as in many containers; `undefined`: neither is known. */
function accountName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    const uid = process.getuid?.()
    return uid === undefined ? undefined : `uid ${uid}`
  }
}

function untilOf(args: Arguments): number {
  const [lengthText, untilText] = [args.text('for'), args.text('until')]
  const forMs = lengthText === undefined ? undefined : parseLength(lengthText)
  if (lengthText !== undefined && (forMs === undefined || forMs <= 0)) throw new WeighbridgeError('usage', `--for takes a time such as 30m, 2h or 1h30m, not "${lengthText}"`)
  const untilAt = untilText === undefined ? undefined : Date.parse(untilText)
  if (untilAt !== undefined && Number.isNaN(untilAt)) throw new WeighbridgeError('usage', `--until takes a time such as 2026-03-01T18:00Z, not "${untilText}"`)
  try {
    return endOf({ forMs, untilAt }, systemClock.nowMs())
  } catch (cause) {
    throw cause instanceof WeighbridgeError ? new WeighbridgeError('usage', cause.message, { cause, remedy: cause.remedy }) : cause
  }
}

function listText(drains: readonly Drain[], withEnd: boolean): string {
  if (drains.length === 0) return withEnd ? 'Nothing was ever drained.\n' : 'Nothing is drained.\n'
  const rows = drains.map((drain) => [drain.scope, drain.name, moment(drain.started_at), moment(drain.until_at), drain.author, ...(withEnd ? [endText(drain)] : []), drain.reason])
  return table(['what', 'name', 'since', 'until', 'by', ...(withEnd ? ['ended'] : []), 'reason'], rows)
}

function endText(drain: Drain): string {
  if (drain.ended_at === null) return 'in force'
  return `${drain.ended_how ?? ''} ${moment(drain.ended_at)}${drain.ended_by === null ? '' : ` by ${drain.ended_by}`}`
}

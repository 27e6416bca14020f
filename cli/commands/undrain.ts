// `weighbridge undrain`: puts a target or a provider back into traffic at its old weight. Works at the running router, and on the
// state file when none runs.
import { WeighbridgeError } from '../../core/errors.ts'
import type { DrainAnswer } from '../../core/operations.ts'
import { EXIT, type Command } from '../command.ts'
import { throughDrainDoor } from '../compose/drain-door.ts'
import { authorOf, DRAIN_OPTIONS } from './drain.ts'

export const command: Command = {
  name: 'undrain',
  summary: 'Put a target or a provider back into traffic.',
  usage: '[TARGET|PROVIDER]',
  options: { all: { type: 'boolean', meaning: 'End every drain' }, ...DRAIN_OPTIONS },
  run: (terminal, args) =>
    throughDrainDoor(terminal, args, async (door) => {
      const all = args.flag('all')
      if (all && args.positionals.length > 0) throw new WeighbridgeError('usage', 'Give a name or --all, not both')
      const names = all ? (await door.active()).map((drain) => `${drain.scope}:${drain.name}`) : [args.one('target or provider')]
      const answers: DrainAnswer[] = []
      for (const name of names) answers.push(await door.end(name, authorOf(terminal, args)))
      const drains = answers.flatMap((answer) => answer.drains)
      // While all of them end, what one leaves drained may be undrained by the next.
      const warnings = all ? (answers.at(-1)?.warnings ?? []) : answers.flatMap((answer) => answer.warnings)
      if (args.flag('json')) terminal.out(`${JSON.stringify({ drains, warnings })}\n`)
      else {
        if (drains.length === 0) terminal.out('Nothing is drained.\n')
        for (const drain of drains) terminal.out(`${drain.scope} ${drain.name} is back in traffic\n`)
        for (const warning of warnings) terminal.out(`  ! ${warning}\n`)
      }
      return EXIT.ok
    }),
}

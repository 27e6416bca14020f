// `weighbridge status`: what the running router says about itself.
import { z } from 'zod'
import { EXIT, type Command } from '../command.ts'
import { routerClient } from '../compose/router-client.ts'

const readySchema = z.looseObject({
  route_version: z.number(),
  config_fault: z.string().nullable(),
  route_table: z.looseObject({ fault: z.string().nullable() }),
  tasks: z.record(z.string(), z.looseObject({ note: z.string().nullable() })),
  warnings: z.array(z.string()),
  cooling: z.array(z.looseObject({ evidenceKey: z.string(), code: z.string(), forMs: z.number() })),
  spool: z.looseObject({ records: z.number() }),
})

export const command: Command = {
  name: 'status',
  summary: 'Show whether it runs, on which route version, and with what warnings.',
  options: { url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' } },
  run: async (terminal, args) => {
    const client = routerClient(terminal, args)
    const ready = await client.get('/readyz', readySchema)
    if (args.flag('json')) terminal.out(`${JSON.stringify(ready)}\n`)
    else {
      terminal.out(`${client.url}: ready, route version ${ready.route_version}, ${ready.spool.records} span batch(es) waiting\n`)
      if (ready.config_fault !== null) terminal.out(`  ! the configuration file is faulty, the last good one is in force: ${ready.config_fault}\n`)
      if (ready.route_table.fault !== null) terminal.out(`  ! the route table is faulty, the last good one is in force: ${ready.route_table.fault}\n`)
      for (const [task, { note }] of Object.entries(ready.tasks)) if (note !== null) terminal.out(`  ! ${task}: ${note}\n`)
      for (const warning of ready.warnings) terminal.out(`  ! ${warning}\n`)
      for (const cooling of ready.cooling) terminal.out(`  ~ ${cooling.evidenceKey} cools for ${Math.ceil(cooling.forMs / 1000)} s more: ${cooling.code}\n`)
    }
    return EXIT.ok
  },
}

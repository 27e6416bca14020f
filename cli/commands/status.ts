// `weighbridge status`: what the running router says about itself.
import { z } from 'zod'
import { EXIT, type Command } from '../command.ts'
import { routerClient } from '../compose/router-client.ts'

export const command: Command = {
  name: 'status',
  summary: 'Show whether it runs, on which route version, and with what warnings.',
  options: { url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' } },
  run: async (terminal, args) => {
    const client = routerClient(terminal, args)
    const ready = await client.get('/readyz', z.looseObject({ status: z.string().optional(), route_version: z.number().optional(), warnings: z.array(z.string()).optional() }))
    if (args.flag('json')) terminal.out(`${JSON.stringify(ready)}\n`)
    else {
      terminal.out(`${client.url}: ${ready.status ?? 'ready'}, route version ${ready.route_version ?? 0}\n`)
      for (const warning of ready.warnings ?? []) terminal.out(`  ! ${warning}\n`)
    }
    return EXIT.ok
  },
}

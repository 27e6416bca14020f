// `weighbridge collector replay`: takes dead letters up again, once what made them dead letters is mended.
import { z } from 'zod'
import { EXIT, type Command } from '../command.ts'
import { collectorClient } from '../compose/collector-client.ts'

const answerSchema = z.object({ rows: z.number(), requests: z.number(), kept: z.number() })

export const replay: Command = {
  name: 'collector replay',
  summary: 'Try rows again that ClickHouse refused.',
  options: { 'collector-url': { type: 'string', meaning: 'Address of the collector (default: the one running here)', value: 'URL' } },
  help: `Rows that ClickHouse refuses for what they hold are in DATA/collector/dead-letter.jsonl, each with its reason. Mend the reason, then
run this: the running collector takes every line up again and stores each row once. What is refused again comes back into the file.`,
  run: async (terminal, args) => {
    const { rows, requests, kept } = answerSchema.parse(await collectorClient(terminal, args).post('/admin/replay', {}))
    if (args.flag('json')) terminal.out(`${JSON.stringify({ rows, requests, kept })}\n`)
    else if (rows + requests + kept === 0) terminal.out('There are no dead letters.\n')
    else terminal.out(`${rows} row(s) and ${requests} request(s) are on their way again${kept > 0 ? `; ${kept} line(s) that cannot be used stay in the file` : ''}.\n`)
    return kept > 0 ? EXIT.inconclusive : EXIT.ok
  },
}

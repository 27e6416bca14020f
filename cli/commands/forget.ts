// `weighbridge forget`: deletes what is stored of a user, a session or a trace: captured text and comments whole, and the names on spans; what
// calls cost stays. The running collector does it, and remembers for what is still on its way.
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { EXIT, type Command } from '../command.ts'
import { collectorClient } from '../compose/collector-client.ts'

const answerSchema = z.object({ content: z.number(), comments: z.number(), spans: z.number() })

export const command: Command = {
  name: 'forget',
  summary: 'Delete what is stored of a user, a session or a trace.',
  options: {
    user: { type: 'string', meaning: 'The user as the client named them', value: 'ID' },
    session: { type: 'string', meaning: 'A session', value: 'ID' },
    trace: { type: 'string', meaning: 'One trace', value: 'ID' },
    'collector-url': { type: 'string', meaning: 'Address of the collector (default: the one running here)', value: 'URL' },
  },
  help: `Captured prompts and answers and comments in feedback are deleted; spans keep their cost and lose user and session. Rows still on their way (a router's
spool, the write-ahead log) arrive without them; their copies on disk go as they are sent. Dead letters, logs and backups of your own are yours to clear.`,
  run: async (terminal, args) => {
    const given = (['user', 'session', 'trace'] as const).flatMap((subject) => {
      const name = args.text(subject)?.trim()
      return name === undefined || name === '' ? [] : [{ subject, name }]
    })
    const [one, another] = given
    if (one === undefined || another !== undefined) throw new WeighbridgeError('usage', 'Give exactly one of --user, --session, --trace')
    if (one.subject === 'trace' && !/^[0-9a-f]{32}$/.test(one.name)) throw new WeighbridgeError('usage', 'A trace id is 32 lower-case hex digits')
    const { content, comments, spans } = answerSchema.parse(await collectorClient(terminal, args).post('/admin/forget', one))
    terminal.out(args.flag('json') ? `${JSON.stringify({ ...one, content, comments, spans })}\n` : `Forgot the ${one.subject}: ${content} captured text(s) and ${comments} comment(s) deleted, ${spans} span(s) without the name.\n`)
    return EXIT.ok
  },
}

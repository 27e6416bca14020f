// `weighbridge trace ID`: one trace as a waterfall in the terminal: the call, its attempts, what each cost and why it went there.
import { WeighbridgeError } from '../../core/errors.ts'
import { findTrace, traceSpans } from '../../store/queries/traces.ts'
import { EXIT, type Command } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { traceText } from '../trace-text.ts'

const LOOK_BACK_MS = 90 * 86_400_000

export const command: Command = {
  name: 'trace',
  summary: 'Show one call with its attempts, costs and decision.',
  usage: 'ID',
  help: 'ID is a trace id, a response id or a request id (x-weighbridge-trace-id, id, x-request-id of an answer).',
  run: async (terminal, args) => {
    const id = args.one('trace, response or request id')
    const { clickhouse, close } = openReader(terminal, args)
    try {
      const to = new Date(Date.now() + 60_000)
      const from = new Date(to.getTime() - LOOK_BACK_MS)
      for (const simulated of [false, true]) {
        const [found] = await clickhouse.query(findTrace, { simulated, from, to, id: id.trim() })
        if (found === undefined) continue
        const spans = await clickhouse.query(traceSpans, { simulated, from, to, trace_id: found.trace_id })
        terminal.out(args.flag('json') ? `${JSON.stringify({ trace_id: found.trace_id, simulated, spans })}\n` : traceText(found.trace_id, simulated, spans, terminal))
        return EXIT.ok
      }
      throw new WeighbridgeError('trace_unknown', `No trace of the last 90 days has the id "${id}"`)
    } finally {
      await close()
    }
  },
}

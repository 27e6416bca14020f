// `weighbridge trace ID`: one trace as a waterfall in the terminal: the call, its attempts, what each cost and why it went there; with
// --content also what the model saw and said, or exactly why that was not kept.
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { traceContent } from '../../store/queries/content.ts'
import { findTrace, traceSpans } from '../../store/queries/traces.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { routerClient } from '../compose/router-client.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { contentText, whyNothingKept, type ContentRow } from '../content-text.ts'
import { traceText, type SpanRow } from '../trace-text.ts'

const LOOK_BACK_MS = 90 * 86_400_000

export const command: Command = {
  name: 'trace',
  summary: 'Show one call with its attempts, costs and decision.',
  usage: 'ID',
  options: {
    content: { type: 'boolean', meaning: 'Also show the captured prompt and answer (needs an admin key where keys are in force)' },
    url: { type: 'string', meaning: 'Address of the router for --content (default: the one running here)', value: 'URL' },
  },
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
        const content = args.flag('content') ? await contentOf(terminal, args, found.trace_id) : undefined
        const missing = missingContent(terminal, args, found.trace_id, spans, content)
        if (args.flag('json')) terminal.out(`${JSON.stringify({ trace_id: found.trace_id, simulated, spans, ...(content === undefined ? {} : { content }), ...(missing === undefined ? {} : { content_missing: missing }) })}\n`)
        else terminal.out(`${traceText(found.trace_id, simulated, spans, terminal)}${content === undefined || content.length === 0 ? '' : `\n${contentText(content)}`}${missing === undefined ? '' : `${missing}\n`}`)
        return EXIT.ok
      }
      throw new WeighbridgeError('trace_unknown', `No trace of the last 90 days has the id "${id}"`)
    } finally {
      await close()
    }
  },
}

/** Through the router: it asks for the key, and it alone has the account that may read captured text. */
async function contentOf(terminal: Terminal, args: Arguments, traceId: string): Promise<readonly ContentRow[]> {
  const { content } = await routerClient(terminal, args).get(`/admin/content/${traceId}`, z.object({ content: z.array(traceContent.row) }))
  return content
}

/** What is not there, and the line that would have kept it; `undefined` when it is there, or was not asked for and may be. */
function missingContent(terminal: Terminal, args: Arguments, traceId: string, spans: readonly SpanRow[], content: readonly ContentRow[] | undefined): string | undefined {
  const call = spans.find((span) => span.role === 'call')
  if (call === undefined || call.purpose !== 'production' || (content !== undefined && content.length > 0)) return undefined
  const settings = locate(terminal, args)
  const { capture } = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir)).settings
  const why = whyNothingKept(capture, { traceId, task: call.task, keyId: call.key_id === '' ? undefined : call.key_id })
  if (content === undefined && !why.startsWith('prompt and answer were not kept: capture')) return 'prompt and answer, if they were kept: the same command with --content'
  return why
}

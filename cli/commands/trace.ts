// `weighbridge trace ID`: one trace as a waterfall in the terminal: its calls and attempts, what each cost, why it went there, and what became
// of it; with --content also what the model saw and said, or exactly why that was not kept.
import { z } from 'zod'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { TargetPrice } from '../../core/prices.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { traceContent } from '../../store/queries/content.ts'
import { traceKept, traceSignals } from '../../store/queries/trace-story.ts'
import { findTrace, traceSpans } from '../../store/queries/traces.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { routerClient } from '../compose/router-client.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { contentText, whyNothingKept, type ContentRow } from '../content-text.ts'
import type { SpanRow } from '../trace/story.ts'
import { traceText } from '../trace/text.ts'

const LOOK_BACK_MS = 90 * 86_400_000
const DEFAULT_SPANS = 500
const MOST_SPANS = 20_000

export const command: Command = {
  name: 'trace',
  summary: 'Show one trace: its calls with attempts, costs, decision and what became of them.',
  usage: 'ID',
  options: {
    content: { type: 'boolean', meaning: 'Also show the captured prompt and answer (needs an admin key where keys are in force)' },
    spans: { type: 'string', meaning: `Most spans shown (default ${DEFAULT_SPANS})`, value: 'N' },
    url: { type: 'string', meaning: 'Address of the router for --content (default: the one running here)', value: 'URL' },
  },
  help: 'ID is a trace id, a response id or a request id (x-weighbridge-trace-id, id, x-request-id of an answer). `weighbridge traces` finds them.\nIn the bar of a streamed attempt ░ is the wait for the first token, █ the stream.',
  run: async (terminal, args) => {
    const id = args.one('trace, response or request id').trim()
    const limit = args.number('spans', { min: 1, max: MOST_SPANS, integer: true }) ?? DEFAULT_SPANS
    const { clickhouse, close } = openReader(terminal, args)
    try {
      const to = new Date(Date.now() + 60_000)
      const from = new Date(to.getTime() - LOOK_BACK_MS)
      for (const simulated of [false, true]) {
        const [found] = await clickhouse.query(findTrace, { simulated, from, to, id })
        if (found === undefined) continue
        const of = { trace_id: found.trace_id }
        const [all, signals, kept] = await Promise.all([clickhouse.query(traceSpans, { ...of, simulated, from, to, limit: Math.min(MOST_SPANS, limit + 1) }), clickhouse.query(traceSignals, of), clickhouse.query(traceKept, of)])
        const [spans, truncated] = [all.slice(0, limit), all.length > limit]
        const content = args.flag('content') ? await contentOf(terminal, args, found.trace_id) : undefined
        const missing = kept.length > 0 ? undefined : whyNone(terminal, args, found.trace_id, spans)
        if (args.flag('json')) terminal.out(`${JSON.stringify({ trace_id: found.trace_id, simulated, spans, truncated, signals, kept, ...(content === undefined ? {} : { content }), ...(missing === undefined ? {} : { content_missing: missing }) })}\n`)
        else {
          const text = traceText({ traceId: found.trace_id, simulated, spans, truncated, signals, kept, priceOf: pricesHere(terminal, args) }, id, terminal)
          terminal.out(`${text}${content === undefined || content.length === 0 ? '' : `\n${contentText(content)}`}${missing === undefined ? '' : `${missing}\n`}`)
        }
        return EXIT.ok
      }
      throw new WeighbridgeError('trace_unknown', `No trace of the last 90 days has the id "${id}"`)
    } finally {
      await close()
    }
  },
}

/** Today's prices by target; none where the configuration cannot be read: a trace is shown all the same. */
function pricesHere(terminal: Terminal, args: Arguments): (target: string) => TargetPrice | undefined {
  try {
    const settings = locate(terminal, args)
    const { targets } = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
    return (target) => targets.get(target)?.price
  } catch (thrown) {
    if (asWeighbridgeError(thrown).code === 'internal') throw thrown
    return () => undefined
  }
}

/** Through the router: it asks for the key, and it alone has the account that may read captured text. */
async function contentOf(terminal: Terminal, args: Arguments, traceId: string): Promise<readonly ContentRow[]> {
  const { content } = await routerClient(terminal, args).get(`/admin/content/${traceId}`, z.object({ content: z.array(traceContent.row) }))
  return content
}

/** Why nothing of a production call was kept, and the line that would have kept it. */
function whyNone(terminal: Terminal, args: Arguments, traceId: string, spans: readonly SpanRow[]): string | undefined {
  const call = spans.find((span) => span.role === 'call')
  if (call === undefined || call.purpose !== 'production') return undefined
  const settings = locate(terminal, args)
  const { capture } = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir)).settings
  return whyNothingKept(capture, { traceId, task: call.task, keyId: call.key_id === '' ? undefined : call.key_id })
}

// `weighbridge trace ID`: one trace as a waterfall in the terminal: the call, its attempts, what each cost and why it went there.
import { WeighbridgeError } from '../../core/errors.ts'
import { findTrace, traceSpans } from '../../store/queries/traces.ts'
import type { z } from 'zod'
import { EXIT, type Command, type Terminal } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { duration, paint, usd } from '../output.ts'

type SpanRow = z.infer<typeof traceSpans.row>

const LOOK_BACK_MS = 90 * 86_400_000
const BAR_WIDTH = 40

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
        terminal.out(args.flag('json') ? `${JSON.stringify({ trace_id: found.trace_id, simulated, spans })}\n` : waterfall(found.trace_id, simulated, spans, terminal))
        return EXIT.ok
      }
      throw new WeighbridgeError('trace_unknown', `No trace of the last 90 days has the id "${id}"`)
    } finally {
      await close()
    }
  },
}

function waterfall(traceId: string, simulated: boolean, spans: readonly SpanRow[], terminal: Terminal): string {
  const starts = spans.map((span) => Number(BigInt(span.started_ns) / 1000n) / 1000)
  const first = Math.min(...starts)
  const length = Math.max(0.001, ...spans.map((span, i) => (starts[i] ?? first) - first + span.duration_ms))
  const lines = [`trace ${traceId}${simulated ? paint(terminal, 'yellow', '  SIMULATED') : ''}`, '']
  for (const [i, span] of spans.entries()) {
    const offset = Math.round((((starts[i] ?? first) - first) / length) * BAR_WIDTH)
    const width = Math.max(1, Math.round((span.duration_ms / length) * BAR_WIDTH))
    const bar = `${' '.repeat(Math.min(offset, BAR_WIDTH - 1))}${'█'.repeat(Math.min(width, BAR_WIDTH - Math.min(offset, BAR_WIDTH - 1)))}`.padEnd(BAR_WIDTH)
    const failed = span.status === 'Error'
    const what = span.role === 'call' ? `call ${span.task}` : span.role === 'attempt' ? `  #${span.attempt} ${span.target}` : `  ${span.name}`
    const cost = span.role === 'call' ? span.call_cost_usd : span.cost_usd
    const tokens = span.input_tokens === null ? '' : `${span.input_tokens} in, ${span.output_tokens ?? '?'} out`
    lines.push(
      `${what.padEnd(30)} ${paint(terminal, failed ? 'red' : 'green', bar)} ${duration(span.duration_ms).padStart(8)} ${usd(cost).padStart(10)}  ${tokens}${failed ? paint(terminal, 'red', ` ${span.error_code}`) : ''}`.trimEnd(),
    )
  }
  const call = spans.find((span) => span.role === 'call')
  if (call !== undefined) lines.push('', ...decisionLines(call))
  return `${lines.join('\n')}\n`
}

type Decision = { candidates?: { target: string; weight: number }[]; exclusions?: { target: string; reason: string; detail?: string }[]; drawn?: string }

function decisionLines(call: SpanRow): string[] {
  const lines = [`task ${call.task} (${call.task_source}) · asked for ${call.model_requested || '–'} · reason ${call.reason} · route version ${call.route_version} · purpose ${call.purpose}`]
  let decision: Decision = {}
  try {
    // Written by the router in the shape of `Decision`; shown as far as it goes.
    decision = JSON.parse(call.decision) as Decision
  } catch {
    return lines
  }
  const candidates = (decision.candidates ?? []).map((c) => `${c.target} ${(c.weight * 100).toFixed(0)}%`).join(', ')
  lines.push(`drawn ${decision.drawn ?? '–'} with probability ${call.propensity ?? '–'} from ${candidates || '–'}`)
  for (const exclusion of decision.exclusions ?? []) lines.push(`left out ${exclusion.target}: ${exclusion.reason}${exclusion.detail === undefined ? '' : ` (${exclusion.detail})`}`)
  if (call.call_wasted_usd !== null && call.call_wasted_usd > 0) lines.push(`wasted on failed attempts: ${usd(call.call_wasted_usd)}`)
  return lines
}

// One trace as text for a terminal: a waterfall of its spans, under each attempt what is known of the exchange, then why the call
// went there. In: the rows of traceSpans. Names and ids that providers and clients chose are shown without control characters. Pure.
import type { z } from 'zod'
import { WB } from '../core/attributes.ts'
import type { traceSpans } from '../store/queries/traces.ts'
import type { Terminal } from './command.ts'
import { duration, paint, usd } from './output.ts'

export type SpanRow = z.infer<typeof traceSpans.row>

const BAR_WIDTH = 40

/** The whole text, ending in a line end. */
export function traceText(traceId: string, simulated: boolean, spans: readonly SpanRow[], terminal: Pick<Terminal, 'isTty'>): string {
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
      `${printable(what).padEnd(30)} ${paint(terminal, failed ? 'red' : 'green', bar)} ${duration(span.duration_ms).padStart(8)} ${usd(cost).padStart(10)}  ${tokens}${failed ? paint(terminal, 'red', ` ${span.error_code}`) : ''}`.trimEnd(),
    )
    if (span.role !== 'attempt') continue
    const facts = exchangeFacts(span)
    if (facts.length > 0) lines.push(`     ${printable(facts.join(' · '))}`)
  }
  const call = spans.find((span) => span.role === 'call')
  if (call !== undefined) lines.push('', ...decisionLines(call).map(printable))
  return `${lines.join('\n')}\n`
}

/** What an attempt's span says of its exchange, each fact only where it is there. */
function exchangeFacts(attempt: SpanRow): string[] {
  const { attributes } = attempt
  const fact = (label: string, value: string | undefined): string[] => (value === undefined || value === '' ? [] : [`${label} ${value}`])
  return [
    ...fact('wire', attributes[WB.wire]),
    ...fact('key', attributes[WB.providerKey]),
    ...(attempt.http_status > 0 ? [`HTTP ${attempt.http_status}`] : []),
    ...fact('finished', attempt.finish_reason),
    ...fact('schema', attributes[WB.schemaCheck]),
    ...fact('dropped', namesIn(attributes[WB.dropped])),
    ...fact('provider request', attributes[WB.providerRequestId]),
  ]
}

/** A list attribute, which is stored as JSON; anything else as it is. */
function namesIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.map(String).join(', ') : text
  } catch {
    return text
  }
}

type Decision = {
  candidates?: { target: string; weight: number }[]
  exclusions?: { target: string; reason: string; detail?: string }[]
  drawn?: string | null
  reason?: string | null
  weights_source?: string
}

function decisionLines(call: SpanRow): string[] {
  const lines = [`task ${call.task} (${call.task_source}) · asked for ${call.model_requested || '–'} · reason ${call.reason || '–'} · route version ${call.route_version} · purpose ${call.purpose}`]
  let decision: Decision = {}
  try {
    // Written by the router in the shape of `Decision`; shown as far as it goes.
    decision = JSON.parse(call.decision) as Decision
  } catch {
    return lines
  }
  lines.push(firstChoice(decision, call.propensity))
  for (const exclusion of decision.exclusions ?? []) lines.push(`left out ${exclusion.target}: ${exclusion.reason}${exclusion.detail === undefined || exclusion.detail === '' ? '' : ` (${exclusion.detail})`}`)
  if (call.call_wasted_usd !== null && call.call_wasted_usd > 0) lines.push(`wasted on failed attempts: ${usd(call.call_wasted_usd)}`)
  return lines
}

/** How the target of the first attempt was found: named, drawn, or next in the chain where neither could be. */
function firstChoice(decision: Decision, propensity: number | null): string {
  const candidates = decision.candidates ?? []
  const names = candidates.map((candidate) => candidate.target).join(', ') || '–'
  if (typeof decision.drawn !== 'string') return `no target was asked; candidates ${names}`
  const others = candidates.map((candidate) => candidate.target).filter((name) => name !== decision.drawn)
  const behind = others.length === 0 ? '' : `, behind it ${others.join(', ')}`
  if (decision.reason === 'pinned') return `pinned to ${decision.drawn}${behind}`
  if (decision.weights_source === 'pinned') return `pinned, but the target named was passed over: went to ${decision.drawn}${behind}`
  if (propensity === null) return `not drawn: went to ${decision.drawn} along the chain${behind}`
  return `drawn ${decision.drawn} with probability ${propensity} from ${candidates.map((c) => `${c.target} ${(c.weight * 100).toFixed(0)}%`).join(', ') || '–'}`
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '')
}

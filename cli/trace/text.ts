// One trace as text for a terminal: a waterfall of its spans, then call by call why it went there, what it cost and what became of it.
// Names and ids that providers and clients chose are shown without control characters. Pure.
import type { Terminal } from '../command.ts'
import { paint } from '../output.ts'
import { decisionLines } from './decision.ts'
import { followUpLines } from './follow-ups.ts'
import { moneyLines } from './money.ts'
import type { SpanRow, TraceStory } from './story.ts'
import { waterfall } from './waterfall.ts'

/** Calls that are told in full; the rest only stands in the waterfall. */
const CALLS_TOLD = 5

/** The whole text, ending in a line end. `id`: what was asked for; of a call's own id, that call is told first. */
export function traceText(story: TraceStory, id: string, terminal: Pick<Terminal, 'isTty'>): string {
  const { traceId, simulated, spans } = story
  const calls = toldFirst(spans.filter((span) => span.role === 'call'), spans, id)
  const told = calls.slice(0, CALLS_TOLD)
  const sections = told.map((call) => {
    const attempts = spans.filter((span) => span.role === 'attempt' && span.parent_span_id === call.span_id)
    const head = calls.length === 1 ? [] : [paint(terminal, 'bold', `call ${call.span_id} (${call.task})`)]
    return [...head, ...decisionLines(call), ...moneyLines(call, attempts, story.priceOf)]
  })
  const followUps = followUpLines(story)
  const lines = [
    `trace ${traceId}${simulated ? paint(terminal, 'yellow', '  SIMULATED') : ''}`,
    '',
    ...waterfall(spans, terminal),
    ...(story.truncated ? [paint(terminal, 'yellow', `only the first ${spans.length} spans are shown; --spans N shows more`)] : []),
    ...sections.flatMap((section) => ['', ...section]),
    ...(calls.length > told.length ? ['', `and ${calls.length - told.length} more calls; name one by its request or response id to have it told`] : []),
    ...(followUps.length === 0 ? [] : ['', ...followUps]),
  ]
  return `${lines.join('\n')}\n`
}

function toldFirst(calls: readonly SpanRow[], spans: readonly SpanRow[], id: string): readonly SpanRow[] {
  const byResponse = spans.find((span) => span.response_id === id)
  const named = calls.find((call) => call.request_id === id || call.span_id === byResponse?.span_id || call.span_id === byResponse?.parent_span_id)
  return named === undefined ? calls : [named, ...calls.filter((call) => call !== named)]
}

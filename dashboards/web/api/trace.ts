// The JSON of a trace, and of finding one. Types only.
import type { z } from 'zod'
import type { traceContent } from '../../../store/queries/content.ts'
import type { linkedCalls, traceOutline } from '../../../store/queries/trace-page.ts'
import type { traceKept, traceSignals } from '../../../store/queries/trace-story.ts'
import type { callSpans } from '../../../store/queries/traces.ts'

type RowOf<Q extends { row: z.ZodObject }> = z.output<Q['row']>
export type Outlined = RowOf<typeof traceOutline>
export type Span = RowOf<typeof callSpans>
export type Signal = RowOf<typeof traceSignals>
export type LinkedCall = RowOf<typeof linkedCalls>
export type Kept = RowOf<typeof traceKept>
export type Content = RowOf<typeof traceContent>

/** What an attempt cost by class of tokens, US dollars. */
export type CostSplit = {
  readonly span_id: string
  readonly input: number
  readonly cache_read: number
  readonly cache_write: number
  readonly output: number
  /** Per request, per search, and what other media than text differ by. */
  readonly fees: number
  /** Whether the parts add up to what was charged; otherwise they are by another price than that of then. */
  readonly agrees: boolean
  readonly price_version: string
}

/** One call, or one attempt whose call has not arrived, with everything that is known of it. */
export type CallDetail = {
  readonly span_id: string
  readonly spans: readonly Span[]
  /** Of the attempts whose tokens and price are known. */
  readonly split: readonly CostSplit[]
  /** Why nothing of its text was kept and the line of configuration that would have kept it; `null`: the server cannot say. */
  readonly why_not_kept: string | null
}

/** GET /api/ui/trace/ID?simulated=&span= */
export type TraceAnswer = {
  readonly trace_id: string
  readonly simulated: boolean
  readonly spans: readonly Outlined[]
  /** Whether there are more spans than these. */
  readonly truncated: boolean
  /** The call that `span` belongs to; else the first that failed, else the first. */
  readonly detail: CallDetail
  /** What was said of its calls, and what they say of earlier ones, with the calls at the other end. */
  readonly signals: readonly Signal[]
  readonly linked: readonly LinkedCall[]
  /** Which prompts and answers were kept; the words are with the admin routes. */
  readonly kept: readonly Kept[]
}

/** GET /api/ui/trace/ID/call/SPAN?simulated= */
export type CallAnswer = CallDetail

/** GET /api/ui/trace/ID/span/SPAN?simulated=: every stored column. */
export type SpanAnswer = { readonly span: Readonly<Record<string, unknown>> }

/** GET /admin/content/TRACE (scope admin) */
export type ContentAnswer = { readonly trace_id: string; readonly content: readonly Content[] }

/** GET /api/ui/find?id= */
export type FindAnswer = { readonly trace_ids: readonly string[] }

/** The decision a call span carries as JSON. Members that older routers do not write are optional. */
export type Decision = {
  readonly v: number
  readonly task: string
  readonly task_source: string
  readonly rules?: { readonly task: string | null; readonly confidence: number; readonly because: readonly string[] } | null
  readonly candidates: readonly { readonly target: string; readonly weight: number; readonly est_usd: number | null; readonly est_per_1k: number | null; readonly ceiling: number | null }[]
  readonly exclusions: readonly { readonly target: string; readonly reason: string; readonly detail: string }[]
  readonly home?: { readonly target: string; readonly how: string; readonly in_tool_loop: boolean; readonly saved_usd: number } | null
  readonly exploration?: number
  readonly drawn: string | null
  readonly propensity: number | null
  readonly reason: string | null
  readonly route_version: number
  readonly weights_source: string
}

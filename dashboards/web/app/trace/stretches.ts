// A call's time as stretches one after the other: what the router did, what each attempt waited for its first token, and how long its output
// streamed. Pure.
import type { Span } from '../../api/trace.ts'

export type Stretch = { readonly kind: 'router' | 'wait' | 'stream' | 'failed'; readonly target: string; readonly ms: number; readonly words: string }

/** Stretches in order, those of nothing left out; they add up to the call where its attempts do not overlap. */
export function stretchesOf(call: Span, attempts: readonly Span[]): Stretch[] {
  const zero = BigInt(call.started_ns)
  const at = (span: Span): number => Number(BigInt(span.started_ns) - zero) / 1e6
  const out: Stretch[] = []
  let done = 0
  for (const attempt of attempts) {
    const start = at(attempt)
    if (start > done) out.push({ kind: 'router', target: '', ms: start - done, words: done === 0 ? 'read, decided and sent' : 'turned to the next link' })
    if (attempt.status === 'Error') out.push({ kind: 'failed', target: attempt.target, ms: attempt.duration_ms, words: 'failed' })
    else if (attempt.ttft_ms === null) out.push({ kind: 'wait', target: attempt.target, ms: attempt.duration_ms, words: 'answered at once' })
    else {
      out.push({ kind: 'wait', target: attempt.target, ms: attempt.ttft_ms, words: 'to the first token' })
      out.push({ kind: 'stream', target: attempt.target, ms: Math.max(0, attempt.duration_ms - attempt.ttft_ms), words: `output${speed(attempt)}` })
    }
    done = Math.max(done, start + attempt.duration_ms)
  }
  if (call.duration_ms > done) out.push({ kind: 'router', target: '', ms: call.duration_ms - done, words: 'handed on to its end' })
  return out.filter((one) => one.ms > 0)
}

function speed(attempt: Span): string {
  const seconds = (attempt.duration_ms - (attempt.ttft_ms ?? 0)) / 1_000
  return attempt.output_tokens === null || seconds <= 0 ? '' : `, ${Math.round(attempt.output_tokens / seconds)} tokens/s`
}

// Answers that stall, drip or break off: at every stage from before the head to after the finish reason, by silence, by an
// orderly close, by a reset, and by a clean end that is none.
import { lastMs, type Step } from '../plan.ts'
import type { Surface } from '../surfaces/surface.ts'
import { beforeOutput, CUT_AFTER_MS, cutAfter, endAfter, half, headOf, isPart, unsized, without, type Fault } from './fault.ts'

const HALF_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/ev'

/** Up to the finish reason; where it comes with the terminal event, up to before that. */
function throughFinish(steps: readonly Step[]): Step[] {
  const finish = steps.findLastIndex((step) => isPart(step, 'finish'))
  return finish === -1 ? steps.filter((step) => !isPart(step, 'end') && step.kind !== 'end') : steps.slice(0, finish + 1)
}

/** A sign of life without content. */
function ping(surface: Surface, stream: boolean): string {
  // Some providers keep an unstreamed connection alive with blank lines, which JSON allows before its first brace.
  if (!stream) return '\n'
  return surface.wire === 'anthropic-messages' ? 'event: ping\ndata: {"type":"ping"}\n\n' : ': keep-alive\n\n'
}

export const ENDINGS = {
  hang_headers: { about: 'Accepts the request and never answers', delivers: false, steps: () => [{ kind: 'hang' }] },
  hang_mid_headers: { about: 'Half of the response head, then silence', delivers: false, steps: ({ timeScale }) => [{ kind: 'raw', atMs: 5 * timeScale, data: HALF_HEAD }, { kind: 'hang' }] },
  hang_after_head: { about: 'The response head, then silence', delivers: false, steps: ({ answer, said }) => [...headOf(answer(said)), { kind: 'hang' }] },
  hang_before_first_token: { about: 'Headers and start-up events, then silence', delivers: false, steps: ({ answer, said }) => [...beforeOutput(answer(said)), { kind: 'hang' }] },
  hang_mid_stream: { about: 'Silence after half of the answer', delivers: false, steps: ({ answer, said }) => [...half(answer(said)), { kind: 'hang' }] },
  hang_after_finish: { about: 'Silence after the finish reason; unstreamed: after the last byte but one', delivers: false, steps: ({ answer, said, asked }) => [...(asked.stream ? throughFinish(answer(said)) : butLastByte(answer(said))), { kind: 'hang' }] },
  pings_forever: {
    about: 'Signs of life every few milliseconds, and never a token',
    delivers: false,
    params: { every_ms: 20 },
    steps: ({ surface, asked, answer, said, param }) => [...unsized(beforeOutput(answer(said))), { kind: 'mumble', data: ping(surface, asked.stream), everyMs: Math.max(1, param('every_ms')) }],
  },
  slow_drip: {
    about: 'A few bytes at a time, cut anywhere, with a pause after each',
    delivers: true,
    params: { bytes: 16, pause_ms: 50 },
    steps: ({ answer, said, param }) => drip(answer(said), Math.max(1, param('bytes')), param('pause_ms')),
  },
  reset_connection: { about: 'The connection is reset before anything is answered', delivers: false, steps: ({ timeScale }) => [{ kind: 'reset', atMs: 5 * timeScale }] },
  reset_mid_headers: { about: 'The connection is reset inside the response head', delivers: false, steps: ({ timeScale }) => [{ kind: 'raw', atMs: 5 * timeScale, data: HALF_HEAD }, { kind: 'reset', atMs: 5 * timeScale + CUT_AFTER_MS }] },
  cut_before_head: { about: 'The connection closes before anything is answered', delivers: false, steps: ({ timeScale }) => [{ kind: 'cut', atMs: 5 * timeScale }] },
  cut_after_head: { about: 'The connection closes after the response head', delivers: false, steps: ({ answer, said }) => cutAfter(headOf(answer(said))) },
  cut_before_first_token: { about: 'The connection closes after the start-up events', delivers: false, steps: ({ answer, said }) => cutAfter(beforeOutput(answer(said))) },
  cut_mid_stream: { about: 'The connection closes after half of the answer', delivers: false, steps: ({ answer, said }) => cutAfter(half(answer(said))) },
  reset_mid_stream: {
    about: 'The connection is reset after half of the answer',
    delivers: false,
    steps: ({ answer, said }) => {
      const steps = half(answer(said))
      return [...steps, { kind: 'reset', atMs: lastMs(steps) + CUT_AFTER_MS }]
    },
  },
  cut_after_finish: { about: 'The connection closes after the finish reason; unstreamed: before the last byte', delivers: false, steps: ({ answer, said, asked }) => cutAfter(asked.stream ? throughFinish(answer(said)) : butLastByte(answer(said))) },
  end_before_first_token: { about: 'The body ends cleanly after the start-up events', delivers: false, steps: ({ answer, said }) => endAfter(beforeOutput(answer(said))) },
  end_mid_stream: { about: 'The body ends cleanly after half of the answer, without a finish reason', delivers: false, steps: ({ answer, said }) => endAfter(half(answer(said))) },
  missing_done: { about: 'A streamed answer without its terminal event (Gemini, which has none: without its finish reason)', delivers: true, steps: ({ answer, said }) => without(answer(said), ['end'], ['finish']) },
  missing_finish: {
    about: 'An answer that never says why it ended, terminal event and all',
    delivers: true,
    steps: ({ answer, said }) => unsized(without(answer(said), ['finish'], ['end'])).map((step) => (step.kind === 'bytes' && step.part === 'whole' ? { ...step, data: unfinished(step.data) } : step)),
  },
} as const satisfies Record<string, Fault>

function unfinished(data: string | Uint8Array): string {
  return Buffer.from(data)
    .toString('utf8')
    .replaceAll(/"(finish_reason|stop_reason)":"[a-z_]+"/g, '"$1":null')
    .replaceAll(/"finishReason":"[A-Z_]+",?/g, '')
    .replace(/^(\{"id":"resp_.*?"status":)"completed"/s, '$1"in_progress"')
}

function butLastByte(steps: readonly Step[]): Step[] {
  return steps.filter((step) => step.kind !== 'end').map((step) => (step.kind === 'bytes' ? { ...step, data: Buffer.from(step.data).subarray(0, -1) } : step))
}

function drip(steps: readonly Step[], size: number, pauseMs: number): Step[] {
  const dripped: Step[] = []
  let lateMs = 0
  for (const step of steps) {
    if (step.kind !== 'bytes') dripped.push('atMs' in step ? { ...step, atMs: step.atMs + lateMs } : step)
    else {
      const bytes = Buffer.from(step.data)
      for (let from = 0; from < bytes.length; from += size) {
        dripped.push({ ...step, atMs: step.atMs + lateMs, data: bytes.subarray(from, from + size) })
        lateMs += pauseMs
      }
    }
  }
  return dripped
}

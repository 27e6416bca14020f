// Everything that can go wrong at a provider, one small entry each: a fault rewrites the steps of the answer that would
// have been given. Wire formats come in through the surface, so an entry works for all of them. Pure.
import { planBody, planError, type Step } from '../plan.ts'
import type { Asked, Said, SimError, Surface } from '../surfaces/surface.ts'

/** What a fault has at hand. `answer` plans any variant of the answer; `params` holds the entry's numbers, overridden by the caller. */
export type FaultContext = {
  readonly surface: Surface
  readonly asked: Asked
  readonly said: Said
  readonly answer: (said: Said) => readonly Step[]
  readonly timeScale: number
  readonly param: (name: string) => number
}

export type Fault = {
  /** One line for people. */
  readonly about: string
  /** Whether the client still gets the whole text. */
  readonly delivers: boolean
  /** Its numbers with their defaults. Times are real milliseconds, never scaled: they are there to meet deadlines. */
  readonly params?: Readonly<Record<string, number>>
  readonly steps: (context: FaultContext) => readonly Step[]
}

const refusal =
  (error: SimError) =>
  ({ surface, timeScale }: FaultContext): Step[] =>
    planError(surface, error, timeScale)

/** The steps up to the first output (exclusive). */
function beforeOutput(steps: readonly Step[]): Step[] {
  const end = steps.findIndex((step) => step.kind === 'bytes' && (step.part === 'output' || step.part === 'whole'))
  return steps.slice(0, end === -1 ? steps.length : end)
}

/** The steps up to about half of the output, and the time reached; a whole body is cut in its middle. */
function half(steps: readonly Step[]): { steps: Step[]; atMs: number } {
  const outputs = steps.filter((step) => step.kind === 'bytes' && (step.part === 'output' || step.part === 'whole')).length
  const kept: Step[] = []
  let seen = 0
  let atMs = 0
  for (const step of steps) {
    if (step.kind === 'bytes' && step.part === 'whole' && typeof step.data === 'string') {
      kept.push({ ...step, data: step.data.slice(0, Math.ceil(step.data.length / 2)) })
      return { steps: kept, atMs: step.atMs }
    }
    if (step.kind === 'bytes' && step.part === 'output') seen += 1
    if (step.kind === 'end' || (step.kind === 'bytes' && step.part === 'finish') || seen > Math.max(1, Math.floor(outputs / 2))) break
    kept.push(step)
    if ('atMs' in step) atMs = step.atMs
  }
  return { steps: kept, atMs }
}

/** Without the length header, for bodies that will not be as long as promised. */
function unsized(steps: readonly Step[]): Step[] {
  return steps.map((step) => (step.kind === 'head' ? { ...step, headers: Object.fromEntries(Object.entries(step.headers).filter(([name]) => name !== 'content-length')) } : step))
}

/** A client that gets bytes and the end of their connection in one read may drop the bytes; they should be seen. */
const CUT_AFTER_MS = 10

const overloaded: SimError = { status: 503, type: 'server_error', code: 'server_overloaded', message: 'The server is overloaded, please try again later.' }

export const FAULTS = {
  rate_limit_429: {
    about: 'Too many requests, with the time to wait in both headers',
    delivers: false,
    params: { retry_after_ms: 2_000 },
    steps: ({ surface, asked, timeScale, param }) => {
      const waitMs = param('retry_after_ms')
      const headers = { 'retry-after': String(Math.ceil(waitMs / 1000)), 'retry-after-ms': String(waitMs), 'x-ratelimit-limit-requests': '500', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': `${waitMs}ms` }
      return planError(surface, { status: 429, type: 'requests', code: 'rate_limit_exceeded', message: `Rate limit reached for ${asked.model} on requests per min. Please try again in ${waitMs}ms.`, headers }, timeScale)
    },
  },
  quota_429: { about: 'The account has no credit left', delivers: false, steps: refusal({ status: 429, type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota, please check your plan and billing details.' }) },
  overloaded_503: { about: 'No capacity for anyone', delivers: false, steps: refusal(overloaded) },
  server_500: { about: 'A plain server error', delivers: false, steps: refusal({ status: 500, type: 'server_error', code: null, message: 'The server had an error while processing your request.' }) },
  unauthorized_401: { about: 'The key is wrong', delivers: false, steps: refusal({ status: 401, type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' }) },
  bad_request_400: { about: 'The request itself is refused', delivers: false, steps: refusal({ status: 400, type: 'invalid_request_error', code: 'unsupported_value', message: "Unsupported value: 'temperature' does not support 0.3 with this model.", param: 'temperature' }) },
  context_length_400: { about: 'More input than the model takes', delivers: false, steps: refusal({ status: 400, type: 'invalid_request_error', code: 'context_length_exceeded', message: "This model's maximum context length was exceeded by the messages.", param: 'messages' }) },
  hang_headers: { about: 'Accepts the request and never answers', delivers: false, steps: () => [{ kind: 'hang' }] },
  hang_before_first_token: { about: 'Headers and start-up event, then silence', delivers: false, steps: ({ answer, said }) => [...beforeOutput(answer(said)), { kind: 'hang' }] },
  hang_mid_stream: { about: 'Silence after half of the answer', delivers: false, steps: ({ answer, said }) => [...half(answer(said)).steps, { kind: 'hang' }] },
  cut_before_first_token: {
    about: 'The connection closes after the start-up event',
    delivers: false,
    steps: ({ answer, said }) => {
      const steps = beforeOutput(answer(said))
      return [...steps, { kind: 'cut', atMs: lastMs(steps) + CUT_AFTER_MS }]
    },
  },
  cut_mid_stream: {
    about: 'The connection closes after half of the answer',
    delivers: false,
    steps: ({ answer, said }) => {
      const { steps, atMs } = half(answer(said))
      return [...steps, { kind: 'cut', atMs: atMs + CUT_AFTER_MS }]
    },
  },
  end_mid_stream: {
    about: 'The body ends cleanly after half of the answer, without a finish reason',
    delivers: false,
    steps: ({ answer, said }) => {
      const { steps, atMs } = half(answer(said))
      return [...unsized(steps), { kind: 'end', atMs }]
    },
  },
  slow_drip: {
    about: 'A few bytes at a time, cut anywhere, with a pause after each',
    delivers: true,
    params: { bytes: 16, pause_ms: 50 },
    steps: ({ answer, said, param }) => drip(answer(said), Math.max(1, param('bytes')), param('pause_ms')),
  },
  error_event_mid_stream: {
    about: 'An error object inside the stream after half of the answer; unstreamed: an error object with status 200',
    delivers: false,
    steps: ({ surface, asked, answer, said, timeScale }) => {
      const error: SimError = { status: 200, type: 'server_error', code: 'server_error', message: 'The server had an error while processing your request.' }
      if (!asked.stream) return planError(surface, error, timeScale)
      const { steps, atMs } = half(answer(said))
      return [...steps, { kind: 'bytes', atMs, part: 'end', data: surface.errorEvent(error) }, { kind: 'end', atMs }]
    },
  },
  empty_200: { about: 'Status 200 and no body at all', delivers: false, steps: ({ asked, timeScale }) => planBody(200, asked.stream ? 'text/event-stream; charset=utf-8' : 'application/json', '', 40 * timeScale) },
  html_200: { about: "A proxy's page with status 200", delivers: false, steps: ({ timeScale }) => planBody(200, 'text/html; charset=utf-8', '<!doctype html><html><head><title>One moment</title></head><body><h1>Checking your browser</h1></body></html>', 40 * timeScale) },
  malformed_json: {
    about: 'JSON that ends in the middle; streamed: one such event after the start',
    delivers: false,
    steps: ({ asked, answer, said }) => {
      if (asked.stream) {
        const steps = beforeOutput(answer(said))
        const atMs = lastMs(steps)
        return [...steps, { kind: 'bytes', atMs, part: 'output', data: 'data: {"id":"chatcmpl-broken","choices":[{"delta":{"content":"Hel\n\n' }, { kind: 'end', atMs }]
      }
      const { steps, atMs } = half(answer(said))
      return [...unsized(steps), { kind: 'end', atMs }]
    },
  },
  reset_connection: { about: 'The connection is reset before anything is answered', delivers: false, steps: ({ timeScale }) => [{ kind: 'reset', atMs: 5 * timeScale }] },
  no_usage: { about: 'An answer that states no usage', delivers: true, steps: ({ answer, said }) => answer({ ...said, usage: undefined }) },
  missing_done: { about: 'A streamed answer without its terminal event', delivers: true, steps: ({ answer, said }) => answer(said).filter((step) => step.kind !== 'bytes' || step.part !== 'end') },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS
/** Every fault's name, for messages and loops. */
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[] // Object.keys widens to string[]

function lastMs(steps: readonly Step[]): number {
  const last = steps.at(-1)
  return last !== undefined && 'atMs' in last ? last.atMs : 0
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

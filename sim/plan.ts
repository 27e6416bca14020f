// An exchange as a list of steps, each with the time it is due: what play.ts will do on the socket and what a fault may
// rewrite. Pure; times are in milliseconds after the request was read, already scaled.
import type { Timing } from './behaviour/timing.ts'
import type { Asked, Part, Said, SimError, Surface } from './surfaces/surface.ts'

export type Step =
  | { readonly kind: 'head'; readonly atMs: number; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** An informational answer (103) before the real one. */
  | { readonly kind: 'hints'; readonly atMs: number; readonly headers: Readonly<Record<string, string>> }
  /** Bytes of the body; `whole` is an unstreamed one. Text is written as UTF-8. */
  | { readonly kind: 'bytes'; readonly atMs: number; readonly part: Part | 'whole'; readonly data: string | Uint8Array }
  /** Bytes past the HTTP layer: an answer that is not valid HTTP. */
  | { readonly kind: 'raw'; readonly atMs: number; readonly data: string }
  /** The same bytes over and over, as fast as the client takes them. */
  | { readonly kind: 'flood'; readonly atMs: number; readonly data: string; readonly times: number }
  /** A clean end of the body. */
  | { readonly kind: 'end'; readonly atMs: number }
  /** Says nothing more, and keeps the connection open until the client goes. */
  | { readonly kind: 'hang' }
  /** Says the same every so often and nothing else, until the client goes. */
  | { readonly kind: 'mumble'; readonly data: string; readonly everyMs: number }
  /** Closes the connection after what was written, without ending the body. */
  | { readonly kind: 'cut'; readonly atMs: number }
  /** Resets the connection at once. */
  | { readonly kind: 'reset'; readonly atMs: number }

/** Share of the time to the first token after which headers and the start-up events are out. Ours. */
const HEAD_SHARE = 0.7
/** Milliseconds a provider takes to refuse a request. Ours. */
export const REFUSAL_MS = 40

export const STREAM_HEADERS: Readonly<Record<string, string>> = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

/** The steps of an answer that goes well. */
export function planAnswer(surface: Surface, asked: Asked, said: Said, timing: Timing, timeScale: number): Step[] {
  const firstMs = timing.firstTokenMs * timeScale
  const perToken = timing.msPerToken * timeScale
  if (!asked.stream) {
    const spoken = said.usage === undefined ? 0 : said.usage.output - said.usage.reasoning
    return planBody(200, 'application/json', surface.whole(said, asked), firstMs + spoken * perToken)
  }
  const events = surface.events(said, asked)
  const thoughts = events.filter((event) => event.thinking).length
  const thinkingMs = timing.thinkingMs * timeScale
  const perThought = thoughts === 0 ? 0 : (firstMs - thinkingMs) / thoughts
  const headMs = (thoughts === 0 ? firstMs : thinkingMs) * HEAD_SHARE
  const steps: Step[] = [{ kind: 'head', atMs: headMs, status: 200, headers: STREAM_HEADERS }]
  let atMs = firstMs
  let thoughtMs = thinkingMs
  let started = false
  for (const { part, data, characters, thinking } of events) {
    started ||= part === 'output'
    const due = thinking ? thoughtMs : started ? atMs : headMs
    steps.push({ kind: 'bytes', atMs: Math.max(due, lastMs(steps)), part, data })
    if (thinking) thoughtMs += perThought
    else atMs += (characters / 4) * perToken
  }
  return [...steps, { kind: 'end', atMs: Math.max(atMs, lastMs(steps)) }]
}

/** The steps of a refusal with status, body and headers. */
export function planError(surface: Surface, error: SimError, model: string, timeScale: number): Step[] {
  const { status, headers, body } = surface.error(error, model)
  return planBody(status, 'application/json', body, REFUSAL_MS * timeScale, headers)
}

/** The steps of an answer with any body. */
export function planBody(status: number, contentType: string, body: string, atMs: number, headers: Readonly<Record<string, string>> = {}): Step[] {
  return [
    { kind: 'head', atMs, status, headers: { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)), ...headers } },
    { kind: 'bytes', atMs, part: 'whole', data: body },
    { kind: 'end', atMs },
  ]
}

/** When the last of the steps is due; 0 for none. */
export function lastMs(steps: readonly Step[]): number {
  const last = steps.at(-1)
  return last !== undefined && 'atMs' in last ? last.atMs : 0
}

// An exchange as a list of steps, each with the time it is due: what play.ts will do on the socket and what a fault may
// rewrite. Pure; times are in milliseconds after the request was read, already scaled.
import type { Timing } from './behaviour/timing.ts'
import { pieces, tokensOf } from './behaviour/tokens.ts'
import type { Asked, Part, Said, SimError, Surface } from './surfaces/surface.ts'

export type Step =
  | { readonly kind: 'head'; readonly atMs: number; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** Bytes of the body; `whole` is an unstreamed one. Text is written as UTF-8. */
  | { readonly kind: 'bytes'; readonly atMs: number; readonly part: Part | 'whole'; readonly data: string | Uint8Array }
  /** A clean end of the body. */
  | { readonly kind: 'end'; readonly atMs: number }
  /** Says nothing more, and keeps the connection open until the client goes. */
  | { readonly kind: 'hang' }
  /** Closes the connection after what was written, without ending the body. */
  | { readonly kind: 'cut'; readonly atMs: number }
  /** Resets the connection at once. */
  | { readonly kind: 'reset'; readonly atMs: number }

/** Share of the time to the first token after which headers and the role-only event are out. Ours. */
const HEAD_SHARE = 0.7
/** Milliseconds a provider takes to refuse a request. Ours. */
const REFUSAL_MS = 40

/** The steps of an answer that goes well. */
export function planAnswer(surface: Surface, asked: Asked, said: Said, timing: Timing, timeScale: number): Step[] {
  const firstMs = timing.firstTokenMs * timeScale
  const perToken = timing.msPerToken * timeScale
  if (!asked.stream) {
    const atMs = firstMs + tokensOf(said.text) * perToken
    const body = surface.whole(said)
    return [
      { kind: 'head', atMs, status: 200, headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) } },
      { kind: 'bytes', atMs, part: 'whole', data: body },
      { kind: 'end', atMs },
    ]
  }
  const texts = pieces(said.text)
  const steps: Step[] = [{ kind: 'head', atMs: firstMs * HEAD_SHARE, status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' } }]
  let atMs = firstMs
  let spoken = 0
  for (const { part, data } of surface.events(said, texts, asked.includeUsage)) {
    steps.push({ kind: 'bytes', atMs: part === 'start' ? firstMs * HEAD_SHARE : atMs, part, data })
    if (part === 'output') atMs += ((texts[spoken++]?.length ?? 0) / 4) * perToken
  }
  return [...steps, { kind: 'end', atMs }]
}

/** The steps of a refusal with status, body and headers. */
export function planError(surface: Surface, error: SimError, timeScale: number): Step[] {
  return planBody(error.status, 'application/json', surface.errorBody(error), REFUSAL_MS * timeScale, error.headers)
}

/** The steps of an answer with any body. */
export function planBody(status: number, contentType: string, body: string, atMs: number, headers: Readonly<Record<string, string>> = {}): Step[] {
  return [
    { kind: 'head', atMs, status, headers: { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)), ...headers } },
    { kind: 'bytes', atMs, part: 'whole', data: body },
    { kind: 'end', atMs },
  ]
}

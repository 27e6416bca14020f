// Calls the router as an app in production would: through its front door, at a pace or as fast as a number of clients go,
// streamed and not. Never retries, never throws for what a call ends in: it counts.
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Clock, Random } from '../core/seams.ts'
import type { TrafficRow } from './bank.ts'
import { answerText, followUp, type Habits } from './traffic-follow-ups.ts'
import { trafficMix, type TrafficRequest } from './traffic-mix.ts'

export type TrafficOptions = {
  readonly routerUrl: string
  /** Bearer key; `undefined`: none is sent. */
  readonly apiKey?: string
  readonly traffic: readonly TrafficRow[]
  /** Mean calls a second, arriving at random (Poisson); `undefined`: each client calls again as soon as it is answered. */
  readonly ratePerSecond?: number
  /** Calls to send; `undefined`: until `signal` aborts. */
  readonly total?: number
  /** Most calls in flight. */
  readonly concurrency: number
  readonly random: Random
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress?: (counts: TrafficCounts) => void
  /** What people do with a target's answers; absent: every call stands alone. Follow-ups come on top of `total`. */
  readonly habits?: (target: string) => Habits | undefined
  /** Factor on the time that people take; default 1. */
  readonly paceScale?: number
}

export type TrafficCounts = {
  readonly sent: number
  /** Answered with status 200 and, when streamed, to its end. */
  readonly completed: number
  readonly failed: number
  readonly streamed: number
  /** Milliseconds since the first call was due. */
  readonly elapsedMs: number
  readonly byTask: Readonly<Record<string, number>>
  /** By the x-weighbridge-target of the answer. */
  readonly byTarget: Readonly<Record<string, number>>
  /** By HTTP status; `cut` for a stream without its end, `unreachable` for no answer at all. */
  readonly byOutcome: Readonly<Record<string, number>>
  /** Of those sent, follow-ups by kind. */
  readonly followUps: Readonly<Record<string, number>>
}

/** A conversation ends after so many follow-ups. */
const MOST_FOLLOW_UPS = 3

/** Longest wait for headers, and between two pieces of a body. */
const TIMEOUT_MS = 120_000

/** Sends the traffic; resolves when all calls have ended, or soon after `signal` aborts (calls then open are not counted as ended). */
export async function runTraffic(options: TrafficOptions): Promise<TrafficCounts> {
  const { traffic, total = Infinity, concurrency, random, clock, signal } = options
  if (traffic.length === 0) throw new RangeError('Traffic needs at least one row.')
  const origin = new URL(options.routerUrl).origin
  const router = new Pool(origin, { connections: concurrency, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const nextRequest = trafficMix(traffic, random)
  const startMs = clock.monotonicMs()
  const tally = { sent: 0, completed: 0, failed: 0, streamed: 0, byTask: new Map<string, number>(), byTarget: new Map<string, number>(), byOutcome: new Map<string, number>(), followUps: new Map<string, number>() }
  const counts = (): TrafficCounts => ({
    ...tally,
    elapsedMs: clock.monotonicMs() - startMs,
    byTask: Object.fromEntries(tally.byTask),
    byTarget: Object.fromEntries(tally.byTarget),
    byOutcome: Object.fromEntries(tally.byOutcome),
    followUps: Object.fromEntries(tally.followUps),
  })

  const conversations = new Set<Promise<void>>()
  const goOn = (request: TrafficRequest, ending: Ending, turn: number): void => {
    const habits = ending.outcome === '200' && turn < MOST_FOLLOW_UPS ? options.habits?.(ending.target) : undefined
    const text = habits === undefined ? '' : answerText(ending.text, request.stream)
    const next = habits === undefined || text === '' ? undefined : followUp(request, text, habits, random)
    if (next === undefined || signal.aborted) return
    add(tally.followUps, next.kind)
    const going = delay(next.afterMs * (options.paceScale ?? 1), undefined, { signal })
      .then(() => one(next.request, turn + 1))
      .catch(() => undefined)
      .finally(() => conversations.delete(going))
    conversations.add(going)
  }
  const one = async (request: TrafficRequest, turn: number): Promise<void> => {
    tally.sent += 1
    if (request.stream) tally.streamed += 1
    add(tally.byTask, request.task)
    const ending = await send(router, request, options.apiKey, signal)
    if (ending === undefined) return
    if (ending.outcome === '200') tally.completed += 1
    else tally.failed += 1
    add(tally.byOutcome, ending.outcome)
    if (ending.target !== '') add(tally.byTarget, ending.target)
    options.onProgress?.(counts())
    goOn(request, ending, turn)
  }

  // One clock of arrivals for all clients: each takes the next due time and waits for it.
  let dueMs = startMs
  const arrival = async (): Promise<void> => {
    if (options.ratePerSecond === undefined) return
    dueMs = Math.max(dueMs, clock.monotonicMs() - 1_000) + (-Math.log(1 - random.next()) / options.ratePerSecond) * 1_000
    const waitMs = dueMs - clock.monotonicMs()
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined)
  }
  let promised = 0
  const client = async (): Promise<void> => {
    while (!signal.aborted && promised < total) {
      promised += 1
      await arrival()
      if (!signal.aborted) await one(nextRequest(), 0)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, total) }, client))
    while (conversations.size > 0) await Promise.all(conversations)
  } finally {
    await router.destroy()
  }
  return counts()
}

type Ending = { readonly outcome: string; readonly target: string; readonly text: string }

/** How a call ended; `undefined` when it was given up because `signal` aborted. */
async function send(router: Pool, request: TrafficRequest, apiKey: string | undefined, signal: AbortSignal): Promise<Ending | undefined> {
  try {
    const { statusCode, headers, body } = await router.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', ...request.headers, ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
      body: JSON.stringify(request.body),
      signal,
    })
    const target = headers['x-weighbridge-target']
    const text = await body.text().catch((thrown: unknown) => {
      if (signal.aborted) throw thrown
      return undefined
    })
    const whole = text !== undefined && (!request.stream || statusCode !== 200 || text.trimEnd().endsWith('data: [DONE]'))
    return { outcome: whole ? String(statusCode) : 'cut', target: typeof target === 'string' ? target : '', text: text ?? '' }
  } catch {
    return signal.aborted ? undefined : { outcome: 'unreachable', target: '', text: '' }
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

// Tells the collector every few seconds how this router stands. It goes past the spool, so that a spool that fills can be seen; what
// cannot be delivered is not kept: the next one says more.
import { hostname } from 'node:os'
import { EVENT } from '../../core/attributes.ts'
import type { Drain } from '../../core/operations.ts'
import { routerState } from '../../core/router-state.ts'
import type { Clock } from '../../core/seams.ts'
import type { RunningRouter } from '../../router/start.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'

/** Often enough that a cooldown of half a minute is seen, and 6,000 rows a day. */
const EVERY_MS = 15_000

export type StateTeller = {
  readonly router: Pick<RunningRouter, 'port' | 'operations' | 'readiness'>
  readonly drains: () => readonly Drain[]
  readonly spoolMaxBytes: () => number
  readonly emit: (records: readonly LogRecord[]) => Promise<void>
  readonly clock: Clock
}

/** Sends the state as it is now. Rejects when the collector does not take it. */
export async function tellState({ router, drains, spoolMaxBytes, emit, clock }: StateTeller): Promise<void> {
  const state = routerState(`${hostname()}:${router.port}`, router.operations(), drains(), router.readiness().ready, spoolMaxBytes())
  await emit([{ eventName: EVENT.routerState, timeMs: clock.nowMs(), attributes: {}, body: JSON.stringify(state) }])
}

/** Goes on until the answered function is called. Failures are not worth a line each: the collector that is down says so elsewhere. */
export function keepTellingState(teller: StateTeller): () => void {
  const tell = (): void => void tellState(teller).catch(() => undefined)
  const timer = setInterval(tell, EVERY_MS)
  timer.unref()
  tell()
  return () => clearInterval(timer)
}

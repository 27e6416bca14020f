// Keeps the engine alive: when its process ends unasked it is started again, ever later, until it has died too often.
// In: the first process and a way to start the next. It decides nothing else, and starts nothing after `stop`.
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import type { EngineProcess } from './engine-process.ts'

export type SuperviseOptions = {
  readonly log: Logger
  readonly clock: Clock
  /** Deaths without ten quiet minutes between them after which the engine is given up; default 8. */
  readonly maxRestarts: number | undefined
  /** An engine that lived this long has its deaths counted from one again. Default ten minutes. */
  readonly quietMs?: number | undefined
}

export interface EngineSupervisor {
  /** `undefined` between two processes. */
  pid(): number | undefined
  restarts(): number
  /** Calls back once with `engine_failed`; never after `stop`. */
  onGivenUp(listener: (error: WeighbridgeError) => void): void
  /** Ends the engine for good: SIGTERM, after 5 s SIGKILL. */
  stop(): Promise<void>
}

const STOP_GRACE_MS = 5_000
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 10_000
const MOST_RESTARTS = 8
const QUIET_MS = 600_000

/** Watches from now on. `start` must resolve with a process that already serves. */
export function superviseEngine(first: EngineProcess, start: () => Promise<EngineProcess>, { log, clock, maxRestarts = MOST_RESTARTS, quietMs = QUIET_MS }: SuperviseOptions): EngineSupervisor {
  const stopping = new AbortController()
  const listeners: ((error: WeighbridgeError) => void)[] = []
  let current: EngineProcess | undefined = first
  let restarts = 0

  /** The next process, or `undefined` when it was stopped or given up meanwhile. */
  const startAgain = async (deaths: number): Promise<EngineProcess | undefined> => {
    for (let failures = deaths; failures <= maxRestarts; failures += 1) {
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1))
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return undefined
      try {
        const next = await start()
        if (!stopping.signal.aborted) return next
        await next.stop(STOP_GRACE_MS)
        return undefined
      } catch (error) {
        log.error({ error: error instanceof Error ? error.message : String(error) }, 'the embedded ClickHouse did not start again')
      }
    }
    const error = new WeighbridgeError('engine_failed', `The embedded ClickHouse ended more than ${maxRestarts} times and was given up`)
    log.fatal({ code: error.code }, error.message)
    for (const listener of listeners) listener(error)
    return undefined
  }

  const watch = async (): Promise<void> => {
    let deaths = 0
    while (current !== undefined) {
      const bornMs = clock.monotonicMs()
      const exit = await current.exited
      current = undefined
      if (stopping.signal.aborted) return
      log.error({ exit_code: exit.code, signal: exit.signal, stderr: exit.stderr.slice(-500) }, 'the embedded ClickHouse died; starting it again')
      deaths = clock.monotonicMs() - bornMs > quietMs ? 1 : deaths + 1
      current = await startAgain(deaths)
      if (current === undefined) return
      restarts += 1
      log.warn({ restarts }, 'the embedded ClickHouse serves again')
    }
  }
  const watched = watch()

  return {
    pid: () => current?.pid,
    restarts: () => restarts,
    onGivenUp: (listener) => void listeners.push(listener),
    async stop() {
      stopping.abort()
      await current?.stop(STOP_GRACE_MS)
      await watched
    },
  }
}

// Keeps the sums by minute and hour: builds every hour once it is over, and again after rows came late. It tells the writer nothing
// and is told everything: before late rows are inserted, their hours are taken back, so that no reader ever sees a sum without them.
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { buildHour, heldBuilds, HOUR_MS, rawHours, takeBack, type Hour } from './builds.ts'

/** An hour is built this long after its end: most late rows are there by then. */
export const GRACE_MS = 5 * 60_000
/** Between two looks for hours to build. */
const LOOK_MS = 20_000
/** An hour that was taken back is left alone until no row came late for so long, or for ten times as long in all. */
const CALM_MS = 30_000
/** Most hours in one statement. */
const HOURS_AT_ONCE = 500

export type RollupOptions = {
  readonly clickhouse: ClickHouse
  readonly clock: Clock
  readonly log: Logger
  /** Days that raw spans are kept: hours about to lose rows are not built again. `undefined`: for ever. */
  readonly retentionDays: number | undefined
  /** Milliseconds between two looks for hours to build; Infinity: only when asked. Default 20 s. */
  readonly everyMs?: number | undefined
  /** Is told of each hour built, with its raw rows. */
  readonly onBuilt: (hour: Hour, spans: number) => void
}

export interface Rollups {
  /** Before rows of these hours are inserted: takes the closed ones among them back. Throws what ClickHouse answers. */
  beforeInsert(hours: Iterable<Hour>): Promise<void>
  /** Builds every hour that is due now; for tests and for a command that wants it at once. */
  buildDue(): Promise<number>
  stop(): Promise<void>
}

type Dirty = { readonly firstMs: number; lastMs: number }

/** Starts looking. */
export function startRollups({ clickhouse, clock, log, retentionDays, everyMs = LOOK_MS, onBuilt }: RollupOptions): Rollups {
  /** Hours with a build in force, as far as this process knows; `undefined` until it has asked. */
  let built: Set<Hour> | undefined
  /** Hours that must be built: taken back, or over and never built. */
  const dirty = new Map<Hour, Dirty>()
  /** The newest hour that ever had a build, and the end of the hours that were looked at for the first. */
  let newest: Hour = -Infinity
  let lookedUpTo: Hour = -Infinity
  let building: Hour | undefined
  let isStopped = false
  let wake: (() => void) | undefined
  let failing = false

  const openFrom = (): Hour => Math.floor((clock.nowMs() - GRACE_MS) / HOUR_MS) * HOUR_MS
  // A day's margin: an hour whose first rows are gone would be built too small.
  const oldest = (): Hour => (retentionDays === undefined ? 0 : clock.nowMs() - (retentionDays - 1) * 24 * HOUR_MS)

  const due = (hour: Hour): void => void dirty.set(hour, { firstMs: 0, lastMs: -Infinity })

  async function takeBackAll(hours: readonly Hour[]): Promise<void> {
    for (let at = 0; at < hours.length; at += HOURS_AT_ONCE) await takeBack(clickhouse, hours.slice(at, at + HOURS_AT_ONCE), clock.nowMs())
  }

  /** What has to be built, by what ClickHouse holds: after a start, whoever was here before. */
  async function takeStock(): Promise<Set<Hour>> {
    const [builds, raw] = [await heldBuilds(clickhouse, oldest()), await rawHours(clickhouse, oldest())]
    // A build of rows that retention took since stays: it is all that is left of them.
    const known = new Set([...builds].flatMap(([hour, { build }]) => (build === '' ? [] : [hour])))
    newest = Math.max(newest, ...known)
    const wrong: Hour[] = []
    for (const [hour, spans] of raw) {
      const held = builds.get(hour)
      if (hour >= openFrom() || (known.has(hour) && held?.spans === spans)) continue
      due(hour)
      // Readers take hours before the newest build for summed up unless they are told otherwise.
      if (known.delete(hour) || (hour < newest && held === undefined)) wrong.push(hour)
    }
    await takeBackAll(wrong)
    return known
  }

  /** Hours that ended since the last look and have rows, whoever stored them. Every one of them must be built before a later one is. */
  async function noteClosedHours(): Promise<void> {
    if (openFrom() <= lookedUpTo) return
    const upTo = openFrom()
    for (const hour of (await rawHours(clickhouse, Math.max(oldest(), newest + HOUR_MS))).keys()) if (hour < upTo && !dirty.has(hour)) due(hour)
    lookedUpTo = upTo
  }

  function isCalm({ firstMs, lastMs }: Dirty): boolean {
    const now = clock.monotonicMs()
    return now - lastMs >= CALM_MS || now - firstMs >= 10 * CALM_MS
  }

  async function build(all: boolean): Promise<number> {
    built ??= await takeStock()
    await noteClosedHours()
    let count = 0
    // The oldest first: what lies before the newest build counts as summed up.
    for (const [hour, state] of [...dirty].toSorted(([a], [b]) => a - b)) {
      if (isStopped) break
      if (hour >= openFrom() || (!all && !isCalm(state))) continue
      building = hour
      const spans = await buildHour(clickhouse, hour, () => clock.nowMs()).finally(() => {
        building = undefined
      })
      newest = Math.max(newest, hour)
      // Rows that came while it was built took the hour back again: it stays on the list.
      if (dirty.get(hour) === state) {
        dirty.delete(hour)
        built.add(hour)
      }
      count += 1
      onBuilt(hour, spans)
    }
    return count
  }

  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = (all: boolean): Promise<number> => {
    const done = turn.then(() => build(all))
    turn = done.catch(() => undefined)
    return done
  }

  const run = async (): Promise<void> => {
    while (!isStopped && everyMs !== Infinity) {
      try {
        const count = await inTurn(false)
        if (failing || count > 0) log.info({ hours: count }, 'hours of traffic were summed up')
        failing = false
      } catch (error) {
        // Readers sum up raw rows meanwhile: slower, and right.
        if (!failing) log.warn({ err: error }, 'hours of traffic could not be summed up; it is tried again')
        failing = true
      }
      if (isStopped) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs)
        timer.unref()
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  const running = run()

  return {
    async beforeInsert(hours) {
      const [from, last] = [openFrom(), oldest()]
      const late = [...new Set(hours)].filter((hour) => (hour < from || built?.has(hour) === true) && hour >= last)
      if (late.length === 0) return
      const now = clock.monotonicMs()
      // Those that are on the list and not being built say already that they hold nothing, or lie behind the newest build.
      await takeBackAll(late.filter((hour) => !dirty.has(hour) || built?.has(hour) === true || hour === building))
      for (const hour of late) {
        // A new object each time: a build under way must see that it came too early.
        dirty.set(hour, { firstMs: dirty.get(hour)?.firstMs ?? now, lastMs: now })
        built?.delete(hour)
      }
    },
    buildDue: () => inTurn(true),
    async stop() {
      isStopped = true
      wake?.()
      await running
      await turn.catch((error: unknown) => {
        if (!(error instanceof WeighbridgeError)) throw error
      })
    },
  }
}

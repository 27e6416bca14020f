// Keeps the sums by minute and hour: builds every hour once it is over, and again after rows came late. It tells the writer nothing
// and is told everything: before late rows are inserted, their hours are taken back, so that no reader ever sees a sum without them.
// What is said of calls of an hour that is over (signals, and corrections in another hour) takes nothing back: the hour is built
// anew within minutes, and until then the old build holds.
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { SINGLE_SERVER, type StorageForm } from '../migrate/define.ts'
import { buildHours, dropOvertaken, heldBuilds, HOUR_MS, NO_BUILD, rawHours, staleHours, takeBack, type Hour } from './builds.ts'

/** An hour is built this long after its end: most late rows are there by then. */
export const GRACE_MS = 5 * 60_000
/** Between two looks for hours to build. */
const LOOK_MS = 20_000
/** An hour that was taken back is left alone until no row came late for so long, or for ten times as long in all. */
const CALM_MS = 30_000
/** Between two looks for builds that no longer hold; their sums are only in the way. */
const TIDY_MS = 3_600_000
/** Between two looks for signals about calls of hours that are built; for those that are older, a longer time. */
const REMARKS_LOOK_MS = 5 * 60_000
const OLD_REMARKS_LOOK_MS = HOUR_MS
/** Most follow-ups come within this time of their calls; and from then on nobody looks for them. */
const RECENT_MS = 2 * 24 * HOUR_MS
const REMARKED_MS = 45 * 24 * HOUR_MS
/** Looking, and building anew, take at most one part in so many of the time. */
const REMARKS_SHARE = 20
/** Most hours taken back by one statement. */
const HOURS_AT_ONCE = 500
/** Most raw rows summed up by one statement that sums up several hours: bounds its memory. */
const ROWS_AT_ONCE = 400_000

export type RollupOptions = {
  readonly clickhouse: ClickHouse
  /** Default: one server. */
  readonly form?: StorageForm | undefined
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
  /**
   * Before rows of these hours are inserted: takes the closed ones among them back, and builds none of them until the function that it
   * answers is called, after the insert, however long that takes. Throws what ClickHouse answers; nothing is held back then.
   */
  beforeInsert(hours: Iterable<Hour>): Promise<() => void>
  /** Builds every hour that is due now; for tests and for a command that wants it at once. */
  buildDue(): Promise<number>
  stop(): Promise<void>
}

type Dirty = {
  readonly firstMs: number
  lastMs: number
  /** Raw rows there are about; unknown after late rows. */
  readonly spans?: number
  /** Whether ClickHouse says of the hour that no build holds: then later hours may be built before it. */
  readonly isTakenBack: boolean
}

/** Hours of rows that are being inserted: `late` ones are taken back, of the others ClickHouse says nothing. */
type UnderWay = { open: readonly Hour[]; late: readonly Hour[] }

/** Starts looking. */
export function startRollups({ clickhouse, form = SINGLE_SERVER, clock, log, retentionDays, everyMs = LOOK_MS, onBuilt }: RollupOptions): Rollups {
  /** Hours with a build in force, as far as this process knows; `undefined` until it has asked. */
  let built: Set<Hour> | undefined
  /** Hours that must be built: taken back, or over and never built. */
  const dirty = new Map<Hour, Dirty>()
  /** The newest hour that ever had a build, and the end of the hours that were looked at for the first. */
  let newest: Hour = -Infinity
  let lookedUpTo: Hour = -Infinity
  let building: ReadonlySet<Hour> = new Set()
  const inserts = new Set<UnderWay>()
  let isStopped = false
  let wake: (() => void) | undefined
  let failing = false
  let tidiedMs = -Infinity
  /** Hours whose builds do not say how answers turned out, with their raw rows: those are from before builds said it. */
  const silent = new Map<Hour, number>()
  /** When it is looked again for what was said since, and when it was last looked for of older hours. */
  let remarksDueMs = -Infinity
  let oldRemarksMs = -Infinity
  let isDeaf = false

  const openFrom = (): Hour => Math.floor((clock.nowMs() - GRACE_MS) / HOUR_MS) * HOUR_MS
  // A day's margin: an hour whose first rows are gone would be built too small.
  const oldest = (): Hour => (retentionDays === undefined ? 0 : clock.nowMs() - (retentionDays - 1) * 24 * HOUR_MS)

  /** Up to here hours are over and hold all rows that came in time: an insert that began while its hour was open may take longer than the hour. */
  const closedUpTo = (): Hour => Math.min(openFrom(), ...[...inserts].flatMap(({ open }) => open))
  const isBeingInserted = (hour: Hour): boolean => [...inserts].some(({ late }) => late.includes(hour))

  const due = (hour: Hour, spans: number, isTakenBack: boolean): void => void dirty.set(hour, { firstMs: 0, lastMs: -Infinity, spans, isTakenBack })

  async function takeBackAll(hours: readonly Hour[]): Promise<void> {
    for (let at = 0; at < hours.length; at += HOURS_AT_ONCE) await takeBack(clickhouse, hours.slice(at, at + HOURS_AT_ONCE), clock.nowMs())
  }

  /** What has to be built, by what ClickHouse holds: after a start, whoever was here before. */
  async function takeStock(): Promise<Set<Hour>> {
    const [builds, raw] = [await heldBuilds(clickhouse, oldest()), await rawHours(clickhouse, oldest())]
    // A build of rows that retention took since stays: it is all that is left of them.
    const known = new Set([...builds].flatMap(([hour, { build }]) => (build === NO_BUILD ? [] : [hour])))
    newest = Math.max(newest, ...known)
    const wrong: Hour[] = []
    for (const [hour, spans] of raw) {
      const held = builds.get(hour)
      const isBuilt = known.has(hour)
      // Readers take hours before the newest build for summed up unless they are told otherwise.
      const isWrong = isBuilt ? held?.spans !== spans : hour < newest && held === undefined
      if (isWrong) {
        known.delete(hour)
        wrong.push(hour)
      } else if (isBuilt || (held === undefined && hour >= closedUpTo())) {
        if (isBuilt && held?.hasOutcomes === false) silent.set(hour, spans)
        continue
      }
      due(hour, spans, isWrong || held !== undefined)
    }
    await takeBackAll(wrong)
    return known
  }

  /** Hours that ended since the last look and have rows, whoever stored them. Every one of them must be built before a later one is. */
  async function noteClosedHours(): Promise<void> {
    const upTo = closedUpTo()
    // A clock that goes back opens hours again, and those end once more.
    lookedUpTo = Math.min(lookedUpTo, upTo)
    if (upTo === lookedUpTo) return
    for (const [hour, spans] of await rawHours(clickhouse, Math.max(oldest(), newest + HOUR_MS))) if (hour < upTo && !dirty.has(hour)) due(hour, spans, false)
    lookedUpTo = upTo
  }

  function isCalm({ firstMs, lastMs }: Dirty): boolean {
    const now = clock.monotonicMs()
    return now - lastMs >= CALM_MS || now - firstMs >= 10 * CALM_MS
  }

  /** Hours of which more was said than their builds were told. */
  async function noteRemarks(all: boolean): Promise<void> {
    const started = clock.monotonicMs()
    if (isStopped || (!all && started < remarksDueMs)) return
    const isLong = all || started - oldRemarksMs >= OLD_REMARKS_LOOK_MS
    const since = Math.max(oldest(), clock.nowMs() - (isLong ? REMARKED_MS : RECENT_MS))
    try {
      for (const [hour, spans] of await staleHours(clickhouse, Math.floor(since / HOUR_MS) * HOUR_MS)) if (!dirty.has(hour)) due(hour, spans, false)
      if (isLong) oldRemarksMs = started
      isDeaf = false
    } catch (error) {
      if (!isDeaf) log.warn({ err: error }, 'it could not be asked what was said of calls since their hours were summed up; it is tried again')
      isDeaf = true
    }
  }

  /** Of the hours whose builds are silent, a day's, the newest first, so that one look does not take the time of all. */
  function noteSilentHours(all: boolean): void {
    const newestDay = Math.floor(Math.max(...silent.keys()) / DAY_MS)
    for (const [hour, spans] of silent) {
      if (!all && Math.floor(hour / DAY_MS) !== newestDay) continue
      silent.delete(hour)
      // Rows that came late have put it on the list: it is built with outcomes anyway.
      if (!dirty.has(hour) && built?.has(hour) === true) due(hour, spans, false)
    }
  }

  async function build(all: boolean): Promise<number> {
    built ??= await takeStock()
    await noteClosedHours()
    let count = await buildListed(all)
    // After the hours that are over: those are read raw until they are built, these are right but for what was said since.
    const started = clock.monotonicMs()
    const isDue = started >= remarksDueMs
    await noteRemarks(all)
    noteSilentHours(all)
    count += await buildListed(all)
    const ended = clock.monotonicMs()
    if (isDue) remarksDueMs = ended + Math.max(REMARKS_LOOK_MS, REMARKS_SHARE * (ended - started))
    await tidy()
    return count
  }

  async function buildListed(all: boolean): Promise<number> {
    // The oldest first: what lies before the newest build counts as summed up.
    const hours = [...dirty].filter(([, state]) => all || isCalm(state)).toSorted(([a], [b]) => a - b)
    let count = 0
    for (const planned of groups(hours)) {
      if (isStopped) break
      // Asked anew for each: inserts go on meanwhile.
      const upTo = closedUpTo()
      const group = planned.filter(([hour]) => hour < upTo && !isBeingInserted(hour))
      if (group.length === 0) continue
      building = new Set(group.map(([hour]) => hour))
      const built = await buildHours(clickhouse, [...building], () => clock.nowMs()).finally(() => {
        building = new Set()
      })
      for (const [hour, state] of group) done(hour, state, built.get(hour) ?? 0)
      count += group.length
    }
    return count
  }

  /** Sums of overtaken builds are read by nobody and passed over by every query. */
  async function tidy(): Promise<void> {
    if (isStopped || clock.monotonicMs() - tidiedMs < TIDY_MS) return
    tidiedMs = clock.monotonicMs()
    try {
      const builds = await dropOvertaken(clickhouse, form, clock.nowMs())
      if (builds > 0) log.info({ builds }, 'sums that were built again were taken away')
    } catch (error) {
      log.warn({ err: error }, 'sums that were built again could not be taken away; it is tried again in an hour')
    }
  }

  function done(hour: Hour, state: Dirty, spans: number): void {
    newest = Math.max(newest, hour)
    // Rows that came while it was built took the hour back again: it stays on the list.
    if (dirty.get(hour) === state) {
      dirty.delete(hour)
      built?.add(hour)
    }
    onBuilt(hour, spans)
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
      const all = [...new Set(hours)].filter((hour) => hour >= last)
      // An hour before the newest build counts as summed up, be it open or not: after a clock that jumped ahead there are such.
      const isLate = (hour: Hour): boolean => hour < from || hour <= newest
      const late = all.filter(isLate)
      // Before anything is awaited: a build that begins meanwhile must leave these out, one under way is overtaken below.
      const underWay: UnderWay = { open: all, late: [] }
      inserts.add(underWay)
      const isOver = (): void => void inserts.delete(underWay)
      const now = clock.monotonicMs()
      try {
        await takeBackAll(late.filter((hour) => dirty.get(hour)?.isTakenBack !== true || building.has(hour)))
      } catch (error) {
        isOver()
        throw error
      }
      for (const hour of late) {
        // A new object each time: a build under way must see that it came too early.
        dirty.set(hour, { firstMs: dirty.get(hour)?.firstMs ?? now, lastMs: now, isTakenBack: true })
        built?.delete(hour)
      }
      underWay.open = all.filter((hour) => !late.includes(hour))
      underWay.late = late
      return isOver
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

const DAY_MS = 24 * HOUR_MS

/** Hours that are summed up together: those of one day, as many as make a bounded number of rows; where that is not known, one alone. */
function groups(hours: readonly (readonly [Hour, Dirty])[]): (readonly [Hour, Dirty])[][] {
  const all: (readonly [Hour, Dirty])[][] = []
  let rows = Infinity
  let day: number | undefined
  for (const one of hours) {
    const [hour, { spans = Infinity }] = one
    const itsDay = Math.floor(hour / DAY_MS)
    rows += spans
    if (itsDay !== day || rows > ROWS_AT_ONCE) {
      all.push([])
      ;[rows, day] = [spans, itsDay]
    }
    all.at(-1)?.push(one)
  }
  return all
}

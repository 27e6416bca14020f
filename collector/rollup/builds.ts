// Which build of an hour holds, in ClickHouse: asked, taken back and put in force. Every statement is one insert or one select, so
// that whatever dies in between leaves either the old build, or none (then readers sum up the raw rows), never half of one.
import { randomBytes } from 'node:crypto'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { StorageForm } from '../migrate/define.ts'
import { buildNumber } from '../migrate/migrations/0005-rollups.ts'
import { buildStatement, REMARKS_NOW } from '../migrate/migrations/0011-outcomes.ts'

export const HOUR_MS = 3_600_000

/** An hour as its start in milliseconds since the epoch. */
export type Hour = number
/** Number of the build that holds, as text; `NO_BUILD`: none does. */
export const NO_BUILD = '0'
export type HeldBuild = { readonly build: string; readonly version: number; readonly spans: number; /** Whether it says how answers turned out, and out of how many signals and corrections. */ readonly hasOutcomes: boolean; readonly remarks: number }

const NEWEST = 'SELECT toUnixTimestamp(hour) AS s, argMax((build, spans, has_outcomes, remarks), (version, build = 0, build)) AS held, max(version) AS newest FROM rollup_builds'

function held(rows: readonly Readonly<Record<string, unknown>>[]): Map<Hour, HeldBuild> {
  return new Map(
    rows.map((row) => {
      const [build, spans, hasOutcomes, remarks] = row['held'] as [string | number, string, boolean, string] // a tuple of the columns
      return [Number(row['s']) * 1000, { build: String(build), version: Number(row['newest']), spans: Number(spans), hasOutcomes: Boolean(hasOutcomes), remarks: Number(remarks) }]
    }),
  )
}

const seconds = (hour: Hour): number => Math.floor(hour / 1000)
const sqlTime = (hour: Hour): string => new Date(hour).toISOString().slice(0, 19).replace('T', ' ')

/** Every hour that was ever built or taken back since a time. */
export async function heldBuilds(clickhouse: ClickHouse, since: Hour): Promise<Map<Hour, HeldBuild>> {
  return held(await clickhouse.rows(`${NEWEST} WHERE hour >= fromUnixTimestamp({since:UInt32}) GROUP BY hour`, { since: Math.max(0, seconds(since)) }))
}

/** How many raw rows each hour since a time has. */
export async function rawHours(clickhouse: ClickHouse, since: Hour): Promise<Map<Hour, number>> {
  const rows = await clickhouse.rows(
    "SELECT toUnixTimestamp(toStartOfHour(started_at)) AS s, count() AS n FROM spans WHERE role IN ('call', 'attempt', 'correction') AND started_at >= fromUnixTimestamp({since:UInt32}) GROUP BY s",
    { since: Math.max(0, seconds(since)) },
  )
  return new Map(rows.map((row) => [Number(row['s']) * 1000, Number(row['n'])]))
}

async function newestOf(clickhouse: ClickHouse, hours: readonly Hour[]): Promise<Map<Hour, HeldBuild>> {
  return held(await clickhouse.rows(`${NEWEST} WHERE hour IN (SELECT fromUnixTimestamp(arrayJoin({hours:Array(UInt32)}))) GROUP BY hour`, { hours: hours.map(seconds) }))
}

/**
 * Hours since a time of whose calls more was said than their builds were told: signals and corrections that came after. Asked of what is
 * stored alone, so that it does not matter who stored it, when, or by which clock. With the raw rows that each build holds.
 */
export async function staleHours(clickhouse: ClickHouse, since: Hour): Promise<Map<Hour, number>> {
  const said = await clickhouse.rows(REMARKS_NOW, { from: Math.max(0, seconds(since)) })
  const builds = await heldBuilds(clickhouse, since)
  return new Map(
    said.flatMap((row) => {
      const hour = Number(row['s']) * 1000
      const held = builds.get(hour)
      return held === undefined || held.build === NO_BUILD || !held.hasOutcomes || Number(row['n']) <= held.remarks ? [] : [[hour, held.spans]]
    }),
  )
}

type Announcement = { readonly hour: Hour; readonly version: number; readonly build: string; readonly spans: number; readonly remarks: number }

function announce(clickhouse: ClickHouse, rows: readonly Announcement[], nowMs: number): Promise<void> {
  const lines = rows.map(({ hour, version, build, spans, remarks }) => JSON.stringify({ hour: sqlTime(hour), version, build, spans, has_outcomes: build !== NO_BUILD, remarks, built_at: new Date(nowMs).toISOString() }))
  return clickhouse.insert('rollup_builds', lines.join('\n'), { token: randomBytes(16).toString('hex') })
}

/** Takes the builds of hours back: until they are built again their rows are read raw. */
export async function takeBack(clickhouse: ClickHouse, hours: readonly Hour[], nowMs: number): Promise<void> {
  const newest = await newestOf(clickhouse, hours)
  await announce(clickhouse, hours.map((hour) => ({ hour, version: (newest.get(hour)?.version ?? 0) + 1, build: NO_BUILD, spans: 0, remarks: 0 })), nowMs)
}

/**
 * Builds hours from their raw rows, and puts each build in force, the oldest first, unless the hour was taken back meanwhile. Answers
 * the raw rows that each holds. Only the last announcement of an hour counts, so dying anywhere in between is harmless.
 */
export async function buildHours(clickhouse: ClickHouse, hours: readonly Hour[], nowMs: () => number): Promise<Map<Hour, number>> {
  const sorted = hours.toSorted((a, b) => a - b)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return new Map()
  // Asked before the rows are read: who takes an hour back while they are read has a version as high, and of equals the empty one counts.
  const before = await newestOf(clickhouse, sorted)
  const seed = randomBytes(5).readUIntBE(0, 5)
  const range = { from: seconds(first), to: seconds(last + HOUR_MS) }
  const parameters = { ...range, hours: sorted.map(seconds), seed }
  await clickhouse.command(buildStatement('minute'), parameters)
  await clickhouse.command(buildStatement('hour'), parameters)
  const builds = { ...range, builds: sorted.map((hour) => buildNumber(seed, hour)) }
  const [minutes, hourly] = [await countedIn(clickhouse, 'rollup_minutes', builds), await countedIn(clickhouse, 'rollup_hours', builds)]
  // One by one: on a cluster, rows of one insert arrive at different moments, and what lies before the newest build counts as summed up.
  for (const hour of sorted) {
    const [inMinutes, inHours] = [minutes.get(hour), hourly.get(hour) ?? { spans: 0, remarks: 0 }]
    // A signal that was stored after the minutes were summed up and before the hours were stands in these alone: then both are told anew.
    // Minutes of long ago are not kept, and have nothing to be told.
    const remarks = inMinutes?.spans === inHours.spans ? Math.min(inMinutes.remarks, inHours.remarks) : inHours.remarks
    await announce(clickhouse, [{ hour, version: (before.get(hour)?.version ?? 0) + 1, build: String(buildNumber(seed, hour)), spans: inHours.spans, remarks }], nowMs())
  }
  return new Map(sorted.map((hour) => [hour, hourly.get(hour)?.spans ?? 0]))
}

/** What the builds of a seed hold by hour, as one of the tables of sums has it. */
async function countedIn(clickhouse: ClickHouse, table: 'rollup_minutes' | 'rollup_hours', builds: { readonly from: number; readonly to: number; readonly builds: readonly bigint[] }): Promise<Map<Hour, { readonly spans: number; readonly remarks: number }>> {
  const rows = await clickhouse.rows(`SELECT toUnixTimestamp(hour) AS s, sum(spans) AS n, sum(remarks) AS said FROM ${table} WHERE at >= fromUnixTimestamp({from:UInt32}) AND at < fromUnixTimestamp({to:UInt32}) AND has({builds:Array(UInt64)}, build) GROUP BY s`, builds)
  return new Map(rows.map((row) => [Number(row['s']) * 1000, { spans: Number(row['n']), remarks: Number(row['said']) }]))
}

/** Whoever reads has asked which builds hold at most this long ago: a reader's query ends after a minute. */
const OVERTAKEN_FOR_MS = 10 * 60_000
/** Builds taken away by one statement: parameters travel in the address. */
const BUILDS_AT_ONCE = 500
// Only what was announced and overtaken: rows without an announcement may belong to a build under way.
const OVERTAKEN = `SELECT DISTINCT build FROM rollup_hours WHERE build IN (
  SELECT arrayJoin(arrayFilter(b -> b != held, builds)) FROM (
    SELECT argMax(build, (version, build = 0, build)) AS held, groupUniqArrayIf(build, build != 0) AS builds, max(built_at) AS last
    FROM rollup_builds GROUP BY hour) WHERE last < fromUnixTimestamp64Milli({before:Int64}))`

/** Takes away the sums of builds that no longer hold; how many builds. */
export async function dropOvertaken(clickhouse: ClickHouse, form: StorageForm, nowMs: number): Promise<number> {
  const builds = (await clickhouse.rows(OVERTAKEN, { before: Math.round(nowMs - OVERTAKEN_FOR_MS) })).map((row) => BigInt(String(row['build'])))
  for (let at = 0; at < builds.length; at += BUILDS_AT_ONCE) {
    // Hours last: by those the builds are found, should this end half way.
    for (const table of ['rollup_minutes', 'rollup_hours']) {
      await clickhouse.command(`ALTER TABLE ${form.stored(table)}${form.onCluster} DELETE WHERE has({builds:Array(UInt64)}, build) SETTINGS mutations_sync = 2`, { builds: builds.slice(at, at + BUILDS_AT_ONCE) })
    }
  }
  return builds.length
}

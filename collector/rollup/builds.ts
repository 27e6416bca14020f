// Which build of an hour holds, in ClickHouse: asked, taken back and put in force. Every statement is one insert or one select, so
// that whatever dies in between leaves either the old build, or none (then readers sum up the raw rows), never half of one.
import { randomBytes } from 'node:crypto'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { buildStatement } from '../migrate/migrations/0005-rollups.ts'

export const HOUR_MS = 3_600_000

/** An hour as its start in milliseconds since the epoch. */
export type Hour = number
/** `build` empty: none holds. */
export type HeldBuild = { readonly build: string; readonly version: number; readonly spans: number }

const NEWEST = "SELECT toUnixTimestamp(hour) AS s, argMax((build, spans), (version, build = '')) AS held, max(version) AS newest FROM rollup_builds"

function held(rows: readonly Readonly<Record<string, unknown>>[]): Map<Hour, HeldBuild> {
  return new Map(
    rows.map((row) => {
      const [build, spans] = row['held'] as [string, string] // a tuple of the two columns
      return [Number(row['s']) * 1000, { build, version: Number(row['newest']), spans: Number(spans) }]
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

function announce(clickhouse: ClickHouse, rows: readonly { readonly hour: Hour; readonly version: number; readonly build: string; readonly spans: number }[], nowMs: number): Promise<void> {
  const lines = rows.map(({ hour, version, build, spans }) => JSON.stringify({ hour: sqlTime(hour), version, build, spans, built_at: new Date(nowMs).toISOString() }))
  return clickhouse.insert('rollup_builds', lines.join('\n'), { token: randomBytes(16).toString('hex') })
}

/** Takes the builds of hours back: until they are built again their rows are read raw. */
export async function takeBack(clickhouse: ClickHouse, hours: readonly Hour[], nowMs: number): Promise<void> {
  const newest = await newestOf(clickhouse, hours)
  await announce(clickhouse, hours.map((hour) => ({ hour, version: (newest.get(hour)?.version ?? 0) + 1, build: '', spans: 0 })), nowMs)
}

/** Builds an hour from its raw rows and puts the build in force, unless the hour was taken back meanwhile. Answers the raw rows it holds. */
export async function buildHour(clickhouse: ClickHouse, hour: Hour, nowMs: () => number): Promise<number> {
  // Asked before the rows are read: who takes the hour back while they are read has a version as high, and of equals the empty one counts.
  const version = ((await newestOf(clickhouse, [hour])).get(hour)?.version ?? 0) + 1
  const build = randomBytes(8).toString('hex')
  const parameters = { hour: sqlTime(hour), build }
  await clickhouse.command(buildStatement('minute'), parameters)
  await clickhouse.command(buildStatement('hour'), parameters)
  const [row] = await clickhouse.rows('SELECT sum(spans) AS n FROM rollup_hours WHERE build = {build:String}', { build })
  const spans = Number(row?.['n'] ?? 0)
  await announce(clickhouse, [{ hour, version, build, spans }], nowMs())
  return spans
}

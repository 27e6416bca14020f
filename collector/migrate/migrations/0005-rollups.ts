// Traffic by minute and by hour, summed up once an hour is over, and the views that unite those sums with the raw rows of hours that
// are open or changed since. No materialized view feeds them: the collector builds an hour whole, names the build, and only then
// says that it holds (collector/rollup). Nothing is ever counted from two sources or from half of one.
import { createTable, createView, type Migration, type StorageForm, type TableDefinition } from '../define.ts'

/** What rows are told apart by. */
export const DIMENSIONS = {
  is_simulated: 'Bool',
  role: 'LowCardinality(String)',
  purpose: 'LowCardinality(String)',
  task: 'LowCardinality(String)',
  target: 'LowCardinality(String)',
  provider: 'LowCardinality(String)',
  model: 'LowCardinality(String)',
  effort: 'LowCardinality(String)',
  key_id: 'LowCardinality(String)',
  error_code: 'LowCardinality(String)',
} as const

/** What is summed, as it is read from raw spans. */
export const MEASURES = {
  spans: ['UInt64', 'count()'],
  failed: ['UInt64', "countIf(s.status = 'Error')"],
  failovers: ['UInt64', "countIf(s.role = 'call' AND s.attempts > 1)"],
  attempts: ['UInt64', 'sum(s.attempts)'],
  unpriced: ['UInt64', "countIf(s.role = 'call' AND s.call_cost_usd IS NULL OR s.role != 'call' AND s.cost_source = 'unpriced')"],
  cost_usd: ['Decimal(38, 12)', "ifNull(sum(s.cost_usd), toDecimal128(0, 12))"],
  call_cost_usd: ['Decimal(38, 12)', "ifNull(sum(s.call_cost_usd), toDecimal128(0, 12))"],
  wasted_usd: ['Decimal(38, 12)', "ifNull(sum(s.call_wasted_usd), toDecimal128(0, 12))"],
  counted: ['UInt64', 'countIf(s.input_tokens IS NOT NULL AND s.output_tokens IS NOT NULL)'],
  input_tokens: ['UInt64', 'ifNull(sum(s.input_tokens), 0)'],
  cache_read_tokens: ['UInt64', 'ifNull(sum(s.cache_read_tokens), 0)'],
  cache_write_tokens: ['UInt64', 'ifNull(sum(s.cache_write_tokens), 0)'],
  output_tokens: ['UInt64', 'ifNull(sum(s.output_tokens), 0)'],
  reasoning_tokens: ['UInt64', 'ifNull(sum(s.reasoning_tokens), 0)'],
} as const

/** Distributions that merge: t-digests of successful spans, in milliseconds. */
export const SKETCHES = {
  duration: ['AggregateFunction(quantilesTDigest(0.5, 0.9, 0.95, 0.99), Float32)', "quantilesTDigestStateIf(0.5, 0.9, 0.95, 0.99)(toFloat32(s.duration_ns / 1e6), s.status != 'Error' AND s.role != 'correction')"],
  ttft: ['AggregateFunction(quantilesTDigest(0.5, 0.9, 0.95, 0.99), Float32)', 'quantilesTDigestStateIf(0.5, 0.9, 0.95, 0.99)(toFloat32(ifNull(s.ttft_ms, 0)), s.ttft_ms IS NOT NULL AND s.status != \'Error\')'],
} as const

export const GRAINS = { minute: { table: 'rollup_minutes', start: 'toStartOfMinute', keepDays: 14 }, hour: { table: 'rollup_hours', start: 'toStartOfHour', keepDays: 400 } } as const
export type Grain = keyof typeof GRAINS

const columnsOf = (all: Readonly<Record<string, readonly [type: string, sql: string]>>): Record<string, string> => Object.fromEntries(Object.entries(all).map(([name, [type]]) => [name, type]))

function rollup(grain: Grain): TableDefinition {
  const { table, keepDays } = GRAINS[grain]
  return {
    name: table,
    columns: { at: "DateTime('UTC') CODEC(Delta, ZSTD(1))", hour: "DateTime('UTC') CODEC(Delta, ZSTD(1))", build: 'UInt64 CODEC(ZSTD(1))', ...DIMENSIONS, ...columnsOf(MEASURES), ...columnsOf(SKETCHES) },
    findBy: [],
    partitionBy: grain === 'minute' ? 'toDate(at)' : 'toYYYYMM(at)',
    orderBy: ['is_simulated', 'role', 'at', 'task', 'target'],
    keepDays,
    keepFrom: 'at',
    shardBy: 'cityHash64(build)',
  }
}

/** Hours since the epoch fit into so many values until 2089. */
export const BUILD_HOURS = 1 << 20

/** Which build of an hour holds: a random number, times 2^20, plus the hour since the epoch. 0: none does, its rows are read raw. Of equal versions 0 counts. */
const BUILDS: TableDefinition = {
  name: 'rollup_builds',
  columns: { hour: "DateTime('UTC') CODEC(Delta, ZSTD(1))", version: 'UInt64', build: 'UInt64 CODEC(ZSTD(1))', spans: 'UInt64', built_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))" },
  findBy: [],
  partitionBy: 'toYYYYMM(hour)',
  orderBy: ['hour', 'version'],
  keepDays: 400,
  keepFrom: 'hour',
  shardBy: 'cityHash64(hour)',
}

const ROLES = "role IN ('call', 'attempt', 'correction')"
const names = (all: Readonly<Record<string, unknown>>): string => Object.keys(all).join(', ')
const raw = (): string => [...Object.entries(MEASURES), ...Object.entries(SKETCHES)].map(([name, [, sql]]) => `${sql} AS ${name}`).join(',\n    ')

/** The rows of a window of raw spans, summed by a grain. */
export function summed(grain: Grain, where: string): string {
  // Measures have the names of the columns they are sums of; the alias keeps the two apart.
  return `SELECT s.at AS at, ${names(DIMENSIONS)},
    ${raw()}
  FROM (SELECT ${GRAINS[grain].start}(started_at) AS at, ${names(DIMENSIONS)}, status, attempts, cost_source, cost_usd, call_cost_usd, call_wasted_usd, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, duration_ns, ttft_ms
    FROM spans WHERE ${ROLES} AND ${where}) AS s
  GROUP BY at, ${names(DIMENSIONS)}`
}

// One reading of the builds for both halves: a build that appears in between would else be counted twice or not at all. Raw rows are
// read from the first hour that no build holds on: usually the open hour, so usually the last partition only.
const held = (newest: string): string => `(
    SELECT (groupArrayIf(held, held != 0), if(count() = 0, toDateTime(0, 'UTC'), least(ifNull(minIf(toNullable(hour), held = 0), max(hour) + INTERVAL 1 HOUR), max(hour) + INTERVAL 1 HOUR)))
    FROM (SELECT hour, argMax(build, ${newest}) AS held FROM rollup_builds GROUP BY hour)
  )`

/** Sums where a build holds, raw rows elsewhere; `newest`: which row of `rollup_builds` counts of an hour. */
export function united(grain: Grain, newest: string): string {
  const { table } = GRAINS[grain]
  return `WITH ${held(newest)} AS held
SELECT at, ${names(DIMENSIONS)}, ${names(MEASURES)}, ${names(SKETCHES)}
FROM ${table}
WHERE build IN (SELECT arrayJoin(tupleElement(held, 1)))
UNION ALL
SELECT at, ${names(DIMENSIONS)}, ${names(MEASURES)}, ${names(SKETCHES)}
FROM (${summed(grain, `started_at >= tupleElement(held, 2) AND toStartOfHour(started_at) NOT IN (SELECT arrayJoin(arrayMap(b -> toDateTime(b % ${BUILD_HOURS} * 3600, 'UTC'), tupleElement(held, 1))))`)})`
}

/** The number of a build, out of a random number below 2^40. */
export function buildNumber(seed: number, hourMs: number): bigint {
  return BigInt(seed) * BigInt(BUILD_HOURS) + BigInt(Math.floor(hourMs / 3_600_000))
}

export const rollups: Migration = {
  number: 5,
  name: 'rollups',
  statements: (form: StorageForm) => [
    ...[rollup('minute'), rollup('hour'), BUILDS].flatMap((table) => createTable(table, form)),
    createView('traffic_by_minute', united('minute', '(version, build = 0)'), form),
    createView('traffic_by_hour', united('hour', '(version, build = 0)'), form),
  ],
}

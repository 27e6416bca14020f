// Every query a page or panel asks, with the parameters it asks it with, and the sums of traffic beside their raw form: what
// storage-growth times.
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { answersByTarget, answersOverTime, answerTotals } from '../../store/queries/answers.ts'
import { callsOverTime, costPerCallByTask, latencyOverTime, targetsSeen, tasksSeen } from '../../store/queries/dashboards.ts'
import type { Query } from '../../store/queries/define.ts'
import { modelMetrics } from '../../store/queries/models.ts'
import { dataSeen, recentCalls, spendOverTime, spendTotals, taskTargets } from '../../store/queries/overview.ts'
import { hallucinationByTarget, pushbackByTarget } from '../../store/queries/quality.ts'
import { findTrace, traceSpans } from '../../store/queries/traces.ts'

export type Window = { readonly name: string; readonly days: number; /** Length of the buckets a page of this range draws. */ readonly bucketS: number }

/** What the pages offer. */
export const WINDOWS: readonly Window[] = [
  { name: '1 h', days: 1 / 24, bucketS: 60 },
  { name: '24 h', days: 1, bucketS: 1_800 },
  { name: '7 d', days: 7, bucketS: 10_800 },
  { name: '30 d', days: 30, bucketS: 43_200 },
]

export type Asked = { readonly name: string; readonly sql: string; readonly params: Readonly<Record<string, unknown>>; readonly isById: boolean }

/** Any trace in the middle of the data, by which ids are looked up. */
export type Sample = { readonly traceId: string; readonly responseId: string }

/** A sample of what is stored. */
export async function sampleOf(clickhouse: ClickHouse): Promise<Sample> {
  const [row] = await clickhouse.rows("SELECT trace_id, response_id FROM spans WHERE role = 'attempt' AND response_id != '' AND started_at > now() - INTERVAL 12 HOUR LIMIT 1")
  return { traceId: String(row?.['trace_id']), responseId: String(row?.['response_id']) }
}

/** What a page asks of the sums: by target over time, and by task and target; the first over whole hours, the second to the minute. */
const SUMS = [
  {
    name: 'sums: target over time',
    sql: `SELECT toStartOfInterval(t.at, toIntervalSecond({bucket_s:UInt32})) AS bucket, target, sum(cost_usd) AS usd, sum(t.spans) AS n, quantilesTDigestMerge(0.5, 0.9, 0.95, 0.99)(duration) AS ms
FROM traffic_by_hour AS t WHERE role IN ('attempt', 'correction') AND purpose = 'production' AND is_simulated = {simulated:Bool} AND t.at >= toStartOfHour({from:DateTime64(3)}) AND t.at < {to:DateTime64(3)} GROUP BY bucket, target ORDER BY bucket, target`,
  },
  {
    name: 'sums: task and target',
    sql: `SELECT task, target, sum(cost_usd) AS usd, sum(t.spans) AS n, sum(t.input_tokens) AS tokens, quantilesTDigestMerge(0.5, 0.9, 0.95, 0.99)(duration) AS ms
FROM traffic_by_hour AS t WHERE role IN ('attempt', 'correction') AND purpose = 'production' AND is_simulated = {simulated:Bool} AND t.at >= toStartOfHour({from:DateTime64(3)}) AND t.at < {to:DateTime64(3)} GROUP BY task, target ORDER BY task, target`,
  },
  {
    name: 'sums: counts by minute',
    sql: `SELECT toStartOfInterval(t.at, toIntervalSecond({bucket_s:UInt32})) AS bucket, sum(t.spans) AS n, sum(t.failed) AS failed
FROM traffic_by_minute AS t WHERE role = 'call' AND purpose = 'production' AND is_simulated = {simulated:Bool} AND t.at >= toStartOfMinute({from:DateTime64(3)}) AND t.at < {to:DateTime64(3)} GROUP BY bucket ORDER BY bucket`,
  },
] as const

/** All of them for a window that ends at a time. */
export function pagesOf({ days, bucketS }: Window, nowMs: number, sample: Sample): Asked[] {
  const window = { simulated: true, from: new Date(nowMs - days * 86_400_000), to: new Date(nowMs + 60_000) }
  const filtered = { ...window, targets: [], tasks: [] }
  const bucketed = { ...filtered, bucket_s: bucketS }
  const of = (query: Query, params: Readonly<Record<string, unknown>>, isById = false): Asked => ({ name: query.name, sql: query.sql, params: query.params.parse(params), isById })
  return [
    of(dataSeen, window),
    of(spendTotals, filtered),
    of(spendOverTime, bucketed),
    of(taskTargets, filtered),
    of(recentCalls, { ...filtered, only: 'all', limit: 100 }),
    of(costPerCallByTask, bucketed),
    of(latencyOverTime, bucketed),
    of(callsOverTime, bucketed),
    of(targetsSeen, window),
    of(tasksSeen, window),
    of(answerTotals, filtered),
    of(answersByTarget, filtered),
    of(answersOverTime, bucketed),
    of(modelMetrics, filtered),
    of(pushbackByTarget, filtered),
    of(hallucinationByTarget, filtered),
    ...SUMS.map(({ name, sql }): Asked => ({ name, sql, params: { simulated: true, from: window.from, to: window.to, bucket_s: bucketed.bucket_s }, isById: false })),
    of(traceSpans, { ...window, trace_id: sample.traceId }, true),
    of(findTrace, { ...window, id: sample.responseId }, true),
  ]
}

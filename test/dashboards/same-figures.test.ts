// The same number everywhere: twelve figures as the page's JSON has them, as Grafana's panel asks for them, as the command line prints them,
// and as plain SQL over the stored rows. One of them differing is a defect, whichever it is.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../core/seams.ts'
import { buildDashboards } from '../../dashboards/grafana/build.ts'
import type { OverviewAnswer } from '../../dashboards/web/api/overview.ts'
import type { TraceAnswer } from '../../dashboards/web/api/trace.ts'
import { webMounts } from '../../dashboards/web/server.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { answersByTarget } from '../../store/queries/answers.ts'
import { startStage, type Stage } from '../browser/stage.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand } from '../support/run-command.ts'
import { demoRows } from './demo-rows.ts'
import { ndjson } from './fixture-rows.ts'
import { expanded } from './plugin-macros.ts'

type Json = Readonly<Record<string, unknown>>
const nowMs = Date.now()
const SINCE = new Date(nowMs - 2 * 86_400_000)
const PRODUCTION = "purpose = 'production' AND NOT is_simulated"
const TARGET = 'mistral-small'
/** On the simulated side, where every call has a cost. */
const ANSWERING = 'kimi-k2.6'
const TASK = 'simple_qa'

describe.skipIf(clickhouseMissing() !== undefined)('the same number', () => {
  let database: TestDatabase
  let reader: ClickHouse
  let stage: Stage
  let env: Record<string, string>
  let cwd: string
  let overview: OverviewAnswer
  let traceId: string

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'wb-figures-'))
    await writeFile(join(cwd, 'weighbridge.yaml'), 'providers: {}\n')
    database = await createTestDatabase()
    const writer = createClickHouse(database.writer)
    try {
      for (const simulated of [true, false]) {
        // Enough calls for every rate to be stated.
        for (const [table, rows] of Object.entries(demoRows({ nowMs, simulated, calls: 400, hours: 20 }))) if (rows.length > 0) await writer.insert(table, ndjson(rows), { token: `${table} ${simulated}` })
      }
    } finally {
      await writer.close()
    }
    reader = createClickHouse(database.reader)
    env = { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_DATABASE: database.database, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password }
    stage = await startStage(webMounts({ clickhouse: reader, distDir: cwd, clock: systemClock, log: pino({ level: 'silent' }), simulatedDefault: () => false }))
    overview = await page<OverviewAnswer>('/api/ui/overview?range=24h&simulated=0')
    traceId = String((await reader.rows(`SELECT trace_id FROM spans WHERE role = 'call' AND call_cost_usd > 0 AND ${PRODUCTION} ORDER BY started_at DESC LIMIT 1`))[0]?.['trace_id'])
  })
  afterAll(async () => {
    await stage?.close()
    await reader?.close()
    await database?.drop()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  })

  async function page<T>(path: string): Promise<T> {
    return (await (await fetch(stage.url + path)).json()) as T // as the server's own types say
  }
  async function sql(select: string): Promise<number> {
    return Number(Object.values((await reader.rows(select))[0] ?? {})[0])
  }
  /** Rows of a panel by its title, over the last two days. */
  async function panel(title: string, simulated = false): Promise<readonly Json[]> {
    const found = buildDashboards().flatMap(({ json }) => (JSON.parse(json) as { panels: { title: string; targets?: { rawSql: string }[] }[] }).panels).find((one) => one.title === title)
    if (found === undefined) throw new Error(`no panel ${title}`)
    return reader.rows(
      expanded(found.targets?.[0]?.rawSql ?? '', { fromMs: SINCE.getTime(), toMs: nowMs + 60_000, intervalS: 1_800, variables: { simulated: String(simulated), target: [], task: [], key: [], only: 'all', error: '', least_usd: '', least_ms: '', value_per_answer_usd: '0.05', trace_id: '' } }),
    )
  }
  const one = async (title: string): Promise<number> => Number(Object.values((await panel(title))[0] ?? {})[0])
  const sum = (rows: readonly Json[], column: string): number => rows.reduce((total, row) => total + Number(row[column]), 0)
  async function command(...words: string[]): Promise<Json> {
    const result = await runCommand([...words, '--json'], { env, cwd })
    expect(result).toMatchObject({ code: 0, err: '' })
    return JSON.parse(result.out) as Json
  }
  const found = async (query: string): Promise<number> => Number((await command('traces', query, '--facets', '--since', '2d'))['total'])
  const billed = async (): Promise<{ total: Json; lines: readonly Json[] }> => {
    const { total, lines } = await command('bill', '--since', SINCE.toISOString(), '--by', 'target')
    return { total: total as Json, lines: lines as Json[] } // the bill's own form
  }
  const model = async (column: string): Promise<number> => Number(((await command('models'))['simulated'] as Json[]).find((row) => row['target'] === ANSWERING && row['task'] === TASK)?.[column])
  const answers = async (column: 'retried_rate' | 'cost_per_accepted_usd'): Promise<number> =>
    Number((await reader.query(answersByTarget, { simulated: true, from: SINCE, to: new Date(nowMs + 60_000), targets: [], tasks: [] })).find((row) => row.target === ANSWERING && row.task === TASK)?.[column])
  const answerRow = async (title: string, column: string): Promise<number> => Number((await panel(title, true)).find((row) => row['target'] === ANSWERING && row['task'] === TASK)?.[column])

  type Figure = { readonly name: string; readonly page: () => Promise<number>; readonly grafana: () => Promise<number>; readonly cli: () => Promise<number>; readonly raw: () => Promise<number> }
  const figures: readonly Figure[] = [
    {
      name: 'spend',
      page: async () => overview.totals.spend_usd,
      grafana: () => one('Spend'),
      cli: async () => Number((await billed()).total['production_usd']),
      raw: () => sql(`SELECT sum(cost_usd) FROM spans WHERE role IN ('attempt', 'correction') AND ${PRODUCTION}`),
    },
    { name: 'calls', page: async () => overview.totals.calls, grafana: async () => sum(await panel('Calls, failovers and failures'), 'calls'), cli: () => found(''), raw: () => sql(`SELECT count() FROM spans WHERE role = 'call' AND ${PRODUCTION}`) },
    {
      name: 'calls that failed over',
      page: async () => overview.totals.failovers,
      grafana: async () => sum(await panel('Calls, failovers and failures'), 'failovers'),
      cli: () => found('attempts>1'),
      raw: () => sql(`SELECT count() FROM spans WHERE role = 'call' AND attempts > 1 AND ${PRODUCTION}`),
    },
    { name: 'failed calls', page: async () => overview.totals.failed_calls, grafana: async () => sum(await panel('Calls, failovers and failures'), 'failed'), cli: () => found('status:error'), raw: () => sql(`SELECT count() FROM spans WHERE role = 'call' AND status = 'Error' AND ${PRODUCTION}`) },
    {
      name: 'wasted',
      page: async () => overview.totals.wasted_usd,
      grafana: () => one('Wasted'),
      cli: async () => Number((await billed()).total['wasted_usd']),
      raw: () => sql(`SELECT sum(call_wasted_usd) FROM spans WHERE role IN ('call', 'correction') AND ${PRODUCTION}`),
    },
    {
      name: 'calls without a price',
      page: async () => overview.totals.unpriced_calls,
      grafana: () => one('Unpriced calls'),
      cli: () => found('-has:cost'),
      raw: () => sql(`SELECT countIf(role = 'call' AND call_cost_usd IS NULL) - countIf(role = 'correction' AND cost_source = 'unpriced') FROM spans WHERE ${PRODUCTION}`),
    },
    {
      name: 'spend of a target',
      page: async () => sum(overview.spend.filter((row) => row.target === TARGET), 'spend_usd'),
      grafana: async () => sum((await panel('Spend by target')).filter((row) => row['name'] === TARGET), 'spend_usd'),
      cli: async () => Number((await billed()).lines.find((line) => (line['key'] as Json)['target'] === TARGET)?.['production_usd']),
      raw: () => sql(`SELECT sum(cost_usd) FROM spans WHERE role IN ('attempt', 'correction') AND target = '${TARGET}' AND ${PRODUCTION}`),
    },
    {
      name: 'cost of one call',
      page: async () => Number((await page<TraceAnswer>(`/api/ui/trace/${traceId}?simulated=0`)).detail.spans.find((span) => span.role === 'call')?.call_cost_usd),
      grafana: async () => Number((await panel('Calls found')).find((row) => row['trace_id'] === traceId)?.['cost_usd']),
      cli: async () => Number(((await command('trace', traceId))['spans'] as Json[]).find((span) => span['role'] === 'call')?.['call_cost_usd']),
      raw: () => sql(`SELECT sum(cost_usd) FROM spans WHERE role = 'attempt' AND trace_id = '${traceId}'`),
    },
    {
      name: 'hallucination rate of a target',
      page: async () => Number(overview.hallucination.find((row) => row.target === 'local-smollm2')?.hallucination_rate),
      grafana: async () => Number((await panel('Hallucination and accuracy')).find((row) => row['target'] === 'local-smollm2')?.['hallucination_rate']),
      cli: async () => Number(((await command('models'))['real'] as Json[]).find((row) => row['target'] === 'local-smollm2')?.['hallucination_rate']),
      raw: () => sql("SELECT countIf(label = 'incorrect') / countIf(label != 'correct') FROM eval_results WHERE NOT is_simulated AND target = 'local-smollm2' AND run_id = 'run-2' AND probe_kind = 'factual' AND answerable AND status = 'scored'"),
    },
    {
      name: 'pushback rate of a target',
      page: async () => Number(overview.pushback.find((row) => row.target === 'local-smollm2')?.pushback_rate),
      grafana: async () => Number((await panel('Pushback on nonsense, and on sound questions')).find((row) => row['target'] === 'local-smollm2')?.['pushback_rate']),
      cli: async () => Number(((await command('models'))['real'] as Json[]).find((row) => row['target'] === 'local-smollm2')?.['pushback_rate']),
      raw: () => sql("SELECT countIf(label = 'clear_pushback') / count() FROM eval_results WHERE NOT is_simulated AND target = 'local-smollm2' AND run_id = 'run-2' AND probe_kind = 'nonsense' AND status = 'scored'"),
    },
    {
      name: 'retry rate of a target at a task',
      page: () => answers('retried_rate'),
      grafana: () => answerRow('What people did with the answers', 'retried_rate'),
      cli: () => model('retry_rate'),
      raw: () => sql(`SELECT countIf(retried) / countIf(observed) FROM calls WHERE target = '${ANSWERING}' AND task = '${TASK}' AND purpose = 'production' AND is_simulated`),
    },
    {
      name: 'cost per accepted answer of a target at a task',
      page: () => answers('cost_per_accepted_usd'),
      grafana: () => answerRow('What an accepted answer costs', 'cost_per_accepted_usd'),
      cli: () => model('cost_per_accepted_usd'),
      raw: () => sql(`SELECT sumIf(cost_usd, observed) / countIf(accepted) FROM calls WHERE target = '${ANSWERING}' AND task = '${TASK}' AND purpose = 'production' AND is_simulated`),
    },
  ]

  it.each(figures)('$name: page, Grafana, command line and plain SQL agree', async (figure) => {
    const [onPage, inGrafana, printed, raw] = [await figure.page(), await figure.grafana(), await figure.cli(), await figure.raw()]
    expect(Number.isFinite(raw)).toBe(true)
    expect(raw).toBeGreaterThan(0)
    for (const value of [onPage, inGrafana, printed]) expect(value).toBeCloseTo(raw, 9)
  })
})

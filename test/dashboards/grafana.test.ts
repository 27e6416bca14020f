// The Grafana dashboard: every query of every panel and variable runs on the engine, with the plugin's macros and Grafana's
// variables put in as they would be, on rows and on empty tables.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDashboards } from '../../dashboards/grafana/build.ts'
import { intervalDrawing, panelSql } from '../../dashboards/grafana/macros.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing } from '../support/database.ts'
import { storeFixture, storeNothing } from './stored-fixture.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.log(`skipped: ${missing}`)

type Json = { readonly [key: string]: unknown }
const nowMs = Date.now()

// What the plugin's backend does with its macros, and Grafana's front end with variables before it.
function expand(sql: string, simulated: boolean, values: { targets: readonly string[]; tasks: readonly string[] }): string {
  const from = nowMs - 30 * 86_400_000
  const to = nowMs + 60_000
  const quoted = (list: readonly string[]): string => list.map((v) => `'${v}'`).join(',')
  return sql
    .replaceAll('${simulated}', String(simulated))
    .replaceAll('${target:singlequote}', quoted(values.targets))
    .replaceAll('${task:singlequote}', quoted(values.tasks))
    .replaceAll(/\$__timeFilter_ms\(([^)]*)\)/g, `$1 >= fromUnixTimestamp64Milli(${from}) AND $1 <= fromUnixTimestamp64Milli(${to})`)
    .replaceAll('$__fromTime_ms', `fromUnixTimestamp64Milli(${from})`)
    .replaceAll('$__interval_s', '3600')
}

function queriesOf(dashboard: Json): { readonly title: string; readonly sql: string }[] {
  const panels = (dashboard['panels'] as Json[]).flatMap((panel) => ((panel['targets'] as Json[] | undefined) ?? []).map((target) => ({ title: String(panel['title']), sql: String(target['rawSql']) })))
  const variables = ((dashboard['templating'] as Json)['list'] as Json[]).filter((v) => v['type'] === 'query').map((v) => ({ title: `variable ${String(v['name'])}`, sql: String((v['query'] as Json)['rawSql']) }))
  return [...panels, ...variables]
}

const built = buildDashboards()
const dashboard = JSON.parse(built[0]?.json ?? '{}') as Json
const queries = queriesOf(dashboard)

describe('the dashboard as code', () => {
  it('is classic JSON with a title, a uid, variables and a query on every panel', () => {
    expect(built.map((b) => b.name)).toEqual(['weighbridge'])
    expect(dashboard).toMatchObject({ uid: 'weighbridge', title: 'Weighbridge', editable: false })
    const names = ((dashboard['templating'] as Json)['list'] as Json[]).map((v) => v['name'])
    expect(names).toEqual(['datasource', 'simulated', 'target', 'task', 'weighbridge_url'])
    for (const panel of dashboard['panels'] as Json[]) if (panel['type'] !== 'row') expect(panel['targets'], String(panel['title'])).toHaveLength(1)
  })

  it('is the same text every time', () => {
    expect(buildDashboards()).toEqual(built)
  })

  it('shows one side of the simulated/real divide in every panel', () => {
    for (const { title, sql } of queries) expect(sql, title).toContain('is_simulated = ${simulated}')
  })

  it('takes the dashboard’s time range in every query', () => {
    for (const { title, sql } of queries) expect(sql, title).toContain('$__timeFilter_ms(')
  })

  it('links recent calls to their trace page', () => {
    expect(JSON.stringify(dashboard)).toContain('${weighbridge_url}/trace/${__value.raw}')
  })

  it('places panels in rows of 24 columns without overlap', () => {
    const taken = new Set<string>()
    for (const panel of dashboard['panels'] as Json[]) {
      const { x, y, w, h } = panel['gridPos'] as Record<'x' | 'y' | 'w' | 'h', number>
      expect(x + w).toBeLessThanOrEqual(24)
      for (let cx = x; cx < x + w; cx += 1)
        for (let cy = y; cy < y + h; cy += 1) {
          expect(taken.has(`${cx},${cy}`)).toBe(false)
          taken.add(`${cx},${cy}`)
        }
    }
  })

  it('refuses to build a panel with a parameter that nothing fills', () => {
    expect(() => panelSql({ name: 'broken', sql: 'SELECT {unheard_of:String}' })).toThrow(/broken.*unheard_of/)
  })
})

describe.skipIf(missing !== undefined)('every query of the dashboard', () => {
  let stored: { reader: ClickHouse; close: () => Promise<void> }
  let nothing: { reader: ClickHouse; close: () => Promise<void> }
  beforeAll(async () => {
    stored = await storeFixture(nowMs)
    nothing = await storeNothing()
  })
  afterAll(async () => {
    await stored.close()
    await nothing.close()
  })

  it.each(queries)('answers rows on stored calls: $title', async ({ sql }) => {
    const all = await stored.reader.rows(expand(sql, true, { targets: [], tasks: [] }))
    expect(all.length).toBeGreaterThan(0)
    const some = await stored.reader.rows(expand(sql, true, { targets: ['gpt-5.4', "it's"].map((v) => v.replaceAll("'", '')), tasks: ['simple_qa'] }))
    expect(some.length).toBeLessThanOrEqual(all.length)
  })

  it.each(queries)('runs on empty tables: $title', async ({ sql }) => {
    const rows = await nothing.reader.rows(expand(sql, false, { targets: [], tasks: [] }))
    expect(rows.length).toBeLessThanOrEqual(1)
  })

  it('draws an interval as text with its dot and its ends in place', async () => {
    const [row] = await stored.reader.rows(`SELECT ${intervalDrawing('toNullable(0.5)', '0.25', '0.75')} AS drawn, ${intervalDrawing('CAST(NULL, \'Nullable(Float64)\')', 'NULL', 'NULL')} AS nothing`)
    expect(row).toEqual({ drawn: `${'·'.repeat(10)}${'━'.repeat(10)}●${'━'.repeat(10)}${'·'.repeat(10)}`, nothing: '' })
  })

  it('names the time column of every series `time`, in order', async () => {
    const series = (dashboard['panels'] as Json[]).filter((panel) => panel['type'] === 'timeseries')
    expect(series.length).toBeGreaterThanOrEqual(5)
    for (const panel of series) {
      const sql = String((panel['targets'] as Json[])[0]?.['rawSql'])
      const times = (await stored.reader.rows(expand(sql, true, { targets: [], tasks: [] }))).map((row) => String(row['time']))
      expect(times, String(panel['title'])).toEqual(times.toSorted())
    }
  })
})

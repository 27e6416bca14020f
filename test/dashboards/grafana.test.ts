// Dashboards and alerts as code: their form, and every query of every panel, variable, annotation and alert on the engine, with the plugin's
// macros and Grafana's variables put in as they would be: on a day of calls and on empty tables, right columns, right types, no error.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { alertRulesYaml, ALERT_RULES } from '../../dashboards/grafana/alerts.ts'
import { buildDashboards, panelId } from '../../dashboards/grafana/build.ts'
import { intervalDrawing, panelSql } from '../../dashboards/grafana/macros.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing } from '../support/database.ts'
import { demoRows } from './demo-rows.ts'
import { expanded, type PanelContext } from './plugin-macros.ts'
import { HOURS, SIMULATED_CALLS, storeFixture, storeNothing } from './stored-fixture.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.log(`skipped: ${missing}`)

type Json = { readonly [key: string]: unknown }
// JSON of the dashboards, looked at as such.
const list = (value: unknown): readonly Json[] => (value ?? []) as readonly Json[]
const member = (value: unknown, name: string): unknown => (value as Json)[name]

const nowMs = Date.now()
const sim = demoRows({ nowMs, simulated: true, calls: SIMULATED_CALLS, hours: HOURS })
const context = (simulated: boolean, more: Readonly<Record<string, string | readonly string[]>> = {}): PanelContext => ({
  fromMs: nowMs - 30 * 86_400_000,
  toMs: nowMs + 60_000,
  intervalS: 3_600,
  variables: { simulated: String(simulated), target: [], task: [], key: [], only: 'all', error: '', least_usd: '', least_ms: '', value_per_answer_usd: '0.05', trace_id: String(sim.spans[0]?.['trace_id']), ...more },
})

const built = buildDashboards()
const boards = built.map(({ name, json }) => ({ name, board: JSON.parse(json) as Json }))
const panelsOf = (board: Json): readonly Json[] => list(board['panels']).filter((panel) => panel['type'] !== 'row')
type Asked = { readonly title: string; readonly sql: string; readonly kind: string; readonly panel: Json | undefined }
const asked: readonly Asked[] = boards.flatMap(({ name, board }) => [
  ...panelsOf(board).flatMap((panel) => list(panel['targets']).map((target) => ({ title: `${name} · ${String(panel['title'])}`, sql: String(target['rawSql']), kind: String(target['queryType']), panel }))),
  ...list(member(board['templating'], 'list')).filter((variable) => variable['type'] === 'query').map((variable) => ({ title: `${name} · variable ${String(variable['name'])}`, sql: String(member(variable['query'], 'rawSql')), kind: 'variable', panel: undefined })),
  ...list(member(board['annotations'], 'list')).map((annotation) => ({ title: `${name} · annotation ${String(annotation['name'])}`, sql: String(member(annotation['target'], 'rawSql')), kind: 'annotation', panel: undefined })),
])

describe('the dashboards as code', () => {
  it('are five, in the classic form that Grafana 11.6 and later take up, the same text every time', () => {
    expect(boards.map(({ board }) => board['title'])).toEqual(['Weighbridge: Spend', 'Weighbridge: Hallucination and quality', 'Weighbridge: Routing', 'Weighbridge: Reliability', 'Weighbridge: Traces'])
    for (const { name, board } of boards) expect(board).toMatchObject({ uid: name, schemaVersion: 39, editable: false, timezone: 'browser' })
    expect(buildDashboards()).toEqual(built)
  })

  it('choose data source, side, target and task, and link to each other and to the own pages', () => {
    for (const { name, board } of boards) {
      const names = list(member(board['templating'], 'list')).map((variable) => variable['name'])
      expect(names.slice(0, 5), name).toEqual(['datasource', 'simulated', 'target', 'task', 'weighbridge_url'])
      expect(list(board['links']).map((link) => link['type']), name).toEqual(['dashboards', 'link'])
    }
    expect(JSON.stringify(buildDashboards('https://wb.example'))).toContain('https://wb.example')
  })

  it('mark published tables on all of them, and what the learner found and did where quality and routes are', () => {
    for (const { name, board } of boards) {
      const learner = ['weighbridge-quality', 'weighbridge-routing'].includes(name) ? ['Drift and holds', 'Canaries, rollbacks and freezes'] : []
      expect(list(member(board['annotations'], 'list')).map((annotation) => annotation['name']), name).toEqual(['Published route tables', ...learner])
    }
  })

  it('describe every panel by the meaning of its query, and give it a query, an id and a place of its own', () => {
    for (const { name, board } of boards) {
      const taken = new Set<string>()
      const ids = list(board['panels']).map((panel) => panel['id'])
      expect(new Set(ids).size, name).toBe(ids.length)
      for (const panel of list(board['panels'])) {
        const { x, y, w, h } = panel['gridPos'] as Record<'x' | 'y' | 'w' | 'h', number> // as the SDK writes it
        expect(x + w).toBeLessThanOrEqual(24)
        for (let cx = x; cx < x + w; cx += 1)
          for (let cy = y; cy < y + h; cy += 1) {
            expect(taken.has(`${cx},${cy}`), `${name} · ${String(panel['title'])}`).toBe(false)
            taken.add(`${cx},${cy}`)
          }
        if (panel['type'] === 'row') continue
        expect(panel['targets'], String(panel['title'])).toHaveLength(1)
        expect(String(panel['description']).length, String(panel['title'])).toBeGreaterThan(10)
      }
    }
  })

  it('show one side of the simulated/real divide in every panel, but for routers and single traces, which have none', () => {
    for (const { title, sql } of asked) if (!/routers|Spool|Oldest|From the end|State of each|Routers now|Trace \$/.test(title)) expect(sql, title).toContain('is_simulated = ${simulated}')
  })

  it('refuse to build with a parameter that nothing fills', () => {
    expect(() => panelSql({ name: 'broken', sql: 'SELECT {unheard_of:String}' })).toThrow(/broken.*unheard_of/)
    expect(() => expanded('SELECT ${nothing}', context(true))).toThrow(/nothing/)
    expect(() => panelId('weighbridge-spend', 'No such panel')).toThrow(/No such panel/)
  })
})

/** The type of every column of an answer, whether it has rows or not. */
async function typesOf(db: ClickHouse, sql: string): Promise<{ readonly name: string; readonly type: string }[]> {
  return (await db.rows(`DESCRIBE TABLE (${sql})`)).map((row) => ({ name: String(row['name']), type: String(row['type']) }))
}
const isNumber = (type: string): boolean => /^(Nullable\()?(U?Int\d+|Float\d+|Decimal)/.test(type)
const isText = (type: string): boolean => /^(LowCardinality\()?(Nullable\()?(String|FixedString)/.test(type)
const isTime = (type: string): boolean => type.startsWith('DateTime')

describe.skipIf(missing !== undefined)('every query of the dashboards', () => {
  let stored: { reader: ClickHouse; close: () => Promise<void> }
  let nothing: { reader: ClickHouse; close: () => Promise<void> }
  beforeAll(async () => {
    stored = await storeFixture(nowMs)
    nothing = await storeNothing()
  })
  afterAll(async () => {
    await stored?.close()
    await nothing?.close()
  })

  /** Nothing of this kind in a day of calls. */
  const MAY_BE_EMPTY = /Without a price/

  it.each(asked)('$title', async ({ title, sql, kind, panel }) => {
    const text = expanded(sql, context(true))
    const types = await typesOf(stored.reader, text)
    const rows = await stored.reader.rows(text)
    if (!MAY_BE_EMPTY.test(title)) expect(rows.length, 'rows on a day of calls').toBeGreaterThan(0)
    const some = await stored.reader.rows(expanded(sql, context(true, { target: ['gpt-5.4', "it's"], task: ['simple_qa'], key: ['key_app'], least_usd: 'much', least_ms: '5' })))
    expect(some.length).toBeLessThanOrEqual(Math.max(1, rows.length))
    const empty = await nothing.reader.rows(expanded(sql, context(false)))
    expect(empty.length, 'rows on empty tables').toBeLessThanOrEqual(1)
    if (kind === 'timeseries') {
      const [first, ...rest] = types
      expect(first?.name).toBe('time')
      expect(isTime(first?.type ?? '')).toBe(true)
      // Long form: labels of text, and at least one number; anything else the plugin cannot turn into series.
      expect(rest.filter(({ type }) => isNumber(type)).length).toBeGreaterThan(0)
      expect(rest.filter(({ type }) => !isNumber(type) && !isText(type))).toEqual([])
      const times = rows.map((row) => String(row['time']))
      expect(times).toEqual(times.toSorted())
      const config = member(member(panel, 'fieldConfig'), 'defaults')
      const label = /\$\{__field\.labels\.(\w+)\}/.exec(String(member(config, 'displayName')))?.[1]
      if (label !== undefined) expect(rest.filter(({ type }) => isText(type)).map(({ name }) => name)).toEqual([label])
    }
    if (kind === 'table' && panel !== undefined) {
      // An override by name is about a column that is there.
      for (const override of list(member(panel['fieldConfig'], 'overrides'))) if (member(override['matcher'], 'id') === 'byName') expect(types.map(({ name }) => name)).toContain(member(override['matcher'], 'options'))
      const links = list(member(panel['fieldConfig'], 'overrides')).filter((override) => String(member(override['matcher'], 'options')).endsWith('trace_id')).flatMap((override) => list(override['properties'])).flatMap((property) => list(property['value']))
      if (types.some(({ name }) => name === 'trace_id' || name === 'last_trace_id')) expect(links.map((link) => link['url'])).toEqual(['/d/weighbridge-traces?${__url_time_range}&var-simulated=${simulated}&var-trace_id=${__value.raw}', '${weighbridge_url}/trace/${__value.raw}'])
      if (panel['type'] === 'stat') expect(types.filter(({ type }) => isNumber(type))).toHaveLength(1)
    }
    if (kind === 'traces') {
      expect(types.map(({ name }) => name)).toEqual(expect.arrayContaining(['traceID', 'spanID', 'parentSpanID', 'operationName', 'serviceName', 'startTime', 'duration', 'tags', 'serviceTags', 'kind', 'statusCode']))
      expect(rows).toHaveLength(sim.spans.filter((row) => row['trace_id'] === sim.spans[0]?.['trace_id']).length)
    }
    if (kind === 'annotation') expect(types.map(({ name }) => name)).toEqual(['time', 'text', 'tags'])
    if (kind === 'variable') expect(types).toHaveLength(1)
  })

  it('finds the trace of a response or request id, and shows nothing for no id', async () => {
    const sql = asked.find(({ kind }) => kind === 'traces')?.sql ?? ''
    const attempt = sim.spans.find((row) => row['role'] === 'attempt' && row['response_id'] !== '')
    for (const id of [attempt?.['response_id'], attempt?.['request_id'], ` ${String(attempt?.['trace_id'])} `]) expect((await stored.reader.rows(expanded(sql, context(true, { trace_id: String(id) }))))[0]?.['traceID']).toBe(attempt?.['trace_id'])
    expect(await stored.reader.rows(expanded(sql, context(true, { trace_id: '' })))).toEqual([])
    for (const hostile of ["x' OR 1=1 --", "\\' OR 1=1 --", '%27', '${simulated}']) expect(await stored.reader.rows(expanded(sql, context(true, { trace_id: hostile })))).toEqual([])
  })

  it('draws an interval as text with its dot and its ends in place', async () => {
    const [row] = await stored.reader.rows(`SELECT ${intervalDrawing('toNullable(0.5)', '0.25', '0.75')} AS drawn, ${intervalDrawing('CAST(NULL, \'Nullable(Float64)\')', 'NULL', 'NULL')} AS nothing`)
    expect(row).toEqual({ drawn: `${'·'.repeat(10)}${'━'.repeat(10)}●${'━'.repeat(10)}${'·'.repeat(10)}`, nothing: '' })
  })
})

const rules = list(member(list(member(parse(alertRulesYaml()), 'groups'))[0], 'rules'))

describe('the alert rules as code', () => {
  it('are the six, each with a threshold on one query, a panel that exists, and an entry in the runbook', () => {
    expect(rules.map((rule) => rule['uid'])).toEqual(['cost-spike', 'hallucination-regression', 'failover-surge', 'unpriced', 'ingest-lag', 'spool-filling'].map((name) => `weighbridge-${name}`))
    const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
    for (const rule of rules) {
      const board = boards.find(({ name }) => name === rule['dashboardUid'])
      expect(panelsOf(board?.board ?? {}).map((panel) => panel['id'])).toContain(rule['panelId'])
      const anchor = /#([a-z-]+)$/.exec(String(member(rule['annotations'], 'runbook_url')))?.[1]
      expect(runbook).toContain(`<a id="${anchor}"></a>`)
      expect(list(rule['data'])).toMatchObject([{ refId: 'A', datasourceUid: 'weighbridge', model: { format: 1, queryType: 'table' } }, { refId: 'B', datasourceUid: '__expr__', model: { type: 'threshold', expression: 'A' } }])
      // Provisioning replaces what looks like a variable of the environment, in annotations as well.
      expect(JSON.stringify([rule['annotations'], rule['labels'], rule['title']])).not.toContain('$')
    }
  })
})

describe.skipIf(missing !== undefined)('every alert query', () => {
  it('answers one number per subject, on a day of calls and on nothing, from the real side alone', async () => {
    const stored = await storeFixture(nowMs)
    const nothing = await storeNothing()
    try {
      for (const [index, rule] of rules.entries()) {
        const { windowS, threshold, name } = ALERT_RULES[index] ?? { windowS: 0, threshold: 0, name: '' }
        const sql = expanded(String(member(member(list(rule['data'])[0], 'model'), 'rawSql')), { fromMs: nowMs - windowS * 1000, toMs: nowMs, intervalS: 60, variables: {} })
        for (const { reader } of [stored, nothing]) {
          const types = await typesOf(reader, sql)
          expect(types.filter(({ type }) => isNumber(type)).map((column) => column.name), name).toEqual(['value'])
          expect(types.filter(({ type }) => !isNumber(type) && !isText(type)), name).toEqual([])
        }
        for (const row of await nothing.reader.rows(sql)) expect(Number(row['value']), name).toBeLessThanOrEqual(threshold)
        expect(sql, name).not.toContain('is_simulated = true')
      }
    } finally {
      await stored.close()
      await nothing.close()
    }
  })
})

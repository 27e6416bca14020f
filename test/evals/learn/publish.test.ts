// Publishing: versions, the file that routers read, records for the collector, and who may not publish; over real state,
// a real folder and a real HTTP socket.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Config } from '../../../core/config.ts'
import { asWeighbridgeError } from '../../../core/errors.ts'
import type { PriceNotice } from '../../../core/operations.ts'
import { BY_THE_CLOCK } from '../../../core/price-watch.ts'
import { effectiveRoute, parseRouteTable } from '../../../core/route-table.ts'
import type { Clock } from '../../../core/seams.ts'
import type { ProductionRow } from '../../../evals/learn/evidence.ts'
import { createEventLog, type EventLog } from '../../../evals/learn/events.ts'
import { routesMount } from '../../../evals/learn/http.ts'
import { createLearner, type Learner } from '../../../evals/learn/learner.ts'
import { createPublisher, ROUTE_TABLE_FILE, type Publisher } from '../../../evals/learn/publish.ts'
import type { Proposal } from '../../../evals/learn/recommendation.ts'
import type { EvalRow } from '../../../evals/learn/samples.ts'
import type { LogRecord } from '../../../store/otlp/logs.ts'
import type { Query } from '../../../store/queries/define.ts'
import { openState, type State } from '../../../store/state/state.ts'
import { configOf, factualRows, productionRow, taskOf } from './fixture.ts'

const log = pino({ level: 'silent' })
let folder: string
let now: number
let state: State
let publisher: Publisher
let sent: LogRecord[]
let collectorUp: boolean
let config: Config
let stored: { evals: EvalRow[]; production: ProductionRow[]; asked: { name: string; simulated: unknown }[] }
let learner: Learner
let events: EventLog
let notices: PriceNotice[]
const clock: Clock = { nowMs: () => now, monotonicMs: () => now }

/** Answers the learner's queries from rows in memory, as the reader would; there are no eval runs to see drift in, and no arms. */
const reader = {
  query: async <P extends z.ZodObject, R extends z.ZodObject>(query: Query<P, R>, params: z.input<P>): Promise<z.output<R>[]> => {
    stored.asked.push({ name: query.name, simulated: 'simulated' in params ? params.simulated : undefined })
    if (query.name !== 'learning_evidence') return []
    const rows = (source: string, of: readonly object[]) => of.map((row) => query.row.parse({ source, row: JSON.stringify({ ...row, last_at: '2026-02-28T00:00:00Z' }) }))
    return [...rows('eval', stored.evals), ...rows('production', stored.production)]
  },
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'publish-'))
  now = Date.parse('2026-03-01T12:00:00Z')
  state = openState({ path: join(folder, 'state.sqlite'), clock })
  sent = []
  collectorUp = true
  publisher = makePublisher()
  config = configOf()
  stored = { evals: [...factualRows('a', 40, 60), ...factualRows('b', 80, 20)], production: [productionRow('a', 300, 0.008), productionRow('b', 300, 0.002)], asked: [] }
  notices = []
  events = createEventLog({ state, log, emit })
  learner = createLearner({ config: () => config, clickhouse: reader, state, publisher, events, clock, log, priceNotices: () => notices })
})

afterEach(() => {
  state.close()
  rmSync(folder, { recursive: true, force: true })
})

function makePublisher(): Publisher {
  return createPublisher({
    state,
    dataDir: folder,
    clock,
    log,
    emit,
  })
}

async function emit(records: readonly LogRecord[]): Promise<void> {
  if (!collectorUp) throw new Error('connection refused')
  // What the learner tells besides has a test of its own.
  sent.push(...records.filter(({ eventName }) => eventName === 'weighbridge.route_table'))
}

const file = (): string => readFileSync(join(folder, ROUTE_TABLE_FILE), 'utf8')
const inForce = () => {
  const table = parseRouteTable(file())
  return Object.fromEntries(effectiveRoute(config, taskOf(config), table).weights)
}

const notice = (over: Partial<PriceNotice>): PriceNotice => ({ target: 'a', at: now, cause: 'price list', before: '$1 in', after: '$2 in', over: [], ...over })

async function proposal(): Promise<Proposal> {
  await learner.recommend()
  const pending = learner.proposal()
  if (pending === undefined) throw new Error('a recommendation was stored')
  return pending
}

describe('apply', () => {
  test('publishes a version that the router accepts, and whose weights it then uses', async () => {
    const table = await publisher.apply(await proposal())
    expect(table).toMatchObject({ version: 1, parent: 0, simulated: false })
    expect(parseRouteTable(file())).toEqual(table)
    expect(inForce()).toEqual({ a: 0, b: 1 })
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    await publisher.sync()
    expect(sent).toMatchObject([{ eventName: 'weighbridge.route_table', attributes: { 'weighbridge.route.version': 1, 'weighbridge.route.parent': 0, 'weighbridge.route.action': 'apply', 'weighbridge.simulated': false } }])
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual(table)
  })

  test('is refused a second time, on a stale parent and after seven days', async () => {
    const first = await proposal()
    await publisher.apply(first)
    await expect(publisher.apply(first)).rejects.toMatchObject({ code: 'nothing_to_apply' })
    await publisher.rollback(0)
    const second = await proposal()
    await publisher.rollback(1)
    await expect(publisher.apply(second)).rejects.toMatchObject({ code: 'route_table_stale_parent' })
    await publisher.rollback(0)
    const third = await proposal()
    now += 7 * 86_400_000
    await expect(publisher.apply(third)).rejects.toMatchObject({ code: 'nothing_to_apply', message: expect.stringContaining('expired') })
    expect(learner.proposal()).toBeUndefined()
  })

  test('is refused for a task without a move, and when nothing moves', async () => {
    const pending = await proposal()
    await expect(publisher.apply(pending, { tasks: ['general'] })).rejects.toMatchObject({ code: 'unknown_task' })
    await publisher.apply(pending, { tasks: ['simple_qa'] })
    await expect(publisher.apply(await proposal())).rejects.toMatchObject({ code: 'nothing_to_apply' })
    expect(state.publications.history()).toHaveLength(1)
  })

  test('keeps the other tasks of the table in force, but never those of the other side of the divide', async () => {
    config = configOf({ simulated: true })
    await publisher.apply(await proposal())
    expect(state.publications.current()?.table).toMatchObject({ version: 1, simulated: true })
    config = configOf()
    const real = await publisher.apply({ ...(await proposal()), routes: { other: { weights: { a: 1 }, excluded: {}, config_hash: 'x', exploration: 0, rule: 'utility', evidence: {} } } })
    expect(Object.keys(real.tasks)).toEqual(['other'])
    const merged = await publisher.apply(await proposal())
    expect(Object.keys(merged.tasks).sort()).toEqual(['other', 'simple_qa'])
    expect(new Set(stored.asked.slice(0, 3).map(({ simulated }) => simulated))).toEqual(new Set([true]))
    expect(new Set(stored.asked.slice(3).map(({ simulated }) => simulated))).toEqual(new Set([false]))
  })

  test('of two at once one publishes and the other is told', async () => {
    const other = openState({ path: join(folder, 'state.sqlite'), clock })
    const second = createPublisher({ state: other, dataDir: folder, clock, log, emit: async () => undefined })
    const pending = await proposal()
    const results = await Promise.allSettled([publisher.apply(pending), second.apply(pending)])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const lost = results.find((result) => result.status === 'rejected')
    expect(['publish_lease_held', 'nothing_to_apply', 'route_table_stale_parent']).toContain(asWeighbridgeError(lost?.reason).code)
    expect(state.publications.history()).toHaveLength(1)
    other.close()
  })

  test('while another publisher holds the lease it is refused, and not once that one has died', async () => {
    const pending = await proposal()
    state.lease.acquire('publish', 'somebody', 30_000)
    await expect(publisher.apply(pending)).rejects.toMatchObject({ code: 'publish_lease_held' })
    now += 30_000
    await expect(publisher.apply(pending)).resolves.toMatchObject({ version: 1 })
  })
})

describe('rollback', () => {
  test('to configured weights restores them, and back again restores the learned ones', async () => {
    await publisher.apply(await proposal())
    expect(inForce()).toEqual({ a: 0, b: 1 })
    expect(await publisher.rollback(0)).toMatchObject({ version: 2, parent: 1, tasks: {} })
    expect(inForce()).toEqual({ a: 1, b: 0 })
    await expect(publisher.rollback(), 'a second one must not bring back what the first took away').rejects.toMatchObject({ code: 'nothing_to_apply' })
    expect(await publisher.rollback(1)).toMatchObject({ version: 3, parent: 2, rule: 'rollback to version 1' })
    expect(inForce()).toEqual({ a: 0, b: 1 })
  })

  test('without anything published, or to a version that never was, is refused', async () => {
    await expect(publisher.rollback()).rejects.toMatchObject({ code: 'nothing_to_apply' })
    await publisher.apply(await proposal())
    await expect(publisher.rollback(7)).rejects.toMatchObject({ code: 'route_version_unknown' })
  })
})

describe('what can fail', () => {
  test('a collector that is down delays the record, not the publish', async () => {
    collectorUp = false
    await publisher.apply(await proposal())
    await publisher.rollback(0)
    await publisher.sync()
    expect(sent).toEqual([])
    collectorUp = true
    await publisher.sync()
    expect(sent.map(({ attributes }) => attributes['weighbridge.route.version'])).toEqual([1, 2])
    await publisher.sync()
    expect(sent).toHaveLength(2)
  })

  test('a file that a crash left behind the state is written again by sync', async () => {
    const table = await publisher.apply(await proposal())
    writeFileSync(join(folder, ROUTE_TABLE_FILE), '{"cut')
    await makePublisher().sync()
    expect(parseRouteTable(file())).toEqual(table)
    rmSync(join(folder, ROUTE_TABLE_FILE))
    await makePublisher().sync()
    expect(parseRouteTable(file())).toEqual(table)
  })

  test('a file that cannot be written is an error that names it, and the lease is given back', async () => {
    mkdirSync(join(folder, ROUTE_TABLE_FILE, 'in-the-way'), { recursive: true })
    await expect(publisher.apply(await proposal())).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining(ROUTE_TABLE_FILE) })
    rmSync(join(folder, ROUTE_TABLE_FILE), { recursive: true })
    await publisher.sync()
    expect(inForce()).toEqual({ a: 0, b: 1 })
    await expect(publisher.rollback(0)).resolves.toMatchObject({ version: 2 })
  })
})

describe('the automatic cycle', () => {
  test('waits for a person the first time, then moves at most a quarter of the traffic a day', async () => {
    config = configOf({ learning: { mode: 'auto' } })
    expect(await learner.cycle()).toBeUndefined()
    await publisher.apply(await proposal())
    await publisher.rollback(0)
    expect(await learner.cycle()).toBeUndefined()
    now += 25 * 3_600_000
    expect(await learner.cycle()).toBe(3)
    expect(inForce()).toEqual({ a: 0.75, b: 0.25 })
    expect(state.publications.current()).toMatchObject({ action: 'auto', author: 'learner' })
    expect(await learner.cycle()).toBeUndefined()
    now += 25 * 3_600_000
    expect(await learner.cycle()).toBe(4)
    expect(inForce()).toEqual({ a: 0.5, b: 0.5 })
  })

  test('goes on before its day is over when a price of the task changed since, once for each change', async () => {
    config = configOf({ learning: { mode: 'auto' } })
    await publisher.apply(await proposal())
    await publisher.rollback(0)
    now += 60_000
    notices = [notice({ target: 'elsewhere' }), notice({ at: now - 120_000 })]
    expect(await learner.repriced()).toBeUndefined()
    notices = [notice({})]
    expect(await learner.repriced()).toBe(3)
    expect(inForce()).toEqual({ a: 0.75, b: 0.25 })
    now += 60_000
    expect(await learner.repriced()).toBeUndefined()
    notices = [notice({}), ...notices]
    expect(await learner.repriced()).toBe(4)
  })

  test('does not take a price that comes back every day for a change: peak hours would move weights to and fro', async () => {
    const peak = { input: 4, output: 8, windows: [{ from: '09:00', until: '12:00', input: 8, output: 16 }] }
    config = configOf({ targets: { a: peak as never, b: { input: 1, output: 2 } }, learning: { mode: 'auto' } })
    await publisher.apply(await proposal())
    await publisher.rollback(0)
    now += 60_000
    notices = [notice({ cause: BY_THE_CLOCK })]
    expect(await learner.repriced()).toBeUndefined()
    notices = [notice({ cause: 'price list' })]
    expect(await learner.repriced()).toBe(3)
  })

  test('outside auto works a pending recommendation out again at the new prices, and makes none where none is pending', async () => {
    notices = [notice({})]
    expect(await learner.repriced()).toBeUndefined()
    expect(learner.proposal()).toBeUndefined()
    const { recommendation } = await proposal()
    config = configOf({ targets: { a: { input: 0.4, output: 0.8 }, b: { input: 10, output: 20 } } })
    await learner.repriced()
    const renewed = learner.proposal()?.recommendation
    expect(renewed?.id).not.toBe(recommendation.id)
    expect(renewed?.tasks.map((task) => task.task)).toEqual(recommendation.tasks.map((task) => task.task))
    expect(state.publications.current()).toBeUndefined()
  })

  test.each(['observe', 'review'])('looks, and neither stores nor publishes anything, in %s', async (mode) => {
    config = configOf({ learning: { mode } })
    expect(await learner.cycle()).toBeUndefined()
    expect(stored.asked.map(({ name }) => name)).toEqual(['eval_runs', 'target_days', 'learning_evidence'])
    expect(learner.proposal()).toBeUndefined()
    expect(state.publications.current()).toBeUndefined()
    expect(learner.report()).toMatchObject({ at: now, version: 0, fault: null, tasks: { simple_qa: expect.stringContaining(`learning.mode is ${mode}`) } })
  })

  test('without a mode is auto once a person has published the task and judges stand behind it', async () => {
    config = configOf({ learning: {} })
    expect(await learner.cycle()).toBeUndefined()
    await publisher.apply(await proposal())
    await publisher.rollback(0)
    now += 25 * 3_600_000
    expect(await learner.cycle()).toBe(3)
    stored.evals = stored.evals.map((row) => ({ ...row, grader: 'offline-short-answer@1' }))
    now += 25 * 3_600_000
    expect(await learner.cycle()).toBeUndefined()
    expect(learner.report()?.tasks['simple_qa']).toContain('learning.mode is review')
  })
})

describe('/admin/routes', () => {
  let server: Server
  let url: string

  beforeEach(async () => {
    const mount = routesMount({ config: () => config, learner, publisher, events, state, clock, clickhouse: reader })
    // What the router's guard does with a thrown error.
    server = createServer(async (incoming, response) => {
      try {
        await mount.handle(incoming, response, new URL(incoming.url ?? '/', 'http://host'))
      } catch (thrown) {
        const error = asWeighbridgeError(thrown)
        response.writeHead(error.answer.httpStatus, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code: error.code, message: error.message } }))
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/admin/routes`
  })

  afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())))

  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const { statusCode, body } = await request(`${url}${path}`)
    return { status: statusCode, body: await body.json() }
  }

  async function post(path: string, value?: unknown, type = 'application/json'): Promise<{ status: number; body: unknown }> {
    const { statusCode, body } = await request(`${url}${path}`, { method: 'POST', ...(value === undefined ? {} : { body: typeof value === 'string' ? value : JSON.stringify(value), headers: { 'content-type': type } }) })
    return { status: statusCode, body: await body.json() }
  }

  const shownTasks = z.object({ tasks: z.array(z.looseObject({ task: z.string() })) })
  const simpleQa = (body: unknown) => shownTasks.parse(body).tasks.find(({ task }) => task === 'simple_qa')

  test('shows the configured weights before anything is published', async () => {
    const { body } = await get('')
    expect(body).toMatchObject({ current: null })
    expect(simpleQa(body)).toEqual({ task: 'simple_qa', source: 'config', note: null, version: 0, weights: { a: 1, b: 0 }, configured: { a: 1, b: 0 }, excluded: {}, simulated: false, mode: null, canary: null, frozen: null, evidence: {} })
    expect((await get('/history')).body).toEqual({ versions: [] })
    expect((await get('/recommendation')).body).toEqual({ recommendation: null })
  })

  test('recommends, applies, shows the evidence behind it, and rolls back', async () => {
    const { body: asked } = await post('/recommend', { tasks: ['simple_qa'] })
    expect(asked).toMatchObject({ recommendation: { parent: 0, simulated: false, tasks: [{ task: 'simple_qa', verdict: 'move', after: { a: 0, b: 1 } }] } })
    expect((await get('/recommendation')).body).toEqual(asked)
    expect(await post('/apply')).toEqual({ status: 200, body: { version: 1 } })
    const { body: shown } = await get('/')
    expect(shown).toMatchObject({ current: { version: 1 } })
    expect(simpleQa(shown)).toMatchObject({ source: 'table', weights: { a: 0, b: 1 }, configured: { a: 1, b: 0 }, evidence: { b: { evidence_key: 'p/b', evals: 100, calls: 300, quality: { n: 100 } } } })
    expect((await get('/recommendation')).body).toEqual({ recommendation: null })
    expect(await post('/rollback', { to: 0 })).toEqual({ status: 200, body: { version: 2, frozen: ['simple_qa'] } })
    const { body: history } = await get('/history')
    expect(history).toMatchObject({ versions: [
      { version: 2, parent: 1, action: 'rollback', author: 'person', simulated: false, tasks: {} },
      { version: 1, parent: 0, action: 'apply', published_at: '2026-03-01T12:00:00.000Z', tasks: { simple_qa: { a: 0, b: 1 } } },
    ] })
  })

  test('says so when a task was changed in the config since', async () => {
    await post('/recommend', {})
    await post('/apply', {})
    config = configOf({ route: { a: 0.6, b: 0.4 } })
    const { body } = await get('')
    expect(simpleQa(body)).toMatchObject({ source: 'config', note: expect.stringContaining('changed in the config'), weights: { a: 0.6, b: 0.4 }, evidence: {} })
  })

  test('lets a person try weights on a share of the traffic first', async () => {
    await post('/recommend', { tasks: ['simple_qa'] })
    expect(await post('/apply', { canary: 0.2 })).toEqual({ status: 200, body: { version: 1 } })
    expect(simpleQa((await get('')).body)).toMatchObject({ weights: { a: 1, b: 0 }, version: 0, canary: { version: 1, share: 0.2, weights: { a: 0, b: 1 }, since: '2026-03-01T12:00:00.000Z' } })
    expect((await get('/history')).body).toMatchObject({ versions: [{ version: 1, rule: expect.stringContaining('as a canary of 20%'), tasks: { simple_qa: { a: 1, b: 0 } }, canaries: { simple_qa: { version: 1, share: 0.2, weights: { a: 0, b: 1 } } } }] })
    expect(await post('/apply', { canary: 1 })).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
  })

  test('freezes a task and lets it go again, and tells both', async () => {
    expect(await post('/freeze', { task: 'simple_qa', for_ms: 3_600_000, reason: 'a launch', by: 'ada' })).toMatchObject({ status: 200, body: { freeze: { task: 'simple_qa', author: 'ada', until_at: now + 3_600_000 } } })
    expect(simpleQa((await get('')).body)).toMatchObject({ frozen: { until: '2026-03-01T13:00:00.000Z', reason: 'a launch', author: 'ada' } })
    expect(await post('/unfreeze', { task: 'simple_qa' })).toEqual({ status: 200, body: { task: 'simple_qa' } })
    expect(await post('/unfreeze', { task: 'simple_qa' })).toMatchObject({ status: 409, body: { error: { code: 'nothing_to_apply' } } })
    expect(await post('/freeze', { task: 'nope' })).toMatchObject({ status: 404, body: { error: { code: 'unknown_task' } } })
    expect(await post('/freeze', { task: 'simple_qa', reason: 'two\nlines' })).toMatchObject({ status: 400 })
    expect((await get('/events')).body).toMatchObject({ events: [{ kind: 'unfreeze', task: 'simple_qa' }, { kind: 'freeze', message: 'simple_qa is left to itself until 2026-03-01T13:00:00.000Z: a launch', version: 0, simulated: false }] })
    expect(await get('/events?limit=0')).toMatchObject({ status: 400 })
  })

  test('explains the weights of a task, answers what has drifted, and runs a cycle when asked', async () => {
    await post('/recommend', { tasks: ['simple_qa'] })
    await post('/apply')
    const { body } = await get('/explain?task=simple_qa')
    expect(body).toMatchObject({ task: 'simple_qa', version: 1 })
    expect(await get('/explain?task=nope')).toMatchObject({ status: 404 })
    expect(await get('/explain?task=simple_qa&version=x')).toMatchObject({ status: 400 })
    expect(await get('/explain?task=simple_qa&version=9')).toMatchObject({ status: 404, body: { error: { code: 'route_version_unknown' } } })
    expect((await get('/drift')).body).toEqual({ marks: [], probes: { a: 1, b: 1 } })
    expect((await post('/learn')).body).toMatchObject({ version: null, report: { version: 1, fault: null } })
  })

  test('gives the pending recommendation as Markdown and as a page that runs nothing', async () => {
    expect(await get('/recommendation.md')).toMatchObject({ status: 409 })
    await post('/recommend', { tasks: ['simple_qa'] })
    const page = await request(`${url}/recommendation.html`)
    expect([page.statusCode, page.headers['content-type'], page.headers['content-security-policy']]).toEqual([200, 'text/html; charset=utf-8', "default-src 'none'; style-src 'unsafe-inline'"])
    expect(await page.body.text()).toContain('simple_qa')
    const text = await request(`${url}/recommendation.md`)
    expect(text.headers['content-type']).toBe('text/markdown; charset=utf-8')
    expect(await text.body.text()).toContain('## Route recommendation on version 0')
  })

  test('refuses what is not asked for properly, with a code', async () => {
    expect(await post('/apply')).toMatchObject({ status: 409, body: { error: { code: 'nothing_to_apply' } } })
    expect(await post('/apply', { id: 'rec_none' })).toMatchObject({ status: 409 })
    expect(await post('/recommend', { tasks: ['nope'] })).toMatchObject({ status: 404, body: { error: { code: 'unknown_task' } } })
    expect(await post('/recommend', { task: ['simple_qa'] })).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
    expect(await post('/rollback', { to: -1 })).toMatchObject({ status: 400 })
    expect(await post('/rollback', '{"to":0}', 'text/plain')).toMatchObject({ status: 415 })
    expect(await post('/recommend', '{"tasks":')).toMatchObject({ status: 400 })
    expect(await post('/recommend', { tasks: ['x'.repeat(128 * 1024)] })).toMatchObject({ status: 413 })
    expect(await post('')).toMatchObject({ status: 405 })
    expect(await get('/apply')).toMatchObject({ status: 405 })
    expect(await get('/nothing')).toMatchObject({ status: 404, body: { error: { code: 'route_not_found' } } })
    expect(await get('toString')).toMatchObject({ status: 404 })
  })
})

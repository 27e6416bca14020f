// The loop in one process over real sockets: simulated providers, a router, a collector, ClickHouse, the learner. Its days pass when a
// test says so: what the router sends is stamped on its way with the test's clock, which collector and learner go by.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { pino } from 'pino'
import { startCollector } from '../../collector/start.ts'
import { parseConfig } from '../../core/config.ts'
import { seededRandom, systemClock, type Clock } from '../../core/seams.ts'
import { createEventLog } from '../../evals/learn/events.ts'
import { routesMount } from '../../evals/learn/http.ts'
import { createLearner } from '../../evals/learn/learner.ts'
import { createPublisher } from '../../evals/learn/publish.ts'
import { evaluationRecord } from '../../evals/replay/emit.ts'
import { startRouter } from '../../router/start.ts'
import type { SimControl } from '../../sim/control.ts'
import { ALL_MODELS, type ModelProfile } from '../../sim/profiles.ts'
import { startSim } from '../../sim/server.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { encodeLogs, type LogRecord } from '../../store/otlp/logs.ts'
import { sendOtlp } from '../../store/otlp/send.ts'
import { openState } from '../../store/state/state.ts'
import { trial } from '../evals/support-trial.ts'
import { createTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

const HOUR = 3_600_000
const QUESTIONS = 60
const AT_ONCE = 8
/** The world begins so many days ago, so that nothing in it lies ahead of the real clock. */
const DAYS_BACK = 14

export type World = {
  readonly control: SimControl
  readonly reader: ClickHouse
  /** Lets time pass. */
  pass(hours: number): void
  /** Asks every named target all questions through the router, as a nightly run does, and stores the graded answers. */
  evaluate(targets: readonly string[]): Promise<void>
  /** So many calls of as many sessions; the targets that answered them, with how many each. */
  traffic(calls: number): Promise<Readonly<Record<string, number>>>
  /** One cycle of the learner. */
  learn(): Promise<void>
  get(path: string): Promise<Record<string, unknown>>
  post(path: string): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** A task `factual_recall` over three simulated models a, b and c at one price; a serves it. */
export async function startWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'learning-world-'))
  const log = pino({ level: 'silent' })
  let shiftMs = -DAYS_BACK * 24 * HOUR
  const clock: Clock = { nowMs: () => systemClock.nowMs() + shiftMs, monotonicMs: () => systemClock.monotonicMs() }
  const database = await createTestDatabase()
  const [writer, reader] = [createClickHouse(database.writer), createClickHouse(database.reader)]
  const collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: join(folder, 'collector'), clickhouse: writer, clock, log, maxBodyBytes: 16 * 1024 * 1024, sumUpEveryMs: Infinity })
  const stamping = await stampTimes(collector.url, () => shiftMs)

  const questions = Array.from({ length: QUESTIONS }, (_, i) => ({ id: `q${i}`, question: `In which year was bridge number ${i} opened?` }))
  const labels = ['correct', 'incorrect', 'partial', 'not_attempted']
  const [base] = ALL_MODELS
  if (base === undefined) throw new Error('the simulation has models')
  const model = (name: string): ModelProfile => ({ ...base, name, provider: 'demo', thinks: 'never' })
  const sim = await startSim({
    port: 0, models: ['a', 'b', 'c'].map(model), seed: 7, timeScale: 0, clock, log,
    probes: questions.map(({ id, question }) => ({ id, kind: 'factual', question })),
    bank: new Map(questions.map(({ id }) => [id, { id, answers: Object.fromEntries(labels.map((label) => [label, [`${label}: so it is said of ${id}.`]])) }])),
    traffic: [{ id: 't', task: 'factual_recall', prompt: 'Which river flows through Prague?', answers: ['The Vltava.'] }],
  })
  const config = parseConfig(
    `providers: { demo: { base_url: "${sim.url}/demo/v1", simulated: true } }
targets: { ${['a', 'b', 'c'].map((name) => `${name}: { provider: demo, model: ${name}, price: { input: 1, output: 4 } }`).join(', ')} }
chains: { default: [ { target: a }, { target: b }, { target: c } ] }
tasks: { factual_recall: { chain: default, route: { a: 1, b: 0, c: 0 } } }
suites: { factual: { path: "builtin:factual", informs: { factual_recall: 1 } } }
learning: { mode: auto, exploration: 0, canary: { share: 0.4, min_hours: 12, max_hours: 20, min_calls: 20 } }`,
    {},
    { find: () => undefined },
  )
  const state = openState({ path: join(folder, 'state.sqlite'), clock })
  const emit = async (records: readonly LogRecord[]): Promise<void> => {
    if (records.length > 0) await sendOtlp({ url: collector.url, signal: 'logs', body: encodeLogs({ 'service.name': 'weighbridge' }, records), gzip: true, timeoutMs: 30_000 })
  }
  const dataDir = join(folder, 'router')
  const publisher = createPublisher({ state, dataDir, clock, log, emit })
  const events = createEventLog({ state, log, emit })
  const learner = createLearner({ config: () => config, clickhouse: reader, state, publisher, events, clock, log })
  const mount = routesMount({ config: () => config, learner, publisher, events, state, clock, clickhouse: reader })
  const router = await startRouter({ config: { current: () => config }, dataDir, collectorUrl: stamping.url, mounts: [mount], clock: systemClock, random: seededRandom('world'), log, port: 0, routesPollMs: 20 })

  let run = 0
  let [results, calls] = [0, 0]
  const chat = async (content: string, headers: Readonly<Record<string, string>>): Promise<{ target: string; version: string; text: string }> => {
    const answer = await fetch(`${router.url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ model: 'task:factual_recall', messages: [{ role: 'user', content }] }) })
    const body = (await answer.json()) as { choices?: { message: { content: string } }[] }
    if (!answer.ok) throw new Error(`the router answered ${answer.status}: ${JSON.stringify(body)}`)
    return { target: answer.headers.get('x-weighbridge-target') ?? '', version: answer.headers.get('x-weighbridge-route-version') ?? '', text: body.choices?.[0]?.message.content ?? '' }
  }
  const stored = async (sql: string, wanted: number): Promise<void> => {
    await eventually(async () => Number((await reader.rows(`SELECT count() AS n FROM ${sql}`))[0]?.['n']) >= wanted, 60_000)
  }

  return {
    control: sim.control,
    reader,
    pass(hours) {
      shiftMs += hours * HOUR
    },
    async evaluate(names) {
      run += 1
      const asked = names.flatMap((name) => questions.map((one) => ({ name, ...one })))
      const records = await inTurn(asked, async ({ name, id, question }) => {
        const { text } = await chat(question, { 'x-weighbridge-purpose': 'eval', 'x-weighbridge-pin': name })
        const target = config.targets.get(name)
        if (target === undefined) throw new Error(`no target ${name}`)
        return evaluationRecord(trial({ runId: `night-${run}`, probeId: id, target: name, label: text.slice(0, text.indexOf(':')) as 'correct', grader: 'panel@1', labelSource: 'panel', simulated: true, servedModel: name, answeredAtMs: clock.nowMs(), outputTokens: 12, inputTokens: 20, costUsd: 0.0001 }), target)
      })
      await emit(records)
      results += records.length
      await stored('eval_results', results)
    },
    async traffic(count) {
      const answered = await inTurn(Array.from({ length: count }, (_, i) => i), (i) => chat('Which river flows through Prague?', { 'x-weighbridge-session': `${run}-${calls}-${i}` }))
      calls += count
      await stored(`spans WHERE role = 'call' AND purpose = 'production'`, calls)
      const by: Record<string, number> = {}
      for (const { target } of answered) by[target] = (by[target] ?? 0) + 1
      return by
    },
    async learn() {
      await learner.cycle()
      const version = state.publications.current()?.table.version ?? 0
      // Routers have taken it up before the next call is made.
      await eventually(() => router.readiness().route_version === version)
      await events.flush()
    },
    get: async (path) => (await (await fetch(`${router.url}${path}`)).json()) as Record<string, unknown>,
    post: async (path) => (await (await fetch(`${router.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).json()) as Record<string, unknown>,
    async close() {
      await router.close()
      await stamping.close()
      await collector.close({ deadlineMs: 5_000 })
      await sim.close()
      state.close()
      await Promise.all([writer.close(), reader.close()])
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function inTurn<T, R>(items: readonly T[], one: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = [...items.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await one(next[1])
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

/** Passes spans and logs on to a collector with all their times moved. */
async function stampTimes(collectorUrl: string, shiftMs: () => number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
      const moved = text.replace(/"((?:start|end|observed)?[tT]imeUnixNano)":"(\d+)"/g, (_all, name: string, nanos: string) => `"${name}":"${BigInt(nanos) + BigInt(Math.round(shiftMs())) * 1_000_000n}"`)
      fetch(`${collectorUrl}${request.url}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: moved }).then(
        async (answer) => {
          response.writeHead(answer.status, { 'content-type': 'application/json' })
          response.end(await answer.text())
        },
        () => response.destroy(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

// "Too many requests" answers that evals cause: production calls that run beside them notice nothing.
import { createServer, type Server } from 'node:http'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig, type Config } from '../../../core/config.ts'
import { systemClock, systemRandom } from '../../../core/seams.ts'
import { offlineGrader } from '../../../evals/grade/offline-grader.ts'
import { loadSuite, suiteFolder } from '../../../evals/probes/load.ts'
import { openJournal } from '../../../evals/replay/journal.ts'
import { runEval } from '../../../evals/replay/run.ts'
import { startRouter, type RunningRouter } from '../../../router/start.ts'
import { jumpingTime } from './scripted-time.ts'

const TRIALS = 60
const REFUSALS = 150
const PRODUCTION = 'a customer asks'

describe('a storm of 429s that evals cause', () => {
  let provider: Server
  let router: RunningRouter
  let config: Config
  let dir: string
  const seen = { evals: 0, refused: 0, production: 0 }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wb-storm-'))
    provider = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const production = Buffer.concat(chunks).toString().includes(PRODUCTION)
        seen[production ? 'production' : 'evals'] += 1
        // Four of five are refused, until the storm is over.
        if (!production && seen.evals % 5 !== 0 && seen.refused < REFUSALS) {
          seen.refused += 1
          response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '30' })
          response.end(JSON.stringify({ error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } }))
          return
        }
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'An answer.' } }], usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 } }))
      })
    })
    await new Promise<void>((listening) => provider.listen(0, '127.0.0.1', listening))
    const address = provider.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    config = parseConfig(
      `providers: { p: { base_url: "http://127.0.0.1:${port}/v1" } }
targets: { t: { provider: p, model: m, price: { input: 1, output: 1 } }, u: { provider: p, model: n, price: { input: 1, output: 1 } } }
tasks: { general: { route: { t: 1 } } }
chains: { default: [{ target: t }, { target: u }] }`,
      {},
      { find: () => undefined },
    )
    router = await startRouter({ config: { current: () => config }, dataDir: dir, collectorUrl: 'http://127.0.0.1:9', mounts: [], clock: systemClock, random: systemRandom, log: pino({ level: 'silent' }), port: 0 })
  }, 30_000)

  afterAll(async () => {
    await router?.close()
    provider?.close()
  })

  const produce = async (n: number): Promise<{ status: number; target: string | null; attempts: string | null }> => {
    const response = await fetch(`${router.url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: `${PRODUCTION} ${n}` }] }) })
    await response.arrayBuffer()
    return { status: response.status, target: response.headers.get('x-weighbridge-target'), attempts: response.headers.get('x-weighbridge-attempts') }
  }

  it('leaves production on its own target, at its first attempt, while evals wait and finish', async () => {
    const journal = await openJournal(join(dir, 'evals'), 'storm')
    const time = jumpingTime(systemClock)
    const target = config.targets.get('t')
    if (target === undefined) throw new Error('no target')
    const signal = new AbortController().signal
    let running = true
    const evals = runEval(
      { runId: 'storm', suites: [await loadSuite(suiteFolder('builtin:factual', '.'))], targets: [target], taskOf: () => 'general', epochs: 1, limit: TRIALS, domains: [], maxOutputTokens: 50, concurrency: 16, allowed: () => ({ callsPerSecond: Infinity, tokensPerSecond: Infinity }), budgetUsd: 10, seed: 1, judges: new Map() },
      { routerUrl: router.url, apiKey: undefined, grader: offlineGrader({ commands: undefined, signal }), journal, clock: time, sleeper: time, random: systemRandom, signal, onTrial: () => {} },
    ).finally(() => (running = false))
    const answers: Awaited<ReturnType<typeof produce>>[] = []
    while (running) answers.push(await produce(answers.length))
    const result = await evals
    await journal.close()
    expect(seen.refused).toBe(REFUSALS)
    expect(result.lanes.get('p')?.limited).toBe(REFUSALS)
    expect(result.trials.map((trial) => trial.status)).toEqual(Array(TRIALS).fill('scored'))
    expect(answers.length).toBeGreaterThan(20)
    expect(seen.production).toBe(answers.length)
    expect(new Set(answers.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify({ status: 200, target: 't', attempts: '1' })]))
  })
})

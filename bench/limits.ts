// What limits cost a call on the router's own thread: planning it inside its limits, setting aside and settling, beside planning alone in
// the same interleaved rounds; what writing the ledger down costs, spread over the calls of a write; and what knowing a repeated call again
// costs by the size of its body. Run: node --disable-warning=ExperimentalWarning bench/limits.ts
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { parseConfig, type Config } from '../core/config.ts'
import type { KeyFacts } from '../core/mount.ts'
import { systemClock } from '../core/seams.ts'
import type { CallFacts } from '../router/decide/call-facts.ts'
import { learningExpectedOutput } from '../router/decide/expected-output.ts'
import { planCall } from '../router/decide/plan.ts'
import { fingerprint } from '../router/limits/fingerprint.ts'
import { Limits } from '../router/limits/limits.ts'
import { Metrics } from '../router/metrics.ts'
import { openBudgetBook } from '../store/state/budgets.ts'
import { median, quantile, table } from './gateway/figures.ts'

const ROUNDS = 41
const CALLS = 500
/** Calls between two writes at a thousand a second (one write in 10 ms). */
const CALLS_PER_WRITE = 10
const WRITES = 2_000

const BASE = `
providers: { p: { base_url: "http://127.0.0.1:1/v1" }, q: { base_url: "http://127.0.0.1:2/v1" } }
targets:
  cheap: { provider: p, model: small, price: { input: 1, cache_read: 0.1, output: 2 } }
  dear: { provider: q, model: large, price: { input: 10, cache_read: 1, output: 40 } }
chains: { default: [ { target: cheap, max_cost_per_1k: 1 }, { target: dear } ] }
`
const SHAPES: readonly (readonly [name: string, budgets: string])[] = [
  ['no limits', ''],
  ['a key by day and minute', 'budgets: { each_key: { usd_per_day: 1000000, requests_per_minute: 1000000000, tokens_per_minute: 1000000000000 } }'],
  [
    'all, key, user, session, trace, tag, task',
    `budgets:
  all: { usd_per_day: 1000000, usd_per_month: 1000000 }
  each_key: { usd_per_day: 1000000, requests_per_minute: 1000000000 }
  each_user: { usd_per_day: 1000000 }
  each_session: { usd: 1000000, steps: 1000000000 }
  each_trace: { usd: 1000000, steps: 1000000000 }
  each_tag: { team: { usd_per_month: 1000000 } }
  tasks: { general: { usd_per_day: 1000000 } }
  runaway: { same_call: "off" }`,
  ],
]
const FACTS: CallFacts = { model: 'auto', task: undefined, pin: undefined, failover: true, maxCostPer1k: undefined, maxCostUsd: undefined, purpose: 'production', sessionId: 'session', userId: 'user', tags: ['team=x'], effort: undefined, stream: false, inputTokens: 1_000, maxOutputTokens: 500 }
const KEY: KeyFacts = { id: 'key_bench', name: 'bench', scopes: ['call'] }

/** `run`: microseconds a call. `flush`: microseconds of one write of what they changed. */
type Contender = { readonly name: string; readonly run: (calls: number) => Promise<number>; readonly flush: () => number; readonly close: () => Promise<void> }

function contender(folder: string, [name, budgets]: (typeof SHAPES)[number]): Contender {
  const config: Config = parseConfig(BASE + budgets, {}, { find: () => undefined })
  const expected = learningExpectedOutput()
  const limits = new Limits({ book: openBudgetBook(join(folder, `${name}.sqlite`)), config: () => config, askPrimary: undefined, expected, metrics: new Metrics(), clock: systemClock, log: pino({ level: 'silent' }) })
  const target = config.targets.get('cheap')
  let trace = 0
  const call = async (): Promise<void> => {
    const facts = limits.tagged(config, KEY, FACTS)
    // Every tenth call begins a new trace, as an agent of ten steps does.
    const ticket = limits.ticket({ config, key: KEY, facts, traceId: `trace-${Math.floor((trace += 1) / 10)}`, native: {} })
    await ticket.plan((barred) => planCall({ config, table: undefined, expected, prices: undefined, barred }, ticket.facts()))
    ticket.settle({ costUsd: 0.0015, tokens: 1_400, target })
    ticket.headers('openai-chat')
    ticket.budgetFacts()
  }
  return {
    name,
    run: async (calls) => {
      const before = process.cpuUsage()
      for (let n = 0; n < calls; n += 1) await call()
      return cpuUs(before) / calls
    },
    flush: () => {
      const startedMs = performance.now()
      limits.ledger.flush()
      return (performance.now() - startedMs) * 1_000
    },
    close: () => limits.close(),
  }
}

/** Planning alone: what every call does with or without limits. */
async function planning(): Promise<number> {
  const config = parseConfig(BASE, {}, { find: () => undefined })
  const expected = learningExpectedOutput()
  const before = process.cpuUsage()
  for (let n = 0; n < CALLS; n += 1) await Promise.resolve(planCall({ config, table: undefined, expected, prices: undefined }, FACTS))
  return cpuUs(before) / CALLS
}

/** Processor time since then, in microseconds: what others do on this machine does not count. */
function cpuUs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}

const us = (value: number): string => value.toFixed(1)
const folder = mkdtempSync(join(tmpdir(), 'bench-limits-'))
try {
  const contenders = SHAPES.map((shape) => contender(folder, shape))
  const alone: number[] = []
  const times = contenders.map(() => [] as number[])
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(await planning())
    for (const [index, one] of contenders.entries()) times[index]?.push(await one.run(CALLS))
  }
  const writes: number[][] = []
  for (const one of contenders) {
    one.flush()
    const costs: number[] = []
    for (let write = 0; write < WRITES; write += 1) {
      await one.run(CALLS_PER_WRITE)
      costs.push(one.flush())
    }
    writes.push(costs)
  }
  process.stdout.write(`\nMicroseconds of processor time a call, medians of ${ROUNDS} interleaved rounds of ${CALLS} calls; planning alone ${us(median(alone))}.\n\n`)
  process.stdout.write(
    `${table(
      ['limits', 'plan + limits', 'limits alone', 'a write by the clock, median', '99%', `write a call at ${CALLS_PER_WRITE} a write`],
      contenders.map((one, index) => {
        const [mine = [], cost = []] = [times[index], writes[index]]
        return [one.name, us(median(mine)), us(median(mine) - median(alone)), us(median(cost)), us(quantile(cost, 0.99)), us(median(cost) / CALLS_PER_WRITE)]
      }),
    )}\n\n`,
  )
  process.stdout.write(
    `${table(
      ['body of a call in a trace', 'known again in'],
      [1, 4, 32, 256].map((kib) => {
        const body = { model: 'auto', messages: Array.from({ length: kib }, (_, n) => ({ role: n % 2 === 0 ? 'user' : 'assistant', content: `${n} `.padEnd(1_000, 'words and more words, ') })) }
        const costs = Array.from({ length: 201 }, () => {
          const startedMs = performance.now()
          fingerprint(body)
          return (performance.now() - startedMs) * 1_000
        })
        return [`${kib} KiB`, us(median(costs))]
      }),
    )}\n`,
  )
  for (const one of contenders) await one.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

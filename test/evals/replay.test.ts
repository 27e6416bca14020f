// An eval run through a real router at scripted providers that are not marked simulated: what it is charged, and what a
// resumed run asks again.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig, type Config, type Target } from '../../core/config.ts'
import { seededRandom, systemClock, systemRandom } from '../../core/seams.ts'
import { gradeAnswer } from '../../evals/grade/grade-answer.ts'
import { loadSuite, suiteFolder, type ProbeSuite } from '../../evals/probes/load.ts'
import { openJournal, readJournal } from '../../evals/replay/journal.ts'
import { runEval, type RunPlan, type RunResult } from '../../evals/replay/run.ts'
import { startRouter, type RunningRouter } from '../../router/start.ts'
import { loadBank } from '../../sim/bank.ts'
import { GPT_5_4 } from '../../sim/profiles.ts'
import { startSim, type RunningSim } from '../../sim/server.ts'

const log = pino({ level: 'silent' })
const LIMIT = 12
let sim: RunningSim
let router: RunningRouter
let config: Config
let suite: ProbeSuite
let target: Target
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wb-replay-'))
  suite = await loadSuite(suiteFolder('builtin:factual', '.'))
  sim = await startSim({ port: 0, models: [GPT_5_4], probes: suite.probes, ...(await loadBank()), seed: 1, timeScale: 0, clock: systemClock, random: seededRandom(1), log })
  config = parseConfig(
    `providers: { real: { base_url: "${sim.url}/openai/v1" } }
targets: { t: { provider: real, model: gpt-5.4, price: { input: 2.5, output: 15 } } }
chains: { default: [{ target: t }] }`,
    {},
    { find: () => undefined },
  )
  const found = config.targets.get('t')
  if (found === undefined) throw new Error('no target')
  target = found
  router = await startRouter({ config: { current: () => config }, dataDir: dir, collectorUrl: 'http://127.0.0.1:9', mounts: [], clock: systemClock, random: systemRandom, log, port: 0 })
}, 30_000)

afterAll(async () => {
  await router?.close()
  await sim?.close()
})

async function run(runId: string, budgetUsd: number | undefined, change: Partial<RunPlan> = {}): Promise<RunResult & { asked: number }> {
  const journal = await openJournal(join(dir, 'evals'), runId)
  const before = sim.control.truth().length
  try {
    const result = await runEval(
      { runId, suites: [suite], targets: [target], taskOf: () => 'general', epochs: 1, limit: LIMIT, maxOutputTokens: 200, concurrency: 4, budgetUsd, seed: 1, ...change },
      { routerUrl: router.url, apiKey: undefined, grade: gradeAnswer, journal, clock: systemClock, signal: new AbortController().signal, onTrial: () => {} },
    )
    return { ...result, asked: sim.control.truth().length - before }
  } finally {
    await journal.close()
  }
}

describe('an eval run on real targets', () => {
  it('asks every probe once, is charged what each cost, and asks nothing again when resumed', async () => {
    const first = await run('whole', 1)
    expect(first).toMatchObject({ overBudget: false, asked: LIMIT, resumed: 0 })
    expect(first.trials.every((trial) => trial.status === 'scored' && trial.chargedUsd === trial.costUsd && trial.chargedUsd > 0)).toBe(true)
    expect(await run('whole', 1)).toMatchObject({ asked: 0, resumed: LIMIT })
  })

  it('skips what the budget cannot hold, counts it as skipped, and asks for it when resumed with more', async () => {
    const short = await run('short', 0.012)
    const skipped = short.trials.filter((trial) => trial.status === 'budget_skipped').length
    expect(short.overBudget).toBe(true)
    expect(skipped).toBeGreaterThan(0)
    expect(short.trials.reduce((sum, trial) => sum + trial.chargedUsd, 0)).toBeLessThanOrEqual(0.012)
    const resumed = await run('short', 1)
    expect(resumed).toMatchObject({ overBudget: false, asked: skipped, resumed: LIMIT - skipped })
    const trials = await readJournal(join(dir, 'evals'), 'short')
    expect(trials).toHaveLength(LIMIT)
    expect(trials.every((trial) => trial.status === 'scored')).toBe(true)
  })

  it('spends nothing without a budget', async () => {
    expect(await run('none', undefined)).toMatchObject({ asked: 0, overBudget: true })
  })

  it('charges a failed exchange of unknown cost at its worst, counts it as unscored, and asks it again when resumed', async () => {
    sim.control.setFault('gpt-5.4', 'malformed_json')
    const failed = await run('failing', 1, { limit: 3 })
    sim.control.setFault('gpt-5.4', null)
    expect(failed.trials.map((trial) => trial.status)).toEqual(['provider_error', 'provider_error', 'provider_error'])
    expect(failed.trials.every((trial) => trial.label === undefined && trial.chargedUsd > 0)).toBe(true)
    expect(await run('failing', 1, { limit: 3 })).toMatchObject({ asked: 3, resumed: 0 })
    expect((await readJournal(join(dir, 'evals'), 'failing')).map((trial) => trial.status)).toEqual(['scored', 'scored', 'scored'])
  })

  it('skips what the router has no budget for, charges nothing for it, and asks for it when resumed with more', async () => {
    const plain = config
    config = { ...plain, settings: { ...plain.settings, budgets: { ...plain.settings.budgets, evals: { requests: 2 } } } }
    const short = await run('router-budget', 1, { limit: 5, concurrency: 1 })
    config = plain
    expect(short.trials.map((trial) => trial.status)).toEqual(['scored', 'scored', 'budget_skipped', 'budget_skipped', 'budget_skipped'])
    expect(short.trials.filter((trial) => trial.status === 'budget_skipped').every((trial) => trial.chargedUsd === 0 && trial.reason.includes("the router's own budget"))).toBe(true)
    expect(await run('router-budget', 1, { limit: 5 })).toMatchObject({ asked: 3, resumed: 2 })
  })

  it('refuses to go on with a run whose suite was edited since', async () => {
    await expect(run('whole', 1, { suites: [{ ...suite, hash: 'edited' }] })).rejects.toMatchObject({ code: 'suite_invalid' })
  })
})

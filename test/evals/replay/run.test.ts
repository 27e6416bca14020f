// An eval run through a real router at scripted providers that are not marked simulated: what it is charged, and what a
// resumed run asks again.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig, type Config, type Target } from '../../../core/config.ts'
import { seededRandom, systemClock, systemRandom } from '../../../core/seams.ts'
import { offlineGrader } from '../../../evals/grade/offline-grader.ts'
import { loadSuite, suiteFolder, type ProbeSuite } from '../../../evals/probes/load.ts'
import { readAnswerCache } from '../../../evals/replay/answer-cache.ts'
import { openJournal, readJournal, readRun } from '../../../evals/replay/journal.ts'
import { runEval, type RunPlan, type RunResult, type RunSeams } from '../../../evals/replay/run.ts'
import { startRouter, type RunningRouter } from '../../../router/start.ts'
import { loadBank } from '../../../sim/bank.ts'
import { jumpingTime } from './scripted-time.ts'
import { GPT_5_4 } from '../../../sim/profiles.ts'
import { startSim, type RunningSim } from '../../../sim/server.ts'

const log = pino({ level: 'silent' })
const LIMIT = 12
const OFFLINE = offlineGrader({ commands: undefined, signal: new AbortController().signal })
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

async function run(runId: string, budgetUsd: number | undefined, change: Partial<RunPlan> = {}, seams: Partial<RunSeams> = {}): Promise<RunResult & { asked: number }> {
  const journal = await openJournal(join(dir, 'evals'), runId)
  const before = sim.control.truth().length
  try {
    const time = jumpingTime(systemClock)
    const result = await runEval(
      {
        runId, suites: [suite], targets: [target], taskOf: () => 'general', epochs: 1, limit: LIMIT, domains: [], maxOutputTokens: 200, concurrency: 4,
        allowed: () => ({ callsPerSecond: Infinity, tokensPerSecond: Infinity }), budgetUsd, seed: 1, judges: new Map(), ...change,
      },
      {
        routerUrl: router.url, apiKey: undefined, grader: OFFLINE, journal, clock: time, sleeper: time, random: systemRandom,
        signal: new AbortController().signal, onTrial: () => {}, ...seams,
      },
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
    expect(first.chargedUsd).toBeCloseTo(first.trials.reduce((sum, trial) => sum + trial.chargedUsd, 0), 12)
    expect(await run('whole', 1)).toMatchObject({ asked: 0, resumed: LIMIT, chargedUsd: first.chargedUsd })
  })

  it('names each call by a trace of its own, with the span that evaluation results hang on', async () => {
    const trials = await readJournal(join(dir, 'evals'), 'whole')
    expect(new Set(trials.map((trial) => trial.traceId)).size).toBe(LIMIT)
    expect(trials.every((trial) => /^[0-9a-f]{32}$/.test(trial.traceId) && /^[0-9a-f]{16}$/.test(trial.spanId))).toBe(true)
  })

  it('skips what the budget cannot hold, counts it as skipped, and asks for it when resumed with more', async () => {
    const short = await run('short', 0.005)
    const skipped = short.trials.filter((trial) => trial.status === 'budget_skipped').length
    expect(short.overBudget).toBe(true)
    expect(skipped).toBeGreaterThan(0)
    expect(short.chargedUsd).toBeLessThanOrEqual(0.005)
    const resumed = await run('short', 1)
    expect(resumed).toMatchObject({ overBudget: false, asked: skipped, resumed: LIMIT - skipped })
    const trials = await readJournal(join(dir, 'evals'), 'short')
    expect(trials).toHaveLength(LIMIT)
    expect(trials.every((trial) => trial.status === 'scored')).toBe(true)
  })

  it('never spends more than the budget, however many calls are in flight', async () => {
    for (const budgetUsd of [0.004, 0.0075, 0.02]) {
      const result = await run(`cap-${budgetUsd}`, budgetUsd, { limit: 60, concurrency: 32 })
      expect(result.overBudget).toBe(true)
      expect(result.chargedUsd).toBeLessThanOrEqual(budgetUsd)
      expect(result.asked).toBeGreaterThan(0)
    }
  })

  it('spends nothing without a budget, and nothing on a target without a price', async () => {
    expect(await run('none', undefined)).toMatchObject({ asked: 0, overBudget: true })
    expect(await run('unpriced', 100, { targets: [{ ...target, price: undefined }] })).toMatchObject({ asked: 0, overBudget: true })
  })

  describe('with a target to ask again', () => {
    const repeats = [{ target: 't', times: 2, because: 'alarm: its score fell' }]

    it('asks the same questions once more when all were asked', async () => {
      const result = await run('again', 1, { repeats })
      expect(result).toMatchObject({ asked: 2 * LIMIT, overBudget: false, repeated: [{ target: 't', asked: LIMIT, of: LIMIT, left: undefined }] })
      const [first, second] = [0, 1].map((epoch) => result.trials.filter((trial) => trial.epoch === epoch))
      expect(second?.map((trial) => trial.probeId).sort()).toEqual(first?.map((trial) => trial.probeId).sort())
      expect(Math.min(...(second ?? []).map((trial) => trial.startedAtMs))).toBeGreaterThanOrEqual(Math.max(...(first ?? []).map((trial) => trial.startedAtMs)))
      expect((await readRun(join(dir, 'evals'), 'again')).head?.repeats).toEqual(repeats)
      expect(await run('again', 1, { repeats })).toMatchObject({ asked: 0, resumed: 2 * LIMIT, repeated: [{ asked: LIMIT, of: LIMIT }] })
    })

    it('leaves out what the rest of the budget does not hold: the run stays whole, and a larger budget asks it', async () => {
      const { chargedUsd } = await run('priced', 1)
      // All of the first asking and none of the second: a call reserves far more than it costs.
      const short = await run('again-short', chargedUsd * 1.9, { repeats, maxOutputTokens: 50, concurrency: 1 })
      expect(short).toMatchObject({ asked: LIMIT, overBudget: false, repeated: [{ asked: 0, of: LIMIT, left: expect.stringMatching(/^it would cost about \$.* of the budget is left$/) }] })
      expect(short.trials.map((trial) => trial.status)).not.toContain('budget_skipped')
      expect(await run('again-short', 1, { repeats, maxOutputTokens: 50 })).toMatchObject({ asked: LIMIT, overBudget: false, repeated: [{ asked: LIMIT, left: undefined }] })
    })

    it('asks nobody again where the first asking reached the budget already', async () => {
      const result = await run('again-capped', 0.005, { repeats })
      expect(result).toMatchObject({ overBudget: true, repeated: [{ asked: 0, left: 'the budget was reached before' }] })
    })
  })

  it('charges a failed exchange of unknown cost at its worst, counts it as unscored, and asks it again when resumed', async () => {
    sim.control.setFault('gpt-5.4', 'malformed_json')
    const failed = await run('failing', 1, { limit: 3 })
    sim.control.setFault('gpt-5.4', null)
    expect(failed.trials.map((trial) => trial.status)).toEqual(['provider_error', 'provider_error', 'provider_error'])
    expect(failed.trials.every((trial) => trial.label === undefined && trial.chargedUsd > 0)).toBe(true)
    const again = await run('failing', 1, { limit: 3 })
    expect(again).toMatchObject({ asked: 3, resumed: 0 })
    // What the failed calls may have cost stays charged.
    expect(again.chargedUsd).toBeGreaterThan(failed.chargedUsd)
    expect((await readJournal(join(dir, 'evals'), 'failing')).map((trial) => trial.status)).toEqual(['scored', 'scored', 'scored'])
  })

  it('waits where it is told to wait, asks the same again, and neither pays for nor counts the refusals', async () => {
    sim.control.setFault('gpt-5.4', 'rate_limit_429;retry_after_ms=20', { times: 5 })
    const result = await run('limited', 1)
    expect(result).toMatchObject({ asked: LIMIT, overBudget: false })
    expect(result.lanes.get('real')?.limited).toBe(5)
    expect(result.trials.every((trial) => trial.status === 'scored')).toBe(true)
    expect(result.chargedUsd).toBeCloseTo(result.trials.reduce((sum, trial) => sum + (trial.costUsd ?? 0), 0), 12)
  })

  it('skips what the router has no budget for, charges nothing for it, and asks for it when resumed with more', async () => {
    const plain = config
    config = { ...plain, settings: { ...plain.settings, budgets: { ...plain.settings.budgets, evals: { requests: 2 } } } }
    const short = await run('router-budget', 1, { limit: 5, concurrency: 1 })
    config = plain
    expect(short.overBudget).toBe(true)
    expect(short.trials.map((trial) => trial.status)).toEqual(['scored', 'scored', 'budget_skipped', 'budget_skipped', 'budget_skipped'])
    expect(short.trials.filter((trial) => trial.status === 'budget_skipped').every((trial) => trial.chargedUsd === 0 && trial.reason.includes("the router's own budget"))).toBe(true)
    expect(await run('router-budget', 1, { limit: 5 })).toMatchObject({ asked: 3, resumed: 2, overBudget: false })
  })

  it('asks nothing more of a provider whose credit is gone, and says why of the rest', async () => {
    sim.control.setFault('gpt-5.4', 'quota_429')
    const result = await run('broke', 1, { concurrency: 1 })
    sim.control.setFault('gpt-5.4', null)
    expect(result.trials.map((trial) => trial.status)).toEqual(Array(LIMIT).fill('provider_error'))
    expect(result.trials.filter((trial) => trial.reason.startsWith('not asked: provider_quota_exhausted'))).toHaveLength(LIMIT - 1)
    expect((await run('broke', 1)).trials.every((trial) => trial.status === 'scored')).toBe(true)
  })

  it('refuses to go on with a run whose suite, seed or grader is another now', async () => {
    await expect(run('whole', 1, { suites: [{ ...suite, hash: 'edited' }] })).rejects.toMatchObject({ code: 'eval_run_differs' })
    await expect(run('whole', 1, { seed: 2 })).rejects.toMatchObject({ code: 'eval_run_differs' })
    await expect(run('whole', 1, {}, { grader: { ...OFFLINE, id: 'panel@other' } })).rejects.toMatchObject({ code: 'eval_run_differs' })
  })

  it('asks only the wanted domains, and says which there are when none is left', async () => {
    const result = await run('domain', 1, { limit: undefined, domains: ['history'] })
    expect(result.trials.length).toBe(suite.probes.filter((probe) => probe.domain === 'history').length)
    await expect(run('nowhere', 1, { domains: ['astrology'] })).rejects.toMatchObject({ code: 'suite_invalid', remedy: expect.stringContaining('history') })
  })
})

describe('a run that was killed under its calls', () => {
  it('reports each lost call with its cost where the spans know it, else at its worst, and asks it again', async () => {
    const journal = await openJournal(join(dir, 'evals'), 'killed')
    await journal.note({ t: 'asking', key: 'k1', traceId: 'a'.repeat(32), judge: '', worstUsd: 0.003, atMs: 1 })
    await journal.note({ t: 'asking', key: 'k2', traceId: 'b'.repeat(32), judge: 'j', worstUsd: 0.004, atMs: 1 })
    await journal.close()
    const result = await run('killed', 1, {}, { costOfLost: async () => new Map([['a'.repeat(32), 0.001]]) })
    expect(result.lost).toMatchObject([{ key: 'k1', chargedUsd: 0.001, known: true }, { key: 'k2', judge: 'j', chargedUsd: 0.004, known: false }])
    expect(result.asked).toBe(LIMIT)
    expect(result.chargedUsd).toBeCloseTo(0.005 + result.trials.reduce((sum, trial) => sum + trial.chargedUsd, 0), 12)
    // They are written off once.
    expect((await run('killed', 1)).lost).toHaveLength(2)
    expect((await readRun(join(dir, 'evals'), 'killed')).open).toEqual([])
  })

  it('grades an answer that was paid for and not graded, without asking again', async () => {
    await run('ungraded', 1, { limit: 2 })
    const record = await readRun(join(dir, 'evals'), 'ungraded')
    const journal = await openJournal(join(dir, 'evals'), 'regraded')
    for (const answer of record.answers.values()) await journal.append({ t: 'answer', ...answer })
    await journal.close()
    const result = await run('regraded', 1, { limit: 2 })
    expect(result).toMatchObject({ asked: 0 })
    expect(result.trials.map((trial) => trial.status)).toEqual(['scored', 'scored'])
  })
})

describe('answers of earlier runs', () => {
  it('stand for new ones when that is asked for: flagged, of their own time, without a charge', async () => {
    const cache = await readAnswerCache(join(dir, 'evals'), 0, 'cached')
    const result = await run('cached', 1, {}, { cache })
    expect(result).toMatchObject({ asked: 0, cached: LIMIT, chargedUsd: 0 })
    const originals = new Map((await readJournal(join(dir, 'evals'), 'whole')).map((trial) => [trial.probeId, trial]))
    for (const trial of result.trials) {
      expect(trial.cachedFrom).toBeDefined()
      expect(trial.costUsd).toBeGreaterThan(0)
      expect(trial.chargedUsd).toBe(0)
      expect(trial.answer).toBe(originals.get(trial.probeId)?.answer)
    }
  })

  it('do not stand for another seed, another length or another model', async () => {
    const cache = await readAnswerCache(join(dir, 'evals'), 0, 'other')
    expect(await run('other-seed', 1, { seed: 77 }, { cache })).toMatchObject({ asked: LIMIT, cached: 0 })
    expect(await run('other-length', 1, { maxOutputTokens: 201 }, { cache })).toMatchObject({ asked: LIMIT, cached: 0 })
    expect(await run('other-model', 1, { targets: [{ ...target, evidenceKey: 'real/other' }] }, { cache })).toMatchObject({ asked: LIMIT, cached: 0 })
  })

  it('are forgotten when they are too old', async () => {
    expect((await readAnswerCache(join(dir, 'evals'), systemClock.nowMs() + 86_400_000, 'x')).size).toBe(0)
  })
})

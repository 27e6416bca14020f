// A panel in a run: judges asked through the router, their votes on disk, their cost in the budget, their failures no verdicts.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig, type Config, type Target } from '../../../core/config.ts'
import { seededRandom, systemClock, systemRandom } from '../../../core/seams.ts'
import { clusteredKappa } from '../../../evals/grade/confusion.ts'
import { judgeSetOf } from '../../../evals/grade/panel/judge-set.ts'
import { panelGrader } from '../../../evals/grade/panel/panel-grader.ts'
import { loadSuite, suiteFolder, type ProbeSuite } from '../../../evals/probes/load.ts'
import { openJournal, readRun } from '../../../evals/replay/journal.ts'
import { runEval, type RunPlan, type RunResult } from '../../../evals/replay/run.ts'
import { startRouter, type RunningRouter } from '../../../router/start.ts'
import { loadBank } from '../../../sim/bank.ts'
import { CLAUDE_OPUS_4_7, GEMINI_3_FLASH, GPT_5_4, KIMI_K2_6 } from '../../../sim/profiles.ts'
import { startSim, type RunningSim } from '../../../sim/server.ts'
import { jumpingTime } from './scripted-time.ts'

const log = pino({ level: 'silent' })
const JUDGES = ['gpt', 'opus', 'gemini']
const LIMIT = 40
const GRADERS_WORD: Readonly<Record<string, string>> = { answered: 'accepted', pushed_back: 'clear_pushback', fabricated: 'incorrect' }
let sim: RunningSim
let router: RunningRouter
let config: Config
let suite: ProbeSuite
let kimi: Target
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wb-panel-'))
  suite = await loadSuite(suiteFolder('builtin:nonsense', '.'))
  sim = await startSim({ port: 0, models: [KIMI_K2_6, GPT_5_4, CLAUDE_OPUS_4_7, GEMINI_3_FLASH], probes: suite.probes, ...(await loadBank()), seed: 3, timeScale: 0, clock: systemClock, random: seededRandom(3), log })
  const price = 'price: { input: 1, output: 5 }'
  config = parseConfig(
    `providers:
  asked: { base_url: "${sim.url}/moonshot/v1" }
  j1: { base_url: "${sim.url}/openai/v1" }
  j2: { base_url: "${sim.url}/anthropic/v1" }
  j3: { base_url: "${sim.url}/google/v1" }
targets:
  kimi: { provider: asked, model: kimi-k2.6, ${price} }
  gpt: { provider: j1, model: gpt-5.4, ${price} }
  opus: { provider: j2, model: claude-opus-4.7, ${price} }
  gemini: { provider: j3, model: gemini-3-flash-preview, ${price} }
chains: { default: [{ target: kimi }] }`,
    {},
    { find: () => undefined },
  )
  const found = config.targets.get('kimi')
  if (found === undefined) throw new Error('no target')
  kimi = found
  router = await startRouter({ config: { current: () => config }, dataDir: dir, collectorUrl: 'http://127.0.0.1:9', mounts: [], clock: systemClock, random: systemRandom, log, port: 0 })
}, 30_000)

afterAll(async () => {
  await router?.close()
  await sim?.close()
})

async function run(runId: string, budgetUsd: number, change: Partial<RunPlan> = {}, judges: readonly string[] = JUDGES): Promise<RunResult> {
  const set = judgeSetOf(judges, config.targets, [kimi], 1_500)
  const journal = await openJournal(join(dir, 'evals'), runId)
  try {
    const time = jumpingTime(systemClock)
    return await runEval(
      {
        runId, suites: [suite], targets: [kimi], taskOf: () => 'general', epochs: 1, limit: LIMIT, domains: [], maxOutputTokens: 300, concurrency: 8,
        allowed: () => ({ callsPerSecond: Infinity, tokensPerSecond: Infinity }), budgetUsd, seed: 1, judges: new Map(set.judges.map((judge) => [judge.name, judge])), ...change,
      },
      {
        routerUrl: router.url, apiKey: undefined, grader: panelGrader(set, 300, { commands: undefined, signal: new AbortController().signal }), journal, clock: time, sleeper: time, random: systemRandom,
        signal: new AbortController().signal, onTrial: () => {},
      },
    )
  } finally {
    await journal.close()
  }
}

describe('a panel in a run', () => {

  it('grades every answer by three stored votes that agree with the true labels, and keeps them for a resumed run', async () => {
    const result = await run('panel', 5)
    expect(result.trials.map((trial) => trial.status)).toEqual(Array(LIMIT).fill('scored'))
    const truth = new Map(sim.control.truth().map((entry) => [entry.probeId, GRADERS_WORD[entry.label] ?? entry.label]))
    expect(clusteredKappa(result.trials.map((trial) => ({ cluster: trial.probeId, given: trial.label ?? '', truth: truth.get(trial.probeId) ?? '' })), seededRandom(1)).value).toBeGreaterThan(0.8)
    for (const trial of result.trials) {
      expect(trial).toMatchObject({ grader: expect.stringMatching(/^panel@[0-9a-f]{16}$/), labelSource: 'panel', promptHash: expect.stringMatching(/^[0-9a-f]+$/), selfFamilyJudge: false })
      expect(trial.votes.map((vote) => vote.judge).sort()).toEqual([...JUDGES].sort())
      expect(trial.votes.every((vote) => vote.label !== undefined && vote.reason !== '' && /^[0-9a-f]{32}$/.test(vote.traceId))).toBe(true)
      expect(trial.judgeCostUsd).toBeCloseTo(trial.votes.reduce((sum, vote) => sum + (vote.costUsd ?? NaN), 0), 12)
      expect(trial.chargedUsd).toBeCloseTo((trial.costUsd ?? NaN) + trial.judgeCostUsd, 12)
    }
    expect(await run('panel', 5)).toMatchObject({ resumed: LIMIT, chargedUsd: expect.closeTo(result.chargedUsd, 10) })
  })

  it('asks no judge twice: votes that stand in the journal count when the run goes on with more money', async () => {
    const short = await run('short', 0.03)
    expect(short.overBudget).toBe(true)
    expect(short.chargedUsd).toBeLessThanOrEqual(0.03)
    const before = (await readRun(join(dir, 'evals'), 'short')).votes
    const whole = await run('short', 5)
    expect(whole.trials.every((trial) => trial.status === 'scored')).toBe(true)
    const all = [...(await readRun(join(dir, 'evals'), 'short')).votes.values()].flat()
    // Three votes a trial and none twice, whoever was asked before the money was gone.
    expect(all).toHaveLength(3 * LIMIT)
    expect(before.size).toBeGreaterThan(0)
    expect(whole.chargedUsd).toBeCloseTo(whole.trials.reduce((sum, trial) => sum + trial.chargedUsd, 0), 10)
  })

  it('goes on with two of three when a judge is down, and leaves unscored what one alone has judged', async () => {
    sim.control.setFault('gemini-3-flash-preview', 'quota_429')
    const two = await run('two', 5)
    expect(two.trials.every((trial) => trial.status === 'scored' && trial.votes.filter((vote) => vote.label !== undefined).length === 2)).toBe(true)
    sim.control.setFault('claude-opus-4.7', 'quota_429')
    const one = await run('one', 5)
    sim.control.setFault('gemini-3-flash-preview', null)
    sim.control.setFault('claude-opus-4.7', null)
    expect(one.trials).toHaveLength(LIMIT)
    expect(new Set(one.trials.map((trial) => `${trial.status} ${trial.label}`))).toEqual(new Set(['judge_error undefined']))
    expect(one.trials[0]?.reason).toMatch(/1 of 3 votes can be used, 2 are needed \(.*quota_exhausted/)
    const asked = sim.control.truth().length
    const again = await run('one', 5)
    // The answers are there: only the judges are asked again.
    expect(again.trials.every((trial) => trial.status === 'scored')).toBe(true)
    expect(sim.control.truth().length).toBe(asked)
  })

  it('takes text that is no verdict for no vote', async () => {
    sim.control.setFault('gpt-5.4', 'schema_not_json')
    const result = await run('broken', 5, { limit: 4 }, ['gpt'])
    sim.control.setFault('gpt-5.4', null)
    expect(result.trials.every((trial) => trial.status === 'judge_error' && trial.chargedUsd > 0)).toBe(true)
  })

  it('says when the panel has a member of the answerer’s family and fewer than three families', async () => {
    const result = await run('own', 5, { limit: 3 }, ['kimi', 'gpt'])
    expect(result.trials.every((trial) => trial.selfFamilyJudge)).toBe(true)
    expect(judgeSetOf(['kimi'], config.targets, [kimi], 1_500).id).not.toBe(judgeSetOf(['kimi'], config.targets, [kimi], 401).id)
  })
})

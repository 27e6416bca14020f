// kill -9 in the middle of a run of 2,000 trials, three times, with real processes, sockets and files: what was journalled is
// never asked again, what was in flight is accounted for, and the report is that of a run nobody killed.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig, type Config } from '../../../core/config.ts'
import { seededRandom, systemClock, systemRandom } from '../../../core/seams.ts'
import { loadSuite, suiteFolder } from '../../../evals/probes/load.ts'
import { readJournal, readRun } from '../../../evals/replay/journal.ts'
import { trialKey, type Trial } from '../../../evals/replay/trial.ts'
import { makeReport } from '../../../evals/report/report.ts'
import type { LostCall } from '../../../evals/replay/journal-events.ts'
import { startRouter, type RunningRouter } from '../../../router/start.ts'
import { loadBank } from '../../../sim/bank.ts'
import { CLAUDE_OPUS_4_7, GPT_5_4, GPT_5_5, KIMI_K2_6 } from '../../../sim/profiles.ts'
import { startSim, type RunningSim } from '../../../sim/server.ts'

const TRIALS = 2_000
const LIMIT = TRIALS / 4
const CONCURRENCY = 8
const PROVIDERS = 4
/** Killed once so many trials of the process are done. */
const KILLED_AFTER = [310, 730, 451]

type Finished = { readonly resumed: number; readonly lost: readonly LostCall[]; readonly chargedUsd: number }

describe('a run of 2,000 trials that is killed three times', () => {
  let sim: RunningSim
  let router: RunningRouter
  let dir: string
  let configPath: string
  const children: ChildProcess[] = []

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wb-killed-'))
    const suite = await loadSuite(suiteFolder('builtin:factual', '.'))
    sim = await startSim({ port: 0, models: [KIMI_K2_6, GPT_5_4, GPT_5_5, CLAUDE_OPUS_4_7], probes: suite.probes, ...(await loadBank()), seed: 1, timeScale: 0, clock: systemClock, random: seededRandom(1), log: pino({ level: 'silent' }) })
    const text = `providers:
  a: { base_url: "${sim.url}/moonshot/v1" }
  b: { base_url: "${sim.url}/openai/v1" }
  c: { base_url: "${sim.url}/openai/v1" }
  d: { base_url: "${sim.url}/anthropic/v1", api: anthropic-messages }
targets:
  kimi: { provider: a, model: kimi-k2.6, price: { input: 1, output: 4 } }
  gpt4: { provider: b, model: gpt-5.4, price: { input: 2.5, output: 15 } }
  gpt5: { provider: c, model: gpt-5.5, price: { input: 5, output: 30 } }
  opus: { provider: d, model: claude-opus-4.7, price: { input: 5, output: 25 } }
chains: { default: [{ target: kimi }] }
`
    configPath = join(dir, 'config.yaml')
    await writeFile(configPath, text)
    const config: Config = parseConfig(text, {}, { find: () => undefined })
    router = await startRouter({ config: { current: () => config }, dataDir: dir, collectorUrl: 'http://127.0.0.1:9', mounts: [], clock: systemClock, random: systemRandom, log: pino({ level: 'silent' }), port: 0 })
  }, 60_000)

  afterAll(async () => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await router?.close()
    await sim?.close()
  })

  /** Runs the child; kills it once so many of its trials are done. */
  async function run(runId: string, killAfter: number | undefined): Promise<Finished | undefined> {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'kill-child.ts'), router.url, configPath, join(dir, 'evals'), runId, String(LIMIT)], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const closed = once(child, 'close')
    let done = 0
    let finished: Finished | undefined
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== '.') finished = JSON.parse(line) as Finished
      done += 1
      if (done === killAfter) child.kill('SIGKILL')
    }
    await closed
    return finished
  }

  it('asks nothing again that is journalled, accounts for what was in flight, and reports as if nothing had happened', async () => {
    expect(await run('whole', undefined)).toMatchObject({ resumed: 0, lost: [] })
    const asked = sim.control.truth().length
    expect(asked).toBe(TRIALS)
    const journalled = new Set<string>()
    for (const killAfter of KILLED_AFTER) {
      expect(await run('killed', killAfter)).toBeUndefined()
      for (const key of (await readRun(join(dir, 'evals'), 'killed')).answers.keys()) journalled.add(key)
    }
    expect(journalled.size).toBeGreaterThan(1_400)
    expect(journalled.size).toBeLessThan(TRIALS)
    const last = await run('killed', undefined)
    if (last === undefined) throw new Error('the last part did not finish')

    // No journalled answer was asked for twice; what was asked twice is a lost call.
    const times = new Map<string, number>()
    const names: Readonly<Record<string, string>> = { 'kimi-k2.6': 'kimi', 'gpt-5.4': 'gpt4', 'gpt-5.5': 'gpt5', 'claude-opus-4.7': 'opus' }
    for (const { probeId, model } of sim.control.truth().slice(asked)) {
      const key = trialKey({ suite: 'factual', probeId, target: names[model] ?? model, epoch: 0 })
      times.set(key, (times.get(key) ?? 0) + 1)
    }
    expect(times.size).toBe(TRIALS)
    const lost = new Map(Map.groupBy(last.lost, (call) => call.key))
    for (const [key, n] of times) expect(n, key).toBeLessThanOrEqual(1 + (lost.get(key)?.length ?? 0))
    // At most what was in flight, each with what it may have cost.
    expect(last.lost.length).toBeLessThanOrEqual(KILLED_AFTER.length * CONCURRENCY * PROVIDERS)
    expect(last.lost.every((call) => call.chargedUsd > 0 && !call.known)).toBe(true)

    const trials = await readJournal(join(dir, 'evals'), 'killed')
    expect(trials).toHaveLength(TRIALS)
    expect(last.chargedUsd).toBeCloseTo(trials.reduce((sum, trial) => sum + trial.chargedUsd, 0) + last.lost.reduce((sum, call) => sum + call.chargedUsd, 0), 8)
    expect(comparable(trials)).toEqual(comparable(await readJournal(join(dir, 'evals'), 'whole')))
  }, 300_000)
})

/** The report without what no two runs share: name, traces and times. */
function comparable(trials: readonly Trial[]): unknown {
  const same = trials.map((trial) => ({ ...trial, runId: 'r', latencyMs: 1, traceId: 't', spanId: 's', startedAtMs: 1, answeredAtMs: 1 })).sort((a, b) => trialKey(a).localeCompare(trialKey(b)))
  return { report: makeReport({ runId: 'r', head: undefined, trials: same, labels: new Map(), gates: [], baseline: undefined, lost: [], chargedUsd: 0 }), same }
}

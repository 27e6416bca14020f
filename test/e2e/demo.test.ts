// The loop, end to end, in one real `up --demo`: calls through official clients, storage, failover, evals, learning, pages.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJournal, listRuns } from '../../evals/replay/journal.ts'
import { fnv1a } from '../../core/seams.ts'
import { loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import type { Trial } from '../../evals/replay/trial.ts'
import { targetName } from '../../sim/demo-config.ts'
import { DEMO_MODELS, type ModelProfile } from '../../sim/profiles.ts'
import { clickhouseMissing } from '../support/database.ts'
import { startUp, until, type RunningUp } from './running-up.ts'

const missing = clickhouseMissing()
const TARGETS = 4
/** The demo's first look asks at most so many of each suite; a run of one's own asks them all. */
const OPENING_PROBES = 120
const SUITE_SIZES = await Promise.all(['nonsense', 'factual'].map(async (name) => (await loadSuite(suiteFolder(`builtin:${name}`, '.'))).probes.length))
const OPENING_TRIALS = TARGETS * SUITE_SIZES.reduce((sum, size) => sum + Math.min(size, OPENING_PROBES), 0)
const ALL_TRIALS = TARGETS * SUITE_SIZES.reduce((sum, size) => sum + size, 0)
/** The simulation's labels for controls and unanswerable probes, in the graders' words. */
const GRADERS_WORD: Readonly<Record<string, string>> = { answered: 'accepted', pushed_back: 'clear_pushback', fabricated: 'incorrect' }

type Bounds = { low: number; high: number }

const configuredRates = (profile: ModelProfile): Record<string, number> => ({
  pushback: profile.nonsense.value.clear,
  false_pushback: profile.falsePushback.value,
  accuracy: profile.accuracy.value,
  hallucination: profile.hallucination.value,
  fabrication: profile.fabrication.value,
})

describe.skipIf(missing !== undefined)('weighbridge up --demo', () => {
  let up: RunningUp
  let simUrl = ''

  beforeAll(async () => {
    up = await startUp(['--demo'], { env: { WEIGHBRIDGE_SIM_TIME_SCALE: '0.005', OPENAI_API_KEY: 'sk-found-but-not-to-be-used' } })
    simUrl = /simulated providers at (\S+);/.exec(up.printed())?.[1] ?? ''
    await until(() => /Apply|apply it there|Traffic goes on/.test(up.printed()), 120_000, () => `the demo did not finish its evals:\n${up.printed()}`, () => up.child.exitCode !== null)
  }, 180_000)

  afterAll(async () => {
    if (up !== undefined) expect(await up.stop()).toBe(0)
  }, 60_000)

  const attemptsOf = async (traceId: string): Promise<Record<string, unknown>[]> => {
    let rows: Record<string, unknown>[] = []
    await until(
      async () => {
        rows = [...(await up.reader.rows('SELECT * FROM model_calls WHERE trace_id = {id:String} ORDER BY attempt', { id: traceId }))]
        return rows.length > 0
      },
      15_000,
      () => `trace ${traceId} did not arrive`,
    )
    return rows
  }

  const newestRun = async (): Promise<{ runId: string; trials: readonly Trial[] }> => {
    const evalsDir = join(up.dataDir, 'evals')
    const [runId] = await listRuns(evalsDir)
    return { runId: runId ?? '', trials: await readJournal(evalsDir, runId ?? '') }
  }

  /** `probe|target` → true label in the graders' words. */
  const trueLabels = async (): Promise<Map<string, string>> => {
    const { truth } = (await (await fetch(`${simUrl}/__sim/truth`)).json()) as { truth: { probeId: string; model: string; label: string }[] }
    return new Map(truth.map((entry) => [`${entry.probeId}|${entry.model}-sim`, GRADERS_WORD[entry.label] ?? entry.label]))
  }

  const client = (): OpenAI => new OpenAI({ baseURL: `${up.router}/v1`, apiKey: 'unused' })

  it('leaves a key alone that it merely finds, and says so', () => {
    expect(up.printed()).toMatch(/Found OPENAI_API_KEY: left alone/)
  })

  it('stores a plain call of the official client with tokens, cost, task, attempts and propensity', async () => {
    const { data, response } = await client().chat.completions.create({ model: 'task:simple_qa', messages: [{ role: 'user', content: 'What is the capital of Peru?' }] }).withResponse()
    expect(data.choices[0]?.message.content).toBeTruthy()
    const [row] = await attemptsOf(response.headers.get('x-weighbridge-trace-id') ?? '')
    expect(row).toMatchObject({ task: 'simple_qa', task_source: 'model', attempt: 1, status: 'Ok', stream: false, is_simulated: true, purpose: 'production', cost_source: 'priced', response_id: data.id })
    expect(Number(row?.['input_tokens'])).toBe(data.usage?.prompt_tokens)
    expect(Number(row?.['output_tokens'])).toBe(data.usage?.completion_tokens)
    expect(Number(row?.['cost_usd'])).toBeCloseTo(Number(response.headers.get('x-weighbridge-cost-usd')), 10)
    expect(Number(row?.['cost_usd'])).toBeGreaterThan(0)
    expect(Number(row?.['propensity'])).toBeGreaterThan(0)
  })

  it('stores a streamed call of the official client, with usage although the client did not ask for it', async () => {
    const { data, response } = await client().chat.completions.create({ model: 'task:code_generation', stream: true, messages: [{ role: 'user', content: 'Write a function that reverses a string.' }] }).withResponse()
    let text = ''
    for await (const chunk of data) {
      expect(chunk.usage ?? null).toBeNull()
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text.length).toBeGreaterThan(0)
    const [row] = await attemptsOf(response.headers.get('x-weighbridge-trace-id') ?? '')
    expect(row).toMatchObject({ task: 'code_generation', stream: true, status: 'Ok' })
    expect(Number(row?.['output_tokens'])).toBeGreaterThan(0)
    expect(Number(row?.['ttft_ms'])).toBeGreaterThan(0)
  })

  it("goes on at the second link when the first link's provider goes down mid-run, and shows both attempts and the waste", async () => {
    const outage = async (on: boolean): Promise<void> => {
      const answer = await fetch(`${simUrl}/__sim/outage`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ provider: 'moonshot', on, kind: '503' }) })
      expect(answer.status).toBe(200)
    }
    const ask = async (): Promise<{ trace: string; target: string; attempts: number }> => {
      const { response } = await client().chat.completions.create({ model: 'task:simple_qa', messages: [{ role: 'user', content: 'How many days has a week?' }] }, { headers: { 'x-weighbridge-pin': 'kimi-k2.6-sim' } }).withResponse()
      return { trace: response.headers.get('x-weighbridge-trace-id') ?? '', target: response.headers.get('x-weighbridge-target') ?? '', attempts: Number(response.headers.get('x-weighbridge-attempts')) }
    }
    const config = await readFile(join(up.dataDir, 'weighbridge.yaml'), 'utf8')
    expect(config).toMatch(/kimi-k2\.6-sim/)
    expect(await ask()).toMatchObject({ target: 'kimi-k2.6-sim', attempts: 1 })
    await outage(true)
    try {
      const results = await Promise.all(Array.from({ length: 12 }, ask))
      expect(results.every((result) => result.target !== 'kimi-k2.6-sim')).toBe(true)
      const failedOver = results.find((result) => result.attempts === 2)
      expect(failedOver).toBeDefined()
      const rows = await attemptsOf(failedOver?.trace ?? '')
      expect(rows).toHaveLength(2)
      expect(rows[0]).toMatchObject({ target: 'kimi-k2.6-sim', status: 'Error', error_code: 'provider_server_error' })
      expect(rows[1]).toMatchObject({ status: 'Ok', reason: 'failover' })
      const shown = await up.command(['trace', failedOver?.trace ?? ''])
      expect(shown.out).toMatch(/SIMULATED[\s\S]*#1 kimi-k2\.6-sim[\s\S]*provider_server_error[\s\S]*#2 /)
    } finally {
      await outage(false)
    }
  })

  it("replayed its share of every suite, and its counts agree with the providers' own true labels", async () => {
    const { runId, trials } = await newestRun()
    expect(trials.length).toBe(OPENING_TRIALS)
    expect(trials.filter((trial) => trial.status === 'provider_error')).toEqual([])
    const rows = await up.reader.rows('SELECT count() AS n, uniqExact(result_id) AS ids, countIf(is_simulated) AS simulated FROM eval_results WHERE run_id = {run:String}', { run: runId })
    expect(rows[0]).toMatchObject({ n: String(trials.length), ids: String(trials.length), simulated: String(trials.length) })
    const labels = await trueLabels()
    for (const [target, group] of Map.groupBy(trials, (trial) => trial.target)) {
      const known = group.filter((trial) => labels.has(`${trial.probeId}|${target}`))
      expect(known.length, `true labels of ${target}`).toBe(group.length)
    }
  })

  it('reports the confusion of its grader, and corrected rates that bracket the configured ones', async () => {
    const { runId, trials } = await newestRun()
    const labels = await trueLabels()
    const file = join(up.dataDir, 'labels.jsonl')
    // Every second probe is labelled: the other half is where the grader's own verdicts have to be corrected.
    const labelled = trials.filter((trial) => fnv1a(trial.probeId) % 2 === 0)
    expect(labelled.length).toBeLessThan(0.6 * trials.length)
    await writeFile(file, labelled.map((trial) => JSON.stringify({ probe_id: trial.probeId, target: trial.target, label: labels.get(`${trial.probeId}|${trial.target}`) })).join('\n'))
    const shown = await up.command(['eval', 'report', runId, '--labels', file])
    expect(shown.out).toMatch(/The grader on nonsense probes[\s\S]*κ [\d.]+/)
    const { out } = await up.command(['eval', 'report', runId, '--labels', file, '--json'])
    const { summaries } = JSON.parse(out) as { summaries: { suite: string; target: string; rates: Record<string, Bounds>; corrected: Record<string, Bounds> }[] }
    const misses: string[] = []
    let uncorrectedMisses = 0
    let cells = 0
    for (const profile of DEMO_MODELS) {
      const of = (suite: string, which: 'rates' | 'corrected'): Record<string, Bounds> => summaries.find((summary) => summary.suite === suite && summary.target === targetName(profile))?.[which] ?? {}
      const expected = configuredRates(profile)
      for (const [name, value] of Object.entries(expected)) {
        const suite = name === 'pushback' || name === 'false_pushback' ? 'nonsense' : 'factual'
        const estimate = of(suite, 'corrected')[name]
        const raw = of(suite, 'rates')[name]
        if (raw === undefined || value < raw.low || value > raw.high) uncorrectedMisses += 1
        cells += 1
        if (estimate === undefined || value < estimate.low || value > estimate.high) misses.push(`${profile.name} ${name}: ${value} not in ${estimate?.low}–${estimate?.high}`)
      }
    }
    // 95% intervals: of 20 cells one may miss; three would be a defect (p < .08 of an honest run, and the seed is fixed).
    expect(cells).toBe(5 * DEMO_MODELS.length)
    expect(misses.length, misses.join('; ')).toBeLessThanOrEqual(2)
    // The correction must be what does it: the grader's own rates bracket fewer.
    expect(uncorrectedMisses).toBeGreaterThan(misses.length)
  })

  it('recommends a move with a reason and an interval; apply changes live traffic, rollback changes it back', async () => {
    // The first look cannot tell two close targets apart, and says so; a pass over everything can.
    const more = await up.command(['eval', 'run', '--epochs', '1', '--seed', '11', '--concurrency', '16', '--json'])
    expect(more.code).toBe(0)
    await until(async () => Number((await up.reader.rows('SELECT count() AS n FROM eval_results'))[0]?.['n']) === OPENING_TRIALS + ALL_TRIALS, 15_000, () => 'the results did not arrive')
    const recommended = await up.command(['routes', 'recommend', '--json'])
    const advice = JSON.parse(recommended.out) as { tasks: { task: string; verdict: string; headline: string; before: Record<string, number>; after: Record<string, number> }[] }
    const move = advice.tasks.find((task) => task.task === 'factual_recall')
    expect(move).toMatchObject({ verdict: 'move', headline: expect.stringMatching(/^Move \d+% of factual_recall from gpt-5\.5-sim to claude-opus-4\.7-sim: .*P\(better\)/) })
    expect(advice.tasks.find((task) => task.task === 'simple_qa')).toMatchObject({ verdict: 'move', headline: expect.stringMatching(/^Move \d+% of simple_qa from .* to kimi-k2\.6-sim: −\$/) })
    expect(advice.tasks.find((task) => task.task === 'code_generation')).toMatchObject({ verdict: 'hold', headline: expect.stringMatching(/no eval evidence/) })
    const served = async (n: number): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {}
      const answers = await Promise.all(Array.from({ length: n }, () => client().chat.completions.create({ model: 'task:factual_recall', messages: [{ role: 'user', content: 'When did it happen?' }] }).withResponse()))
      for (const { response } of answers) {
        const target = response.headers.get('x-weighbridge-target') ?? ''
        counts[target] = (counts[target] ?? 0) + 1 / n
      }
      return counts
    }
    const version = async (): Promise<number> => ((await (await fetch(`${up.router}/readyz`)).json()) as { route_version: number }).route_version
    const applied = await up.command(['routes', 'apply', '--json'])
    expect(applied.code).toBe(0)
    const { version: first } = JSON.parse(applied.out) as { version: number }
    await until(async () => (await version()) === first, 5_000, () => 'the router did not take the new table up')
    const riser = Object.entries(move?.after ?? {}).sort((a, b) => b[1] - (move?.before[b[0]] ?? 0) - (a[1] - (move?.before[a[0]] ?? 0)))[0]
    const after = await served(120)
    expect(Math.abs((after[riser?.[0] ?? ''] ?? 0) - (riser?.[1] ?? 0))).toBeLessThan(0.2)
    const { response } = await client().chat.completions.create({ model: 'task:factual_recall', messages: [{ role: 'user', content: 'And when did that happen?' }] }).withResponse()
    expect(response.headers.get('x-weighbridge-route-version')).toBe(String(first))
    const [row] = await attemptsOf(response.headers.get('x-weighbridge-trace-id') ?? '')
    expect(Number(row?.['route_version'])).toBe(first)

    const back = await up.command(['routes', 'rollback', '--json'])
    const { version: second } = JSON.parse(back.out) as { version: number }
    expect(second).toBe(first + 1)
    await until(async () => (await version()) === second, 5_000, () => 'the router did not take the rollback up')
    const shown = JSON.parse((await up.command(['routes', 'show', '--json'])).out) as { tasks: { task: string; weights: Record<string, number> }[] }
    expect(shown.tasks.find((task) => task.task === 'factual_recall')?.weights).toEqual(move?.before)
    await until(async () => (await up.reader.rows('SELECT count() AS n FROM route_tables WHERE version IN ({a:UInt32}, {b:UInt32})', { a: first, b: second }))[0]?.['n'] === '2', 10_000, () => 'the versions are not in route_tables')
  }, 60_000)

  it('keeps a real provider that is added to the demo apart from everything simulated', async () => {
    const path = join(up.dataDir, 'weighbridge.yaml')
    const before = await readFile(path, 'utf8')
    // A provider that is not marked simulated; the bytes come from the same server, the side comes from the configuration.
    const real = before
      .replace(/^targets:$/m, `  realco:\n    base_url: ${simUrl}/openai/v1\n\ntargets:\n  real-one: { provider: realco, model: real-one, price: { input: 1, output: 2 } }`)
      .replace(/^chains:$/m, 'chains:\n  real: [{ target: real-one }]')
      .replace(/^tasks:$/m, 'tasks:\n  real_work: { route: { real-one: 1 }, chain: real }')
    expect(real).not.toBe(before)
    await writeFile(path, real)
    const ready = async (): Promise<string> => (await fetch(`${up.router}/v1/models`)).text()
    await until(async () => (await ready()).includes('real-one'), 5_000, () => 'the changed configuration was not taken up')
    // The task has one real link that does not know its model: an honest error, and never a simulated answer in its place.
    const answer = await fetch(`${up.router}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'task:real_work', messages: [{ role: 'user', content: 'Hello' }] }) })
    expect(answer.status).toBe(404)
    const [row] = await attemptsOf(answer.headers.get('x-weighbridge-trace-id') ?? '')
    expect(row).toMatchObject({ target: 'real-one', is_simulated: false })
    const sides = await up.reader.rows('SELECT target, uniqExact(is_simulated) AS sides FROM model_calls GROUP BY target HAVING sides > 1')
    expect(sides).toEqual([])
    const metrics = await up.reader.rows('SELECT DISTINCT target, is_simulated FROM model_metrics')
    expect(metrics.filter((m) => m['is_simulated'] === false).map((m) => m['target'])).toEqual(['real-one'])
  })

  it('serves the pages', async () => {
    const page = await fetch(`${up.router}/`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toMatch(/text\/html/)
    expect(page.headers.get('content-security-policy')).toBeTruthy()
  })

  it('passes its own doctor', async () => {
    const result = await up.command(['doctor'])
    expect(result).toMatchObject({ code: 0, out: expect.stringMatching(/the probe span was in the table[^]*was in the view calls[^]*Everything answers/) })
  })
})

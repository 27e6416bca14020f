// The nightly job as a workflow runs it: standalone with evidence carried in a file, attached to a deployment, inside a router
// that runs, and on simulated targets. Real embedded engines, real collectors, a provider on a socket.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../core/config.ts'
import { parseRouteTable } from '../../core/route-table.ts'
import { seededRandom, systemClock } from '../../core/seams.ts'
import { carriedText, carry, parseCarried } from '../../evals/evidence/carry.ts'
import type { NightlyOutcome } from '../../evals/nightly/outcome.ts'
import { loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import { factsOf } from '../../evals/replay/trial.ts'
import { loadBank } from '../../sim/bank.ts'
import { CLAUDE_OPUS_4_7, KIMI_K2_6 } from '../../sim/profiles.ts'
import { startSim, type RunningSim } from '../../sim/server.ts'
import { trial } from '../evals/support-trial.ts'
import { clickhouseMissing } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'
import { startUp, type RunningUp } from './running-up.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.warn(`nights are not tested: ${missing}`)
const ENV = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
const PROBES = 110

const configAt = (sim: string, more = ''): string => `providers:
  one: { base_url: "${sim}/moonshot/v1"${more} }
  two: { base_url: "${sim}/anthropic/v1", api: anthropic-messages${more} }
targets:
  kimi: { provider: one, model: kimi-k2.6, price: { input: 0.95, output: 4 } }
  opus: { provider: two, model: claude-opus-4.7, price: { input: 5, output: 25 } }
tasks:
  factual_recall: { route: { kimi: 1, opus: 0 }, value_per_answer_usd: 0.2 }
suites:
  factual: { path: builtin:factual, informs: { factual_recall: 1 } }
learning: { mode: review }
evals:
  budget_usd: 5
  gates: [{ metric: hallucination_rate, max: 0.95 }]
`

describe.skipIf(missing !== undefined)('weighbridge eval nightly', () => {
  let sim: RunningSim
  const folders: string[] = []

  beforeAll(async () => {
    const { probes } = await loadSuite(suiteFolder('builtin:factual', '.'))
    sim = await startSim({ port: 0, models: [KIMI_K2_6, CLAUDE_OPUS_4_7], probes, ...(await loadBank()), seed: 7, timeScale: 0, clock: systemClock, random: seededRandom(7), log: pino({ level: 'silent' }) })
  }, 30_000)
  afterAll(async () => {
    await sim?.close()
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  })

  async function folder(more = ''): Promise<string> {
    const cwd = await mkdtemp(join(tmpdir(), 'wb-night-'))
    folders.push(cwd)
    await writeFile(join(cwd, 'weighbridge.yaml'), configAt(sim.url, more))
    return cwd
  }
  const night = (cwd: string, seed: number, words: readonly string[], env: Readonly<Record<string, string>> = ENV): Promise<CommandResult> => runCommand(['eval', 'nightly', '--limit', String(PROBES), '--seed', String(seed), ...words], { cwd, env })
  const outcomeOf = async (cwd: string): Promise<NightlyOutcome> => JSON.parse(await readFile(join(cwd, 'nightly', 'outcome.json'), 'utf8')) as NightlyOutcome

  it('standalone: reports a first night, proposes a table once there is history, and knows when that went stale', async () => {
    const cwd = await folder()
    const first = await night(cwd, 1, ['--mode', 'standalone'])
    expect(first, first.err).toMatchObject({ code: 0, out: expect.stringMatching(/220 trials, graded by offline[\s\S]*Gates: passed[\s\S]*weights: inconclusive, there is no evidence of earlier nights/) })
    expect(await outcomeOf(cwd)).toMatchObject({ mode: 'standalone', simulated: false, gates: 'passed', trials: 220, asked_again: [], reweighting: { status: 'inconclusive', parent: 0 } })
    expect((await readdir(join(cwd, 'nightly'))).sort()).toEqual(['junit.xml', 'outcome.json', 'report.html', 'report.md'])
    const evidence = await readFile(join(cwd, 'evals-evidence.jsonl'), 'utf8')
    // No question, answer or key of a suite leaves in what is carried.
    const { probes } = await loadSuite(suiteFolder('builtin:factual', '.'))
    for (const probe of probes.slice(0, 50)) expect(evidence).not.toContain(probe.question)
    expect(evidence.length).toBeLessThan(30_000)

    const second = await night(cwd, 2, ['--mode', 'standalone'])
    expect(second, second.err).toMatchObject({ code: 0, out: expect.stringMatching(/Compared with [\s\S]*weights: proposed, Move \d+% of factual_recall/) })
    const table = parseRouteTable(await readFile(join(cwd, 'nightly', 'route-table.json'), 'utf8'))
    expect(table).toMatchObject({ parent: 0, version: 1, simulated: false })
    const body = await readFile(join(cwd, 'nightly', 'pull-request.md'), 'utf8')
    expect(body).toMatch(/^<!-- weighbridge parent=0 version=1 hash=[0-9a-f]+ -->\n[\s\S]*builds on \*\*live version 0\*\*[\s\S]*## `factual_recall`[\s\S]*`opus`/)
    expect(await readFile(join(cwd, 'nightly', 'pull-request-title.txt'), 'utf8')).toBe('Route table 1 (on 0): factual_recall\n')

    // Merged: the next night builds on it. Not merged, and another one is: the proposal is stale.
    const check = (inForce: string): Promise<CommandResult> => runCommand(['eval', 'nightly', '--check', 'nightly/route-table.json', '--table', inForce], { cwd, env: ENV })
    expect(await check('none-yet.json')).toMatchObject({ code: 0, out: expect.stringMatching(/builds on version 0, which is in force/) })
    await writeFile(join(cwd, 'route-table.json'), await readFile(join(cwd, 'nightly', 'route-table.json')))
    expect(await check('route-table.json')).toMatchObject({ code: 1, out: expect.stringMatching(/but version 1 is in force: it is stale/) })
    const third = await night(cwd, 3, ['--mode', 'standalone'])
    expect((await outcomeOf(cwd)).reweighting.parent, third.err).toBe(1)
  }, 240_000)

  it('asks a target that an alarm of earlier nights names its questions twice, and says so', async () => {
    const cwd = await folder()
    const { targets } = parseConfig(configAt(sim.url), {}, { find: () => undefined })
    const suite = await loadSuite(suiteFolder('builtin:factual', '.'))
    // Three steady nights of both, and one on which opus gets a third of what it got.
    const DAY = 86_400_000
    const trials = [4, 3, 2, 1].flatMap((daysAgo) =>
      ['kimi', 'opus'].flatMap((target) =>
        suite.probes.slice(0, 60).map((probe, at) =>
          trial({ runId: `night-${daysAgo}`, ...factsOf(suite, probe), target, simulated: false, label: at % 10 < (target === 'opus' && daysAgo === 1 ? 2 : 6) ? 'correct' : 'incorrect', answeredAtMs: systemClock.nowMs() - daysAgo * DAY }),
        ),
      ),
    )
    await writeFile(join(cwd, 'evals-evidence.jsonl'), carriedText(carry(trials, targets)))
    const result = await night(cwd, 1, ['--mode', 'standalone'])
    expect(result, result.err).toMatchObject({ code: 0, out: expect.stringMatching(/run \S+: 220 trials[\s\S]*opus was asked 110 of 110 probes again \(alarm: its score on factual fell from 0\.\d\d to 0\.\d\d\)\n/) })
    expect(await outcomeOf(cwd)).toMatchObject({ trials: 330, asked_again: [{ target: 'opus', asked: 110, of: 110, left_out: null, because: expect.stringMatching(/^alarm: its score on factual fell/) }] })
    expect(await readFile(join(cwd, 'nightly', 'report.md'), 'utf8')).toMatch(/Asked again, because they changed lately[\s\S]*opus[^\n]*110\/110/)
    // Twice the answers are carried on, to the same questions.
    const carried = parseCarried(await readFile(join(cwd, 'evals-evidence.jsonl'), 'utf8'), 'x').results.filter(({ run }) => !run.startsWith('night-'))
    expect(carried.map(({ target, epoch }) => `${target} ${epoch}`).sort()).toEqual(['kimi 0', 'opus 0', 'opus 1'])
  }, 120_000)

  it('leaves weights as they are where a provider is down for a night, says why, and moves them when it is back', async () => {
    const cwd = await folder()
    const first = await night(cwd, 1, ['--mode', 'standalone'])
    expect(first, first.err).toMatchObject({ code: 0 })
    sim.control.outage('anthropic', true, 'reset')
    const second = await night(cwd, 2, ['--mode', 'standalone']).finally(() => sim.control.outage('anthropic', false))
    expect(second, second.err).toMatchObject({ out: expect.stringMatching(/opus: not scored and not counted: 110 provider_error/) })
    expect(await outcomeOf(cwd)).toMatchObject({ trials: 220, reweighting: { status: 'nothing', parent: 0, reason: expect.stringMatching(/^the evidence moves no task · factual_recall: Hold: the newest run of factual could not grade 110 of 110 answers of opus \(110 provider_error\)/) } })
    expect(existsSync(join(cwd, 'nightly', 'route-table.json'))).toBe(false)
    // What the outage left is failures of the run and no wrong answers: the next whole night moves them.
    const third = await night(cwd, 3, ['--mode', 'standalone'])
    expect(third, third.err).toMatchObject({ code: 0, out: expect.stringMatching(/weights: proposed, Move \d+% of factual_recall/) })
  }, 240_000)

  it('on simulated targets: a report for the step’s summary, and never a table, whatever the history', async () => {
    const cwd = await folder(', simulated: true')
    for (const seed of [1, 2]) {
      const result = await night(cwd, seed, ['--mode', 'standalone'])
      expect(result, result.err).toMatchObject({ code: 0, out: expect.stringMatching(/SIMULATED[\s\S]*weights: simulated/) })
    }
    expect(existsSync(join(cwd, 'nightly', 'route-table.json'))).toBe(false)
    expect(existsSync(join(cwd, 'nightly', 'pull-request.md'))).toBe(false)
    expect(await readFile(join(cwd, 'nightly', 'report.md'), 'utf8')).toMatch(/SIMULATED/)
  }, 180_000)

  it('ends with 1 on a failed gate and 3 on a budget that was reached, which moves and carries nothing', async () => {
    const cwd = await folder()
    await writeFile(join(cwd, 'weighbridge.yaml'), configAt(sim.url).replace('max: 0.95', 'max: 0.05'))
    expect(await night(cwd, 1, ['--mode', 'standalone'])).toMatchObject({ code: 1 })
    await rm(join(cwd, 'evals-evidence.jsonl'))
    const capped = await night(cwd, 2, ['--mode', 'standalone', '--budget-usd', '0.01'])
    expect(capped).toMatchObject({ code: 3, out: expect.stringMatching(/The budget was reached[\s\S]*weights: inconclusive, the budget was reached/) })
    expect(existsSync(join(cwd, 'evals-evidence.jsonl'))).toBe(false)
    expect(await night(cwd, 2, ['--mode', 'sideways'])).toMatchObject({ code: 2 })
    expect(await night(cwd, 2, ['--mode', 'attached'])).toMatchObject({ code: 2, err: expect.stringMatching(/collector/) })
  }, 180_000)

  describe('beside a deployment', () => {
    let up: RunningUp
    let cwd: string
    beforeAll(async () => {
      cwd = await folder()
      up = await startUp([], { cwd })
    }, 120_000)
    afterAll(() => up?.stop(), 60_000)

    it('attached: history lives there, a reading account is enough, and the proposal names its live version', async () => {
      const env = { ...ENV, CLICKHOUSE_URL: up.clickhouse, CLICKHOUSE_DATABASE: 'weighbridge', CLICKHOUSE_USER: 'reader', CLICKHOUSE_PASSWORD: '' }
      const attached = async (seed: number): Promise<NightlyOutcome> => {
        const result = await night(cwd, seed, ['--collector-url', up.collector], env)
        expect(result, result.err).toMatchObject({ code: 0 })
        return await outcomeOf(cwd)
      }
      const first = await attached(1)
      // Null would say that what has drifted could not be read there.
      expect(first).toMatchObject({ mode: 'attached', asked_again: [], reweighting: { status: 'inconclusive', reason: expect.stringMatching(/no evidence of earlier nights/) } })
      const [stored] = await up.reader.rows('SELECT count() AS n, uniqExact(span_id) AS spans FROM eval_results WHERE run_id = {run:String}', { run: first.run })
      expect(stored).toMatchObject({ n: '220', spans: '220' })
      expect(existsSync(join(cwd, 'evals-evidence.jsonl'))).toBe(false)

      expect(await attached(2)).toMatchObject({ reweighting: { status: 'proposed', parent: 0, version: 1 } })
      expect(await readFile(join(cwd, 'nightly', 'report.md'), 'utf8')).toContain(`Compared with ${first.run}`)
      const check = (): Promise<CommandResult> => runCommand(['eval', 'nightly', '--check', 'nightly/route-table.json'], { cwd, env })
      expect(await check()).toMatchObject({ code: 0 })
      // Nothing was published by the night itself; then a person publishes something else over there.
      expect((await up.command(['routes', 'history'])).out).toMatch(/Nothing published yet/)
      expect(await up.command(['routes', 'recommend'])).toMatchObject({ code: 0 })
      expect(await up.command(['routes', 'apply'])).toMatchObject({ code: 0 })
      await expect.poll(async () => (await check()).code, { timeout: 30_000, interval: 200 }).toBe(1)
      expect((await attached(3)).reweighting.parent).toBe(1)
    }, 300_000)

    it('running: the same job in the router that is there, whose recommendation waits for a person', async () => {
      const result = await up.command(['eval', 'nightly', '--limit', String(PROBES), '--seed', '9', '--out', join(cwd, 'running')])
      expect(result, result.err).toMatchObject({ code: 0, out: expect.stringMatching(/\(running\): gates passed/) })
      expect((await readdir(join(cwd, 'running'))).sort()).toEqual(expect.arrayContaining(['junit.xml', 'outcome.json', 'report.html', 'report.md']))
    }, 120_000)

    it('scheduled: `up` runs it by itself once the configuration says when', async () => {
      const rows = Array.from({ length: 12 }, (_v, at) => JSON.stringify({ id: `q${at}`, kind: 'task', domain: 'own', question: `Is ${at} a number?`, grader: { type: 'regex', pattern: '.' } }))
      await mkdir(join(cwd, 'own'))
      await writeFile(join(cwd, 'own', 'suite.yaml'), 'name: own\nversion: 1\nkinds: [task]\n')
      await writeFile(join(cwd, 'own', 'probes.jsonl'), rows.join('\n'))
      const scheduled = configAt(sim.url).replace('factual: { path: builtin:factual', 'own: { path: ./own').replace('evals:\n', 'evals:\n  schedule: "* * * * * *"\n')
      await writeFile(join(cwd, 'weighbridge.yaml'), scheduled)
      const outcome = await eventually(async () => {
        const [night] = await readdir(join(up.dataDir, 'nightly')).catch(() => [])
        return night === undefined ? undefined : await readFile(join(up.dataDir, 'nightly', night, 'outcome.json'), 'utf8')
      }, 60_000)
      await writeFile(join(cwd, 'weighbridge.yaml'), configAt(sim.url))
      expect(JSON.parse(outcome)).toMatchObject({ mode: 'running', trials: 24, scored: 24, asked_again: [], reweighting: { status: expect.stringMatching(/nothing|proposed/) } })
    }, 120_000)
  })
})

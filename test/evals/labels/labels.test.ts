// Labelling: who is shown what, what is kept, over HTTP and in a terminal; and what labels do to evidence.
import { appendFile, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { main } from '../../../cli/main.ts'
import { chooseSuites } from '../../../cli/eval/choose.ts'
import { parseConfig, type Config } from '../../../core/config.ts'
import { systemClock, systemRandom, seededRandom } from '../../../core/seams.ts'
import { evalsMount } from '../../../evals/http/mount.ts'
import { calibrationsOf, readCalibrations } from '../../../evals/labels/calibrations.ts'
import { readLabels, storeLabels } from '../../../evals/labels/label-store.ts'
import { sample, taskId } from '../../../evals/labels/queue.ts'
import type { ProbeSuite } from '../../../evals/probes/load.ts'
import { openJournal } from '../../../evals/replay/journal.ts'
import { trialKey, type Trial } from '../../../evals/replay/trial.ts'
import type { LogRecord } from '../../../store/otlp/logs.ts'
import { startRouter, type RunningRouter } from '../../../router/start.ts'
import { trial } from '../support-trial.ts'

// No collector is there: without an address it would be the one that may run on this machine.
const CONFIG = `providers: { p: { base_url: "http://127.0.0.1:1/v1" } }
targets: { t: { provider: p, model: m }, u: { provider: p, model: n } }
tasks: { general: { route: { t: 1 } } }
suites: { factual: { path: builtin:factual, informs: { general: 1 } } }
collector: { url: "http://127.0.0.1:9" }
`
const config: Config = parseConfig(CONFIG, {}, { find: () => undefined })
let suite: ProbeSuite
let trials: Trial[]

beforeAll(async () => {
  const [found] = await chooseSuites(config, { configDir: '.', privateSeed: undefined }, ['factual'])
  if (found === undefined) throw new Error('no suite')
  suite = found
  trials = suite.probes.slice(0, 60).flatMap((probe) => ['t', 'u'].map((target) => trial({ probeId: probe.id, target, suiteHash: suite.hash, domain: probe.domain, answer: `answer to ${probe.id}`, answerable: !('unanswerable' in probe && probe.unanswerable === true) })))
})

async function dirWithRun(runs: Readonly<Record<string, readonly Trial[]>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'wb-labels-'))
  await writeFile(join(dir, 'weighbridge.yaml'), CONFIG)
  for (const [run, of] of Object.entries(runs)) {
    const journal = await openJournal(join(dir, '.weighbridge', 'evals'), run)
    for (const one of of) await journal.append({ t: 'trial', ...one, runId: run })
    await journal.close()
  }
  return dir
}
const evalsOf = (dir: string): string => join(dir, '.weighbridge', 'evals')

describe('the sample that is labelled', () => {
  it('is the same for everybody, so many per target and suite, of scored answers alone', () => {
    const all = [...trials, trial({ probeId: 'x', status: 'empty', label: undefined }), trial({ probeId: 'y', epoch: 1 })]
    const chosen = sample('run', all, { perTarget: 40, suites: [], targets: [] })
    expect(chosen).toHaveLength(80)
    expect(sample('run', [...all].reverse(), { perTarget: 40, suites: [], targets: [] }).map(trialKey)).toEqual(chosen.map(trialKey))
    expect(chosen.every((one) => one.status === 'scored' && one.epoch === 0)).toBe(true)
    expect(sample('other', all, { perTarget: 40, suites: [], targets: [] }).map(trialKey)).not.toEqual(chosen.map(trialKey))
    expect(sample('run', all, { perTarget: 40, suites: [], targets: ['u'] }).every((one) => one.target === 'u')).toBe(true)
  })

  it('does not stand in the order of the file: a target is as likely early as late', () => {
    const order = sample('run', trials, { perTarget: 40, suites: [], targets: [] }).map((one) => one.target)
    const early = order.slice(0, 40).filter((target) => target === 't').length
    expect(early).toBeGreaterThan(8)
    expect(early).toBeLessThan(32)
  })
})

describe('labels on disk', () => {
  it('survive a torn last line, and name a line that is none', async () => {
    const dir = await dirWithRun({})
    await storeLabels(evalsOf(dir), [{ id: '1', at_ms: 1, run: 'a', key: 'k', label: 'correct', by: 'ann', via: 'import', note: '' }, { id: '2', at_ms: 1, run: 'b', key: 'k', label: 'correct', by: 'ann', via: 'import', note: '' }])
    await appendFile(join(evalsOf(dir), 'labels.jsonl'), '{"id":"3","at')
    expect(await readLabels(evalsOf(dir), 'a')).toHaveLength(1)
    await appendFile(join(evalsOf(dir), 'labels.jsonl'), '\n')
    await expect(readLabels(evalsOf(dir), 'a')).rejects.toMatchObject({ code: 'suite_invalid', message: expect.stringContaining(':3 is no label') })
    expect(await readLabels(join(dir, 'nowhere'), 'a')).toEqual([])
  })
})

describe('labelling over HTTP', () => {
  let router: RunningRouter
  let dir: string
  let records: LogRecord[]
  let collectorDown = false

  beforeAll(async () => {
    dir = await dirWithRun({ '20260101-000000-aaaa': trials })
    const parts = () => ({
      evalsDir: evalsOf(dir), config, clock: systemClock,
      suites: (names: readonly string[]) => chooseSuites(config, { configDir: '.', privateSeed: undefined }, names),
      emit: async (sent: readonly LogRecord[]) => {
        if (collectorDown) throw new Error('down')
        records.push(...sent)
      },
    })
    router = await startRouter({ config: { current: () => config }, dataDir: dir, collectorUrl: 'http://127.0.0.1:9', mounts: [evalsMount(parts, undefined)], clock: systemClock, random: systemRandom, log: pino({ level: 'silent' }), port: 0 })
  }, 30_000)
  beforeEach(() => {
    records = []
    collectorDown = false
  })
  afterAll(() => router?.close())

  const get = async (path: string): Promise<{ status: number; body: Record<string, never>; text: string }> => {
    const response = await fetch(`${router.url}/admin/evals${path}`)
    const text = await response.text()
    return { status: response.status, body: JSON.parse(text) as Record<string, never>, text }
  }
  const post = async (body: unknown, raw = JSON.stringify(body)): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${router.url}/admin/evals/labels`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: raw })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('lists runs and shows the next answer blind: no target, no verdict of the grader', async () => {
    expect((await get('/runs')).status).toBe(200)
    const next = await get('/labels/next?by=ann&per_target=5')
    expect(next.body).toMatchObject({ run: '20260101-000000-aaaa', done: 0, total: 10, task: { suite: 'factual', question: expect.any(String), about: expect.any(String), answer: expect.stringMatching(/^answer to /), choices: ['correct', 'partial', 'incorrect', 'not_attempted'] } })
    expect(Object.keys(next.body['task'] ?? {}).sort()).toEqual(['about', 'answer', 'choices', 'id', 'question', 'suite'])
  })

  it('keeps a label, sends it with the span of the answer, and goes on to the next', async () => {
    const { body } = await get('/labels/next?by=ann&per_target=5')
    const { id } = (body as unknown as { task: { id: string } }).task
    const said = await post({ run: '20260101-000000-aaaa', id, label: 'partial', by: 'ann', note: 'half' })
    expect(said).toMatchObject({ status: 200, body: { done: 1, delivered: true } })
    const [kept] = await readLabels(evalsOf(dir), '20260101-000000-aaaa')
    expect(kept).toMatchObject({ label: 'partial', by: 'ann', via: 'web', note: 'half' })
    const about = trials.find((one) => taskId('20260101-000000-aaaa', trialKey(one)) === id)
    expect(records).toMatchObject([{ eventName: 'weighbridge.label', attributes: { 'weighbridge.label.value': 'partial', 'weighbridge.eval.probe': about?.probeId } }])
    expect(JSON.stringify(records)).not.toContain('answer to')
    expect(((await get('/labels/next?by=ann&per_target=5')).body as unknown as { task: { id: string } }).task.id).not.toBe(id)
    // Another person is asked about the same sample from its start.
    expect((await get('/labels/next?by=ben&per_target=5')).body).toMatchObject({ done: 0, task: { id } })
  })

  it('keeps it when the collector is down, and says that it has no copy', async () => {
    collectorDown = true
    const { body } = await get('/labels/next?by=cyd')
    const { id } = (body as unknown as { task: { id: string } }).task
    expect(await post({ run: '20260101-000000-aaaa', id, label: 'skip', by: 'cyd' })).toMatchObject({ status: 200, body: { delivered: false } })
    expect((await readLabels(evalsOf(dir), '20260101-000000-aaaa')).some((label) => label.by === 'cyd')).toBe(true)
  })

  it('refuses what is not asked, cannot be said, or is no run, and says what may be', async () => {
    const { body } = await get('/labels/next?by=dan')
    const { id } = (body as unknown as { task: { id: string } }).task
    const run = '20260101-000000-aaaa'
    for (const [bad, pattern] of [
      [{ run, id: 'nobody', label: 'correct', by: 'dan' }, /has no answer/],
      [{ run, id, label: 'clear_pushback', by: 'dan' }, /cannot be "clear_pushback"/],
      [{ run, id, label: 'correct' }, /by/],
      [{ run, id, label: 'correct', by: 'dan', target: 't' }, /target/],
    ] as const) expect(await post(bad)).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(pattern) } } })
    expect((await post({}, '{')).status).toBe(400)
    expect((await post({}, JSON.stringify({ by: 'x'.repeat(100_000) }))).status).toBe(413)
    expect((await post({ run: 'no-run', id, label: 'correct', by: 'dan' })).status).toBeGreaterThanOrEqual(400)
    expect((await get('/labels/next')).status).toBe(400)
    expect((await get('/labels/next?by=a&per_target=0')).status).toBe(400)
    expect((await get('/nothing')).status).toBe(404)
    expect((await fetch(`${router.url}/admin/evals/runs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).headers.get('allow')).toBe('GET')
    // Without an account that may read text there is nothing to harvest.
    expect((await get('/harvest')).text).toMatch(/no account that may read captured text/)
  })

  it('is closed to a key without the admin scope', () => {
    expect(evalsMount(() => { throw new Error('not asked') }, undefined)).toMatchObject({ readScope: 'admin', writeScope: 'admin' })
  })
})

describe('weighbridge eval label', () => {
  async function label(dir: string, words: readonly string[], lines: readonly string[] | undefined): Promise<{ code: number; out: string; err: string }> {
    let out = ''
    let err = ''
    async function* typed(): AsyncGenerator<string> {
      yield* lines ?? []
    }
    const code = await main(['eval', 'label', ...words], { env: {}, cwd: dir, out: (text) => void (out += text), err: (text) => void (err += text), isTty: false, columns: 100, signal: new AbortController().signal, ...(lines === undefined ? {} : { input: typed }) })
    return { code, out, err }
  }

  it('takes numbers, words, s and q, asks again after anything else, and goes on where it stopped', async () => {
    const dir = await dirWithRun({ '20260101-000000-aaaa': trials.slice(0, 8).map((one) => ({ ...one, answer: 'plain \u001b[2J\u0007answer' })) })
    const first = await label(dir, ['--by', 'ann'], ['1', 'what', 'not_attempted', 's', 'q', '1'])
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/labelling as ann[\s\S]*1 of 8 · factual[\s\S]*1 correct · 2 partial · 3 incorrect · 4 not_attempted · s cannot say · q stop[\s\S]*"what" is none of them[\s\S]*3 of 8 labelled; go on any time/) })
    expect(first.out).not.toMatch(/\p{Cc}(?<![\n\t])/u)
    expect(first.out).not.toMatch(/\bu\b.*answer/)
    expect((await readLabels(evalsOf(dir), '20260101-000000-aaaa')).map((one) => [one.label, one.via])).toEqual([['correct', 'terminal'], ['not_attempted', 'terminal'], ['skip', 'terminal']])
    const second = await label(dir, ['--by', 'ann'], Array(5).fill('2'))
    expect(second).toMatchObject({ code: 0, out: expect.stringMatching(/4 of 8[\s\S]*All 8 answers of the sample are labelled/) })
  })

  it('keeps what was said when the input ends, and says so without a terminal', async () => {
    const dir = await dirWithRun({ '20260101-000000-aaaa': trials.slice(0, 4) })
    expect(await label(dir, [], ['1'])).toMatchObject({ code: 0, out: expect.stringMatching(/1 of 4 labelled/) })
    expect(await label(dir, [], undefined)).toMatchObject({ code: 2, err: expect.stringMatching(/no terminal to answer in[\s\S]*--import/) })
    expect(await label(await dirWithRun({}), [], [])).toMatchObject({ code: 2, err: expect.stringMatching(/no eval runs/) })
  })

  it('takes labels out of a file, and refuses those that no such answer can have', async () => {
    const dir = await dirWithRun({ '20260101-000000-aaaa': trials })
    await writeFile(join(dir, 'labels.jsonl'), trials.slice(0, 3).map((one) => JSON.stringify({ probe_id: one.probeId, target: one.target, label: 'incorrect' })).join('\n'))
    expect(await label(dir, ['--import', 'labels.jsonl'], undefined)).toMatchObject({ code: 0, out: expect.stringMatching(/3 of 3 labels belong to run .* and are kept; the collector could not be reached/) })
    expect(await readLabels(evalsOf(dir), '20260101-000000-aaaa')).toHaveLength(3)
    await writeFile(join(dir, 'bad.jsonl'), JSON.stringify({ probe_id: trials[0]?.probeId, target: 't', label: 'pass' }))
    expect(await label(dir, ['--import', 'bad.jsonl'], undefined)).toMatchObject({ code: 2, err: expect.stringMatching(/cannot be "pass"/) })
    expect(await readFile(join(evalsOf(dir), 'labels.jsonl'), 'utf8')).not.toContain('"pass"')
  })
})

describe('what labels do to evidence', () => {
  /** A grader that calls half of the wrong answers right; the truth is 70%. */
  const graded = (n: number, seed: number): { trials: Trial[]; truth: Map<string, string> } => {
    const random = seededRandom(seed)
    const truth = new Map<string, string>()
    const made = Array.from({ length: n }, (_v, at) => {
      const right = random.next() < 0.7
      const one = trial({ probeId: `q${at}`, label: right || random.next() < 0.5 ? 'correct' : 'incorrect' })
      truth.set(trialKey(one), right ? 'correct' : 'incorrect')
      return one
    })
    return { trials: made, truth }
  }

  it('corrects a target’s mean where forty are labelled, near the truth and with its error, and nothing below', () => {
    let inside = 0
    for (let seed = 1; seed <= 40; seed += 1) {
      const { trials: made, truth } = graded(300, seed)
      const labels = new Map([...truth].slice(0, 60))
      const [calibration] = calibrationsOf(made, labels, config)
      if (calibration === undefined) throw new Error('no calibration')
      expect(calibration).toMatchObject({ suite: 'factual', grader: 'g@1', evidenceKey: 'p/m', labelled: 60 })
      if (Math.abs(calibration.e - 0.7) < 1.96 * calibration.sd) inside += 1
    }
    expect(inside).toBeGreaterThanOrEqual(35)
    const { trials: made, truth } = graded(300, 1)
    expect(calibrationsOf(made, new Map([...truth].slice(0, 39)), config)).toEqual([])
    expect(calibrationsOf(made, new Map([...truth].slice(0, 60)), { targets: new Map() })).toEqual([])
  })

  it('is read out of the data directory, the run with the most labels counting', async () => {
    const few = graded(100, 1)
    const more = graded(100, 2)
    const dir = await dirWithRun({ '20260101-000000-aaaa': few.trials, '20260102-000000-bbbb': more.trials })
    const labels = (run: string, truth: Map<string, string>, n: number) => [...truth].slice(0, n).map(([key, label], at) => ({ id: `${run}${at}`, at_ms: at, run, key, label, by: 'ann', via: 'import' as const, note: '' }))
    await storeLabels(evalsOf(dir), [...labels('20260101-000000-aaaa', few.truth, 40), ...labels('20260102-000000-bbbb', more.truth, 80)])
    expect(await readCalibrations(evalsOf(dir), config)).toMatchObject([{ labelled: 80 }])
  })
})

// The learner's cycle over days: canaries that begin, are let on and are taken back, returns on live calls and on drift, holds
// where the data are wrong, freezes, and what is told of it. No clock runs but the one that the test turns.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EvalRun } from '../../../evals/learn/drift.ts'
import { configOf, evalRow, factualRows } from './fixture.ts'
import { armOf, HOUR, makeRig, type Rig } from './rig.ts'

let rig: Rig

beforeEach(() => {
  rig = makeRig()
})
afterEach(() => rig.close())

const hours = (count: number): void => void (rig.now += count * HOUR)
const canary = () => rig.table().tasks['simple_qa']?.canary
/** What was told so far besides recommendations, oldest first. */
async function kinds(): Promise<unknown[]> {
  await rig.events.flush()
  return rig.told().map(({ kind }) => kind).filter((kind) => kind !== 'recommendation')
}

/** A person has published once and gone back, so that `auto` may go on from the configured weights: versions 1 and 2. */
async function begun(): Promise<void> {
  await rig.apply()
  await rig.publisher.rollback(0)
  hours(25)
}

/** Eval runs of b on consecutive nights, the last one now. */
function nights(means: readonly number[], over: Partial<EvalRun> = {}): EvalRun[] {
  return means.map((mean, night) => ({
    suite: 'factual', suite_hash: 'h', grader: 'judges@1', evidence_key: 'p/b', run: `r${night}`, at: rig.now - (means.length - night) * 24 * HOUR, asked: 100, questions: 100, scored: 100, refused: 0, unscored: [],
    mean, graded: 100, length_n: 0, length_mean: 0, length_variance: 0, served_models: [], ...over,
  }))
}

describe('a canary', () => {
  test('is where a move begins: a tenth of the traffic beside the weights that were there', async () => {
    await begun()
    expect(await rig.learner.cycle()).toBe(3)
    expect(rig.weights()).toEqual({ a: 1, b: 0 })
    expect(canary()).toMatchObject({ version: 3, base: 0, share: 0.1, weights: { a: 0.75, b: 0.25 }, since: new Date(rig.now).toISOString() })
    expect(rig.told().at(-1)).toEqual({ kind: 'canary', message: expect.stringMatching(/^simple_qa tries new weights with 10% of its traffic as version 3: Move /) })
  })

  test('is let on by itself when its time is over and nothing was lost, and the next step begins a day later', async () => {
    await begun()
    await rig.learner.cycle()
    rig.stored.arms = [armOf('newer', 4_000, -0.05), armOf('older', 36_000, -0.1)]
    hours(23)
    expect(await rig.learner.cycle()).toBeUndefined()
    hours(2)
    expect(await rig.learner.cycle()).toBe(4)
    expect(rig.weights()).toEqual({ a: 0.75, b: 0.25 })
    expect(canary()).toBeUndefined()
    expect(rig.state.publications.current()).toMatchObject({ action: 'auto', author: 'learner', table: { rule: expect.stringMatching(/^promotion of the canary of simple_qa: no loss above 0\.01 in sight: loss −0\.050/) } })
    expect(rig.asked.filter(({ name }) => name === 'arm_utilities').at(-1)?.params).toMatchObject({ newer: [3], older: [0] })
    rig.stored.arms = []
    expect(await rig.learner.cycle()).toBeUndefined()
    hours(25)
    expect(await rig.learner.cycle()).toBe(5)
    expect(canary()).toMatchObject({ version: 5, base: 4, weights: { a: 0.5, b: 0.5 } })
  })

  test('that surely loses is taken back at the next look, whatever the hour, and its task rests for three days', async () => {
    await begun()
    await rig.learner.cycle()
    rig.stored.arms = [armOf('newer', 200, -0.4), armOf('older', 1_800, -0.1)]
    hours(2)
    expect(await rig.learner.cycle()).toBe(4)
    expect(rig.table().tasks).toEqual({})
    expect(rig.state.publications.current()).toMatchObject({ action: 'rollback', author: 'learner' })
    expect(rig.state.freezes.active().get('simple_qa')).toMatchObject({ author: 'learner', until_at: rig.now + 72 * HOUR, reason: expect.stringContaining('surely loses') })
    expect((await kinds()).slice(-2)).toEqual(['rollback', 'freeze'])
    rig.stored.arms = []
    // The evidence still says b: three days of looks change nothing.
    for (let look = 0; look < 6; look += 1) {
      hours(11.9)
      expect(await rig.learner.cycle()).toBeUndefined()
    }
    expect(rig.learner.report()?.tasks['simple_qa']).toContain('frozen by learner until 2026-03-05T15:00:00.000Z')
    hours(1)
    expect(await rig.learner.cycle()).toBe(5)
    expect(canary()).toBeDefined()
  })

  test('is left to a person where the task is only watched', async () => {
    await begun()
    await rig.learner.cycle()
    rig.config = configOf({ learning: { mode: 'auto' }, task: { learning: { mode: 'observe' } } })
    rig.stored.arms = [armOf('newer', 200, -0.4), armOf('older', 1_800, -0.1)]
    hours(2)
    expect(await rig.learner.cycle()).toBeUndefined()
    expect(canary()).toBeDefined()
  })

  test('is not tried where too few calls come for it to show anything: there the step is made at once', async () => {
    rig.stored.production = rig.stored.production.map((row) => ({ ...row, recent_calls: 100 }))
    await begun()
    expect(await rig.learner.cycle()).toBe(3)
    expect(canary()).toBeUndefined()
    expect(rig.weights()).toEqual({ a: 0.75, b: 0.25 })
  })

  test('without a share in the config there is none', async () => {
    rig.config = configOf({ learning: { mode: 'auto', canary: { share: 0 } } })
    await begun()
    await rig.learner.cycle()
    expect(canary()).toBeUndefined()
  })
})

describe('a publication', () => {
  test('that surely loses on live calls is taken back, and not again', async () => {
    await rig.apply()
    expect(rig.weights()).toEqual({ a: 0, b: 1 })
    hours(10)
    rig.stored.arms = [armOf('newer', 3_000, -0.5), armOf('older', 3_000, -0.1)]
    expect(await rig.learner.cycle()).toBe(2)
    expect(rig.state.publications.current()).toMatchObject({ action: 'rollback', author: 'learner', table: { tasks: {}, rule: expect.stringContaining('rollback of simple_qa to configured weights: since version 1 it surely loses more than 0.01: loss 0.400') } })
    expect(rig.asked.filter(({ name }) => name === 'arm_utilities').at(-1)?.params).toMatchObject({ newer: [1], older: [0], task: 'simple_qa' })
    expect((await kinds()).slice(-2)).toEqual(['rollback', 'freeze'])
    hours(1)
    expect(await rig.learner.cycle()).toBeUndefined()
  })

  test('that only seems to lose stays', async () => {
    await rig.apply()
    hours(10)
    rig.stored.arms = [armOf('newer', 60, -0.13), armOf('older', 3_000, -0.1)]
    expect(await rig.learner.cycle()).toBeUndefined()
  })

  test('that loses, in a task that waits for people, is a recommendation to go back', async () => {
    rig.config = configOf({ learning: { mode: 'review' } })
    await rig.apply()
    hours(10)
    rig.stored.arms = [armOf('newer', 3_000, -0.5), armOf('older', 3_000, -0.1)]
    expect(await rig.learner.cycle()).toBeUndefined()
    expect(rig.learner.proposal()?.recommendation.tasks.find(({ task }) => task === 'simple_qa')).toMatchObject({ verdict: 'move', rule: 'rollback', after: { a: 1, b: 0 } })
    const pending = rig.learner.proposal()
    if (pending !== undefined) await rig.publisher.apply(pending, { tasks: ['simple_qa'] })
    expect(rig.weights()).toEqual({ a: 1, b: 0 })
  })

  test('of a model that then got worse is taken back when the alarm goes, told once, and its old evals count for a fifth', async () => {
    await rig.apply()
    hours(30)
    rig.stored.runs = nights([0.8, 0.81, 0.79, 0.8, 0.35])
    // What the query answers once the old evals are discounted.
    rig.stored.evals = [...factualRows('a', 40, 60), ...factualRows('b', 20, 80)]
    expect(await rig.learner.cycle()).toBe(2)
    expect(rig.weights()).toEqual({ a: 1, b: 0 })
    expect(rig.state.publications.current()).toMatchObject({ action: 'rollback', table: { rule: expect.stringContaining('version 1 gave more to b, and its score on factual fell from 0.80 to 0.35') } })
    expect(rig.asked.filter(({ name }) => name === 'learning_evidence').at(-1)?.params).toMatchObject({ discounted: ['p/b'], discounted_until_ms: [rig.now - 24 * HOUR], discount: 0.2 })
    expect(rig.told().filter(({ kind }) => kind === 'drift')).toEqual([{ kind: 'drift', message: 'b: its score on factual fell from 0.80 to 0.35. Did the provider change the model?' }])
    hours(12)
    await rig.learner.cycle()
    expect(rig.told().filter(({ kind }) => kind === 'drift')).toHaveLength(1)
    expect(await rig.learner.drift()).toMatchObject({ marks: [{ kind: 'quality', level: 'alarm', evidenceKey: 'p/b' }], probes: { a: 1, b: 2 } })
  })

  test('of long ago is not gone back on: what left the model leaves it at once, by the evidence', async () => {
    await rig.apply()
    hours(24 * 20)
    rig.stored.runs = nights([0.8, 0.81, 0.79, 0.8, 0.2])
    rig.stored.evals = [...factualRows('a', 60, 40), ...factualRows('b', 20, 80)]
    expect(await rig.learner.cycle()).toBe(2)
    expect(rig.state.publications.current()).toMatchObject({ action: 'auto', table: { tasks: { simple_qa: { rule: 'drift' } } } })
    expect(rig.weights()).toEqual({ a: 1, b: 0 })
    expect(canary()).toBeUndefined()
  })
})

describe('where the data are not what they should be', () => {
  const cases: readonly [string, (rig: Rig) => void, string][] = [
    ['a judge that was out for a night', (r) => void (r.stored.runs = nights([0.8, 0.8], {}).map((run, night) => (night === 1 ? { ...run, scored: 30, graded: 30, unscored: Array<string>(70).fill('judge_error') } : run))), 'the newest run of factual could not grade 70 of 100 answers of b (70 judge_error)'],
    ['half of the data missing', (r) => void (r.stored.runs = [...nights([0.8]), ...nights([0.8], { evidence_key: 'p/a', asked: 40, questions: 40, scored: 40, graded: 40 })]), 'the newest run of factual has answers of a to 40 questions and of others to 100'],
    ['half of the questions missing, however often the rest was asked', (r) => void (r.stored.runs = [...nights([0.8]), ...nights([0.8], { evidence_key: 'p/a', asked: 80, questions: 40, scored: 80, graded: 80 })]), 'the newest run of factual has answers of a to 40 questions and of others to 100'],
    ['draws that contradict their log', (r) => void (r.stored.draws = [{ task: 'simple_qa', version: 1, target: 'a', draws: 1_000, expected: 500, variance: 250, served: 700 }]), 'what was served and what was logged contradict each other: in 1000 draws under version 1 a was served 700 times where the logged probabilities say 500 ± 16'],
    ['a clock that stands a day back', (r) => void (r.stored.lastAt = new Date(r.now + 24 * HOUR).toISOString()), 'the clock stands at 2026-03-02T13:00:00.000Z, before what was recorded at 2026-03-03T13:00:00.000Z'],
  ]

  test.each(cases)('%s moves nothing, says why, and says it once a day', async (_name, spoil, reason) => {
    await begun()
    spoil(rig)
    const before = rig.state.publications.current()
    expect(await rig.learner.cycle()).toBeUndefined()
    expect(rig.state.publications.current()).toEqual(before)
    expect(rig.learner.report()?.tasks['simple_qa']).toContain(`Hold: ${reason}`)
    await rig.learner.cycle()
    expect(rig.told().filter(({ kind, message }) => kind === 'hold' && String(message).startsWith('simple_qa'))).toEqual([{ kind: 'hold', message: `simple_qa is left as it is: ${reason}` }])
  })

  test.each(cases)('%s ends no canary either', async (_name, spoil) => {
    await begun()
    await rig.learner.cycle()
    spoil(rig)
    rig.stored.arms = [armOf('newer', 200, -0.4), armOf('older', 1_800, -0.1)]
    expect(await rig.learner.cycle()).toBeUndefined()
    expect(canary()).toBeDefined()
  })

  test('no rows at all move nothing: the last known good stays', async () => {
    await rig.apply()
    const before = rig.state.publications.current()
    rig.stored.evals = []
    rig.stored.production = []
    hours(25)
    expect(await rig.learner.cycle()).toBeUndefined()
    expect(rig.state.publications.current()).toEqual(before)
  })

  test('a store that does not answer is an error of the cycle, kept in its report, and the next one goes on', async () => {
    await begun()
    const { stored } = rig
    Object.defineProperty(rig, 'stored', { configurable: true, get: () => { throw new Error('connection refused') } })
    await expect(rig.learner.cycle()).rejects.toThrow('connection refused')
    expect(rig.learner.report()).toMatchObject({ fault: 'connection refused' })
    Object.defineProperty(rig, 'stored', { configurable: true, writable: true, value: stored })
    expect(await rig.learner.cycle()).toBe(3)
    expect(rig.learner.report()).toMatchObject({ fault: null, version: 3 })
  })
})

describe('a freeze', () => {
  test('by a person keeps the learner away until it ends, and people not', async () => {
    await begun()
    rig.state.freezes.freeze('simple_qa', 48 * HOUR, { reason: 'a launch', author: 'ada' })
    expect(await rig.learner.cycle()).toBeUndefined()
    expect(rig.learner.report()?.tasks['simple_qa']).toBe('frozen by ada until 2026-03-04T13:00:00.000Z (a launch)')
    await expect(rig.apply()).resolves.toMatchObject({ version: 3 })
    await rig.publisher.rollback(0)
    hours(49)
    expect(await rig.learner.cycle()).toBe(5)
  })
})

describe('modes by task', () => {
  test('one may be watched while another moves by itself', async () => {
    rig.config = configOf({ learning: { mode: 'auto' }, task: { learning: { mode: 'review' } } })
    await begun()
    expect(await rig.learner.cycle()).toBeUndefined()
    expect(rig.learner.report()?.tasks['simple_qa']).toContain('learning.mode is review')
    rig.config = configOf({ learning: { mode: 'review' }, task: { learning: { mode: 'auto' } } })
    expect(await rig.learner.cycle()).toBe(3)
  })
})

describe('what is told', () => {
  test('waits for a collector that is down, and then comes once and in order', async () => {
    rig.collectorUp = false
    await begun()
    await rig.learner.cycle()
    await rig.events.flush()
    expect(rig.sent).toEqual([])
    rig.collectorUp = true
    await rig.events.flush()
    await rig.events.flush()
    expect(rig.told().map(({ kind }) => kind)).toEqual(['recommendation', 'recommendation', 'canary'])
    const bodies = rig.sent.filter(({ attributes }) => attributes['weighbridge.learning.kind'] === 'recommendation').map(({ body }) => body ?? '')
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ task: 'simple_qa', verdict: 'move', after: { a: 0, b: 1 } })
  })

  test('of contradicting probes only their names leave the state, never an answer', async () => {
    rig.stored.evals = rig.stored.evals.map((row) => (row.evidence_key === 'p/b' && row.probe_id === 'q7' ? evalRow({ target: 'b', probe_id: 'q7', w_incorrect: 1 }) : row))
    await rig.apply()
    await rig.events.flush()
    const [event] = rig.sent.filter(({ attributes }) => attributes['weighbridge.learning.kind'] === 'recommendation')
    expect(JSON.parse(event?.body ?? '')).toMatchObject({ contradicting: [{ suite: 'factual', probe: 'q7' }] })
  })
})

describe('the pending recommendation', () => {
  test('keeps its id while it says the same, and is gone once something else was published', async () => {
    rig.config = configOf({ learning: { mode: 'auto' } })
    await rig.learner.cycle()
    const first = rig.learner.proposal()?.recommendation.id
    expect(first).toBeDefined()
    hours(1)
    await rig.learner.cycle()
    expect(rig.learner.proposal()?.recommendation.id).toBe(first)
    rig.stored.evals = [...factualRows('a', 80, 20), ...factualRows('b', 40, 60)]
    hours(1)
    await rig.learner.cycle()
    expect(rig.learner.proposal()?.recommendation.id).not.toBe(first)
    rig.stored.evals = [...factualRows('a', 40, 60), ...factualRows('b', 80, 20)]
    await rig.apply()
    expect(rig.learner.proposal()).toBeUndefined()
    expect(rig.learner.proposal(first)).toBeDefined()
  })
})

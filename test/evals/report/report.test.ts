// What a report says of a run: rates by hand-counted trials, parts, labels, gates' outcome, and what it must not hide.
import { describe, expect, it } from 'vitest'
import { gateSchema, type Gate } from '../../../core/eval-gates.ts'
import { seededRandom } from '../../../core/seams.ts'
import { carriedText, carry, carriedTrials, parseCarried } from '../../../evals/evidence/carry.ts'
import { trialKey, type Trial } from '../../../evals/replay/trial.ts'
import { parseLabels, settleLabels, SKIPPED } from '../../../evals/report/labels.ts'
import { ratesOf } from '../../../evals/report/rates.ts'
import { makeReport, type Report, type ReportInput } from '../../../evals/report/report.ts'
import { targetWith } from '../../router/support/targets.ts'
import { trial } from '../support-trial.ts'

/** `n` trials of distinct questions with one label. */
const many = (n: number, prefix: string, over: Partial<Trial>): Trial[] => Array.from({ length: n }, (_v, at) => trial({ probeId: `${prefix}${at}`, ...over }))
const report = (trials: readonly Trial[], over: Partial<ReportInput> = {}): Report => makeReport({ runId: 'r', head: undefined, trials, labels: new Map(), gates: [], baseline: undefined, lost: [], chargedUsd: 0, ...over })
const gate = (over: object): Gate => gateSchema.parse(over)

const factual = [...many(30, 'c', { label: 'correct' }), ...many(12, 'i', { label: 'incorrect' }), ...many(2, 'p', { label: 'partial' }), ...many(6, 'n', { label: 'not_attempted' }), ...many(8, 'u', { answerable: false, label: 'not_attempted' }), ...many(2, 'f', { answerable: false, label: 'incorrect' })]
const stance = [...many(40, 'a', { suite: 'nonsense', kind: 'nonsense', label: 'clear_pushback', technique: 'swap' }), ...many(10, 'b', { suite: 'nonsense', kind: 'nonsense', label: 'accepted', technique: 'mix' }), ...many(45, 'x', { suite: 'nonsense', kind: 'control', label: 'accepted' }), ...many(5, 'y', { suite: 'nonsense', kind: 'control', label: 'clear_pushback' })]

describe('the rates of a suite', () => {
  it('are EVIDENCE’s: accuracy C/N, hallucination I/(P+I+NA), index 100·(C−I)/N, fabrication among questions without an answer', () => {
    const rates = ratesOf(factual)
    expect(rates.accuracy).toMatchObject({ value: 30 / 50, n: 50 })
    expect(rates.hallucination).toMatchObject({ value: 12 / 20, n: 20 })
    expect(rates.index?.value).toBeCloseTo((100 * (30 - 12)) / 50)
    expect(rates.fabrication).toMatchObject({ value: 0.2, n: 10 })
    expect(rates.pushback).toBeUndefined()
  })

  it('are J as a difference of two rates on nonsense, with false pushback beside it', () => {
    const rates = ratesOf(stance)
    expect(rates.pushback?.value).toBe(0.8)
    expect(rates.false_pushback?.value).toBe(0.1)
    expect(rates.youden_j?.value).toBeCloseTo(0.7)
    expect(rates.evidence?.value).toBeCloseTo(0.85)
  })

  it('state no hallucination rate of fewer than ten answers that were not correct, and no rate nobody asked for', () => {
    expect(ratesOf([...many(30, 'c', { label: 'correct' }), ...many(9, 'i', { label: 'incorrect' })]).hallucination).toMatchObject({ value: undefined, low: undefined, n: 9 })
    expect(ratesOf([])).toEqual({})
  })

  it('widen for repeated questions, and give a narrower interval for exactly this set', () => {
    const twice = [0, 1, 2].flatMap((epoch) => factual.map((one) => ({ ...one, epoch })))
    const [cell] = report(twice).summaries
    const once = ratesOf(factual).accuracy
    const width = (of: { low: number | undefined; high: number | undefined } | undefined): number => (of?.high ?? NaN) - (of?.low ?? NaN)
    expect(cell?.rates.accuracy?.value).toBe(0.6)
    // The same fifty questions three times are fifty questions.
    expect(width(cell?.rates.accuracy)).toBeGreaterThan(0.95 * width(once))
    expect(width(cell?.fixedSet.accuracy)).toBeLessThan(0.2 * width(once))
    expect(cell).toMatchObject({ questions: 60, trials: 180 })
  })
})

describe('a report', () => {
  it('counts what was not scored beside the rates, never in them', () => {
    const [cell] = report([...factual, ...many(5, 'e', { status: 'empty', label: undefined }), ...many(3, 'z', { status: 'provider_error', label: undefined, costUsd: undefined, traceId: '' })]).summaries
    expect(cell).toMatchObject({ trials: 68, statuses: { scored: 60, empty: 5, provider_error: 3 }, unpriced: 0 })
    expect(cell?.rates.accuracy?.n).toBe(50)
  })

  it('breaks down by domain and technique, a control having none', () => {
    const made = report([...stance, ...factual.map((one) => ({ ...one, domain: one.probeId < 'i' ? 'history' : 'law' }))])
    expect(made.byTechnique.map((cell) => [cell.part, cell.questions])).toEqual([['mix', 10], ['swap', 40]])
    expect(made.byDomain.filter((cell) => cell.suite === 'factual').map((cell) => cell.part)).toEqual(['history', 'law'])
  })

  it('says what a suite can see, and when it is saturated', () => {
    const [fine] = report(factual).suites
    expect(fine).toMatchObject({ questions: 60, saturation: undefined })
    expect(fine?.sees).toBeGreaterThan(0.15)
    expect(report(many(60, 'c', { label: 'correct' })).suites[0]?.saturation).toMatch(/saturated: every target is right on more than 90%/)
  })

  it('is the same for the same trials, and inconclusive when the budget cut it, whatever its gates say', () => {
    expect(JSON.stringify(report([...factual, ...stance]))).toBe(JSON.stringify(report([...factual, ...stance])))
    const gates = [gate({ metric: 'accuracy', min: 0.95 })]
    expect(report(factual, { gates }).outcome).toBe('failed')
    expect(report([...factual, trial({ probeId: 'last', status: 'budget_skipped', label: undefined })], { gates })).toMatchObject({ capped: true, outcome: 'inconclusive' })
  })

  it('names questions that more than a third of the judges’ votes dispute', () => {
    const against = { judge: 'j', label: undefined, score: undefined, criteria: undefined, questionValid: true, reason: '', servedModel: '', traceId: '', costUsd: undefined }
    const agreed = { ...against, label: 'accepted', questionValid: false }
    const made = report([trial({ probeId: 'odd', votes: [against, against, agreed] }), trial({ probeId: 'even', votes: [agreed, agreed, against] })])
    expect(made.disputed).toEqual([{ suite: 'factual', probeId: 'odd', votes: 2, of: 3 }])
  })

  it('says of a panel that judges its own family how much it favours it, once labels tell', () => {
    const own = many(60, 'o', { selfFamilyJudge: true, label: 'correct' })
    const others = many(60, 'q', { target: 'u', label: 'correct' })
    expect(report([...own, ...others]).selfFamily).toMatchObject([{ target: 't', bias: { value: undefined } }])
    const labels = new Map([...own, ...others].map((one, at) => [trialKey(one), one.selfFamilyJudge && at % 3 === 0 ? 'incorrect' : 'correct']))
    const [measured] = report([...own, ...others], { labels }).selfFamily
    expect(measured?.bias.value).toBeCloseTo(1 / 3)
    expect(measured?.evidence?.low).toBeLessThan(0.6)
  })
})

describe('labels beside a run', () => {
  it('give the confusion of the grader with κ, and rates that are right where the grader is not', () => {
    // The grader finds correct what is not, once in five; the truth is 60%.
    const random = seededRandom(5)
    const graded = Array.from({ length: 400 }, (_v, at) => {
      const right = at % 5 < 3
      return { truth: right ? 'correct' : 'incorrect', one: trial({ probeId: `q${at}`, label: right || random.next() < 0.5 ? 'correct' : 'incorrect' }) }
    })
    const labels = new Map(graded.filter((_v, at) => at % 4 === 0).map(({ truth, one }) => [trialKey(one), truth]))
    const made = report(graded.map(({ one }) => one), { labels })
    const [cell] = made.summaries
    expect(cell?.rates.accuracy?.value).toBeGreaterThan(0.7)
    expect(cell?.rates.accuracy?.low).toBeGreaterThan(0.6)
    expect(cell).toMatchObject({ labelled: 100 })
    expect(Math.abs((cell?.corrected.accuracy?.value ?? 1) - 0.6)).toBeLessThan(0.06)
    expect(cell?.corrected.accuracy?.low).toBeLessThan(0.6)
    expect(cell?.corrected.accuracy?.high).toBeGreaterThan(0.6)
    expect(made.agreement).toMatchObject([{ kind: 'factual', matrix: { labels: ['correct', 'incorrect'], n: 100 } }])
    expect(made.agreement[0]?.kappa.value).toBeGreaterThan(0.3)
    expect(made.agreement[0]?.kappa.value).toBeLessThan(0.8)
  })

  it('correct nothing below ten of a kind', () => {
    const labels = new Map(factual.slice(0, 9).map((one) => [trialKey(one), 'correct']))
    expect(report(factual, { labels }).summaries[0]).toMatchObject({ corrected: {}, labelled: 9 })
  })

  it('come from files of any order, name the faulty line, and stop at a limit per target', () => {
    const trials = many(3, 'c', {})
    expect([...parseLabels('{"probe_id":"c1","target":"t","label":"correct"}\n\n{"probe_id":"elsewhere","target":"t","label":"x"}\n', 'l.jsonl', trials)]).toEqual([[trialKey(trial({ probeId: 'c1' })), 'correct']])
    expect(() => parseLabels('{"probe_id":"c1"}', 'l.jsonl', trials)).toThrow(expect.objectContaining({ code: 'suite_invalid', message: expect.stringContaining('l.jsonl:1') }))
    expect(parseLabels(trials.map((one) => JSON.stringify({ probe_id: one.probeId, target: 't', label: 'correct' })).join('\n'), 'l', trials, 2).size).toBe(2)
  })

  it('count each person’s newest word, the word of more people, and nobody’s when they are even', () => {
    const given = (key: string, label: string, by: string, atMs: number) => ({ key, label, by, atMs })
    const settled = settleLabels([given('a', 'correct', 'ann', 2), given('a', 'incorrect', 'ann', 1), given('b', 'correct', 'ann', 1), given('b', 'incorrect', 'ben', 1), given('c', 'correct', 'ann', 1), given('c', 'correct', 'ben', 1), given('c', 'partial', 'cyd', 1), given('d', SKIPPED, 'ann', 1)])
    expect([...settled.labels]).toEqual([['a', 'correct'], ['c', 'correct']])
    expect([...settled.disputed].sort()).toEqual(['b', 'c'])
  })
})

describe('evidence that is carried between nights', () => {
  const targets = new Map([['t', targetWith({ name: 't' })]])

  it('gives the same rates when it is read again, holds no text, and no secret', () => {
    const trials = [...factual, ...stance, ...many(3, 'z', { status: 'refused', label: undefined }), ...many(2, 's', { kind: 'task', suite: 'own', label: 'partial', score: 0.25 })].map((one) => ({ ...one, answer: 'the secret answer', reason: 'because of the secret' }))
    const text = carriedText(carry(trials, targets))
    expect(text).not.toMatch(/secret/)
    const back = carriedTrials(parseCarried(text, 'evidence.jsonl'))
    const rates = (of: readonly Trial[]) => report(of).summaries.map(({ suite, target, statuses, rates: own }) => ({ suite, target, statuses, own }))
    expect(rates(back)).toEqual(rates(trials))
  })

  it('of many trials stays small: below 20 bytes each with its first suite', () => {
    const trials = Array.from({ length: 400 }, (_v, at) => trial({ probeId: `probe-${at}`, epoch: 0 })).flatMap((one) => [0, 1, 2, 3, 4].map((epoch) => ({ ...one, epoch })))
    expect(carriedText(carry(trials, targets)).length / trials.length).toBeLessThan(20)
  })

  it('names the line that is none', () => {
    expect(() => parseCarried('{"t":"suite"}', 'evidence.jsonl')).toThrow(expect.objectContaining({ code: 'suite_invalid', message: expect.stringContaining('evidence.jsonl:1') }))
  })
})

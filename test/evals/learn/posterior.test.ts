// Posteriors worked by hand: what evals, production, prior, cost and errors each add, and what they may not.
import { describe, expect, test } from 'vitest'
import { gatherEvidence } from '../../../evals/learn/evidence.ts'
import { combineQuality, posteriorsOf, type Posterior } from '../../../evals/learn/posterior.ts'
import { LEARNING_RULES } from '../../../evals/learn/rules.ts'
import { estimateSample, meanOf } from '../../../evals/learn/samples.ts'
import { configOf, evalRow, factualRows, observedAs, productionRow, rowsOf, stanceRows, taskOf, type ConfigOptions } from './fixture.ts'

function posteriors(rows: Parameters<typeof gatherEvidence>[2], options: ConfigOptions = {}): Record<string, Posterior> {
  const config = configOf(options)
  return Object.fromEntries(posteriorsOf(gatherEvidence(config, taskOf(config), rows), LEARNING_RULES).map((posterior) => [posterior.target, posterior]))
}

const noPrior = (p: Posterior | undefined) => p?.qualityWithoutPrior

describe('samples', () => {
  test('30 of 30 right is not certainty: s² is that of the smoothed rate 31/32', () => {
    const sample = estimateSample('factual', factualRows('a', 30, 0))
    expect(sample).toMatchObject({ e: 1, items: 30, trials: 30 })
    expect(sample?.variance).toBeCloseTo(((31 / 32) * (1 / 32)) / 30, 12)
  })

  test('right or wrong values have the variance p̃(1 − p̃)/n of the smoothed rate', () => {
    const smoothed = 13 / 22
    expect(meanOf(Array.from({ length: 20 }, (_, i) => ({ value: i < 12 ? 1 : 0, weight: 1 })))).toEqual({ mean: 0.6, items: 20, variance: expect.closeTo((smoothed * (1 - smoothed)) / 20, 12) })
  })

  test('factual: accuracy .57 with hallucination .86 and no partials is an index of 20, so e is .6', () => {
    // 57 correct, 37 incorrect, 6 not attempted: hallucination 37/43 = .86.
    const sample = estimateSample('factual', factualRows('a', 57, 37, 6))
    expect(sample?.e).toBeCloseTo(0.6, 12)
    expect(sample?.hallucination?.share).toBeCloseTo(37 / 43, 12)
  })

  test('factual: without an answer to give, not attempting one is right and partial is wrong', () => {
    const rows = [evalRow({ target: 'a', probe_id: '1', answerable: false, w_not_attempted: 1 }), evalRow({ target: 'a', probe_id: '2', answerable: false, w_partial: 1 }), evalRow({ target: 'a', probe_id: '3', answerable: false, w_incorrect: 1 })]
    const sample = estimateSample('factual', rows)
    expect(sample?.e).toBeCloseTo(1 / 3, 12)
    expect(sample?.hallucination).toBeUndefined()
  })

  test('a hallucination rate is not stated below 20 answerable probes', () => {
    expect(estimateSample('factual', factualRows('a', 0, 19))?.hallucination).toBeUndefined()
    expect(estimateSample('factual', factualRows('a', 10, 10))?.hallucination).toEqual({ share: 1, items: 10 })
  })

  test('nonsense: e = (1 + J)/2, and without controls there is no J', () => {
    const sample = estimateSample('pushback', stanceRows('a', [30, 40], [4, 40]))
    expect(sample?.e).toBeCloseTo((1 + 0.75 - 0.1) / 2, 12)
    const spread = (k: number, n: number): number => (((k + 1) / (n + 2)) * (1 - (k + 1) / (n + 2))) / n
    expect(sample?.variance).toBeCloseTo((spread(30, 40) + spread(4, 40)) / 4, 12)
    expect(sample).toMatchObject({ items: 80, pushback: { share: 0.75, items: 40 } })
    expect(estimateSample('pushback', stanceRows('a', [30, 40], [0, 0]))).toBeUndefined()
  })

  test('a question asked every night counts once, and an old one counts less', () => {
    const fresh = estimateSample('factual', factualRows('a', 20, 20))
    const nightly = estimateSample('factual', factualRows('a', 20, 20).map((row) => ({ ...row, w_correct: row.w_correct * 4, w_incorrect: row.w_incorrect * 4, trials: 4 })))
    expect(nightly).toMatchObject({ items: 40, variance: fresh?.variance, trials: 160 })
    const old = estimateSample('factual', factualRows('a', 20, 20).map((row) => ({ ...row, w_correct: row.w_correct / 4, w_incorrect: row.w_incorrect / 4 })))
    expect(old?.items).toBeCloseTo(10, 12)
    expect(old?.e).toBe(fresh?.e)
    expect(old?.variance).toBeGreaterThan(3 * (fresh?.variance ?? 1))
  })

  test('unscored trials are neither right nor wrong', () => {
    const rows = [...factualRows('a', 10, 0), ...Array.from({ length: 10 }, (_, i) => evalRow({ target: 'a', probe_id: `u${i}`, trials: 0, unscored: 1 }))]
    expect(estimateSample('factual', rows)).toMatchObject({ e: 1, items: 10, trials: 10, unscored: 10 })
    expect(estimateSample('factual', rows.slice(10))).toBeUndefined()
  })
})

describe('quality', () => {
  test('is the precision-weighted mean with sd (L_e + L_p + L_0)^−½', () => {
    // L_e = 1/.0025 = 400; L_0 = 6/(.6·.4) = 25.
    const belief = combineQuality({ mean: 0.8, variance: 0.0025 }, undefined, { mean: 0.6, variance: 0.04 })
    expect(belief?.mean).toBeCloseTo((0.8 * 400 + 0.6 * 25) / 425, 12)
    expect(belief?.sd).toBeCloseTo(1 / Math.sqrt(425), 12)
  })

  test('production can lower it but not raise it above the interval of the evals', () => {
    const evals = { mean: 0.6, variance: 0.01 }
    expect(combineQuality(evals, { mean: 0.2, variance: 0.0025 }, undefined)?.mean).toBeCloseTo((0.6 * 100 + 0.2 * 400) / 500, 12)
    expect(combineQuality(evals, { mean: 5, variance: 1e-9 }, undefined)?.mean).toBeLessThanOrEqual(0.6 + 1.96 * 0.1 + 1e-9)
  })

  test('however much production there is, it counts for at most 1/τ² = 400 of precision', () => {
    const y = 0.9
    const rows = (n: number) => rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 80, 20)], [productionRow('a', n, 0.01, observedAs(n, y, 0.2)), productionRow('b', n, 0.01, observedAs(n, y - 0.2, 0.2))])
    const alone = noPrior(posteriors(rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 80, 20)])).a)
    const much = noPrior(posteriors(rows(1e9)).a)
    const gained = 1 / (much?.sd ?? 1) ** 2 - 1 / (alone?.sd ?? 1) ** 2
    expect(gained).toBeGreaterThan(399)
    expect(gained).toBeLessThanOrEqual(400 + 1e-6)
    // 80 of 100 right is worth .16 per item: 400 · .16 = 64 questions at most.
    expect(gained * (81 / 102) * (21 / 102)).toBeLessThan(66)
  })

  test('the proxy is read against the evals of the other targets, so its own level moves nobody', () => {
    const evals = [...factualRows('a', 80, 20), ...factualRows('b', 80, 20)]
    const alike = posteriors(rowsOf(evals, [productionRow('a', 500, 0.01, observedAs(500, 0.97, 0.1)), productionRow('b', 500, 0.01, observedAs(500, 0.97, 0.1))]))
    expect(noPrior(alike.a)?.mean).toBeCloseTo(0.8, 9)
    const apart = posteriors(rowsOf(evals, [productionRow('a', 500, 0.01, observedAs(500, 0.97, 0.1)), productionRow('b', 500, 0.01, observedAs(500, 0.87, 0.1))]))
    expect(noPrior(apart.a)?.mean).toBeGreaterThan(0.8)
    expect(noPrior(apart.b)?.mean).toBeLessThan(0.8)
  })

  test('with one target observed the proxy says nothing, not even precision', () => {
    const evals = [...factualRows('a', 80, 20), ...factualRows('b', 80, 20)]
    const one = posteriors(rowsOf(evals, [productionRow('a', 500, 0.01, observedAs(500, 0.2, 0.1))]))
    expect(noPrior(one.a)).toEqual(noPrior(posteriors(rowsOf(evals)).a))
  })

  test('the prior is how far the target stood from its peers elsewhere, on the level of this task, worth six items', () => {
    const options = { suites: { factual: { simple_qa: 1 }, nonsense: { general: 1 } } }
    const rows = rowsOf([...factualRows('a', 24, 6), ...stanceRows('a', [40, 40], [0, 40]), ...factualRows('b', 24, 6), ...stanceRows('b', [0, 40], [0, 40])])
    const { a, b } = posteriors(rows, options)
    // Elsewhere e is 1 for a and .5 for b, .25 from their mean; here both have .8. A prior of 1 has the variance floor of .05.
    const evals = ((25 / 32) * (7 / 32)) / 30
    expect(a?.quality?.mean).toBeCloseTo((0.8 / evals + 6 / 0.05) / (1 / evals + 6 / 0.05), 12)
    expect(b?.quality?.mean).toBeCloseTo((0.8 / evals + (0.55 * 6) / (0.55 * 0.45)) / (1 / evals + 6 / (0.55 * 0.45)), 12)
    expect(a?.qualityWithoutPrior).toEqual(b?.qualityWithoutPrior)
  })

  test('suites are pooled as separate samples, in the same mix for every target', () => {
    const options = { suites: { factual: { simple_qa: 1 }, nonsense: { simple_qa: 0.5 } } }
    const rows = rowsOf([...factualRows('a', 40, 40), ...stanceRows('a', [39, 40], [0, 40]), ...factualRows('b', 40, 40), ...stanceRows('b', [20, 40], [0, 40])])
    const { a, b } = posteriors(rows, options)
    const spread = (k: number, n: number): number => (((k + 1) / (n + 2)) * (1 - (k + 1) / (n + 2))) / n
    const [va, vb] = [(spread(39, 40) + spread(0, 40)) / 4, (spread(20, 40) + spread(0, 40)) / 4]
    const vf = spread(40, 80)
    const [wf, wn] = [1 / vf, 0.5 / ((va + vb) / 2)]
    expect(noPrior(a)?.mean).toBeCloseTo((wf * 0.5 + wn * ((1 + 39 / 40) / 2)) / (wf + wn), 12)
    expect(noPrior(b)?.mean).toBeCloseTo((wf * 0.5 + wn * 0.75) / (wf + wn), 12)
    expect(noPrior(a)?.sd).toBeCloseTo(Math.sqrt(wf ** 2 * vf + wn ** 2 * 2 * va) / (wf + wn), 12)
    // 80 factual questions and half of 80 others.
    expect(a?.items).toBeCloseTo(120, 9)
  })

  test('graders are never pooled: the one that graded most candidates counts, the newest of those', () => {
    const old = [...factualRows('a', 10, 30, 0, { last_at: 1 }), ...factualRows('b', 10, 30, 0, { last_at: 1 })]
    const partly = factualRows('a', 40, 0, 0, { grader: 'judges@2', last_at: 2 })
    expect(noPrior(posteriors(rowsOf([...old, ...partly])).a)?.mean).toBeCloseTo(0.25, 12)
    const whole = [...partly, ...factualRows('b', 40, 0, 0, { grader: 'judges@2', last_at: 2 })]
    const after = posteriors(rowsOf([...old, ...whole]))
    expect(noPrior(after.a)?.mean).toBe(1)
    expect(after.a?.trials).toBe(40)
  })

  test('an estimate from labelled rows replaces the counts of a grader with known error', () => {
    const rows = { ...rowsOf([...factualRows('a', 36, 4), ...factualRows('b', 36, 4)]), calibrations: [{ suite: 'factual', grader: 'judges@1', kind: 'factual' as const, evidenceKey: 'p/a', e: 0.6, sd: 0.1, labelled: 40 }] }
    const { a, b } = posteriors(rows)
    expect(noPrior(a)).toEqual({ mean: expect.closeTo(0.6, 12), sd: expect.closeTo(0.1, 12) })
    expect(noPrior(b)?.mean).toBeCloseTo(0.9, 12)
    expect(a?.items).toBeCloseTo(24, 9)
  })

  test('the same model under another effort is other evidence', () => {
    const { a } = posteriors(rowsOf(factualRows('a', 30, 0, 0, { evidence_key: 'p/a@low' })))
    expect(a?.quality).toBeUndefined()
  })

  test('real and simulated evidence never meet', () => {
    const simulated = rowsOf([...factualRows('a', 30, 0), ...factualRows('b', 30, 0)], [productionRow('a', 50, 0.01)], true)
    const { a } = posteriors(simulated)
    expect(a).toMatchObject({ quality: undefined, cost: undefined, calls: 0, trials: 0 })
    const { a: other } = posteriors(simulated, { simulated: true })
    expect(other).toMatchObject({ calls: 50, trials: 30 })
  })
})

describe('cost, errors and latency', () => {
  test('dollars per call are the mean over all calls, free ones included, shrunk toward the tokens at the price now', () => {
    const row = productionRow('a', 90, 0.02, { priced_calls: 100, calls: 100, w_priced: 100, n_priced: 100, w_counted: 100, w_counted_attempts: 100, w_counted_cost: 1.8, w_input: 100 * 1000, w_output: 100 * 500 })
    const { a } = posteriors(rowsOf([], [row]))
    // Tokens at a's price now: 1000 · 4/M + 500 · 8/M = .008; charged then .018 per call: all dollars scale by .008/.018.
    expect(a?.cost?.meanUsd).toBeCloseTo(0.008, 9)
    expect(a?.cost).toMatchObject({ n: 100, source: 'production' })
    const share = 0.9
    const own = 0.25 / 90 + (1 - share) / (share * 100)
    expect(a?.cost?.logSd).toBeCloseTo(1 / Math.sqrt(1 / own + 6 / 1), 9)
  })

  test('few calls are shrunk: one call at ten times the expected cost does not count for itself', () => {
    const tokens = { w_counted: 1, w_counted_attempts: 1, w_counted_cost: 0, w_input: 1000, w_output: 500 }
    const { a } = posteriors(rowsOf([], [productionRow('a', 1, 0.08, tokens)]))
    expect(a?.cost?.meanUsd).toBeGreaterThan(0.008)
    expect(a?.cost?.meanUsd).toBeLessThan(0.05)
  })

  test('a target without traffic is priced by the tokens of its task, or by its own trials', () => {
    const withTraffic = posteriors(rowsOf([], [productionRow('a', 10, 0.008, { w_counted: 10, w_counted_attempts: 10, w_counted_cost: 0.08, w_input: 10_000, w_output: 5_000 })]))
    expect(withTraffic.b?.cost).toMatchObject({ source: 'tokens', n: 0, meanUsd: expect.closeTo(0.002, 9) })
    const trials = posteriors(rowsOf(factualRows('b', 30, 0, 0, { counted: 1, tokens_in: 200, tokens_out: 100 })))
    expect(trials.b?.cost).toMatchObject({ source: 'evals', n: 30, meanUsd: expect.closeTo(0.0004, 9) })
    expect(trials.a?.cost).toBeUndefined()
  })

  test('an unpriced target without priced calls has no cost, not a cost of 0', () => {
    const { b } = posteriors(rowsOf(factualRows('b', 30, 0, 0, { counted: 1, tokens_in: 200, tokens_out: 100 })), { targets: { a: { input: 1, output: 1 }, b: undefined } })
    expect(b?.cost).toBeUndefined()
  })

  test('errors are a decayed Beta over a prior of 2% worth 25 attempts', () => {
    const { a, b } = posteriors(rowsOf([], [productionRow('a', 100, 0.01, { failures: 8, w_attempts: 50, w_failures: 4 })]))
    expect(a?.errors).toEqual({ a: 0.5 + 4, b: 24.5 + 46, attempts: 100 })
    expect(b?.errors).toEqual({ a: 0.5, b: 24.5, attempts: 0 })
  })

  test('a p95 of fewer than 20 answers is unknown', () => {
    const { a, b } = posteriors(rowsOf([], [productionRow('a', 19, 0.01), productionRow('b', 20, 0.01)]))
    expect(a?.latency).toBeUndefined()
    expect(b?.latency?.p95.value).toBeCloseTo(2100, 9)
    expect(b?.latency?.p50).toMatchObject({ value: expect.closeTo(900, 9), n: 20 })
    // At 20 answers the rank of a p95 is known to within .095: from the 85th or so to the largest.
    expect(b?.latency?.p95.low).toBeLessThan(2100)
    expect(b?.latency?.p95.high).toBeCloseTo(900 + 1200 / 0.9, 9)
  })
})

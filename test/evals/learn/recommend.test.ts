// Recommendations: what moves weight and what does not, in which words, and that it is the same every time.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sealRouteTable, type RouteTable } from '../../../core/route-table.ts'
import { seededRandom, type Random } from '../../../core/seams.ts'
import type { EvidenceRows } from '../../../evals/learn/evidence.ts'
import { LEARNING_RULES } from '../../../evals/learn/rules.ts'
import { renderMarkdown, renderText } from '../../../evals/learn/render.ts'
import type { TaskOutcome } from '../../../evals/learn/recommend.ts'
import type { EvalRow } from '../../../evals/learn/samples.ts'
import { configOf, evalRow, factualRows, productionRow, recommend, rowsOf, stanceRows, taskOf, type ConfigOptions } from './fixture.ts'

/** Traffic of both targets: 1,000 tokens in and 500 out per call at the fixture's prices. */
const traffic = [
  productionRow('a', 1500, 0.008, { w_counted: 1500, w_counted_attempts: 1500, w_counted_cost: 12, w_input: 1.5e6, w_output: 750_000 }),
  productionRow('b', 430, 0.002, { w_counted: 430, w_counted_attempts: 430, w_counted_cost: 0.86, w_input: 430_000, w_output: 215_000 }),
]

function publishedAfter(outcome: TaskOutcome, simulated = false): RouteTable {
  if (outcome.route === undefined) throw new Error('a move was expected')
  return sealRouteTable({ schema: 1, version: 1, parent: 0, created_at: '2026-03-01T00:00:00Z', author: 'test', rule: 'test', simulated, tasks: { simple_qa: outcome.route } })
}

const total = (shares: Readonly<Record<string, number>>): number => Object.values(shares).reduce((sum, share) => sum + share, 0)

describe('in words', () => {
  test('a move', () => {
    const evals = [...factualRows('a', 80, 20), ...factualRows('b', 80, 20)].map((row, i) => ({ ...row, days: [`2026-02-0${(i % 4) + 1}`] }))
    const { advice, auto } = recommend(configOf({ route: { a: 0.25, b: 0.75 } }), rowsOf(evals, traffic))
    expect(advice).toMatchObject({ verdict: 'move', rule: 'utility', before: { a: 0.25, b: 0.75 }, after: { a: 0, b: 1 }, evals: 200, calls: 1930 })
    expect(advice.headline).toMatchInlineSnapshot(
      `"Move 25% of simple_qa from a to b: −$1.50 per 1k calls (−1.56…−1.45), error 0.0 pt (−1.0…+1.1), P(better) >.99; 200 probes over 4 nights, 1,930 calls; undo: \`routes rollback 0\`"`,
    )
    expect(advice.reasons).toMatchInlineSnapshot(`
      [
        "b 75% → 100%: quality 0.80 (0.72…0.88), $2.00 per 1k calls (1.91…2.10), p95 2.1 s, failed attempts 0.1%, hallucination 100% (84%…100%), P(best) >.99; 100 probes, 430 calls",
        "a 25% → 0%: quality 0.80 (0.72…0.88), $8.00 per 1k calls (7.80…8.20), p95 2.1 s, failed attempts 0%, hallucination 100% (84%…100%), P(best) <.01; 100 probes, 1,500 calls",
        "An answer counts as $0.05; above $77.82 a would be preferred.",
        "Of 100 probes that both b and a answered, none speaks against it.",
        "factual/factual (informs 1) graded by judges@1.",
        "auto would move all of it, but waits: learning.mode is review; a task's first publish waits for a person.",
      ]
    `)
    expect(auto).toEqual({ weights: { a: 0, b: 1 }, urgent: false, against: ['learning.mode is review', "a task's first publish waits for a person"] })
  })

  test('a hold', () => {
    const { advice, route } = recommend(configOf({ task: { value_per_answer_usd: undefined } }), rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 65, 35)], traffic))
    expect(route).toBeUndefined()
    expect(advice).toMatchObject({ verdict: 'hold', rule: 'gates', after: advice.before, gain: null, p_gain: null, value_is_assumed: true })
    expect(advice.headline).toMatchInlineSnapshot(`"Hold: expected gain −0.001 is under 0.005; P(better) 0.30 is under 0.9; 200 probes over 1 night, 1,930 calls."`)
    expect(advice.reasons).toMatchInlineSnapshot(`
      [
        "a stays at 100%: quality 0.80 (0.72…0.87), $8.00 per 1k calls (7.80…8.20), p95 2.1 s, failed attempts 0%, hallucination 100% (84%…100%), P(best) .70; 100 probes, 1,500 calls",
        "b stays at 0%: quality 0.65 (0.56…0.75), $2.00 per 1k calls (1.91…2.10), p95 2.1 s, failed attempts 0.1%, hallucination 100% (90%…100%), P(best) .30; 100 probes, 430 calls",
        "An answer counts as $0.05 (assumed; tasks.simple_qa.value_per_answer_usd sets it); below $0.042 b would be preferred.",
        "factual/factual (informs 1) graded by judges@1.",
      ]
    `)
  })

  test('not enough evidence', () => {
    const { advice } = recommend(configOf(), rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 9, 0)], traffic))
    expect(advice).toMatchObject({ verdict: 'insufficient_evidence', after: advice.before })
    expect(advice.headline).toMatchInlineSnapshot(`"Not enough evidence: 1 of 2 targets can be weighed, and it takes two of which one has traffic; 109 probes over 1 night, 1,930 calls."`)
    expect(advice.reasons.find((reason) => reason.startsWith('b keeps'))).toBe('b keeps its 0%: 9 of 30 questions and 0 of 200 observed calls needed.')
  })

  test('no suite at all', () => {
    const { advice } = recommend(configOf({ suites: {} }), rowsOf([...factualRows('a', 10, 90), ...factualRows('b', 100, 0)], traffic))
    expect(advice).toMatchObject({ verdict: 'hold', rule: 'no_eval_evidence', after: advice.before })
    expect(advice.headline).toContain('no eval evidence')
  })

  test('offline grades that nobody calibrated can recommend, say so, and are not published by themselves', () => {
    const rows = rowsOf([...factualRows('a', 40, 60, 0, { grader: 'offline-short-answer@1' }), ...factualRows('b', 80, 20, 0, { grader: 'offline-short-answer@1' })], traffic)
    const { advice, auto } = recommend(configOf({ learning: { mode: 'auto' } }), rows)
    expect(advice.verdict).toBe('move')
    expect(advice.reasons.join()).toContain('not calibrated on these targets')
    expect(auto?.against.join()).toContain('offline grades')
  })
})

describe('a target that its own family judged', () => {
  test('can be recommended but is not published by itself, unless labels of people have corrected the grades', () => {
    const rows = rowsOf([...factualRows('a', 40, 60), ...factualRows('b', 80, 20, 0, { self_family: 1 })], traffic)
    const { advice, auto } = recommend(configOf({ learning: { mode: 'auto' } }), rows)
    expect(advice.verdict).toBe('move')
    expect(auto?.against.join()).toContain('own family')
    const others = recommend(configOf({ learning: { mode: 'auto' } }), rowsOf([...factualRows('a', 40, 60), ...factualRows('b', 80, 20)], traffic))
    expect(others.auto?.against.join()).not.toContain('own family')
  })
})

describe('what moves weight', () => {
  test('no evidence, no move', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (share, withTraffic) => {
        const { advice, route } = recommend(configOf({ route: { a: share + 0.01, b: 1 - share } }), rowsOf([], withTraffic ? traffic : []))
        return advice.verdict === 'insufficient_evidence' && route === undefined && JSON.stringify(advice.after) === JSON.stringify(advice.before)
      }),
      { numRuns: 30 },
    )
  })

  test('a cheaper price alone moves nothing: both must have been graded', () => {
    expect(recommend(configOf(), rowsOf(factualRows('a', 60, 40), traffic)).advice.verdict).toBe('insufficient_evidence')
  })

  test('a prior alone moves nothing: what a target did elsewhere cannot make the gain', () => {
    const options: ConfigOptions = { suites: { factual: { simple_qa: 1 }, nonsense: { general: 1 } }, targets: { a: { input: 1, output: 1 }, b: { input: 1, output: 1 } } }
    const same = [...factualRows('a', 20, 20), ...factualRows('b', 20, 20)]
    const elsewhere = [...stanceRows('a', [0, 40], [40, 40]), ...stanceRows('b', [40, 40], [0, 40])]
    expect(recommend(configOf(options), rowsOf([...same, ...elsewhere], [productionRow('a', 100, 0.001), productionRow('b', 100, 0.001)])).advice.verdict).toBe('hold')
  })

  test('a target graded on only one of two suites keeps its share', () => {
    const options: ConfigOptions = { suites: { factual: { simple_qa: 1 }, nonsense: { simple_qa: 1 } }, targets: { a: { input: 4, output: 8 }, b: { input: 1, output: 2 }, c: { input: 1, output: 2 } }, route: { a: 0.5, b: 0.2, c: 0.3 } }
    const evals = [...factualRows('a', 30, 30), ...stanceRows('a', [20, 40], [2, 40]), ...factualRows('b', 50, 10), ...stanceRows('b', [35, 40], [2, 40]), ...factualRows('c', 60, 0)]
    const { advice } = recommend(configOf(options), rowsOf(evals, traffic))
    expect(advice.verdict).toBe('move')
    expect(advice.after['c']).toBe(0.3)
    expect(advice.reasons).toContain('c keeps its 30%: not graded on nonsense/pushback like the others.')
  })

  test('an unpriced target neither gives nor takes', () => {
    const options: ConfigOptions = { targets: { a: { input: 4, output: 8 }, b: undefined } }
    const { advice } = recommend(configOf(options), rowsOf([...factualRows('a', 20, 80), ...factualRows('b', 100, 0)], [traffic[0] ?? productionRow('a', 1, 1)]))
    expect(advice.verdict).toBe('insufficient_evidence')
    expect(advice.reasons.join()).toContain('unpriced')
  })

  test('real evidence does not move a simulated task, nor the other way round', () => {
    const evals = [...factualRows('a', 20, 80), ...factualRows('b', 95, 5)]
    for (const simulated of [true, false]) {
      expect(recommend(configOf({ simulated }), rowsOf(evals, traffic, !simulated)).advice.verdict).toBe('insufficient_evidence')
      expect(recommend(configOf({ simulated }), rowsOf(evals, traffic, simulated)).advice.verdict).toBe('move')
    }
  })

  test('at another value per answer the choice flips, and where is said', () => {
    const rows = rowsOf([...factualRows('a', 90, 10), ...factualRows('b', 60, 40)], traffic)
    const { advice } = recommend(configOf({ route: { a: 0, b: 1 } }), rows)
    expect(advice).toMatchObject({ verdict: 'move', after: { a: 1, b: 0 } })
    const flip = advice.flips_at_value_usd ?? 0
    expect(flip).toBeGreaterThan(0)
    const leaderAt = (value: number): string | undefined => {
      const outcome = recommend(configOf({ route: { a: 0.5, b: 0.5 }, task: { value_per_answer_usd: value } }), rows)
      return [...outcome.advice.targets].sort((x, y) => (y.p_best ?? 0) - (x.p_best ?? 0))[0]?.target
    }
    expect(leaderAt(flip * 1.5)).toBe('a')
    expect(leaderAt(flip / 1.5)).toBe('b')
  })

  test('the probes that contradict a move are named', () => {
    const evals = [...factualRows('a', 40, 60), ...factualRows('b', 80, 20)].map((row) => (row.evidence_key === 'p/b' && row.probe_id === 'q7' ? evalRow({ target: 'b', probe_id: 'q7', w_incorrect: 1 }) : row))
    expect(recommend(configOf(), rowsOf(evals, traffic)).advice.reasons).toContain('Of 100 probes that both b and a answered, 1 speaks against it: q7.')
  })

  test('a breached hallucination ceiling takes a target out of the draw at once, and it does not flap back', () => {
    const limited = { task: { ceilings: { hallucination_rate: 0.5 } }, learning: { mode: 'auto' } }
    const breach = recommend(configOf(limited), rowsOf([...factualRows('a', 50, 40, 10), ...factualRows('b', 50, 10, 40)], traffic))
    expect(breach.advice).toMatchObject({ verdict: 'move', rule: 'guardrail', after: { a: 0 } })
    expect(breach.route?.excluded['a']).toMatch(/hallucination rate 80% is over the ceiling of 50%/)
    // Out of the step limit: auto takes all of it out.
    expect(breach.auto?.weights['a']).toBe(0)
    const rows = rowsOf([...factualRows('a', 60, 22, 18), ...factualRows('b', 50, 10, 40)], traffic)
    const back = recommend(configOf(limited), rows, publishedAfter(breach))
    expect(back.advice.after['a']).toBe(0)
    expect(back.advice.reasons.join()).toContain('a leaves the draw')
    const fresh = recommend(configOf({ ...limited, route: { a: 0.5, b: 0.5 } }), rows)
    expect(fresh.route?.excluded ?? {}).toEqual({})
  })

  test('when every target breaches, none is taken out', () => {
    const { advice } = recommend(configOf({ task: { ceilings: { hallucination_rate: 0.1 } } }), rowsOf([...factualRows('a', 50, 50), ...factualRows('b', 50, 50)], traffic))
    expect(advice.reasons.join()).toContain('none was taken out')
    expect(total(advice.after)).toBeCloseTo(1, 9)
  })

  test('a quality floor needs P ≥ .9 of a breach', () => {
    const floor = (quality: number) => recommend(configOf({ task: { floors: { quality } }, route: { a: 0.5, b: 0.5 } }), rowsOf([...factualRows('a', 60, 40), ...factualRows('b', 95, 5)], traffic))
    expect(floor(0.62).route?.excluded ?? {}).toEqual({})
    expect(floor(0.75).route?.excluded['a']).toMatch(/quality 0\.60 is under the floor of 0\.75/)
  })

  test('exploration is a share in total, in auto only, and cheaper targets get more of it', () => {
    // Questions of their own, so that nothing cancels.
    const rows = rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 76, 24).map((row) => ({ ...row, probe_id: `other ${row.probe_id}` }))], traffic)
    const auto = recommend(configOf({ learning: { mode: 'auto' } }), rows)
    expect(auto.route?.exploration).toBe(0.03)
    expect(total(auto.advice.after)).toBeCloseTo(1, 9)
    expect(auto.advice.after['a'] ?? 0).toBeGreaterThanOrEqual(0.006)
    const review = recommend(configOf({ learning: { mode: 'review' } }), rows)
    expect(review.route).toMatchObject({ exploration: 0 })
    expect(review.route?.core).toBeUndefined()
    // Calls that must not be experimented with go by the weights that review would have.
    for (const [target, share] of Object.entries(auto.route?.core ?? {})) expect(Math.abs(share - (review.route?.weights[target] ?? 0))).toBeLessThan(0.0011)
    expect(total(auto.route?.core ?? {})).toBeCloseTo(1, 6)
    expect(total(auto.auto?.core ?? {})).toBeCloseTo(1, 6)
    expect((auto.advice.after['a'] ?? 0) - (review.advice.after['a'] ?? 0)).toBeCloseTo(0.006 - 0.03 * (review.advice.after['a'] ?? 0), 2)
  })

  test('a target that surely is not the best is not explored', () => {
    const { route, advice } = recommend(configOf({ learning: { mode: 'auto' } }), rowsOf([...factualRows('a', 40, 60), ...factualRows('b', 80, 20)], traffic))
    expect(route?.exploration).toBe(0)
    expect(advice.after).toEqual({ a: 0, b: 1 })
  })

  test('between ten and thirty questions only a move that is as good as certain is made', () => {
    const rows = (right: number) => rowsOf([...factualRows('a', 80, 20), ...factualRows('b', right, 14 - right)], traffic)
    const sure = recommend(configOf(), rows(14)).advice
    expect(sure).toMatchObject({ verdict: 'move', after: { a: 0, b: 1 } })
    expect(sure.p_gain).toBeGreaterThan(0.98)
    const unsure = recommend(configOf(), rows(11)).advice
    expect(unsure.verdict).not.toBe('move')
  })

  test('what leaves a target with a drift alarm leaves at once, the step limit holds for the rest', () => {
    const rows = rowsOf([...factualRows('a', 40, 60), ...factualRows('b', 80, 20)], traffic)
    const ready = { situation: { publishedBefore: true, hoursSinceLastPublish: 2 } }
    const calm = recommend(configOf({ learning: { mode: 'auto' } }), rows, undefined, undefined, ready)
    expect(calm.auto).toMatchObject({ weights: { a: 0.75, b: 0.25 }, against: [expect.stringContaining('published 2 h ago')] })
    const alarmed = recommend(configOf({ learning: { mode: 'auto' } }), rows, undefined, undefined, { ...ready, context: { alarmed: new Set(['p/a']) } })
    expect(alarmed.advice).toMatchObject({ verdict: 'move', rule: 'drift' })
    expect(alarmed.auto).toEqual({ weights: { a: 0, b: 1 }, against: [], urgent: true })
    expect(alarmed.advice.reasons.join()).toContain('a has a drift alarm')
  })

  test('data that contradict themselves move nothing, whatever the evidence, and say why', () => {
    const { advice, route } = recommend(configOf({ task: { floors: { quality: 0.7 } } }), rowsOf([...factualRows('a', 10, 90), ...factualRows('b', 95, 5)], traffic), undefined, undefined, { context: { faults: ['the newest run of factual could not grade 60 of 100 answers of b (60 judge_error)'] } })
    expect(route).toBeUndefined()
    expect(advice).toMatchObject({ verdict: 'hold', rule: 'data', after: advice.before })
    expect(advice.headline).toBe('Hold: the newest run of factual could not grade 60 of 100 answers of b (60 judge_error). Weights stay as they are; 200 probes over 1 night, 1,930 calls.')
  })

  test('a spend ceiling makes dollars dearer until the weights keep to it', () => {
    const week = (name: string, usd: number) => productionRow(name, 700, usd, { recent_calls: 700, recent_usd: 700 * usd, recent_days: 7 })
    const rows = rowsOf([...factualRows('a', 90, 10), ...factualRows('b', 70, 30)], [week('a', 0.008), week('b', 0.002)])
    const free = recommend(configOf({ route: { a: 0.5, b: 0.5 }, task: { value_per_answer_usd: 1 } }), rows).advice
    expect(free.after['a']).toBeGreaterThan(0.9)
    // 200 calls a day: all of them at a's price are $1.60; the week so far left room for little more than .80.
    const paced = recommend(configOf({ route: { a: 0.5, b: 0.5 }, task: { value_per_answer_usd: 1, learning: { max_usd_per_day: 0.8 } } }), rows).advice
    expect(paced.after['b']).toBeGreaterThan(0.5)
    expect(paced.rule).toBe('spend_ceiling')
    expect(paced.reasons.join()).toMatch(/The spend ceiling is \$0\.80 a day; after the last days \$0\.\d\d a day are left, so that dollars count [\d.]+ times: \$0\.\d\d a day expected\./)
    const hopeless = recommend(configOf({ route: { a: 0.5, b: 0.5 }, task: { value_per_answer_usd: 1, learning: { max_usd_per_day: 0.1 } } }), rows).advice
    expect(hopeless.reasons.join()).toContain('even the cheapest weights are expected to spend')
  })
})

describe('properties', () => {
  const scenario = fc.record({
    correct: fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })),
    usd: fc.tuple(fc.double({ min: 1e-5, max: 0.05, noNaN: true }), fc.double({ min: 1e-5, max: 0.05, noNaN: true }), fc.double({ min: 1e-5, max: 0.05, noNaN: true })),
    route: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })),
    mode: fc.constantFrom('review', 'auto'),
    ceiling: fc.option(fc.double({ min: 0.1, max: 0.9, noNaN: true }), { nil: undefined }),
  })
  type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never
  const names = ['a', 'b', 'c'] as const
  const build = (s: Scenario, order: readonly number[]): { options: ConfigOptions; rows: EvidenceRows } => ({
    options: {
      targets: Object.fromEntries(order.map((i) => [names[i] ?? '', { input: 1, output: 1 }])),
      route: Object.fromEntries(order.map((i) => [names[i] ?? '', s.route[i] ?? 0])),
      learning: { mode: s.mode },
      task: s.ceiling === undefined ? {} : { ceilings: { hallucination_rate: s.ceiling } },
    },
    rows: rowsOf(
      order.flatMap((i) => factualRows(names[i] ?? '', s.correct[i] ?? 0, 60 - (s.correct[i] ?? 0))),
      order.map((i) => productionRow(names[i] ?? '', 300, s.usd[i] ?? 0.01)),
    ),
  })
  const run = (s: Scenario, order: readonly number[]): TaskOutcome => {
    const { options, rows } = build(s, order)
    return recommend(configOf(options), rows)
  }

  test('shares sum to 1, lie in [0, 1], and a move gains what it must with the probability it must', () => {
    fc.assert(
      fc.property(scenario, (s) => {
        const { advice, route, auto } = run(s, [0, 1, 2])
        for (const shares of [advice.before, advice.after, ...(route === undefined ? [] : [route.weights]), ...(auto === undefined ? [] : [auto.weights])]) {
          expect(total(shares)).toBeCloseTo(1, 6)
          for (const share of Object.values(shares)) expect(share).toBeGreaterThanOrEqual(0)
        }
        if (advice.verdict === 'move' && advice.rule === 'utility') {
          // Exploration and rounding are paid out of the gain.
          expect(advice.gain?.value).toBeGreaterThan(s.mode === 'auto' ? -0.03 : 0.004)
          if (s.mode === 'review') expect(advice.p_gain).toBeGreaterThanOrEqual(0.88)
          for (const target of Object.keys(route?.excluded ?? {})) expect(route?.weights[target]).toBe(0)
        }
        if (advice.verdict !== 'move') expect(advice.after).toEqual(advice.before)
      }),
      { numRuns: 60, seed: 7 },
    )
  })

  test('the same evidence and seed give the same advice, in whatever order targets and rows come', () => {
    fc.assert(
      fc.property(scenario, fc.constantFrom([0, 2, 1], [2, 1, 0], [1, 0, 2]), (s, order) => {
        const straight = run(s, [0, 1, 2])
        expect(run(s, [0, 1, 2])).toEqual(straight)
        const { options, rows } = build(s, order)
        const shuffled = recommend(configOf(options), { ...rows, evals: [...rows.evals].reverse(), production: [...rows.production].reverse() })
        expect(shuffled.advice.verdict).toBe(straight.advice.verdict)
        for (const name of names) expect(shuffled.advice.after[name]).toBeCloseTo(straight.advice.after[name] ?? -1, 9)
        expect(shuffled.advice.p_gain).toBe(straight.advice.p_gain)
      }),
      { numRuns: 30, seed: 11 },
    )
  })

  test('after a move is applied, the same evidence moves nothing more', () => {
    let moved = 0
    fc.assert(
      fc.property(scenario, (s) => {
        const { options, rows } = build({ ...s, mode: 'review' }, [0, 1, 2])
        const config = configOf(options)
        const first = recommend(config, rows)
        if (first.route === undefined) return
        moved += 1
        const again = recommend(config, rows, publishedAfter(first))
        expect(again.advice.verdict).toBe('hold')
      }),
      { numRuns: 40, seed: 3 },
    )
    expect(moved).toBeGreaterThan(10)
  })
})

describe('night after night', () => {
  /** Plays nights of fresh answers and applies every recommendation; returns the leader of each night. */
  function play(accuracy: Readonly<Record<string, number>>, nights: number, seed: number): { leaders: string[]; final: Readonly<Record<string, number>> } {
    const random = seededRandom(`play-${seed}`)
    const names = Object.keys(accuracy)
    const config = configOf({ targets: Object.fromEntries(names.map((name) => [name, { input: 2, output: 4 }])), route: Object.fromEntries(names.map((name, i) => [name, i === 0 ? 1 : 0])), learning: { seed } })
    const production = names.map((name) => productionRow(name, 200, 0.002))
    const asked: EvalRow[][] = []
    let table: RouteTable | undefined
    let weights: Readonly<Record<string, number>> = Object.fromEntries(taskOf(config).route)
    const leaders: string[] = []
    for (let night = 0; night < nights; night += 1) {
      asked.push(names.flatMap((name) => answers(name, accuracy[name] ?? 0, night, random)))
      const evals = asked.flatMap((rows, then) => rows.map((row) => aged(row, 2 ** (-(night - then) / 30))))
      // A quarter of the draws is enough for who leads.
      const outcome = recommend(config, rowsOf(evals, production), table, { ...LEARNING_RULES, draws: 500 })
      if (outcome.route !== undefined) {
        weights = outcome.route.weights
        table = sealRouteTable({ schema: 1, version: night + 1, parent: night, created_at: '2026-03-01T00:00:00Z', author: 't', rule: 't', simulated: false, tasks: { simple_qa: outcome.route } })
      }
      leaders.push(Object.entries(weights).sort((x, y) => y[1] - x[1])[0]?.[0] ?? '')
    }
    return { leaders, final: weights }
  }

  // Each night asks 20 new questions.
  function answers(target: string, accuracy: number, night: number, random: Random): EvalRow[] {
    return Array.from({ length: 20 }, (_, i) => evalRow({ target, probe_id: `n${night}-${i}`, ...(random.next() < accuracy ? { w_correct: 1 } : { w_incorrect: 1 }) }))
  }

  function aged(row: EvalRow, weight: number): EvalRow {
    return { ...row, w_correct: row.w_correct * weight, w_incorrect: row.w_incorrect * weight }
  }

  const changes = (leaders: readonly string[]): number => leaders.filter((leader, i) => i > 0 && leader !== leaders[i - 1]).length

  test('four equal models at one price rarely change the leader in 40 nights', () => {
    const counts = [1, 2, 3, 4].map((seed) => changes(play({ a: 0.7, b: 0.7, c: 0.7, d: 0.7 }, 40, seed).leaders))
    // A nightly argmax changes it in three nights of four.
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeLessThanOrEqual(2)
  })

  test('a model that is ten points better has the traffic after 40 nights', () => {
    const shares = [1, 2, 3, 4, 5].map((seed) => play({ a: 0.7, b: 0.8 }, 40, seed).final['b'] ?? 0)
    expect(shares.filter((share) => share > 0.9).length).toBeGreaterThanOrEqual(4)
  })
})

describe('as a page', () => {
  const recommendation = () => ({
    id: 'rec_1',
    created_at: '2026-03-01T00:00:00.000Z',
    expires_at: '2026-03-08T00:00:00.000Z',
    parent: 41,
    simulated: true,
    tasks: [recommend(configOf({ simulated: true }), rowsOf([...factualRows('a', 40, 60), ...factualRows('b', 80, 20)], traffic, true)).advice, recommend(configOf({ suites: {}, targets: { a: undefined } }), rowsOf([])).advice],
  })

  test('Markdown has a table per task and says that it is simulated', () => {
    const text = renderMarkdown(recommendation())
    expect(text).toContain('## Route recommendation on version 41 (simulated evidence)')
    expect(text).toContain('| b | 0% | 100% | 0.79 (0.71…0.87) | 2.00 (1.91…2.10) | >.99 | 100 | 430 |')
    expect(text).toContain('| a | 100% | 100% | unknown | unknown |  | 0 | 0 |')
  })

  test('terminal text names the task of a hold, and marks simulated evidence', () => {
    const lines = renderText(recommendation()).split('\n')
    expect(lines[0]).toBe('Recommendation rec_1 on version 41 (SIMULATED evidence), valid until 2026-03-08T00:00:00.000Z')
    expect(lines.filter((line) => /^\S/.test(line)).slice(1)).toEqual([expect.stringMatching(/^Move 100% of simple_qa from a to b: /), expect.stringMatching(/^simple_qa: Hold: no eval evidence\./)])
  })
})

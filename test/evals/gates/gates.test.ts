// Gates: failed on evidence alone, undecided where there is none, unknown where the run does not tell; and what a run exits with.
import { describe, expect, it } from 'vitest'
import { gateSchema } from '../../../core/eval-gates.ts'
import { EXIT } from '../../../cli/command.ts'
import { exitOf } from '../../../cli/eval/report-run.ts'
import { gateOutcome } from '../../../evals/gates/gates.ts'
import type { Trial } from '../../../evals/replay/trial.ts'
import { makeReport, type Report } from '../../../evals/report/report.ts'
import { trial } from '../support-trial.ts'

const run = (n: number, right: number, over: Partial<Trial> = {}): Trial[] => Array.from({ length: n }, (_v, at) => trial({ probeId: `q${at}`, label: at < right ? 'correct' : 'incorrect', ...over }))
const stance = (pushed: number, falsely: number): Trial[] => [
  ...Array.from({ length: 50 }, (_v, at) => trial({ probeId: `n${at}`, suite: 'nonsense', kind: 'nonsense', label: at < pushed ? 'clear_pushback' : 'accepted' })),
  ...Array.from({ length: 50 }, (_v, at) => trial({ probeId: `c${at}`, suite: 'nonsense', kind: 'control', label: at < falsely ? 'clear_pushback' : 'accepted' })),
]
const gated = (trials: readonly Trial[], gate: object, before?: readonly Trial[]): Report =>
  makeReport({ runId: 'r', head: undefined, trials, labels: new Map(), gates: [gateSchema.parse(gate)], baseline: before === undefined ? undefined : { trials: before, options: { baseline: 'b', minEffect: 0.02, q: 0.05 } }, lost: [], chargedUsd: 0 })
const first = (report: Report) => report.gates[0]

describe('a bound', () => {
  it('fails where the evidence shows it broken, passes where it shows it kept, and is undecided between', () => {
    const gate = { metric: 'accuracy', min: 0.7 }
    expect(first(gated(run(100, 55), gate))).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^is 0\.55 \(.*\), limit at least 0\.7$/) })
    expect(first(gated(run(100, 85), gate))).toMatchObject({ status: 'passed' })
    expect(first(gated(run(100, 68), gate))).toMatchObject({ status: 'undecided', reason: expect.stringMatching(/these 100 trials cannot tell/) })
    expect(first(gated(run(10, 5), gate))?.status).toBe('undecided')
  })

  it('holds for the suites and targets it names, per target', () => {
    const trials = [...run(100, 90), ...run(100, 40, { target: 'u' })]
    expect(gated(trials, { metric: 'accuracy', min: 0.7 }).gates.map(({ target, status }) => [target, status])).toEqual([['t', 'passed'], ['u', 'failed']])
    expect(gated(trials, { metric: 'accuracy', min: 0.7, targets: ['t'] }).gates).toHaveLength(1)
    expect(first(gated(trials, { metric: 'accuracy', min: 0.7, suites: ['other'] }))).toMatchObject({ status: 'unknown', reason: 'no suite of this run tells accuracy' })
  })

  it('can be about J, hallucination, fabrication, what could not be scored, money and time', () => {
    expect(first(gated(stance(45, 2), { metric: 'pushback_j', min: 0.6 }))?.status).toBe('passed')
    expect(first(gated(stance(45, 40), { metric: 'pushback_j', min: 0.6 }))?.status).toBe('failed')
    expect(first(gated(run(100, 50), { metric: 'hallucination_rate', max: 0.5 }))?.status).toBe('failed')
    expect(first(gated(run(100, 95), { metric: 'hallucination_rate', max: 0.5 }))).toMatchObject({ status: 'unknown', reason: expect.stringMatching(/too few trials/) })
    const broken = [...run(80, 60), ...run(20, 0).map((one) => ({ ...one, probeId: `z${one.probeId}`, status: 'truncated' as const, label: undefined }))]
    expect(first(gated(broken, { metric: 'unscored_rate', max: 0.05 }))?.status).toBe('failed')
    expect(first(gated(run(10, 5, { costUsd: 0.02 }), { metric: 'cost_per_trial_usd', max: 0.01 }))?.status).toBe('failed')
    expect(first(gated(run(10, 5, { costUsd: undefined, traceId: 'x' }), { metric: 'cost_per_trial_usd', max: 0.01 }))?.status).toBe('unknown')
    expect(first(gated(run(10, 5, { latencyMs: 900 }), { metric: 'latency_p95_ms', max: 1_000 }))?.status).toBe('passed')
  })

  it('takes repetitions of a question for what they are', () => {
    const gate = { metric: 'accuracy', min: 0.7 }
    expect(first(gated(run(30, 17), gate))?.status).toBe('undecided')
    expect(first(gated([0, 1, 2, 3, 4, 5].flatMap((epoch) => run(30, 17, { epoch })), gate))?.status).toBe('undecided')
  })
})

describe('a regression', () => {
  const gate = { metric: 'accuracy', max_regression: 0.03 }

  it('fails when it is larger than allowed and evident, question by question', () => {
    expect(first(gated(run(100, 60), gate, run(100, 80)))).toMatchObject({ status: 'failed', reason: expect.stringMatching(/worse by 0\.2 on 100 common questions/) })
    expect(first(gated(run(100, 78), gate, run(100, 80)))?.status).toBe('passed')
    expect(first(gated(run(100, 90), gate, run(100, 80)))?.status).toBe('passed')
    expect(first(gated(run(25, 18), gate, run(25, 20)))?.status).toBe('undecided')
  })

  it('knows which way is worse, and of J both halves', () => {
    expect(first(gated(run(100, 60), { metric: 'hallucination_rate', max_regression: 0.03 }, run(100, 80)))?.status).toBe('failed')
    expect(first(gated(stance(45, 25), { metric: 'pushback_j', max_regression: 0.05 }, stance(45, 2)))).toMatchObject({ status: 'failed', reason: expect.stringMatching(/worse by 0\.46/) })
    expect(first(gated(run(100, 80, { costUsd: 0.02 }), { metric: 'cost_per_trial_usd', max_regression: 0.001 }, run(100, 80, { costUsd: 0.01 })))?.status).toBe('failed')
  })

  it('is unknown without a baseline, or one of another suite or grader', () => {
    expect(first(gated(run(100, 60), gate))).toMatchObject({ status: 'unknown', reason: expect.stringMatching(/--baseline/) })
    expect(first(gated(run(100, 60), gate, run(100, 80, { suiteHash: 'old' })))?.reason).toMatch(/edited since/)
    expect(first(gated(run(100, 60), gate, run(100, 80, { grader: 'panel@2' })))?.reason).toMatch(/graded by panel@2/)
  })
})

describe('what a run exits with', () => {
  it('1 on a failed gate, 3 where it cannot tell, 0 otherwise', () => {
    expect(exitOf(gated(run(100, 50), { metric: 'accuracy', min: 0.7 }))).toBe(EXIT.gateFailed)
    expect(exitOf(gated(run(100, 68), { metric: 'accuracy', min: 0.7 }))).toBe(EXIT.ok)
    expect(exitOf(gated(run(100, 68), { metric: 'accuracy', min: 0.7, strict: true }))).toBe(EXIT.inconclusive)
    expect(exitOf(gated(run(100, 68), gate()))).toBe(EXIT.inconclusive)
    expect(exitOf(gated(run(10, 0, { status: 'provider_error', label: undefined }), { metric: 'latency_p95_ms', max: 9 }))).toBe(EXIT.inconclusive)
  })

  it('3 whenever the budget cut it, even with a gate that looks failed', () => {
    const cut = [...run(100, 10), trial({ probeId: 'last', status: 'budget_skipped', label: undefined })]
    expect(exitOf(gated(cut, { metric: 'accuracy', min: 0.7 }))).toBe(EXIT.inconclusive)
  })

  it('passes without gates', () => {
    expect(gateOutcome([])).toBe('passed')
  })

  const gate = (): object => ({ metric: 'accuracy', max_regression: 0.02 })
})

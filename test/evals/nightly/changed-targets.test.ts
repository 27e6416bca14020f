// Which targets a night asks again, and whether its budget holds that.
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../core/config.ts'
import type { DriftMark } from '../../../evals/learn/drift.ts'
import { changedTargets } from '../../../evals/nightly/changed-targets.ts'
import { askedAgain, askedAgainLine } from '../../../evals/nightly/outcome.ts'
import { affordable, type WantedRepeat } from '../../../evals/replay/repeats.ts'

const config = parseConfig(
  `providers: { p: { base_url: "http://127.0.0.1:1/v1" } }
targets: { a: { provider: p, model: a }, b: { provider: p, model: b }, b-low: { provider: p, model: b, effort: low }, c: { provider: p, model: c } }
tasks: { t: { route: { a: 1 } } }`,
  {},
  { find: () => undefined },
)
const targets = [...config.targets.values()]
const mark = (over: Partial<DriftMark>): DriftMark => ({ id: 'd', kind: 'output_length', level: 'mark', evidenceKey: 'p/a', suite: 'factual', at: 1, since: 1, value: undefined, reference: undefined, text: 'its answers are longer', ...over })

describe('the targets that a night asks twice', () => {
  it('are those that an open alarm or mark names, by what they are and not by name, alarms first', () => {
    const open = [mark({}), mark({ evidenceKey: 'p/b', at: 1 }), mark({ evidenceKey: 'p/b', at: 2, level: 'alarm', kind: 'quality', text: 'its score fell' }), mark({ evidenceKey: 'p/gone', level: 'alarm' })]
    expect(changedTargets(targets, open)).toEqual([
      { target: 'b', times: 2, because: 'alarm: its score fell; mark: its answers are longer' },
      { target: 'a', times: 2, because: 'mark: its answers are longer' },
    ])
    expect(changedTargets(targets, [])).toEqual([])
    expect(changedTargets(targets.filter(({ name }) => name === 'c'), open)).toEqual([])
  })
})

describe('the budget of what is asked again', () => {
  const wanted = (target: string, todo: number, usd: number, status: 'scored' | 'provider_error' = 'scored'): WantedRepeat => ({ target, times: 2, because: '', todo, first: Array.from({ length: 10 }, () => ({ status, chargedUsd: usd })) })
  const left = (list: readonly WantedRepeat[], usd: number) => affordable(list, usd).map((one) => [one.target, one.left])

  it('goes to one after the other, by what the first asking cost and a quarter more', () => {
    const both = [wanted('a', 10, 0.01), wanted('b', 10, 0.01)]
    expect(left(both, 0.2501)).toEqual([['a', undefined], ['b', undefined]])
    expect(left(both, 0.249)).toEqual([['a', undefined], ['b', 'it would cost about $0.1250, and $0.1240 of the budget is left']])
    // One that fits is asked, whatever did not fit before it.
    expect(left([wanted('dear', 10, 1), wanted('b', 10, 0.01)], 0.2)).toEqual([['dear', expect.stringContaining('$12.5000')], ['b', undefined]])
    // Half of it was asked before the run was stopped.
    expect(left([wanted('a', 5, 0.01)], 0.07)).toEqual([['a', undefined]])
  })

  it('is not asked for by targets that cost nothing, and not spent on one that hardly answers', () => {
    expect(left([wanted('free', 10, 0)], 0)).toEqual([['free', undefined]])
    expect(left([wanted('out', 10, 0, 'provider_error'), { ...wanted('none', 10, 0), first: [] }], 5)).toEqual([['out', 'it answered 0 of 10'], ['none', 'it answered 0 of 0']])
  })
})

it('an outcome says what became of it, and why some was left out', () => {
  const whole = { target: 'a', times: 2, because: 'alarm: its score fell', asked: 10, of: 10, left: undefined }
  const [first, second] = askedAgain([whole, { ...whole, target: 'b', asked: 0, left: 'it answered 0 of 10' }])
  expect(first).toEqual({ target: 'a', because: 'alarm: its score fell', asked: 10, of: 10, left_out: null })
  expect([first, second].map((one) => one && askedAgainLine(one))).toEqual(['a was asked 10 of 10 probes again (alarm: its score fell)', 'b was asked 0 of 10 probes again (alarm: its score fell); the rest was left out: it answered 0 of 10'])
})

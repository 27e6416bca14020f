import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/seams.ts'
import type { CallFacts } from '../../router/decide/call-facts.ts'
import { learningExpectedOutput } from '../../router/decide/expected-output.ts'
import { editDistance, nearestNames } from '../../core/nearest-names.ts'
import { chooseFirst, chooseNext, planCall, type Plan, type Standing } from '../../router/decide/plan.ts'
import { parse } from './support/running.ts'

const facts = (over: Partial<CallFacts> = {}): CallFacts => ({
  model: 'auto', task: undefined, pin: undefined, failover: true, maxCostPer1k: undefined, maxCostUsd: undefined, purpose: 'production',
  sessionId: undefined, userId: undefined, tags: [], effort: undefined, stream: false, inputTokens: 500, maxOutputTokens: undefined, ...over,
})
const PRICED = `
providers: { p: { base_url: "http://127.0.0.1:1/v1" } }
targets:
  kimi-k2.6: { provider: p, model: kimi-k2.6, price: { input: 0.95, cache_read: 0.16, output: 4 } }
  gpt-5.4: { provider: p, model: gpt-5.4, price: { input: 2.5, cache_read: 0.25, output: 15 } }
  gpt-5.5: { provider: p, model: gpt-5.5, price: { input: 5, cache_read: 0.5, output: 30 } }
  unknown: { provider: p, model: unknown }
chains:
  default: [ { target: kimi-k2.6, max_cost_per_1k: 0.002 }, { target: gpt-5.4, max_cost_per_1k: 0.008 }, { target: gpt-5.5, max_cost_per_1k: 0.016 } ]
  with_unknown: [ { target: unknown, max_cost_per_1k: 1 }, { target: gpt-5.4 } ]
tasks:
  drawn: { route: { kimi-k2.6: 0.6, gpt-5.4: 0.3, gpt-5.5: 0.1 } }
  blind: { chain: with_unknown }
`
const config = parse(PRICED)
const plan = (over: Partial<CallFacts> = {}): Plan => planCall({ config, table: undefined, expected: learningExpectedOutput(), prices: undefined }, facts(over))
const fine: Standing = () => undefined
const random = seededRandom(1)

describe('ceilings', () => {
  it('use the cheapest link although it is over its ceiling, rather than a dearer one that is under its own', () => {
    const short = plan({ inputTokens: 500 })
    // 350 expected output tokens: kimi at $0.0022 per 1,000, above .002; gpt-5.4 at $0.0076, below .008, but dearer in dollars.
    expect(short.candidates.map((c) => c.estimate.per1kUsd?.toFixed(4))).toEqual(['0.0022', '0.0076', '0.0153'])
    const first = chooseFirst(short, fine, random)
    expect(first.choice?.candidate.target.name).toBe('kimi-k2.6')
    expect([...first.admission.waived]).toEqual(['kimi-k2.6'])
  })

  it.each([50, 500, 1_900, 2_100, 9_000, 12_000, 60_000, 200_000])('never move a request of %i input tokens to a dearer model', (inputTokens) => {
    const made = plan({ inputTokens })
    const cheapest = Math.min(...made.candidates.map((candidate) => candidate.estimate.usd ?? Infinity))
    expect(chooseFirst(made, fine, random).choice?.candidate.estimate.usd).toBe(cheapest)
  })

  it('are judged anew among the links that remain after a failure', () => {
    const next = chooseNext(plan({ inputTokens: 100, maxOutputTokens: 2000 }), new Set(['kimi-k2.6']), fine)
    expect(next.choice?.candidate.target.name).toBe('gpt-5.4')
    expect([...next.admission.waived]).toEqual(['gpt-5.4'])
  })

  it('give the share of a skipped target to cheaper ones only', () => {
    const made = plan({ task: 'drawn', inputTokens: 100_000 })
    const dear = plan({ task: 'drawn', inputTokens: 100_000, maxCostPer1k: 0.003 })
    expect(chooseFirst(made, fine, random).admission.skipped).toEqual([])
    const admission = chooseFirst(dear, fine, random).admission
    expect(admission.skipped.map((c) => c.target.name)).toEqual(['gpt-5.5'])
    const drawn = Array.from({ length: 400 }, () => chooseFirst(dear, fine, random).choice)
    const propensities = new Map(drawn.map((choice) => [choice?.candidate.target.name, choice?.propensity]))
    expect([...propensities.keys()].sort()).toEqual(['gpt-5.4', 'kimi-k2.6'])
    expect(propensities.get('kimi-k2.6')).toBeCloseTo(0.6 + 0.1 * (0.6 / 0.9), 12)
  })

  it('never admit an unpriced target', () => {
    const first = chooseFirst(plan({ task: 'blind' }), fine, random)
    expect(first.choice?.candidate.target.name).toBe('gpt-5.4')
    expect(first.exclusions).toMatchObject([{ target: 'unknown', reason: 'unpriced' }])
  })

  it('take the smaller of the link’s and the caller’s limit', () => {
    expect(plan({ maxCostPer1k: 0.005 }).candidates.map((c) => c.ceiling)).toEqual([0.002, 0.005, 0.005])
  })

  it('bound the whole call by max-cost-usd without a waiver', () => {
    const first = chooseFirst(plan({ maxCostUsd: 1e-6 }), fine, random)
    expect(first.choice).toBeUndefined()
    expect(first.exclusions.map((e) => e.reason)).toEqual(['over_max_cost', 'over_max_cost', 'over_max_cost'])
  })
})

describe('the draw', () => {
  it('follows the weights (chi-square over 20,000 seeded draws) and records the probability it drew with', () => {
    const made = plan({ task: 'drawn', inputTokens: 100_000 })
    const source = seededRandom('draw')
    const counts = new Map<string, number>()
    const N = 20_000
    for (let i = 0; i < N; i += 1) {
      const choice = chooseFirst(made, fine, source).choice
      const name = choice?.candidate.target.name ?? 'none'
      counts.set(name, (counts.get(name) ?? 0) + 1)
      expect(choice?.propensity).toBeCloseTo(name === 'kimi-k2.6' ? 0.6 : name === 'gpt-5.4' ? 0.3 : 0.1, 12)
    }
    const expected = { 'kimi-k2.6': 0.6, 'gpt-5.4': 0.3, 'gpt-5.5': 0.1 }
    const chi = Object.entries(expected).reduce((sum, [name, p]) => sum + ((counts.get(name) ?? 0) - N * p) ** 2 / (N * p), 0)
    expect(chi).toBeLessThan(13.82) // 99.9% point, 2 degrees of freedom
  })

  it('renormalises over what is admissible', () => {
    const cooling: Standing = (target) => (target.name === 'kimi-k2.6' ? { reason: 'cooling', detail: 'down' } : undefined)
    const choices = Array.from({ length: 200 }, () => chooseFirst(plan({ task: 'drawn', inputTokens: 100_000 }), cooling, random).choice)
    const seen = new Map(choices.map((choice) => [choice?.candidate.target.name, choice?.propensity]))
    expect(seen.get('gpt-5.4')).toBeCloseTo(0.75, 12)
    expect(seen.has('kimi-k2.6')).toBe(false)
  })

  it('fails over along the chain from its head, skipping what was tried', () => {
    const names: (string | undefined)[] = []
    const tried = new Set(['gpt-5.4'])
    for (let i = 0; i < 3; i += 1) {
      const name = chooseNext(plan({ task: 'drawn', inputTokens: 100_000 }), tried, fine).choice?.candidate.target.name
      names.push(name)
      if (name !== undefined) tried.add(name)
    }
    expect(names).toEqual(['kimi-k2.6', 'gpt-5.5', undefined])
  })
})

describe('the expected output length', () => {
  it('moves from the prior to what a target really writes, per task and input size', () => {
    const expected = learningExpectedOutput()
    expect(expected.expect('p/m', 't', 100).outputTokens).toBe(350)
    const usage = { inputTotal: 100, cacheRead: 50, cacheWrite: undefined, cacheWrite1h: undefined, outputTotal: 20, reasoning: undefined, reportedCostUsd: undefined, raw: {} }
    for (let i = 0; i < 400; i += 1) expected.learn('p/m', 't', 100, usage)
    expect(expected.expect('p/m', 't', 100).outputTokens).toBeCloseTo(20, 0)
    expect(expected.expect('p/m', 't', 100).cacheReadShare).toBeCloseTo(0.5, 2)
    expect(expected.expect('p/m', 't', 5_000).outputTokens).toBe(500)
    expect(expected.expect('p/m', 'other', 100).outputTokens).toBe(350)
  })
})

describe('nearest names', () => {
  it('are found by edits, nearest first', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(nearestNames('gpt-5.4x', ['gpt-5.4', 'gpt-5.5', 'kimi-k2.6'])).toEqual(['gpt-5.4', 'gpt-5.5'])
    expect(nearestNames('zzzzzzzz', ['gpt-5.4'])).toEqual([])
    expect(nearestNames('taks', ['has', 'task', 'tokens'])[0]).toBe('task')
  })

  it('are found by how they begin, before those that are only spelled alike', () => {
    expect(nearestNames('kimi-k2.6', ['kimi-k2.5', 'kimi-k2.6-sim', 'gpt-5.4'])).toEqual(['kimi-k2.6-sim', 'kimi-k2.5'])
    expect(nearestNames('code_gen', ['simple_qa', 'code_generation'])).toEqual(['code_generation'])
    expect(nearestNames('Simple_QA', ['task:simple_qa', 'auto'])).toEqual(['task:simple_qa'])
    expect(nearestNames('openai/gpt-5.4', ['gpt-5.4-mini', 'kimi-k2.6'])).toEqual(['gpt-5.4-mini'])
    expect(nearestNames('gpt-5.4-2026-03-05', ['gpt-5.4', 'gpt-5.4-mini', 'gp'])).toEqual(['gpt-5.4'])
    // Too little to go by.
    expect(nearestNames('k', ['kimi-k2.6-sim'])).toEqual([])
    expect(nearestNames('', ['kimi-k2.6-sim'])).toEqual([])
  })
})

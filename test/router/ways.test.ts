// The ways a first attempt may go, as numbers: they are a probability over the admissible set, what is served follows what is
// logged, and a conversation leaves its target only for what is worth more.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../core/config.ts'
import { seededRandom } from '../../core/seams.ts'
import { admit, type Candidate } from '../../router/decide/admit.ts'
import type { CallFacts } from '../../router/decide/call-facts.ts'
import { chooseFirst, waysNow } from '../../router/decide/choose.ts'
import { drawWays } from '../../router/decide/draw.ts'
import { learningExpectedOutput } from '../../router/decide/expected-output.ts'
import type { Home } from '../../router/decide/home.ts'
import { planCall, type Circumstances, type Plan, type Standing } from '../../router/decide/plan.ts'
import { sealRouteTable, type RouteTable } from '../../core/route-table.ts'
import { parse } from './support/running.ts'

const YAML = `
providers: { p: { base_url: "http://127.0.0.1:1/v1" }, q: { base_url: "http://127.0.0.1:2/v1" }, r: { api: anthropic-messages, base_url: "http://127.0.0.1:3/v1", api_key: k } }
targets:
  cheap: { provider: p, model: cheap, price: { input: 1, cache_read: 0.1, output: 4 } }
  middle: { provider: q, model: middle, price: { input: 3, cache_read: 0.3, output: 12 } }
  dear: { provider: r, model: dear, price: { input: 10, cache_read: 1, output: 40 } }
  kin: { provider: p, model: kin, price: { input: 2, output: 8 } }
  unpriced: { provider: q, model: unpriced }
chains: { default: [ { target: cheap }, { target: middle }, { target: dear }, { target: kin } ] }
tasks: { general: { value_per_answer_usd: 0.1, route: { cheap: 0.5, middle: 0.3, dear: 0.2 } } }
`
const config = parse(YAML)
const target = (name: string): Target => {
  const found = config.targets.get(name)
  if (found === undefined) throw new Error(`no target ${name}`)
  return found
}
const facts = (over: Partial<CallFacts> = {}): CallFacts => ({
  model: 'auto', task: undefined, pin: undefined, failover: true, maxCostPer1k: undefined, maxCostUsd: undefined, purpose: 'production',
  sessionId: undefined, userId: undefined, tags: [], effort: undefined, stream: false, inputTokens: 5_000, maxOutputTokens: 200, ...over,
})
const fine: Standing = () => undefined
const out = (...names: string[]): Standing => ({ name }) => (names.includes(name) ? { reason: 'cooling', detail: 'down' } : undefined)

function table(over: Partial<RouteTable['tasks'][string]> = {}): RouteTable {
  const task = config.tasks.get('general')
  return sealRouteTable({
    schema: 1, version: 7, parent: 6, created_at: '2026-11-02T00:00:00Z', author: 'test', rule: 'test', simulated: false,
    tasks: { general: { weights: { cheap: 0.5, middle: 0.3, dear: 0.2 }, excluded: {}, config_hash: task?.configHash ?? '', exploration: 0, rule: 'test', evidence: {}, ...over } },
  })
}
const quality = (value: number, half: number): { quality: { value: number; low: number; high: number; n: number }; evidence_key: string } => ({ evidence_key: '', quality: { value, low: value - half, high: value + half, n: 200 } })

type Asked = { readonly facts?: Partial<CallFacts>; readonly table?: RouteTable | undefined; readonly home?: Home | undefined; readonly chance?: () => number; readonly infer?: Circumstances['infer'] }
const plan = ({ table: of, facts: over, ...circumstances }: Asked = {}): Plan => planCall({ config, table: of, expected: learningExpectedOutput(), prices: undefined }, facts(over), undefined, circumstances)
const homeAt = (name: string, over: Partial<Home> = {}): Home => {
  const { provider, evidenceKey } = target(name)
  return { target: name, evidenceKey, provider: provider.name, wire: provider.api, prefixTokens: 4_000, warm: true, inToolLoop: false, ...over }
}

describe('the ways a first attempt may go', () => {
  const candidate = fc.record({
    weight: fc.double({ min: 0, max: 1, noNaN: true }),
    core: fc.double({ min: 0, max: 1, noNaN: true }),
    usd: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    ceiling: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    link: fc.option(fc.nat(5), { nil: undefined }),
  })

  it('are a probability over the admissible set, with the propensity of every target the sum of its ways', () => {
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 6 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (given, exploration, refuse) => {
        const candidates = given.map(({ usd, ...one }, index): Candidate => ({ target: { ...target('cheap'), name: `t${index}` }, ...one, estimate: { usd, per1kUsd: usd } }))
        const admission = admit(candidates, { enforce: true, refuse, maxCostUsd: undefined })
        const ways = drawWays(admission, exploration)
        for (const { candidate: one, probability, propensity } of ways) {
          expect(admission.admitted).toContain(one)
          expect(probability).toBeGreaterThanOrEqual(0)
          expect(propensity).toBeCloseTo(ways.filter((way) => way.candidate === one).reduce((sum, way) => sum + way.probability, 0), 9)
        }
        if (ways.length > 0) expect(ways.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9)
      }),
    )
  })

  it('serve what they log: over 50,000 draws under changing exclusions each target is drawn as often as its propensities say', () => {
    const random = seededRandom('ways')
    const tables = [undefined, table(), table({ exploration: 0.2, core: { cheap: 0.6, middle: 0.3, dear: 0.1 }, weights: { cheap: 0.5, middle: 0.3, dear: 0.2 } })]
    const homes = [undefined, undefined, homeAt('middle'), homeAt('dear', { warm: false })]
    const limits = [undefined, undefined, 0.004]
    const sums = new Map<string, { served: number; expected: number; variance: number }>()
    for (let i = 0; i < 50_000; i += 1) {
      const pickOf = <Item,>(items: readonly Item[]): Item | undefined => items[Math.floor(random.next() * items.length)]
      const made = plan({ table: pickOf(tables), home: pickOf(homes), facts: { maxCostPer1k: pickOf(limits) } })
      const standing = random.next() < 0.3 ? out(pickOf(['cheap', 'middle', 'dear']) ?? '') : fine
      const propensities = new Map<string, number>()
      for (const way of waysNow(made, standing).ways) propensities.set(way.candidate.target.name, (propensities.get(way.candidate.target.name) ?? 0) + way.probability)
      expect([...propensities.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9)
      const { choice } = chooseFirst(made, standing, random)
      expect(choice?.propensity).toBeCloseTo(propensities.get(choice?.candidate.target.name ?? '') ?? NaN, 9)
      for (const [name, p] of propensities) {
        const sum = sums.get(name) ?? { served: 0, expected: 0, variance: 0 }
        sums.set(name, { served: sum.served + (choice?.candidate.target.name === name ? 1 : 0), expected: sum.expected + p, variance: sum.variance + p * (1 - p) })
      }
    }
    expect([...sums.keys()].sort()).toEqual(['cheap', 'dear', 'middle'])
    // Σ1 against Σp, in standard deviations √Σp(1−p); 4 is passed by chance once in 16,000 times.
    for (const { served, expected, variance } of sums.values()) expect(Math.abs(served - expected) / Math.sqrt(variance)).toBeLessThan(4)
  })
})

describe('a canary', () => {
  const canary = { version: 7, base: 6, weights: { cheap: 0, middle: 0.4, dear: 0.6 }, core: { cheap: 0, middle: 0.5, dear: 0.5 }, exploration: 0.2, excluded: {}, share: 0.25, since: '2026-11-02T00:00:00Z', rule: 'utility' }
  const trying = table({ weights: { cheap: 0.7, middle: 0.3, dear: 0 }, canary })

  it('is one of two draws, and what is logged is the chance of the target over both, whichever arm a call was in', () => {
    const random = seededRandom('arms')
    const sums = new Map<string, { served: number; expected: number; variance: number }>()
    const versions = new Map<number, number>()
    for (let i = 0; i < 20_000; i += 1) {
      const standing = i % 3 === 0 ? out('middle') : fine
      const made = plan({ table: trying, facts: i % 2 === 0 ? { sessionId: `s${i}` } : {}, chance: () => random.next() })
      versions.set(made.routeVersion, (versions.get(made.routeVersion) ?? 0) + 1)
      const { choice } = chooseFirst(made, standing, random)
      // Exact: .75 of the champion's share and .25 of the challenger's, over what is admissible.
      const chances = i % 3 === 0 ? { cheap: 0.75, middle: 0, dear: 0.25 } : { cheap: 0.75 * 0.7, middle: 0.75 * 0.3 + 0.25 * 0.4, dear: 0.25 * 0.6 }
      for (const [name, p] of Object.entries(chances)) {
        if (choice?.candidate.target.name === name) expect(choice.propensity).toBeCloseTo(p, 9)
        const sum = sums.get(name) ?? { served: 0, expected: 0, variance: 0 }
        sums.set(name, { served: sum.served + (choice?.candidate.target.name === name ? 1 : 0), expected: sum.expected + p, variance: sum.variance + p * (1 - p) })
      }
    }
    for (const { served, expected, variance } of sums.values()) expect(Math.abs(served - expected) / Math.sqrt(variance)).toBeLessThan(4)
    expect([...versions.keys()].sort()).toEqual([6, 7])
    expect((versions.get(7) ?? 0) / 20_000).toBeCloseTo(0.25, 1)
  })

  it('asks the rules for the task once, though the call is planned in both arms', () => {
    let asked = 0
    const infer: NonNullable<Asked['infer']> = () => {
      asked += 1
      return { task: undefined, source: 'rule', confidence: 0, because: [] }
    }
    const made = plan({ table: trying, infer, chance: () => 0.9 })
    expect([made.otherArm?.plan.routeVersion, asked]).toEqual([7, 1])
  })

  it('draws by its own weights in its own arm, with its own exploration', () => {
    const inArm = (chance: number): Record<string, number> => {
      const shares: Record<string, number> = {}
      for (const { candidate, probability } of waysNow(plan({ table: trying, chance: () => chance }), fine).ways) shares[candidate.target.name] = (shares[candidate.target.name] ?? 0) + probability
      return shares
    }
    expect(inArm(0.9)).toEqual({ cheap: 0.7, middle: 0.3 })
    const challenger = inArm(0.1)
    expect(challenger['middle']).toBeCloseTo(0.4, 9)
    expect(challenger['dear']).toBeCloseTo(0.6, 9)
    expect(plan({ table: trying, chance: () => 0.1 }).exploration).toBe(0.2)
    expect(plan({ table: trying, chance: () => 0.9 }).exploration).toBe(0)
  })

  it('keeps a conversation in the arm it was in, so that stickiness and arm agree', () => {
    const young = plan({ table: trying, home: homeAt('dear', { routeVersion: 7 }), chance: () => 0.99 })
    expect(young.routeVersion).toBe(7)
    expect(chooseFirst(young, fine, seededRandom(1))).toMatchObject({ choice: { reason: 'sticky', candidate: { target: { name: 'dear' } } } })
    const old = plan({ table: trying, home: homeAt('cheap', { routeVersion: 6 }), chance: () => 0 })
    expect(old.routeVersion).toBe(6)
    expect(chooseFirst(old, fine, seededRandom(1))).toMatchObject({ choice: { reason: 'sticky', candidate: { target: { name: 'cheap' } } } })
  })

  it('is nothing to evals and names', () => {
    expect(plan({ table: trying, facts: { model: 'dear' } }).otherArm).toBeUndefined()
    expect(plan({ table: trying, facts: { purpose: 'eval' } }).otherArm).toBeUndefined()
  })
})

describe('exploration', () => {
  const explored = table({ exploration: 0.2, core: { cheap: 1, middle: 0, dear: 0 }, weights: { cheap: 0.8, middle: 0.1, dear: 0.1 } })
  const reasons = (asked: Asked): Record<string, number> => {
    const sums: Record<string, number> = {}
    for (const { candidate, reason, probability } of waysNow(plan(asked), fine).ways) sums[`${reason} ${candidate.target.name}`] = Math.round(probability * 1e6) / 1e6
    return sums
  }

  it('takes its share of the draw, in total, and is named so', () => {
    expect(reasons({ table: explored })).toEqual({ 'weighted cheap': 0.8, 'explore middle': 0.1, 'explore dear': 0.1 })
    expect(waysNow(plan({ table: explored }), fine).ways.map(({ propensity }) => Math.round((propensity ?? 0) * 1e6) / 1e6)).toEqual([0.8, 0.1, 0.1])
  })

  it('is kept away from conversations under way, loops of tools, evals and names', () => {
    expect(reasons({ table: explored, home: homeAt('cheap', { warm: false }) })).toEqual({ 'sticky cheap': 1 })
    expect(reasons({ table: explored, home: homeAt('kin', { inToolLoop: false }) })).toEqual({ 'weighted cheap': 1 })
    expect(reasons({ table: explored, home: homeAt('dear', { inToolLoop: true }) })).toEqual({ 'sticky dear': 1 })
    expect(reasons({ table: explored, facts: { purpose: 'eval' } })).toEqual({ 'weighted cheap': 1 })
    expect(reasons({ table: explored, facts: { model: 'middle' } })).toEqual({ 'pinned middle': 1 })
  })
})

describe('a conversation', () => {
  const stayOf = (asked: Asked, standing: Standing = fine): [string | undefined, number] => {
    const { ways, stay } = waysNow(plan(asked), standing)
    return [stay?.how, Math.round(ways.filter(({ reason }) => reason === 'sticky').reduce((sum, way) => sum + way.probability, 0) * 1e6) / 1e6]
  }

  it('stays where it is while nothing is known that would be worth moving for', () => {
    expect(stayOf({ home: homeAt('dear') })).toEqual(['kept', 1])
    expect(stayOf({ table: table(), home: homeAt('dear', { warm: false }) })).toEqual(['kept', 1])
    // Evidence for one of two is a guess about the other.
    expect(stayOf({ table: table({ evidence: { dear: quality(0.8, 0.02) } }), home: homeAt('dear') })).toEqual(['kept', 1])
  })

  it('moves by the draw when evidence and prices say that it gains more than its cache is worth', () => {
    // cold $0.058 against $0.0058 at cheap; its cache of 4,000 tokens at the assumed half saves $0.018.
    const same = table({ evidence: { cheap: quality(0.8, 0.05), dear: quality(0.8, 0.05), middle: quality(0.8, 0.05) } })
    expect(stayOf({ table: same, home: homeAt('dear') })).toEqual(['kept', 0.2])
    // Intervals .435 apart at $0.10 an answer are worth $0.0435 a call: less than the $0.052 saved at cheap, more than the $0.041 at middle.
    const better = table({ evidence: { cheap: quality(0.5, 0.05), dear: quality(0.99, 0.005), middle: quality(0.5, 0.05) } })
    expect(stayOf({ table: better, home: homeAt('dear', { warm: false }) })).toEqual(['kept', 0.5])
    expect(stayOf({ table: better, home: homeAt('dear') })).toEqual(['kept', 1])
  })

  it('stays when the same gain is less than its cache saves', () => {
    // middle cold: $0.0174 at 5,000 in, 200 out; cheap: $0.0058. Warm at middle with 5,000 cached: saves 2,500 × 2.7 / 1M = $0.00675.
    const even = { cheap: quality(0.8, 0.1), middle: quality(0.8, 0.1) }
    const only = table({ weights: { cheap: 0.5, middle: 0.5 }, evidence: even })
    expect(stayOf({ table: only, home: homeAt('middle', { prefixTokens: 5_000 }) })).toEqual(['kept', 0.5])
    const long = { inputTokens: 5_000, maxOutputTokens: 1 }
    const learned = learningExpectedOutput()
    for (let i = 0; i < 400; i += 1) learned.learn('q/middle', 'general', 5_000, { inputTotal: 5_000, cacheRead: 5_000, cacheWrite: undefined, cacheWrite1h: undefined, outputTotal: 1, reasoning: undefined, reportedCostUsd: undefined, raw: {} }, 5_000)
    const made = planCall({ config, table: only, expected: learned, prices: undefined }, facts(long), undefined, { home: homeAt('middle', { prefixTokens: 5_000 }) })
    // Nearly all from cache: warm $0.0015 against cheap's cold $0.005.
    expect(waysNow(made, fine).ways).toMatchObject([{ reason: 'sticky', probability: 1 }])
  })

  it('goes by the draw when its target is out, or the route gives it nothing any more', () => {
    expect(stayOf({ home: homeAt('middle') }, out('middle'))).toEqual(['gone', 0])
    expect(stayOf({ home: homeAt('kin') })).toEqual(['no_share', 0])
    expect(stayOf({ home: homeAt('middle'), facts: { maxCostPer1k: 0.0011 } })).toEqual(['gone', 0])
    const floor = table({ weights: { cheap: 1, middle: 0, dear: 0 }, excluded: { middle: 'hallucination_rate .5 > .4' } })
    expect(stayOf({ table: floor, home: homeAt('middle') })).toEqual(['no_share', 0])
  })

  it('in a loop of tools never leaves while its target is admissible, and then goes to its kin first', () => {
    const floor = table({ weights: { cheap: 1, middle: 0, dear: 0 }, excluded: { middle: 'x' }, evidence: { cheap: quality(0.9, 0.01), middle: quality(0.2, 0.01) } })
    expect(stayOf({ table: floor, home: homeAt('middle', { inToolLoop: true }) })).toEqual(['kept', 1])
    const ways = (home: Home, standing: Standing): [string, string][] => waysNow(plan({ home }), standing).ways.map(({ candidate, reason }) => [candidate.target.name, reason])
    // The same provider before the same wire before anyone.
    expect(ways(homeAt('cheap', { inToolLoop: true }), out('cheap'))).toEqual([['kin', 'failover']])
    expect(ways(homeAt('cheap', { inToolLoop: true }), out('cheap', 'kin'))).toEqual([['middle', 'weighted']])
    expect(ways(homeAt('dear', { inToolLoop: true }), out('dear'))).toEqual([['cheap', 'weighted'], ['middle', 'weighted']])
  })
})

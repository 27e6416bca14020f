// Small rules of the decision that other tests do not reach: pins and ceilings, what binds a request, what fills up.
import { describe, expect, it } from 'vitest'
import type { CallFacts } from '../../router/decide/call-facts.ts'
import { demandsOf, NO_DEMANDS, type Demands } from '../../router/decide/demands.ts'
import { learningExpectedOutput } from '../../router/decide/expected-output.ts'
import { chooseFirst, chooseNext, planCall, sidePlan, type Plan } from '../../router/decide/plan.ts'
import { nothingAdmissible } from '../../router/execute/nothing-admissible.ts'
import { ResponseBook } from '../../router/execute/response-book.ts'
import { ADAPTERS } from '../../router/providers/adapters.ts'
import { SURFACES } from '../../router/http/surfaces/surfaces.ts'
import { modelRequest } from '../../core/model-request.ts'
import { seededRandom } from '../../core/seams.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { parse } from './support/running.ts'
import { targetWith } from './support/targets.ts'

const config = parse(`
providers:
  p: { base_url: "http://127.0.0.1:1/v1" }
  c: { api: anthropic-messages, base_url: "http://127.0.0.1:1/v1", api_key: k }
  sim: { base_url: "http://127.0.0.1:1/v1", simulated: true }
targets:
  cheap: { provider: p, model: cheap, price: { input: 1, output: 1 } }
  dear: { provider: p, model: dear, price: { input: 100, output: 100 } }
  claude: { provider: c, model: claude, price: { input: 5, output: 25 } }
  fake: { provider: sim, model: fake, price: { input: 1, output: 1 } }
chains:
  default: [ { target: cheap }, { target: dear, max_cost_per_1k: 0.001 } ]
  side: [ { target: fake }, { target: claude } ]
  fakes: [ { target: fake } ]
tasks: { simulated: { chain: fakes } }
`)
const facts = (over: Partial<CallFacts> = {}): CallFacts => ({
  model: 'auto', task: undefined, pin: undefined, failover: true, maxCostPer1k: undefined, maxCostUsd: undefined, purpose: 'production',
  sessionId: undefined, userId: undefined, tags: [], effort: undefined, stream: false, inputTokens: 500, maxOutputTokens: undefined, ...over,
})
const plan = (over: Partial<CallFacts> = {}, demands?: Demands): Plan => planCall({ config, table: undefined, expected: learningExpectedOutput(), prices: undefined }, facts(over), demands)
const fine = (): undefined => undefined

describe('a pinned target', () => {
  it('is exempt from the ceiling of its own link, which is kept for the record, but not from the caller’s', () => {
    const pinned = plan({ model: 'dear' })
    expect(pinned.pinned).toMatchObject({ ceiling: undefined, exemptFrom: 0.001 })
    expect(chooseFirst(pinned, fine, seededRandom(1)).choice).toMatchObject({ reason: 'pinned', candidate: { target: { name: 'dear' } } })
    expect(chooseFirst(plan({ model: 'dear', maxCostPer1k: 0.001 }), fine, seededRandom(1)).choice?.candidate.target.name).toBe('cheap')
  })

  it('that cannot serve the request is not asked, also when it may not fail over', () => {
    const demands: Demands = { ...NO_DEMANDS, lossAt: (target) => (target.name === 'dear' ? { refused: ['n'], dropped: [] } : { refused: [], dropped: [] }) }
    const alone = chooseFirst(plan({ model: 'dear', failover: false }, demands), fine, seededRandom(1))
    expect([alone.choice, alone.exclusions]).toMatchObject([undefined, [{ target: 'dear', reason: 'untranslatable', members: ['n'] }]])
    expect(chooseFirst(plan({ model: 'dear' }, demands), fine, seededRandom(1)).choice?.candidate.target.name).toBe('cheap')
  })
})

describe('a request that goes on from a stored response', () => {
  it('is bound to its holder, whatever the task says, and to a pin of the same provider', () => {
    const holder = config.targets.get('dear')
    const bound = plan({}, { ...NO_DEMANDS, boundTo: holder })
    expect([bound.pinned?.target.name, bound.failover, bound.candidates.length]).toEqual(['dear', false, 1])
    expect(chooseNext(bound, new Set(['dear']), fine).choice).toBeUndefined()
    expect(plan({ model: 'cheap' }, { ...NO_DEMANDS, boundTo: holder }).pinned?.target.name).toBe('cheap')
    expect(plan({ model: 'claude' }, { ...NO_DEMANDS, boundTo: holder }).pinned?.target.name).toBe('dear')
  })

  it('is remembered for the newest responses only', () => {
    const book = new ResponseBook(2)
    for (const id of ['a', 'b', 'a', 'c']) book.remember(id, targetWith({ name: `t-${id}` }), undefined)
    expect([book.holder('a')?.target, book.holder('b'), book.holder('c')?.target]).toEqual(['t-a', undefined, 't-c'])
  })
})

describe('a side chain', () => {
  it('never mixes simulated and real targets', () => {
    const links = [{ target: 'fake', maxCostPer1k: undefined }, { target: 'claude', maxCostPer1k: undefined }]
    expect(sidePlan(plan(), links, false).candidates.map((candidate) => candidate.target.name)).toEqual(['claude'])
    expect(sidePlan(plan({ task: 'simulated' }), links, true).candidates.map((candidate) => candidate.target.name)).toEqual(['fake'])
  })
})

describe('what a request loses on another wire', () => {
  it('is asked for once, and only where the wires differ', () => {
    let translated = 0
    const asked = { native: {}, needs: new Set<never>(), request: () => ((translated += 1), modelRequest({ messages: [], choices: 2, unmapped: ['store'], hints: ['user'] })) }
    const demands = demandsOf(asked, 'openai-chat', ADAPTERS, undefined)
    const target = (name: string): ReturnType<typeof targetWith> => config.targets.get(name) ?? targetWith()
    expect(demands.lossAt(target('cheap'))).toEqual({ refused: [], dropped: [] })
    expect(translated).toBe(0)
    expect(demands.lossAt(target('claude'))).toMatchObject({ refused: ['store', 'n'], dropped: ['user'] })
    demands.lossAt(target('claude'))
    expect(translated).toBe(1)
  })

  it('is the request’s own fault where it cannot be read at all', () => {
    const demands = demandsOf({ native: {}, needs: new Set<never>(), request: () => { throw new WeighbridgeError('bad_request', 'messages.0 is odd.', { details: { param: 'messages.0' } }) } }, 'openai-chat', ADAPTERS, undefined)
    expect(plan({ model: 'claude', failover: false }, demands).unable).toEqual([{ target: 'claude', reason: 'untranslatable', detail: 'messages.0 is odd.', members: ['messages.0'] }])
  })
})

describe('the error when nobody may be asked', () => {
  const made = plan()
  it.each<[string, Parameters<typeof nothingAdmissible>[1], number | undefined, string, number]>([
    ['only limits', [{ target: 'a', reason: 'rate_limited', detail: 'd' }], 900, 'provider_rate_limited', 429],
    ['limits and cooldowns', [{ target: 'a', reason: 'rate_limited', detail: 'd' }, { target: 'b', reason: 'cooling', detail: 'd' }], 900, 'provider_overloaded', 503],
    ['a drain and a cooldown', [{ target: 'a', reason: 'drained', detail: 'd' }, { target: 'b', reason: 'cooling', detail: 'd' }], 900, 'provider_overloaded', 503],
    ['only drains', [{ target: 'a', reason: 'drained', detail: 'd' }], undefined, 'no_admissible_target', 422],
    ['only wires', [{ target: 'a', reason: 'untranslatable', detail: 'd', members: ['n', 'store'] }], undefined, 'cannot_translate', 400],
    ['wires and ceilings', [{ target: 'a', reason: 'untranslatable', detail: 'd', members: ['n'] }, { target: 'b', reason: 'over_ceiling', detail: 'd' }], undefined, 'no_admissible_target', 422],
    ['nothing configured', [], undefined, 'no_admissible_target', 422],
  ])('says what to do about %s', (_name, exclusions, retryAfterMs, code, status) => {
    const error = nothingAdmissible(made, exclusions, retryAfterMs, undefined)
    expect([error.code, error.answer.httpStatus, error.retryAfterMs]).toEqual([code, status, retryAfterMs])
  })
})

describe('the name of a model', () => {
  it.each([...SURFACES.keys()])('has a bound on %s, since books and spans keep it', (wire) => {
    const surface = SURFACES.get(wire)
    const body = { model: `p/${'x'.repeat(600)}`, max_tokens: 1, input: 'hi', messages: [{ role: 'user', content: 'hi' }] }
    expect(() => surface?.read(body)).toThrow('model is 602 characters long, at most 512 are read.')
    expect(surface?.read({ ...body, model: `p/${'x'.repeat(500)}` }).model).toHaveLength(502)
  })
})

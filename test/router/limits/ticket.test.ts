// One call and its limits: which bind it, what it sets aside and settles, and what its caller hears when it is refused.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dollars } from '../../../router/limits/amounts.ts'
import { refusalHeaders } from '../../../router/limits/headers.ts'
import { keyFacts, ownFolder, scriptedClock, settle, START, worldIn, type World } from './support.ts'

let folder: string
let remove: () => void
let clock: ReturnType<typeof scriptedClock>
const worlds: World[] = []
beforeEach(() => {
  ;({ folder, remove } = ownFolder())
  clock = scriptedClock()
})
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.limits.close()
  remove()
})

function under(extra: string): World {
  const world = worldIn(folder, extra, clock)
  worlds.push(world)
  return world
}
const spent = (world: World, rule: string, subject = '', window: 'minute' | 'hour' | 'day' | 'month' | 'total' = 'day'): { usd: number; tokens: number; requests: number } => {
  const cell = world.limits.ledger.cell(rule, subject, window, clock.nowMs())
  return { usd: dollars(cell.spent.usd), tokens: cell.spent.tokens, requests: cell.spent.requests }
}

describe('a call without limits', () => {
  it('is planned as ever, and nothing is counted', async () => {
    const world = under('')
    const { ticket, plan } = await world.ask({ key: keyFacts(), userId: 'u', sessionId: 's', traceId: 't' })
    expect(plan?.candidates.map(({ target }) => target.name)).toEqual(['cheap', 'dear'])
    settle({ ticket, world }, 0.5)
    expect([ticket.headers('openai-chat'), ticket.budgetFacts(), world.limits.ledger.size()]).toEqual([{}, undefined, 0])
  })
})

describe('setting aside and settling', () => {
  it('holds the estimate of the target that the draw can give, and counts what it cost', async () => {
    const world = under('budgets: { all: { usd_per_day: 1 } }')
    const { ticket } = await world.ask()
    expect(ticket.budgetFacts()).toMatchObject({ reservedUsd: (1_200 * 1 + 100 * 2) / 1e6, leftUsd: 1, bound: 'all usd_per_day', task: 'general' })
    settle({ ticket, world }, 0.000000000001)
    settle({ ticket, world }, 0.5)
    expect(spent(world, 'all')).toEqual({ usd: 1e-12, tokens: 1_100, requests: 1 })
  })

  it('settles once only, a call that was given up at what it cost, and one without an outcome at what was set aside', async () => {
    const world = under('budgets: { all: { usd_per_day: 1 } }')
    const first = await world.ask()
    settle({ ticket: first.ticket, world }, 0.0002, 300)
    settle({ ticket: first.ticket, world }, 0.9, 9)
    const lost = await world.ask()
    lost.ticket.settle(undefined)
    expect(spent(world, 'all').usd).toBeCloseTo(0.0002 + 0.0014, 15)
    expect(spent(world, 'all').tokens).toBe(300 + 1_300)
  })

  it('keeps a dearer target out while the budget has room for a cheaper one only, and refuses when it has for none', async () => {
    const world = under('budgets: { all: { usd_per_day: 0.02 } }')
    const first = await world.ask({ task: 'hard' })
    expect(first.plan?.candidates.map(({ target }) => target.name)).toEqual(['dear', 'cheap'])
    settle({ ticket: first.ticket, world, target: 'dear' }, 0.016)
    const second = await world.ask({ task: 'hard' })
    expect(second.plan?.candidates.map(({ target }) => target.name)).toEqual(['cheap'])
    expect(second.plan?.unable).toEqual([{ target: 'dear', reason: 'over_budget', detail: 'it may take more than "all usd_per_day" has left' }])
    settle({ ticket: second.ticket, world }, 0.0039)
    expect((await world.ask({ task: 'hard' })).error).toMatchObject({ code: 'budget_exceeded' })
  })

  it('sets more aside before an attempt at a dearer target, and says no when there is no room', async () => {
    const world = under('budgets: { all: { usd_per_day: 0.03 } }')
    const { ticket } = await world.ask()
    expect(await ticket.cover(world.target('cheap'), { usd: 0, tokens: 0 })).toBeUndefined()
    expect(await ticket.cover(world.target('dear'), { usd: 0.001, tokens: 400 })).toBeUndefined()
    expect(ticket.budgetFacts()?.reservedUsd).toBeCloseTo(0.001 + 0.016, 15)
    expect(await ticket.cover(world.target('dear'), { usd: 0.02, tokens: 900 })).toMatchObject({ code: 'budget_exceeded' })
    settle({ ticket, world, target: 'dear' }, 0.02)
    expect(spent(world, 'all').usd).toBe(0.02)
  })

  it('counts a call in the window in which it began, however long it lasts', async () => {
    const world = under('budgets: { all: { usd_per_day: 1, requests_per_minute: 1 } }')
    const { ticket } = await world.ask()
    expect((await world.ask()).error).toMatchObject({ code: 'rate_limit_exceeded' })
    clock.move(13 * 3_600_000)
    const other = await world.ask()
    expect(other.plan).toBeDefined()
    settle({ ticket, world }, 0.3)
    settle({ ticket: other.ticket, world }, 0.1)
    expect(spent(world, 'all').usd).toBe(0.1)
    expect(dollars(world.limits.ledger.cell('all', '', 'day', START).spent.usd)).toBe(0.3)
  })

  it('lets what costs nothing pass when the money is gone', async () => {
    const world = under(`budgets: { all: { usd_per_day: 0.001 } }`.replace('budgets', 'aliases: { x: cheap }\nbudgets'))
    world.config = { ...world.config, targets: new Map([...world.config.targets].map(([name, target]) => [name, { ...target, price: target.price === undefined ? undefined : { ...target.price, tiers: [{ ...target.price.tiers[0], input: 0, output: 0 }] as const } }])) }
    expect((await world.ask()).plan).toBeDefined()
  })
})

describe('calls without a price', () => {
  const UNPRICED = (budgets: string): string => `budgets: { ${budgets} }`
  const withoutPrice = (world: World): void => {
    world.config = { ...world.config, targets: new Map([...world.config.targets].map(([name, target]) => [name, name === 'cheap' ? { ...target, price: undefined } : target])) }
  }
  it('are kept from a dollar budget, and from no other', async () => {
    const world = under(UNPRICED('all: { usd_per_day: 1 }'))
    withoutPrice(world)
    const { plan } = await world.ask({ task: 'hard' })
    expect(plan?.unable).toEqual([{ target: 'cheap', reason: 'unpriced', detail: 'its price is unknown, and the budget "all usd_per_day" counts dollars' }])
    world.config = { ...world.config, settings: { ...world.config.settings, budgets: { ...world.config.settings.budgets, all: { tokens_per_day: 5_000 } } } }
    const counted = await world.ask()
    expect(counted.plan?.candidates.map(({ target }) => target.name)).toContain('cheap')
    settle({ ticket: counted.ticket, world }, undefined, 1_234)
    expect(spent(world, 'all')).toEqual({ usd: 0, tokens: 1_234, requests: 2 })
  })

  it('count as what the configuration says, where it says so', async () => {
    const world = under(UNPRICED('all: { usd_per_day: 1 }, unpriced: { count_as_usd: 0.25 }'))
    withoutPrice(world)
    const { ticket } = await world.ask()
    settle({ ticket, world }, undefined, 10)
    expect(spent(world, 'all').usd).toBe(0.25)
    for (let call = 0; call < 3; call += 1) settle({ ticket: (await world.ask()).ticket, world }, undefined, 10)
    expect((await world.ask()).error).toMatchObject({ code: 'budget_exceeded' })
  })
})

describe('whose budget', () => {
  it('each key, user, session, trace, tag value and task has its own', async () => {
    const world = under(`budgets:
  each_key: { requests_per_day: 1 }
  each_user: { requests_per_day: 1 }
  each_session: { steps: 1 }
  each_tag: { team: { requests_per_day: 1 } }
  tasks: { hard: { requests_per_day: 1 } }`)
    const one = { key: keyFacts(), userId: 'u1', sessionId: 's1', tags: ['team=a'], task: 'hard' }
    expect((await world.ask(one)).plan).toBeDefined()
    const others = { key: keyFacts({ id: 'key_2' }), userId: 'u2', sessionId: 's2', tags: ['team=b'], task: 'general' }
    expect((await world.ask(others)).plan).toBeDefined()
    const third = { key: keyFacts({ id: 'key_3' }), userId: 'u3', sessionId: 's3', tags: ['team=c'], task: undefined }
    const bounds: [object, string][] = [[{ key: one.key }, 'key requests_per_day'], [{ userId: 'u1' }, 'user requests_per_day'], [{ tags: ['x=1', 'team=b'] }, 'tag:team requests_per_day'], [{ task: 'hard' }, 'task requests_per_day']]
    for (const [changed, name] of bounds) {
      const { error } = await world.ask({ ...third, ...changed })
      expect(error?.details?.['budget'], name).toBe(name)
    }
    // A session is a key's own: the same name under another key is another session.
    expect((await world.ask({ ...third, sessionId: 's1' })).plan).toBeDefined()
    expect((await world.ask({ ...third, userId: 'u4', tags: [], key: keyFacts({ id: 'key_3' }), sessionId: 's1' })).error).toBeDefined()
  })

  it('limits of one tag value replace those of each, by measure and window', async () => {
    const world = under('budgets: { each_tag: { team: { requests_per_day: 1, tokens_per_day: 100000 } }, tags: { team=big: { requests_per_day: 2 } } }')
    const asks = async (tag: string): Promise<boolean> => (await world.ask({ tags: [tag] })).plan !== undefined
    expect([await asks('team=small'), await asks('team=small'), await asks('team=big'), await asks('team=big'), await asks('team=big')]).toEqual([true, false, true, true, false])
  })

  it('a key may say otherwise than each key does, in the state and in the configuration, and of both the smaller binds', async () => {
    const world = under('budgets: { each_key: { requests_per_day: 1 } }\nkeys: { app: { limits: { requests_per_day: 3 } } }')
    const asks = async (key: ReturnType<typeof keyFacts>): Promise<number> => {
      let admitted = 0
      while ((await world.ask({ key })).plan !== undefined) admitted += 1
      return admitted
    }
    expect(await asks(keyFacts({ id: 'key_a', name: 'other' }))).toBe(1)
    expect(await asks(keyFacts({ id: 'key_b' }))).toBe(3)
    expect(await asks(keyFacts({ id: 'key_c', policy: { limits: { requests_per_day: 2 } } }))).toBe(2)
    expect(await asks(keyFacts({ id: 'key_d', policy: { limits: { requests_per_day: 5 } } }))).toBe(3)
    expect(await asks(keyFacts({ id: 'key_e', name: 'constructor', policy: { limits: { requests_per_day: 4 } } }))).toBe(4)
  })

  it('evals and judges have a budget of their own, and count in no other but their key\'s', async () => {
    const world = under('budgets: { all: { requests_per_day: 1 }, each_user: { requests_per_day: 1 }, each_key: { requests_per_day: 1 }, evals: { requests_per_day: 2 } }')
    const key = keyFacts({ policy: { limits: { requests_per_month: 9 } } })
    expect((await world.ask({ purpose: 'eval', userId: 'u', key })).plan).toBeDefined()
    expect((await world.ask({ purpose: 'judge', userId: 'u', key })).plan).toBeDefined()
    expect((await world.ask({ purpose: 'eval', userId: 'u' })).error?.details).toMatchObject({ budget: 'evals requests_per_day' })
    expect((await world.ask({ userId: 'u', key: keyFacts({ id: 'key_9' }) })).plan).toBeDefined()
    expect(spent(world, 'all').requests).toBe(1)
    expect(spent(world, 'key', 'key_1', 'month').requests).toBe(2)
  })

  it('simulated calls count on their own side', async () => {
    const world = under('budgets: { all: { requests_per_day: 1 } }')
    const real = world.config
    expect((await world.ask()).plan).toBeDefined()
    world.config = { ...real, targets: new Map([...real.targets].map(([name, target]) => [name, { ...target, provider: { ...target.provider, simulated: true } }])) }
    expect((await world.ask()).plan).toBeDefined()
    expect((await world.ask()).error).toBeDefined()
    expect([spent(world, 'all').requests, spent(world, 'sim/all').requests]).toEqual([1, 1])
  })

  it('a key\'s tags stand above those that the caller names', async () => {
    const world = under('budgets: { each_tag: { team: { requests_per_day: 1 } } }')
    const key = keyFacts({ policy: { tags: { team: 'payments' } } })
    expect(world.limits.tagged(world.config, key, { ...(await import('./support.ts')).FACTS, tags: ['team=other', 'x=1'] }).tags).toEqual(['team=payments', 'x=1'])
    expect((await world.ask({ key, tags: ['team=other'] })).plan).toBeDefined()
    expect((await world.ask({ key, tags: ['team=another'] })).error).toBeDefined()
    expect(spent(world, 'tag:team', 'other').requests).toBe(0)
  })
})

describe('what a key may use', () => {
  it('its tasks', async () => {
    const world = under('keys: { app: { tasks: [general, hard] } }')
    const key = keyFacts({ policy: { tasks: ['hard'] } })
    expect((await world.ask({ key, task: 'hard' })).plan).toBeDefined()
    const { error } = await world.ask({ key })
    expect(error).toMatchObject({ code: 'not_allowed_task', details: { task: 'general', allowed: ['hard'] }, answer: { httpStatus: 403 } })
    expect(error?.message).toBe('Key key_1 may not call task general; it may call hard.')
  })

  it('its targets: others are no candidates, and naming one is refused instead of served by another', async () => {
    const world = under('')
    const key = keyFacts({ policy: { targets: ['p/*'] } })
    const { plan } = await world.ask({ key, task: 'hard' })
    expect(plan?.candidates.map(({ target }) => target.name)).toEqual(['cheap'])
    expect(plan?.unable).toEqual([{ target: 'dear', reason: 'not_allowed', detail: 'key key_1 may use p/*' }])
    for (const model of ['dear', 'q/large', 'q/anything']) expect((await world.ask({ key, model })).error, model).toMatchObject({ code: 'not_allowed_target', answer: { httpStatus: 403 } })
    expect((await world.ask({ key, pin: 'dear' })).error).toMatchObject({ code: 'not_allowed_target' })
    const none = await world.ask({ key: keyFacts({ policy: { targets: ['nothing'] } }) })
    expect(none.error).toMatchObject({ code: 'not_allowed_target', message: 'Key key_1 may not use any target of task general; it may use nothing.' })
  })

  it('is told to nobody else: what is said names the own key only', async () => {
    const world = under('keys: { secret_app: { targets: [dear], aliases: { hidden: dear } } }')
    const { error } = await world.ask({ key: keyFacts({ policy: { targets: ['cheap'], tasks: ['hard'] } }), task: 'general' })
    expect(JSON.stringify([error?.message, error?.details, error?.remedy])).not.toMatch(/secret_app|hidden/)
  })

  it('its aliases, before those of all', async () => {
    const world = under('aliases: { gpt-4o: cheap }\nkeys: { app: { aliases: { gpt-4o: "task:hard", other: dear } } }')
    expect((await world.ask({ model: 'gpt-4o' })).plan?.pinned?.target.name).toBe('cheap')
    expect((await world.ask({ key: keyFacts(), model: 'gpt-4o' })).plan?.task.name).toBe('hard')
    expect((await world.ask({ key: keyFacts({ policy: { aliases: { 'gpt-4o': 'dear' } } }), model: 'gpt-4o' })).plan?.pinned?.target.name).toBe('dear')
    expect((await world.ask({ key: keyFacts({ id: 'k', name: 'elsewhere' }), model: 'other' })).error).toMatchObject({ code: 'unknown_model' })
  })
})

describe('what a refused caller hears', () => {
  it('of a rate: how much, until when, and that it may try again by itself', async () => {
    const world = under('budgets: { each_key: { requests_per_minute: 1, tokens_per_minute: 100000 } }')
    const first = await world.ask({ key: keyFacts() })
    settle({ ticket: first.ticket, world }, 0.001, 90_000)
    const { ticket, error } = await world.ask({ key: keyFacts() })
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', answer: { httpStatus: 429 }, retryAfterMs: 30_000 })
    expect(error?.message).toBe('The limit "key requests_per_minute" is 1 calls this minute, and 1 were made. It begins anew at 2026-03-10T12:01:00.000Z.')
    expect(error === undefined ? {} : refusalHeaders(error)).toEqual({})
    expect(ticket.headers('openai-chat')).toEqual({ 'x-ratelimit-limit-requests': '1', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '30s', 'x-ratelimit-limit-tokens': '100000', 'x-ratelimit-remaining-tokens': '10000', 'x-ratelimit-reset-tokens': '30s' })
    expect(ticket.headers('anthropic-messages')).toEqual({
      'anthropic-ratelimit-requests-limit': '1', 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': '2026-03-10T12:01:00.000Z',
      'anthropic-ratelimit-tokens-limit': '100000', 'anthropic-ratelimit-tokens-remaining': '10000', 'anthropic-ratelimit-tokens-reset': '2026-03-10T12:01:00.000Z',
    })
  })

  it('of money: figures, the reset, and that trying again does not help', async () => {
    const world = under('budgets: { each_key: { usd_per_day: 0.01 } }')
    const first = await world.ask({ key: keyFacts() })
    settle({ ticket: first.ticket, world }, 0.0095)
    const { ticket, error } = await world.ask({ key: keyFacts() })
    expect(error).toMatchObject({ code: 'budget_exceeded', answer: { httpStatus: 429 }, retryAfterMs: 43_170_000, details: { budget: 'key usd_per_day', limit: 0.01, used: 0.0095, set_aside: 0, needed: 0.0014, resets_at: '2026-03-11T00:00:00.000Z' } })
    expect(error?.message).toContain('is $0.01 this day: used $0.0095, and this call may take $0.0014')
    expect(error === undefined ? {} : refusalHeaders(error)).toEqual({ 'x-should-retry': 'false' })
    expect(ticket.headers('openai-chat')).toEqual({ 'x-weighbridge-budget-limit-usd': '0.01', 'x-weighbridge-budget-remaining-usd': '0.0005', 'x-weighbridge-budget-reset': '2026-03-11T00:00:00.000Z' })
  })

  it('that calls under way are in the way: to come back in a second', async () => {
    const world = under('budgets: { each_key: { usd_per_day: 0.002 } }')
    await world.ask({ key: keyFacts() })
    const { error } = await world.ask({ key: keyFacts() })
    expect(error).toMatchObject({ code: 'budget_exceeded', retryAfterMs: 1_000 })
    expect(error?.message).toContain('used $0, set aside for 1 call(s) under way $0.0014')
    expect(error === undefined ? {} : refusalHeaders(error)).toEqual({})
  })

  it('that no call of its size ever fits, without a time to wait for', async () => {
    const world = under('budgets: { each_key: { usd_per_day: 0.001, tokens_per_minute: 1200 } }')
    const { error } = await world.ask({ key: keyFacts() })
    expect(error).toMatchObject({ code: 'budget_exceeded', retryAfterMs: undefined, remedy: expect.stringContaining('no call of this size fits it') })
    expect(error === undefined ? {} : refusalHeaders(error)).toEqual({ 'x-should-retry': 'false' })
  })

  it('of a budget that others share: its name and its reset, and no figure', async () => {
    const world = under('budgets: { all: { usd_per_day: 0.0121 }, tasks: { hard: { requests_per_day: 1 } } }')
    const first = await world.ask({ key: keyFacts({ id: 'key_rich' }) })
    settle({ ticket: first.ticket, world }, 0.0119)
    const { ticket, error } = await world.ask({ key: keyFacts() })
    expect(error?.details).toEqual({ budget: 'all usd_per_day', resets_at: '2026-03-11T00:00:00.000Z' })
    expect(error?.message).toBe('The budget "all usd_per_day", which this call shares with others, has no room left for it this day. It begins anew at 2026-03-11T00:00:00.000Z.')
    expect(ticket.headers('openai-chat')).toEqual({})
    // Who needs no key, or holds an admin one, is told all.
    expect((await world.ask({})).error?.message).toContain('$0.0119')
    expect((await world.ask({ key: keyFacts({ scopes: ['call', 'admin'] }) })).error?.message).toContain('$0.0119')
  })

  it('of several the one that holds longest', async () => {
    const world = under('budgets: { each_key: { requests_per_minute: 1, usd_per_month: 0.01 } }')
    const first = await world.ask({ key: keyFacts() })
    settle({ ticket: first.ticket, world }, 0.01)
    expect((await world.ask({ key: keyFacts() })).error).toMatchObject({ code: 'budget_exceeded', details: { budget: 'key usd_per_month' } })
  })

  it('is counted by code and budget', async () => {
    const world = under('budgets: { all: { requests_per_day: 0 } }\nkeys: { app: { tasks: [hard] } }')
    await world.ask({})
    await world.ask({ key: keyFacts() })
    expect(world.metrics.value('weighbridge_limit_refusals_total', { code: 'rate_limit_exceeded', budget: 'all requests_per_day' })).toBe(1)
    expect(world.metrics.value('weighbridge_limit_refusals_total', { code: 'not_allowed_task', budget: '' })).toBe(1)
  })
})

describe('traces and sessions', () => {
  it('have steps, and the next one after the last is refused with how to go on', async () => {
    const world = under('budgets: { each_trace: { steps: 2 } }')
    for (const step of [1, 2]) {
      const { ticket } = await world.ask({ traceId: 't1' })
      expect(ticket.budgetFacts()).toMatchObject({ step })
      expect(ticket.headers(undefined)['x-weighbridge-steps-remaining']).toBe(String(2 - step))
      settle({ ticket, world }, 0)
    }
    const { error } = await world.ask({ traceId: 't1' })
    expect(error).toMatchObject({ code: 'step_limit', answer: { httpStatus: 409 }, retryAfterMs: undefined, details: { budget: 'trace steps', limit: 2, used: 2 }, remedy: expect.stringMatching(/Begin a new trace.*budgets\.each_trace\.steps.*x-weighbridge-max-steps.*budgets reset trace/) })
    expect(error === undefined ? {} : refusalHeaders(error)).toEqual({ 'x-should-retry': 'false' })
    expect((await world.ask({ traceId: 't2' })).plan).toBeDefined()
  })

  it('are the trace, else the session, and a call in neither stands alone', async () => {
    const world = under('budgets: { each_trace: { steps: 1, usd: 0.01 } }')
    expect((await world.ask({ sessionId: 's' })).plan).toBeDefined()
    expect((await world.ask({ sessionId: 's' })).error).toMatchObject({ code: 'step_limit' })
    expect((await world.ask({ sessionId: 's', traceId: 't' })).plan).toBeDefined()
    for (let call = 0; call < 3; call += 1) expect((await world.ask()).plan).toBeDefined()
    // Alone it still has to fit: the dear target's call does not.
    expect((await world.ask({ model: 'dear', failover: false })).error).toMatchObject({ code: 'budget_exceeded', details: { budget: 'trace usd' } })
    expect(world.limits.ledger.size()).toBe(2)
  })

  it('are narrowed by what a call brings, for that call', async () => {
    const world = under('budgets: { each_trace: { usd: 1, steps: 10 } }')
    const first = await world.ask({ traceId: 't', maxSteps: 1, maxTraceUsd: 0.5 })
    settle({ ticket: first.ticket, world }, 0.4995)
    expect((await world.ask({ traceId: 't', maxSteps: 1 })).error).toMatchObject({ code: 'step_limit' })
    expect((await world.ask({ traceId: 't', maxTraceUsd: 0.5 })).error).toMatchObject({ code: 'budget_exceeded', details: { limit: 0.5, used: 0.4995 } })
    expect((await world.ask({ traceId: 't', maxTraceUsd: 100 })).plan).toBeDefined()
    expect((await world.ask({ traceId: 't' })).plan).toBeDefined()
  })

  it('may be limited by a call alone, where it belongs to one', async () => {
    const world = under('')
    expect((await world.ask({ traceId: 't', maxSteps: 1 })).plan).toBeDefined()
    expect((await world.ask({ traceId: 't', maxSteps: 1 })).error).toMatchObject({ code: 'step_limit' })
    for (const own of [{ maxSteps: 5 }, { maxTraceUsd: 1 }]) expect(() => world.ticket(own)).toThrowError(expect.objectContaining({ code: 'bad_request', message: expect.stringContaining('neither a traceparent nor a session') }))
  })

  it('of one key are nobody else\'s, whatever they are called', async () => {
    const world = under('budgets: { each_trace: { steps: 1 }, each_session: { steps: 1 } }')
    expect((await world.ask({ key: keyFacts(), traceId: 't', sessionId: 's' })).plan).toBeDefined()
    expect((await world.ask({ key: keyFacts({ id: 'key_2' }), traceId: 't', sessionId: 's' })).plan).toBeDefined()
    expect((await world.ask({ key: keyFacts(), traceId: 'u', sessionId: 's' })).error).toMatchObject({ code: 'step_limit', details: { budget: 'session steps' } })
  })

  it('with very long names are told apart', async () => {
    const world = under('budgets: { each_session: { steps: 1 } }')
    const long = 'x'.repeat(511)
    expect((await world.ask({ sessionId: `${long}1` })).plan).toBeDefined()
    expect((await world.ask({ sessionId: `${long}2` })).plan).toBeDefined()
    expect((await world.ask({ sessionId: `${long}2` })).error).toBeDefined()
  })
})

describe('a changed configuration', () => {
  it('binds from the next call on what was spent before', async () => {
    const world = under('budgets: { all: { usd_per_day: 1 } }')
    const first = await world.ask()
    settle({ ticket: first.ticket, world }, 0.5)
    const { budgets } = world.config.settings
    world.config = { ...world.config, settings: { ...world.config.settings, budgets: { ...budgets, all: { usd_per_day: 0.4 } } } }
    expect((await world.ask()).error).toMatchObject({ code: 'budget_exceeded' })
    world.config = { ...world.config, settings: { ...world.config.settings, budgets: { ...budgets, all: { usd_per_day: 2 } } } }
    expect((await world.ask()).plan).toBeDefined()
  })
})

// Several routers, one budget: slices asked for, used, given back; a primary that is gone, comes back, forgets an answer or restarts; and
// the stated bound on what they can overspend together, for any order of events.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LeaseRequest } from '../../../core/leases.ts'
import { seededRandom } from '../../../core/seams.ts'
import { counted, dollars } from '../../../router/limits/amounts.ts'
import type { Lending } from '../../../router/limits/lending.ts'
import { resetBudget } from '../../../router/limits/report.ts'
import type { AskPrimary } from '../../../router/limits/lease-line.ts'
import type { Ticket } from '../../../router/limits/ticket.ts'
import { keyFacts, ownFolder, scriptedClock, settle, worldIn, type World } from './support.ts'

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

type Line = { down: boolean; loseAnswer: boolean; readonly asked: LeaseRequest[] }

function primaryOf(extra: string, name = 'primary.sqlite'): World {
  const world = worldIn(folder, extra, clock, undefined, name)
  worlds.push(world)
  return world
}

function lendingOf(world: World): Lending {
  if (world.limits.lending === undefined) throw new Error('no primary')
  return world.limits.lending
}

/** A router that follows the primary behind `lending`, over a line that can be down or lose answers. */
function followerOf(extra: string, lending: () => Lending, name: string): { world: World; line: Line } {
  const line: Line = { down: false, loseAnswer: false, asked: [] }
  const ask: AskPrimary = async (request) => {
    line.asked.push(structuredClone(request))
    if (line.down) throw new Error('connect ECONNREFUSED')
    const answer = structuredClone(lending().lend(structuredClone(request)))
    if (line.loseAnswer) throw new Error('socket hang up')
    return answer
  }
  const world = worldIn(folder, extra, clock, ask, `${name}.sqlite`)
  worlds.push(world)
  return { world, line }
}

const spentUsd = (world: World, rule = 'all', subject = ''): number => dollars(world.limits.ledger.cell(rule, subject, 'day', clock.nowMs()).spentInAll('usd'))
const TEXT = 'budgets: { reserve: most, slice: 0.1, all: { usd_per_day: 0.1 } }'

describe('a router that follows a primary', () => {
  it('asks for a slice with its first call, and for the next before the last is used up', async () => {
    const primary = primaryOf(TEXT)
    const { world, line } = followerOf(TEXT, () => lendingOf(primary), 'a')
    const first = await world.ask()
    expect(first.plan).toBeDefined()
    const cell = primary.limits.ledger.cell('all', '', 'day', clock.nowMs())
    expect(dollars(cell.lent.usd)).toBeCloseTo(0.01, 9)
    const waited = line.asked.length
    for (let call = 0; call < 12; call += 1) settle({ ticket: (await world.ask()).ticket, world }, 0.0013)
    settle({ ticket: first.ticket, world }, 0.0013)
    await world.limits.slices?.report()
    expect(line.asked.length).toBeGreaterThan(waited)
    expect(spentUsd(primary)).toBeCloseTo(13 * 0.0013, 12)
    // What it was granted counts at the primary, used or not.
    expect(dollars(cell.lent.usd)).toBeLessThanOrEqual(0.1)
  })

  it('shares a budget to its last call: together they spend what one alone could', async () => {
    const primary = primaryOf(TEXT)
    const followers = ['a', 'b', 'c'].map((name) => followerOf(TEXT, () => lendingOf(primary), name))
    let admitted = 0
    for (let round = 0; round < 60; round += 1) {
      for (const { world } of [{ world: primary }, ...followers]) {
        const { ticket, plan } = await world.ask()
        if (plan === undefined) continue
        admitted += 1
        settle({ ticket, world }, 0.0014)
      }
      // Idle slices go back, and a primary that had nothing is asked again.
      clock.move(11_000)
      for (const { world } of followers) await world.limits.slices?.report()
    }
    expect(admitted).toBe(Math.floor(0.1 / 0.0014))
    expect(spentUsd(primary)).toBeCloseTo(admitted * 0.0014, 12)
  })

  it('is refused by what the others have used, with the reset of the window', async () => {
    const primary = primaryOf(TEXT)
    const big = await primary.ask({ maxOutputTokens: 40_000 })
    settle({ ticket: big.ticket, world: primary }, 0.0995)
    const { world, line } = followerOf(TEXT, () => lendingOf(primary), 'a')
    const { error } = await world.ask()
    expect(error).toMatchObject({ code: 'budget_exceeded', details: { used: 0.0995, limit: 0.1 }, retryAfterMs: 43_170_000 })
    const asked = line.asked.length
    // The primary said that nothing is left: it is not asked again for every call.
    for (let call = 0; call < 20; call += 1) expect((await world.ask()).error).toBeDefined()
    expect(line.asked.length).toBeLessThanOrEqual(asked + 1)
  })

  it('asks for what its best target needs before it takes a cheaper one for want of a slice', async () => {
    const text = 'budgets: { slice: 0.01, all: { usd_per_day: 1 } }'
    const primary = primaryOf(text)
    const { world } = followerOf(text, () => lendingOf(primary), 'a')
    expect((await world.ask({ task: 'hard' })).plan?.candidates.map(({ target }) => target.name)).toEqual(['dear', 'cheap'])
  })

  it('gets more for a dearer attempt while the call is under way', async () => {
    const text = 'budgets: { slice: 0.001, all: { usd_per_day: 1 } }'
    const primary = primaryOf(text)
    const { world } = followerOf(text, () => lendingOf(primary), 'a')
    const { ticket } = await world.ask()
    expect(await ticket.cover(world.target('dear'), { usd: 0.001, tokens: 10 })).toBeUndefined()
    settle({ ticket, world, target: 'dear' }, 0.0165)
    await world.limits.slices?.report()
    expect(spentUsd(primary)).toBeCloseTo(0.0165, 12)
  })

  it('shares steps of a trace, keys and rates as it shares dollars', async () => {
    const text = 'budgets: { each_trace: { steps: 4 }, each_key: { requests_per_minute: 100 } }'
    const primary = primaryOf(text)
    const [one, two] = ['a', 'b'].map((name) => followerOf(text, () => lendingOf(primary), name))
    let admitted = 0
    for (let call = 0; call < 4; call += 1) for (const { world } of [one, two].filter((follower) => follower !== undefined)) if ((await world.ask({ traceId: 't', key: keyFacts() })).plan !== undefined) admitted += 1
    expect(admitted).toBe(4)
  })
})

describe('a call with several budgets', () => {
  it('gets what it needs of all of them with one question', async () => {
    const text = 'budgets: { slice: 0.1, all: { usd_per_day: 1, tokens_per_minute: 100000 }, each_session: { steps: 500, usd: 0.5 }, each_key: { requests_per_minute: 1000 } }'
    const primary = primaryOf(text)
    const { world, line } = followerOf(text, () => lendingOf(primary), 'a')
    await world.limits.slices?.report()
    const before = line.asked.length
    expect((await world.ask({ sessionId: 's', key: keyFacts() })).plan).toBeDefined()
    expect(line.asked.length).toBe(before + 1)
    expect((await world.ask({ sessionId: 's', key: keyFacts() })).plan).toBeDefined()
    expect(line.asked.length).toBe(before + 1)
  })
})

describe('what no primary can give', () => {
  it('is not asked for: a call that is larger than the limit, or that stands alone', async () => {
    const text = 'budgets: { each_trace: { usd: 0.001 }, all: { usd_per_day: 0.001 } }'
    const primary = primaryOf(text)
    const { world, line } = followerOf(text, () => lendingOf(primary), 'a')
    await world.limits.slices?.report()
    const before = line.asked.length
    expect((await world.ask()).error).toMatchObject({ code: 'budget_exceeded', remedy: expect.stringContaining('no call of this size fits it') })
    expect(line.asked.length).toBe(before)
  })
})

describe('a budget that begins anew at the primary', () => {
  it('does so at its followers', async () => {
    const primary = primaryOf(TEXT)
    const { world } = followerOf(TEXT, () => lendingOf(primary), 'a')
    let admitted = 0
    const spendAll = async (): Promise<void> => {
      for (;;) {
        const { ticket, plan } = await world.ask()
        if (plan === undefined) return
        admitted += 1
        settle({ ticket, world }, 0.0014)
      }
    }
    await spendAll()
    expect(admitted).toBe(71)
    await world.limits.slices?.report()
    expect(resetBudget(primary.limits, 'all', '', clock.nowMs())).toEqual(['day'])
    clock.move(1_100)
    await spendAll()
    expect(admitted).toBe(142)
  })
})

describe('many calls at once at a follower', () => {
  it('each get what they ask for, whoever else asks meanwhile and whenever it tells what it used', async () => {
    const text = 'budgets: { slice: 0.01, all: { usd_per_day: 10, requests_per_day: 5000 }, each_session: { steps: 100 } }'
    const primary = primaryOf(text)
    const { world } = followerOf(text, () => lendingOf(primary), 'a')
    const refused: string[] = []
    const agent = async (name: string): Promise<void> => {
      for (let step = 0; step < 8; step += 1) {
        const { ticket, error } = await world.ask({ sessionId: `${name}-${step}` })
        if (error !== undefined) refused.push(error.message)
        else settle({ ticket, world }, 0.0012)
        if (step % 3 === 0) void world.limits.slices?.report()
      }
    }
    await Promise.all(Array.from({ length: 60 }, (_, n) => agent(`a${n}`)))
    expect(refused).toEqual([])
    await world.limits.slices?.report()
    expect(primary.limits.ledger.cell('all', '', 'day', clock.nowMs()).spentInAll('requests')).toBe(480)
  })
})

describe('without its primary', () => {
  it('goes on with the slice it has and one more, and no further', async () => {
    const primary = primaryOf(TEXT)
    const { world, line } = followerOf(TEXT, () => lendingOf(primary), 'a')
    settle({ ticket: (await world.ask()).ticket, world }, 0.0014)
    const granted = dollars(world.limits.ledger.cell('all', '', 'day', clock.nowMs()).granted?.usd ?? NaN)
    line.down = true
    let admitted = 1
    for (;;) {
      const { ticket, plan } = await world.ask()
      if (plan === undefined) break
      admitted += 1
      settle({ ticket, world }, 0.0014)
      clock.move(100)
    }
    expect(admitted * 0.0014).toBeLessThanOrEqual(granted + 0.1 * 0.1)
    expect(admitted * 0.0014).toBeGreaterThan(granted)
    expect(world.metrics.value('weighbridge_budget_slices_alone_total')).toBe(1)
    expect(world.limits.slices?.standing()).toMatchObject({ reachable: false, fault: expect.stringContaining('ECONNREFUSED') })
    line.down = false
    clock.move(3_000)
    await world.limits.slices?.report()
    expect(spentUsd(primary)).toBeCloseTo(admitted * 0.0014, 12)
    expect(world.limits.slices?.standing()).toMatchObject({ reachable: true, fault: undefined })
    expect((await world.ask()).plan).toBeDefined()
  })

  it('begins a window that it never heard of with one slice', async () => {
    const primary = primaryOf(TEXT)
    const { world, line } = followerOf(TEXT, () => lendingOf(primary), 'a')
    line.down = true
    clock.move(86_400_000)
    let admitted = 0
    for (;;) {
      const { ticket, plan, error } = await world.ask()
      if (plan === undefined) {
        expect(error).toMatchObject({ code: 'budget_exceeded' })
        break
      }
      admitted += 1
      settle({ ticket, world }, 0.0014)
    }
    expect(admitted).toBe(Math.floor(0.01 / 0.0014))
  })

  it('does not hold a call up once it is known to be away', async () => {
    const primary = primaryOf(TEXT)
    const { world, line } = followerOf(TEXT, () => lendingOf(primary), 'a')
    line.down = true
    await world.ask()
    const asked = line.asked.length
    for (let call = 0; call < 50; call += 1) await world.ask({ sessionId: `s${call}` })
    expect(line.asked.length).toBeLessThanOrEqual(asked + 1)
  })

  it('restarted, goes on from what it kept, and tells what it used', async () => {
    const primary = primaryOf(TEXT)
    const first = followerOf(TEXT, () => lendingOf(primary), 'a')
    settle({ ticket: (await first.world.ask()).ticket, world: first.world }, 0.0014)
    first.line.down = true
    settle({ ticket: (await first.world.ask()).ticket, world: first.world }, 0.0014)
    // Killed with a call under way: what was set aside for it counts as used.
    await first.world.ask()
    first.world.limits.ledger.flush()
    const second = followerOf(TEXT, () => lendingOf(primary), 'a')
    await second.world.limits.slices?.report()
    expect(spentUsd(primary)).toBeCloseTo(3 * 0.0014, 12)
  })
})

describe('the primary', () => {
  it('has what it granted on disk before it says so, through its own restart', async () => {
    const first = primaryOf(TEXT)
    const { world } = followerOf(TEXT, () => lendingOf(first), 'a')
    await world.ask()
    const lent = first.limits.ledger.cell('all', '', 'day', clock.nowMs()).lent.usd
    expect(lent).toBeGreaterThan(0)
    const again = primaryOf(TEXT)
    expect(again.limits.ledger.cell('all', '', 'day', clock.nowMs()).lent.usd).toBe(lent)
  })

  it('takes back what an answer that was lost had granted', async () => {
    const primary = primaryOf(TEXT)
    const { world, line } = followerOf(TEXT, () => lendingOf(primary), 'a')
    await world.limits.slices?.report()
    line.loseAnswer = true
    await world.ask()
    const cell = primary.limits.ledger.cell('all', '', 'day', clock.nowMs())
    const lost = cell.lent.usd
    expect(lost).toBeGreaterThan(0)
    line.loseAnswer = false
    clock.move(3_000)
    await world.limits.slices?.report()
    const kept = world.limits.ledger.cell('all', '', 'day', clock.nowMs()).granted?.usd
    expect(cell.lent.usd).toBe(kept)
  })

  it('lets no late request undo a later one, and forgets none of a router that restarted', () => {
    const lending = lendingOf(primaryOf(TEXT))
    const request = (run: string, seq: number): LeaseRequest => ({ holder: 'h', run, seq, cells: [] })
    lending.lend(request('one', 5))
    expect(() => lending.lend(request('one', 5))).toThrowError(expect.objectContaining({ code: 'bad_request' }))
    expect(() => lending.lend(request('one', 4))).toThrowError(expect.objectContaining({ code: 'bad_request' }))
    expect(lending.lend(request('two', 1))).toEqual({ cells: [] })
  })

  it('grants nothing of a budget that is used up, and no more than there is', async () => {
    const primary = primaryOf(TEXT)
    const lending = lendingOf(primary)
    const ask = (holder: string, want: number): number | undefined =>
      lending.lend({ holder, run: 'r', seq: Date.now(), cells: [{ rule: 'all', subject: '', window: 'day', starts_at: Date.parse('2026-03-10'), granted: { usd: 0, tokens: 0, requests: 0 }, used: { usd: 0, tokens: 0, requests: 0 }, want: { usd: want }, most: { usd: counted(0.1) } }] }).cells[0]?.granted.usd
    expect(ask('a', counted(0.08))).toBe(counted(0.08))
    expect(ask('b', counted(0.08))).toBe(counted(0.1) - counted(0.08))
    expect(ask('c', counted(0.08))).toBe(0)
    expect((await primary.ask()).error).toMatchObject({ code: 'budget_exceeded' })
  })
})

describe('the bound', () => {
  it('holds for any order of calls, lost answers, restarts and outages: never more than the limit and one slice for each router that was alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 4 }), fc.double({ min: 0.02, max: 0.3, noNaN: true }), async (seed, count, slice) => {
        const own = ownFolder()
        folder = own.folder
        clock = scriptedClock()
        const random = seededRandom(seed)
        const text = `budgets: { reserve: most, slice: ${slice}, all: { usd_per_day: 0.06, requests_per_day: 40 } }`
        let primary = primaryOf(text)
        const followers = Array.from({ length: count }, (_, index) => followerOf(text, () => lendingOf(primary), `f${index}`))
        const under: { ticket: Ticket; world: World }[] = []
        let spent = 0
        let admitted = 0
        const end = (): void => {
          const [one] = under.splice(Math.floor(random.next() * under.length), 1)
          if (one === undefined) return
          const cost = counted(random.next() * 0.0014)
          spent += cost
          settle(one, dollars(cost))
        }
        for (let step = 0; step < 150; step += 1) {
          const which = Math.floor(random.next() * (count + 1))
          const follower = followers[which]
          const world = follower?.world ?? primary
          const event = random.next()
          if (event < 0.08 && follower !== undefined) follower.line.down = !follower.line.down
          else if (event < 0.12 && follower !== undefined) follower.line.loseAnswer = !follower.line.loseAnswer
          else if (event < 0.16) {
            clock.move(1_000 + Math.floor(random.next() * 12_000))
            for (const { world: each } of followers) await each.limits.slices?.report()
          } else if (event < 0.17) {
            // The primary is killed and starts again from its file; calls under way through it count as what was set aside.
            for (const { ticket, world: at } of under.filter((one) => one.world === primary)) {
              spent += counted(ticket.budgetFacts()?.reservedUsd ?? NaN)
              under.splice(under.findIndex((one) => one.world === at && one.ticket === ticket), 1)
            }
            primary.limits.ledger.flush()
            primary = primaryOf(text)
          } else if (event < 0.7) {
            const { ticket, plan } = await world.ask()
            if (plan === undefined) continue
            admitted += 1
            under.push({ ticket, world })
          } else end()
        }
        while (under.length > 0) end()
        const alone = followers.filter(({ world }) => world.metrics.value('weighbridge_budget_slices_alone_total') > 0).length
        expect(spent).toBeLessThanOrEqual(counted(0.06) + alone * Math.floor(counted(0.06) * slice))
        expect(admitted).toBeLessThanOrEqual(40 + alone * Math.ceil(40 * slice))
        // With every line up again, the primary knows of every dollar.
        for (const { world, line } of followers) {
          line.down = false
          line.loseAnswer = false
          clock.move(3_000)
          await world.limits.slices?.report()
          await world.limits.slices?.report()
        }
        expect(primary.limits.ledger.cell('all', '', 'day', clock.nowMs()).spentInAll('usd')).toBe(spent)
        for (const world of worlds.splice(0)) await world.limits.close()
        own.remove()
      }),
      { numRuns: 20 },
    )
  }, 120_000)
})

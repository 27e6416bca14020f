// That no budget is overspent beyond the stated bound, whatever a thousand calls at once cost and in whatever order they begin and end:
// spent and set aside are never more than the limit and what calls cost beyond what was set aside for them.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../../core/seams.ts'
import { counted, dollars } from '../../../router/limits/amounts.ts'
import type { Ticket } from '../../../router/limits/ticket.ts'
import { keyFacts, ownFolder, scriptedClock, worldIn, type World } from './support.ts'

let folder: string
let remove: () => void
let world: World | undefined
beforeEach(() => ({ folder, remove } = ownFolder()))
afterEach(async () => {
  await world?.limits.close()
  world = undefined
  remove()
})

type UnderWay = { readonly ticket: Ticket; readonly reservedUsd: number }

/** Runs a storm of calls; answers what they cost and by how much each cost more than was set aside for it. */
async function storm(seed: string, extra: string, calls: number, costOf: (reservedUsd: number, next: () => number) => number, check: (overrun: number) => void): Promise<{ spent: number; overrun: number; admitted: number; refused: number }> {
  const random = seededRandom(seed)
  const clock = scriptedClock()
  world = worldIn(folder, extra, clock)
  const under: UnderWay[] = []
  const sum = { spent: 0, overrun: 0, admitted: 0, refused: 0 }
  const end = (): void => {
    const [one] = under.splice(Math.floor(random.next() * under.length), 1)
    if (one === undefined || world === undefined) return
    const cost = counted(costOf(one.reservedUsd, () => random.next()))
    one.ticket.settle({ costUsd: dollars(cost), tokens: 500, target: world.target('cheap') })
    sum.spent += cost
    sum.overrun += Math.max(0, cost - counted(one.reservedUsd))
  }
  // All that can be under way at once is: a call ends only when the next has begun, or nothing more fits.
  for (let call = 0; call < calls; call += 1) {
    const { ticket, plan } = await world.ask({ key: keyFacts(), userId: `user-${Math.floor(random.next() * 5)}`, inputTokens: 100 + Math.floor(random.next() * 5_000), maxOutputTokens: random.next() < 0.5 ? undefined : 1 + Math.floor(random.next() * 2_000) })
    if (plan === undefined) sum.refused += 1
    else {
      sum.admitted += 1
      under.push({ ticket, reservedUsd: ticket.budgetFacts()?.reservedUsd ?? NaN })
    }
    check(sum.overrun)
    if (random.next() < 0.3) end()
    check(sum.overrun)
  }
  while (under.length > 0) {
    end()
    check(sum.overrun)
  }
  return sum
}

/** Holds every limit of the world against the bound. */
function held(overrun: number): void {
  for (const cell of world?.limits.ledger.current(scriptedClock().nowMs(), 1_000) ?? []) {
    for (const measure of ['usd', 'requests'] as const) {
      const most = cell.mosts[measure]
      if (most === undefined) continue
      expect(cell.spent[measure] + cell.held[measure], `${cell.key.rule} ${cell.key.window} ${measure}`).toBeLessThanOrEqual(most + (measure === 'usd' ? overrun : 0))
      expect(cell.held[measure]).toBeGreaterThanOrEqual(0)
    }
  }
}

describe('a thousand calls at once', () => {
  it('that cost no more than the most they may never overspend, and are counted to the last digit', async () => {
    let checks = 0
    const sum = await storm('most', 'budgets: { reserve: most, assumed_output_tokens: 2000, all: { usd_per_day: 1 }, each_user: { usd_per_day: 0.4 }, each_key: { requests_per_day: 900 } }', 1_000, (reserved, next) => reserved * next(), (overrun) => {
      expect(overrun).toBe(0)
      if ((checks += 1) % 20 === 0) held(0)
    })
    held(0)
    expect(sum.admitted).toBeGreaterThan(100)
    expect(sum.refused).toBeGreaterThan(100)
    const all = world?.limits.ledger.cell('all', '', 'day', scriptedClock().nowMs())
    expect(all?.spent.usd).toBe(sum.spent)
    expect(all?.held).toEqual({ usd: 0, tokens: 0, requests: 0 })
    expect(sum.spent).toBeLessThanOrEqual(counted(1))
  })

  it('that cost what nobody foresaw overspend by no more than that', async () => {
    let checks = 0
    const sum = await storm('likely', 'budgets: { all: { usd_per_day: 1 }, each_user: { usd_per_day: 0.4 } }', 1_000, (reserved, next) => reserved * 4 * next() ** 3, (overrun) => {
      if ((checks += 1) % 20 === 0) held(overrun)
    })
    held(sum.overrun)
    expect(sum.overrun).toBeGreaterThan(0)
    expect(sum.refused).toBeGreaterThan(100)
    expect(world?.limits.ledger.cell('all', '', 'day', scriptedClock().nowMs()).spent.usd).toBe(sum.spent)
    // What is overspent is what the calls that were under way cost beyond their reservations, never a call that began after the limit.
    expect(sum.spent).toBeLessThanOrEqual(counted(1) + sum.overrun)
  })

  it('keep to the bound for any limits and any costs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.double({ min: 0.01, max: 2, noNaN: true }), fc.integer({ min: 1, max: 200 }), fc.double({ min: 0, max: 6, noNaN: true }), async (seed, usd, requests, factor) => {
        ;({ folder, remove } = ownFolder())
        let checks = 0
        const sum = await storm(String(seed), `budgets: { all: { usd_per_hour: ${usd}, requests_per_day: ${requests} }, each_key: { usd: ${usd / 2} } }`, 120, (reserved, next) => reserved * factor * next(), (overrun) => {
          if ((checks += 1) % 12 === 0) held(overrun)
        })
        held(sum.overrun)
        const key = world?.limits.ledger.cell('key', 'key_1', 'total', scriptedClock().nowMs())
        expect(key?.spent.usd).toBe(sum.spent)
        expect(key?.spent.requests).toBe(sum.admitted)
        expect(sum.admitted).toBeLessThanOrEqual(requests)
        await world?.limits.close()
        world = undefined
        remove()
      }),
      { numRuns: 15 },
    )
  })
})

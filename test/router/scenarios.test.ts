// Two days that every team has: a price doubles overnight, and a provider goes down. Live calls over real sockets; only the clock is
// scripted. (The burst of three hundred agents is in limits/.)
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../core/seams.ts'
import type { DecisionRecord } from '../../router/decide/decision-record.ts'
import { FIRST_COOLDOWN_MS, OPEN_AFTER_FAILURES } from '../../router/execute/health.ts'
import { running, type Running } from './support/running.ts'
import { answering, failing, scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'

const yaml = (one: string, two: string, input: number, output: number): string => `
providers:
  one: { retries: 0, base_url: "${one}", api_key: k }
  two: { retries: 0, base_url: "${two}", api_key: k }
targets:
  alpha: { provider: one, model: alpha-model, price: { input: ${input}, output: ${output} } }
  beta: { provider: two, model: beta-model, price: { input: 2, output: 9 } }
chains: { default: [ { target: alpha, max_cost_per_1k: 0.009 }, { target: beta, max_cost_per_1k: 0.02 } ] }
tasks: { general: { route: { alpha: 0.9, beta: 0.1 } } }
`

class ShiftedClock implements Clock {
  aheadMs = 0
  nowMs(): number {
    return Date.now() + this.aheadMs
  }
  monotonicMs(): number {
    return performance.now() + this.aheadMs
  }
}

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running
let clock: ShiftedClock
beforeEach(async () => {
  one = await scriptedProvider(answering('from one'))
  two = await scriptedProvider(answering('from two'))
  clock = new ShiftedClock()
  up = await running(yaml(one.url, two.url, 1, 4), { clock })
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})

type Answer = { readonly target: string | null; readonly status: number; readonly decision: DecisionRecord }
async function calls(count: number): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let i = 0; i < count; i += 1) {
    const response = await up.chat({ model: 'auto', messages: [{ role: 'user', content: `Something new, number ${i}` }] })
    await response.text()
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    answers.push({ target: response.headers.get('x-weighbridge-target'), status: response.status, decision: JSON.parse(String(call.attributes['weighbridge.decision'])) as DecisionRecord })
  }
  return answers
}

describe('a price that doubles, and more', () => {
  it('moves traffic off the link with the next call, to a cheaper one only, and every decision says why', async () => {
    const before = await calls(20)
    expect(before.filter(({ target }) => target === 'alpha').length).toBeGreaterThan(10)
    // 4 × the price: over its ceiling, and dearer than beta.
    up.reconfigure(yaml(one.url, two.url, 4, 16))
    const after = await calls(10)
    expect(after.map(({ target }) => target)).toEqual(Array(10).fill('beta'))
    for (const { decision } of after) expect(decision).toMatchObject({ drawn: 'beta', propensity: 1, exclusions: [{ target: 'alpha', reason: 'over_ceiling', detail: expect.stringMatching(/^estimated \$0\.01\d+ per 1,000 tokens, ceiling \$0\.009$/) }] })
    // Twice the price is over the ceiling too, but still the cheapest: a ceiling never makes a call dearer.
    up.reconfigure(yaml(one.url, two.url, 2.4, 8.8))
    const cheapest = await calls(10)
    expect(cheapest.some(({ target }) => target === 'alpha')).toBe(true)
    expect(cheapest.every(({ decision }) => decision.exclusions.length === 0)).toBe(true)
  }, 20_000)
})

describe('a provider that goes down', () => {
  it('loses its traffic within a handful of failures, no call fails, and gets it back by one probe after its cooldown', async () => {
    one.script = failing(503, { message: 'down' })
    const during = await calls(30)
    expect(during.map(({ status }) => status)).toEqual(Array(30).fill(200))
    expect(during.every(({ target }) => target === 'beta')).toBe(true)
    expect(one.asked.length).toBe(OPEN_AFTER_FAILURES)
    expect(during.at(-1)?.decision).toMatchObject({ drawn: 'beta', exclusions: [{ target: 'alpha', reason: 'cooling' }] })

    one.script = answering('from one')
    expect((await calls(3)).every(({ target }) => target === 'beta')).toBe(true)
    clock.aheadMs += FIRST_COOLDOWN_MS * 2
    const asked = one.asked.length
    const afterwards = await calls(20)
    expect(one.asked.length - asked).toBeGreaterThan(10)
    expect(afterwards.filter(({ target }) => target === 'alpha').length).toBe(one.asked.length - asked)
  }, 20_000)
})

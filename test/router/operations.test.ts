import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { routerOperations } from '../../core/operations.ts'
import type { Target } from '../../core/config.ts'
import { TrafficBook } from '../../router/execute/traffic.ts'
import { answerBody, answering, failing, json, scriptedProvider, USAGE, type ScriptedProvider } from './support/scripted-provider.ts'
import { eventually, parse, running, twoProviders, type Running } from './support/running.ts'

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running
const drained = new Map<string, string>()
beforeEach(async () => {
  drained.clear()
  one = await scriptedProvider(answering('from one'))
  two = await scriptedProvider(answering('from two'))
  up = await running(twoProviders(one.url, two.url, 'tasks: { drawn: { route: { alpha: 0.75, beta: 0.25 } } }'), { drains: { reason: (target: Target) => drained.get(target.name) } })
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})

const now = (): ReturnType<typeof up.router.operations> => up.router.operations()
const task = (name: string): unknown => now().tasks.find((one) => one.task === name)
const target = (name: string): ReturnType<typeof now>['targets'][number] | undefined => now().targets.find((one) => one.target === name)

describe('what a router says of itself', () => {
  it('is a valid document at rest: every target fine, every task on its weights', () => {
    expect(routerOperations.parse(now())).toEqual(now())
    expect(target('alpha')).toMatchObject({ state: 'ok', code: null, held_ms: null, left_ms: null, in_flight: 0, last_minute: { attempts: 0, errors: 0 } })
    expect(task('drawn')).toMatchObject({ weights: { alpha: 0.75, beta: 0.25 }, shares: { alpha: 0.75, beta: 0.25 }, failover: ['alpha', 'beta'], excluded: [] })
    expect(task('general')).toMatchObject({ shares: { alpha: 1 } })
  })

  it('shows where the traffic of a drained target goes, and what is left', () => {
    drained.set('alpha', 'maintenance')
    expect(task('drawn')).toMatchObject({ shares: { beta: 1 }, failover: ['beta'], excluded: [{ target: 'alpha', reason: 'drained', detail: 'maintenance' }] })
    expect(task('general')).toMatchObject({ shares: { beta: 1 } })
    drained.set('beta', 'too')
    expect(task('general')).toMatchObject({ shares: {}, failover: [] })
  })

  it('sends no call to a drained target, pinned ones included', async () => {
    drained.set('alpha', 'maintenance')
    expect((await up.chat({ model: 'auto' })).headers.get('x-weighbridge-target')).toBe('beta')
    expect((await up.chat({ model: 'alpha' })).headers.get('x-weighbridge-target')).toBe('beta')
    const refused = await up.chat({ model: 'alpha' }, { 'x-weighbridge-failover': 'off' })
    expect([refused.status, one.asked.length]).toEqual([422, 0])
  })

  it('counts attempts and errors of the last minute, and what is under way', async () => {
    one.script = failing(500, { message: 'down' })
    await up.chat({ model: 'auto' })
    expect(target('alpha')).toMatchObject({ last_minute: { attempts: 1, errors: 1 } })
    expect(target('beta')).toMatchObject({ last_minute: { attempts: 1, errors: 0 } })
    let go: (() => void) | undefined
    two.script = (response, asked, count) => void (go = () => void answering('x')(response, asked, count))
    const call = up.chat({ model: 'beta' })
    await eventually(() => go)
    expect(target('beta')?.in_flight).toBe(1)
    go?.()
    await call
    expect(target('beta')?.in_flight).toBe(0)
  })

  it('says why a target is limited, since when and for how long', async () => {
    one.script = failing(429, { code: 'rate_limit_exceeded', message: 'wait' }, { 'retry-after': '30' })
    await up.chat({ model: 'auto' })
    expect(target('alpha')).toMatchObject({ state: 'limited', code: 'provider_rate_limited' })
    expect(target('alpha')?.left_ms).toBeGreaterThan(28_000)
    expect(target('alpha')?.held_ms).toBeGreaterThanOrEqual(0)
    expect(task('drawn')).toMatchObject({ shares: { beta: 1 }, excluded: [{ target: 'alpha', reason: 'rate_limited' }] })
  })
})

describe('prices while running', () => {
  it('are counted when they change, once each, and told of when a provider reports its own', async () => {
    const seen: unknown[] = []
    const notices = [{ target: 'alpha', at: 1, cause: 'configuration', before: '1', after: '2', over: [] }]
    const config = parse(twoProviders(one.url, two.url))
    const other = await running('{}', {
      config: {
        current: () => config,
        priceNotices: () => notices,
        costSeen: (target, reportedUsd, pricedUsd) => void seen.push([target.name, reportedUsd, Number(pricedUsd.toFixed(9))]),
      },
    })
    one.script = (response) => json(response, 200, answerBody('hi', { usage: { ...USAGE, cost: 0.5 } }))
    await other.chat({ model: 'auto' })
    expect(seen).toEqual([['alpha', 0.5, 0.0031]])
    const metrics = async (): Promise<string> => (await fetch(`${other.router.url}/metrics`)).text()
    expect(await metrics()).toContain('weighbridge_price_changes_total{target="alpha"} 1')
    notices.unshift({ target: 'beta', at: 2, cause: 'price list', before: '1', after: '2', over: [] })
    expect(await metrics()).toContain('weighbridge_price_changes_total{target="alpha"} 1')
    expect(await metrics()).toContain('weighbridge_price_changes_total{target="beta"} 1')
    await other.close()
  })

  it('names that only a client made up are no series of their own', async () => {
    for (const model of ['two/made-up-1', 'two/made-up-2']) await up.chat({ model })
    expect(up.router.metrics.value('weighbridge_attempts_total', { target: 'two/*', outcome: 'ok' })).toBe(2)
  })
})

describe('the counts of the last minute', () => {
  it('forget what is older, by the second, also over long silences', () => {
    const book = new TrafficBook()
    for (let second = 0; second < 90; second += 1) {
      book.started('t')
      book.ended('t', second % 2 === 0, second * 1_000)
    }
    expect(book.of('t', 89_000)).toEqual({ inFlight: 0, attempts: 60, errors: 30 })
    expect(book.of('t', 119_000)).toEqual({ inFlight: 0, attempts: 30, errors: 15 })
    expect(book.of('t', 10_000_000)).toEqual({ inFlight: 0, attempts: 0, errors: 0 })
  })
})

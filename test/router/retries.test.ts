// What happens between a failed attempt and the next: retries at the same target, pauses that are worth waiting for, probes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../core/seams.ts'
import { answering, failing, hanging, scriptedProvider, type Script, type ScriptedProvider } from './support/scripted-provider.ts'
import { eventually, running, twoProviders as withoutRetries, type Running } from './support/running.ts'

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running

/** The configuration with its default: one retry at each target. */
const twoProviders = (...given: Parameters<typeof withoutRetries>): string => withoutRetries(...given).replaceAll('retries: 0, ', '')

beforeEach(async () => {
  one = await scriptedProvider(answering('from one'))
  two = await scriptedProvider(answering('from two'))
  up = await running(twoProviders(one.url, two.url))
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})

/** Plays one script after another; the last for good. */
function inTurn(...scripts: Script[]): Script {
  let next = 0
  return (response, asked, count) => {
    const script = scripts[Math.min(next, scripts.length - 1)]
    next += 1
    return script?.(response, asked, count)
  }
}
const down = failing(500, { message: 'down' })
const only = (url: string, extra = ''): string => twoProviders(url, url, extra).replace(', { target: beta } ]', ' ]')
const code = async (response: Response): Promise<string> => ((await response.json()) as { error: { weighbridge: { code: string } } }).error.weighbridge.code

describe('a transient failure', () => {
  it('is tried again at the same target before the next link', async () => {
    one.script = inTurn(down, answering('second try'))
    const response = await up.chat({ model: 'auto' })
    expect([response.headers.get('x-weighbridge-target'), response.headers.get('x-weighbridge-attempts'), two.asked.length]).toEqual(['alpha', '2', 0])
    const { attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(attempts.map((attempt) => attempt.attributes['weighbridge.reason'])).toEqual(['weighted', 'failover'])
  })

  it('is tried as often as the provider allows, then elsewhere', async () => {
    up.reconfigure(twoProviders(one.url, two.url).replace('one: {', 'one: { retries: 3,'))
    one.script = down
    const response = await up.chat({ model: 'auto' })
    expect([response.headers.get('x-weighbridge-target'), one.asked.length, two.asked.length]).toEqual(['beta', 4, 1])
  })

  it('is not tried again with retries: 0, except at the last link', async () => {
    up.reconfigure(withoutRetries(one.url, two.url))
    one.script = down
    two.script = down
    expect((await up.chat({ model: 'auto' })).status).toBe(502)
    expect([one.asked.length, two.asked.length]).toEqual([1, 2])
  })

  it.each([
    ['an overload', failing(529, { type: 'overloaded_error', message: 'busy' })],
    ['a rate limit', failing(429, { code: 'rate_limit_exceeded', message: 'slow down' })],
    ['a refused credential', failing(401, { code: 'invalid_api_key', message: 'no' })],
  ] as [string, Script][])('is not what %s is while another link exists', async (_name, script) => {
    one.script = script
    const response = await up.chat({ model: 'auto' })
    expect([response.headers.get('x-weighbridge-target'), one.asked.length]).toEqual(['beta', 1])
  })

  it('of an eval call is not tried again: its runner decides', async () => {
    one.script = down
    expect((await up.chat({ model: 'alpha' }, { 'x-weighbridge-purpose': 'eval' })).status).toBe(502)
    expect(one.asked).toHaveLength(1)
  })

  it('ends when the client goes while the call waits', async () => {
    up.reconfigure(only(one.url, 'router: { cooling_wait_ms: 60000 }'))
    one.script = failing(429, { code: 'rate_limit_exceeded', message: 'wait' }, { 'retry-after': '30' })
    const leaving = new AbortController()
    const call = fetch(`${up.router.url}/v1/chat/completions`, { method: 'POST', signal: leaving.signal, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'x' }] }) })
    await eventually(() => (up.router.operations().targets.some((target) => target.state === 'limited') ? true : undefined))
    leaving.abort()
    await expect(call).rejects.toThrow()
    const ended = await eventually(() => up.collector.spans.find((span) => span.attributes['weighbridge.role'] === 'call'))
    expect(ended.attributes).toMatchObject({ 'weighbridge.attempts': 1 })
    expect(up.router.metrics.value('weighbridge_calls_under_way')).toBe(0)
  })
})

describe('a chain that cools as a whole', () => {
  it.each([1, 6, 11, 16, 21, 26, 31, 36, 41])('is asked again when a pause of %d ms ends between any two looks', async (pauseMs) => {
    let laterMs = 0
    await up.close()
    // A busy process: 5 ms go by between any two looks at the clock.
    up = await running(only(one.url), { clock: { nowMs: () => systemClock.nowMs(), monotonicMs: () => systemClock.monotonicMs() + (laterMs += 5) } })
    one.script = inTurn(failing(429, { code: 'rate_limit_exceeded', message: 'wait' }, { 'retry-after-ms': String(pauseMs) }), answering('after all'))
    const response = await up.chat({ model: 'auto' })
    expect([response.status, response.headers.get('x-weighbridge-attempts')]).toEqual([200, '2'])
  })

  it('is waited for when the first target comes back soon', async () => {
    up.reconfigure(only(one.url))
    one.script = inTurn(failing(429, { code: 'rate_limit_exceeded', message: 'wait' }, { 'retry-after-ms': '60' }), answering('later'))
    const started = performance.now()
    const response = await up.chat({ model: 'auto' })
    expect([response.status, response.headers.get('x-weighbridge-attempts')]).toEqual([200, '2'])
    expect(performance.now() - started).toBeGreaterThanOrEqual(59)
  })

  it('is waited for before the first attempt, too', async () => {
    up.reconfigure(only(one.url, 'router: { cooling_wait_ms: 400 }'))
    one.script = inTurn(failing(429, { code: 'rate_limit_exceeded', message: 'wait' }, { 'retry-after-ms': '450' }), answering('later'))
    // Longer than any call waits: the first one is turned away at once.
    expect((await up.chat({ model: 'auto' })).status).toBe(429)
    await eventually(() => ((up.router.operations().targets.find((target) => target.target === 'alpha')?.left_ms ?? 0) < 390 ? true : undefined))
    const response = await up.chat({ model: 'auto' })
    expect([response.status, response.headers.get('x-weighbridge-attempts')]).toEqual([200, '1'])
  })

  it('is answered at once, with the time to come back, when it takes too long', async () => {
    up.reconfigure(only(one.url))
    one.script = failing(429, { code: 'rate_limit_exceeded', message: 'wait' }, { 'retry-after': '30' })
    await up.chat({ model: 'auto' })
    const response = await up.chat({ model: 'auto' })
    expect([response.status, await code(response)]).toEqual([429, 'provider_rate_limited'])
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(28)
    // The client may come back: nothing was tried.
    expect(response.headers.get('x-should-retry')).toBeNull()
    expect(one.asked).toHaveLength(1)
  })
})

describe('a target that keeps failing', () => {
  const break_ = async (): Promise<void> => {
    one.script = down
    for (let call = 0; call < 3; call += 1) await up.chat({ model: 'auto' })
    expect(up.router.operations().targets[0]).toMatchObject({ target: 'alpha', state: 'cooling' })
  }

  it('is left alone while another link answers', async () => {
    await break_()
    const before = one.asked.length
    expect((await up.chat({ model: 'auto' })).headers.get('x-weighbridge-attempts')).toBe('1')
    expect(one.asked).toHaveLength(before)
  })

  it('is probed by one call at a time when it is all there is, and serves all as soon as that one is answered', async () => {
    up.reconfigure(only(one.url, 'router: { cooling_wait_ms: 5000 }'))
    await break_()
    const before = one.asked.length
    let release: (() => void) | undefined
    one.script = inTurn((response, asked, count) => void (release = () => void answering('back')(response, asked, count)), answering('served'))
    const calls = Array.from({ length: 5 }, () => up.chat({ model: 'auto' }))
    await eventually(() => release)
    expect(up.router.operations().targets[0]).toMatchObject({ state: 'half_open', in_flight: 1 })
    expect(one.asked.length - before).toBe(1)
    release?.()
    expect((await Promise.all(calls)).map((response) => response.status)).toEqual([200, 200, 200, 200, 200])
    expect(up.router.operations().targets[0]).toMatchObject({ state: 'ok', in_flight: 0 })
  })
})

describe('the time of a whole call', () => {
  it('bounds attempts and waits together, until the first output', async () => {
    up.reconfigure(twoProviders(one.url, two.url, 'router: { call_timeout_ms: 450 }'))
    one.script = hanging
    two.script = hanging
    const started = performance.now()
    const response = await up.chat({ model: 'auto', stream: true })
    // The first target's own deadline is 300 ms; what is left to the second is the call's.
    expect([response.status, await code(response)]).toEqual([504, 'call_timeout'])
    expect(performance.now() - started).toBeLessThan(1_500)
    expect([one.asked.length, two.asked.length]).toEqual([1, 1])
  })
})

describe('too many calls at once', () => {
  it('are turned away at the door, with a time to come back', async () => {
    up.reconfigure(twoProviders(one.url, two.url, 'router: { max_calls: 2 }'))
    let open: (() => void)[] = []
    one.script = (response, asked, count) => void open.push(() => void answering('ok')(response, asked, count))
    const served = [up.chat({ model: 'auto' }), up.chat({ model: 'auto' })]
    await eventually(() => (open.length === 2 ? true : undefined))
    const refused = await up.chat({ model: 'auto' })
    expect([refused.status, refused.headers.get('retry-after'), await code(refused)]).toEqual([503, '1', 'overloaded'])
    for (const go of open) go()
    expect((await Promise.all(served)).map((response) => response.status)).toEqual([200, 200])
    open = []
    const again = up.chat({ model: 'auto' })
    await eventually(() => open[0])
    open[0]?.()
    expect((await again).status).toBe(200)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answering, failing, scriptedProvider, type Script, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, type Running } from './support/running.ts'

let provider: ScriptedProvider
let up: Running
const yaml = (): string => `
providers: { p: { base_url: "${provider.url}", api_keys: [sk-a, sk-b, sk-c], timeouts: { connect_ms: 500, first_token_ms: 300, idle_ms: 200, total_ms: 2000 } } }
targets:
  t: { provider: p, model: m, price: { input: 1, output: 2 } }
  u: { provider: p, model: other, price: { input: 1, output: 2 } }
chains: { default: [ { target: t } ] }
router: { cooling_wait_ms: 0 }`

beforeEach(async () => {
  provider = await scriptedProvider(answering('hi'))
  up = await running(yaml())
})
afterEach(async () => {
  await up.close()
  await provider.close()
})

const keysAsked = (): (string | undefined)[] => provider.asked.map((asked) => asked.headers['authorization']?.replace('Bearer ', ''))
/** Fails for some keys, answers for the others. */
function failingFor(keys: readonly string[], failure: Script): Script {
  return (response, asked, count) => (keys.includes(asked.headers['authorization']?.replace('Bearer ', '') ?? '') ? failure : answering('hi'))(response, asked, count)
}
const limited = failing(429, { code: 'rate_limit_exceeded', message: 'slow down' }, { 'retry-after': '30' })

describe('several keys of one provider', () => {
  it('are used in turn, and spans say which without saying it', async () => {
    for (let call = 0; call < 4; call += 1) await up.chat({ model: 't' })
    expect(keysAsked()).toEqual(['sk-a', 'sk-b', 'sk-c', 'sk-a'])
    const response = await up.chat({ model: 't' })
    const { attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(attempts[0]?.attributes['weighbridge.provider.key']).toBe(2)
    expect(JSON.stringify(up.collector.spans)).not.toContain('sk-')
  })

  it('stand in for one that is limited: another attempt at the same target, which does not cool', async () => {
    provider.script = failingFor(['sk-a'], limited)
    const response = await up.chat({ model: 't' })
    expect([response.status, response.headers.get('x-weighbridge-attempts')]).toEqual([200, '2'])
    const { attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(attempts.map((a) => [a.attributes['weighbridge.provider.key'], a.attributes['weighbridge.error.code'], a.attributes['weighbridge.reason']])).toEqual([
      [1, 'provider_rate_limited', 'pinned'],
      [2, undefined, 'failover'],
    ])
    expect(up.router.readiness().cooling).toEqual([])
    expect(up.router.operations().targets[0]).toMatchObject({ state: 'ok', keys: { total: 3, resting: [{ number: 1, code: 'provider_rate_limited' }] } })
    for (let call = 0; call < 4; call += 1) await up.chat({ model: 't' })
    expect(keysAsked().slice(2)).toEqual(['sk-c', 'sk-b', 'sk-c', 'sk-b'])
  })

  it('stand in for one that is refused or spent, for every model', async () => {
    provider.script = failingFor(['sk-a'], failing(401, { code: 'invalid_api_key', message: 'no' }))
    await up.chat({ model: 't' })
    provider.script = failingFor(['sk-b'], failing(429, { code: 'insufficient_quota', message: 'no money' }))
    // The turn is at sk-c.
    for (let call = 0; call < 4; call += 1) expect((await up.chat({ model: 'u' })).status).toBe(200)
    expect(keysAsked().slice(2)).toEqual(['sk-c', 'sk-b', 'sk-c', 'sk-c', 'sk-c'])
  })

  it('all at rest take their targets out, until the first comes back', async () => {
    provider.script = limited
    const first = await up.chat({ model: 't' })
    expect([first.status, first.headers.get('x-weighbridge-attempts'), keysAsked()]).toEqual([429, '3', ['sk-a', 'sk-b', 'sk-c']])
    const second = await up.chat({ model: 't' })
    expect(second.status).toBe(429)
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(28)
    expect(provider.asked).toHaveLength(3)
    expect(up.router.operations().targets[0]).toMatchObject({ state: 'limited', code: 'provider_rate_limited', keys: { resting: [{ number: 1 }, { number: 2 }, { number: 3 }] } })
    // A limit is one model's: the other is asked.
    provider.script = answering('hi')
    expect((await up.chat({ model: 'u' })).status).toBe(200)
  })

  it('do not rest when everyone’s capacity is short', async () => {
    provider.script = failing(529, { type: 'overloaded_error', message: 'busy' })
    await up.chat({ model: 't' })
    expect(up.router.operations().targets[0]?.keys.resting).toEqual([])
  })

  it('of an eval call never rest for production', async () => {
    provider.script = limited
    expect((await up.chat({ model: 't' }, { 'x-weighbridge-purpose': 'eval' })).status).toBe(429)
    expect(provider.asked).toHaveLength(1)
    expect(up.router.operations().targets[0]).toMatchObject({ state: 'ok', keys: { resting: [] } })
  })
})

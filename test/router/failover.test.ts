import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answering, failing, hanging, json, resetting, scriptedProvider, streaming, type Script, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, twoProviders, type Running } from './support/running.ts'

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running

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

const faults: [string, Script, string][] = [
  ['a rate limit', failing(429, { code: 'rate_limit_exceeded', message: 'slow down' }, { 'retry-after': '1' }), 'provider_rate_limited'],
  ['an exhausted quota', failing(429, { code: 'insufficient_quota', message: 'no money' }), 'provider_quota_exhausted'],
  ['a server error', failing(500, { message: 'oops' }), 'provider_server_error'],
  ['an overload', failing(529, { type: 'overloaded_error', message: 'busy' }), 'provider_overloaded'],
  ['a refused credential', failing(401, { code: 'invalid_api_key', message: 'no' }), 'provider_credential'],
  ['a reset connection', resetting, 'provider_unreachable'],
  ['an answer that is not JSON', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices": ['), 'provider_malformed'],
  ['an empty 200', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(), 'provider_malformed'],
  ['an HTML page', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), 'provider_malformed'],
  ['an error with status 200', (response) => json(response, 200, { error: { message: 'no', code: 'server_error' } }), 'provider_stream_error'],
]

describe('failing over before the first output', () => {
  it.each(faults)('goes on after %s, for a plain call', async (_name, script, code) => {
    one.script = script
    const response = await up.chat({ model: 'auto' })
    expect(response.status).toBe(200)
    expect(((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content).toBe('from two')
    expect(response.headers.get('x-weighbridge-target')).toBe('beta')
    expect(response.headers.get('x-weighbridge-attempts')).toBe('2')
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(attempts.map((attempt) => attempt.attributes['weighbridge.error.code'])).toEqual([code, undefined])
    expect(attempts.map((attempt) => attempt.attributes['weighbridge.reason'])).toEqual(['weighted', 'failover'])
    expect(attempts.every((attempt) => attempt.parentSpanId === call.spanId)).toBe(true)
    expect(call.attributes).toMatchObject({ 'weighbridge.target': 'beta', 'weighbridge.attempts': 2, 'weighbridge.reason': 'failover' })
    expect(call.status).toBe(1)
  })

  it.each(faults)('goes on after %s, for a stream', async (_name, script) => {
    one.script = script
    two.script = streaming(['from ', 'two'])
    const response = await up.chat({ model: 'auto', stream: true })
    expect(response.headers.get('x-weighbridge-target')).toBe('beta')
    expect((await response.text()).endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('goes on when nothing listens at the provider', async () => {
    await one.close()
    const response = await up.chat({ model: 'auto' })
    expect(response.headers.get('x-weighbridge-target')).toBe('beta')
  })

  it.each([
    ['hangs before its headers', hanging],
    ['hangs after its headers', (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()],
    ['sends only comments', (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const drip = setInterval(() => response.write(': still here\n\n'), 50)
      response.on('close', () => clearInterval(drip))
    }],
  ] as [string, Script][])('goes on when a stream %s', async (_name, script) => {
    one.script = script
    two.script = streaming(['two'])
    const started = performance.now()
    const response = await up.chat({ model: 'auto', stream: true })
    await response.text()
    expect(response.headers.get('x-weighbridge-target')).toBe('beta')
    expect(performance.now() - started).toBeLessThan(2_000)
    const { attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(attempts[0]?.attributes['weighbridge.error.code']).toBe('provider_timeout_first_token')
    // The provider may bill a request it took: the estimate is kept, and counts as wasted.
    expect(attempts[0]?.attributes['weighbridge.cost.source']).toBe('estimated')
    await one.asked[0]?.closed
  })

  it('goes on when a plain answer hangs', async () => {
    one.script = hanging
    const response = await up.chat({ model: 'auto' })
    expect(response.headers.get('x-weighbridge-target')).toBe('beta')
  })

  it('returns a refusal of the request itself, as the provider worded it, without trying another', async () => {
    one.script = failing(400, { message: 'temperature is too hot', type: 'invalid_request_error', param: 'temperature', code: 'invalid_value' })
    const response = await up.chat({ model: 'auto' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { message: 'temperature is too hot', param: 'temperature', code: 'invalid_value', weighbridge: { code: 'provider_bad_request' } } })
    expect(two.asked).toHaveLength(0)
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(JSON.stringify(call.attributes)).not.toContain('too hot')
  })

  it('answers an exhausted chain in OpenAI form and tells SDKs not to try again', async () => {
    one.script = failing(500, { message: 'one is down' })
    two.script = failing(503, { message: 'two is down' })
    const response = await up.chat({ model: 'auto' })
    expect(response.status).toBe(502)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await response.json()).toMatchObject({ error: { type: expect.any(String), weighbridge: { code: 'provider_server_error' } } })
    // One jittered retry at the last link.
    expect([one.asked.length, two.asked.length]).toEqual([1, 2])
  })

  it('keeps a pinned target when failover is off', async () => {
    one.script = failing(500, { message: 'down' })
    const response = await up.chat({ model: 'alpha' }, { 'x-weighbridge-failover': 'off' })
    expect(response.status).toBe(502)
    expect(two.asked).toHaveLength(0)
  })

  it('does not ask a rate-limited target again before its time', async () => {
    one.script = failing(429, { code: 'rate_limit_exceeded', message: 'wait' }, { 'retry-after': '30' })
    await up.chat({ model: 'auto' })
    await up.chat({ model: 'auto' })
    expect([one.asked.length, two.asked.length]).toEqual([1, 2])
    expect(up.router.readiness().cooling).toMatchObject([{ evidenceKey: 'one/alpha-model', reason: 'rate_limited' }])
  })

  it('leaves production health alone when an eval call fails', async () => {
    one.script = failing(429, { code: 'rate_limit_exceeded', message: 'wait' }, { 'retry-after': '30' })
    const evaluated = await up.chat({ model: 'alpha' }, { 'x-weighbridge-purpose': 'eval' })
    expect(evaluated.status).toBe(429)
    expect(two.asked).toHaveLength(0)
    expect(up.router.readiness().cooling).toEqual([])
  })
})

// Every way a provider can take too long ends at the deadline that names it, also on bodies that hang or drip after a head that did not.
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerBody, answering, scriptedProvider, type Script, type ScriptedProvider } from './support/scripted-provider.ts'
import { messageEvents } from './support/other-wires.ts'
import { eventually, running, type Running } from './support/running.ts'

let one: ScriptedProvider
let up: Running
const configured = (url: string, api = 'openai-chat', timeouts = '{ connect_ms: 150, first_token_ms: 250, idle_ms: 200, total_ms: 900 }'): string => `
providers: { p: { api: ${api}, base_url: "${url}", api_key: k, timeouts: ${timeouts}, retries: 0 } }
targets: { t: { provider: p, model: m, price: { input: 1, output: 2 } } }
chains: { default: [ { target: t } ] }`
beforeEach(async () => {
  one = await scriptedProvider(answering('hi'))
  up = await running(configured(one.url))
})
afterEach(async () => {
  await up.close()
  await one.close()
})

const head = { 'content-type': 'text/event-stream' }
const event = (delta: unknown): string => `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
function dripping(type: string, piece: string, first = ''): Script {
  return (response) => {
    response.writeHead(200, { 'content-type': type })
    if (first !== '') response.write(first)
    const drip = setInterval(() => response.write(piece), 30)
    response.on('close', () => clearInterval(drip))
  }
}
/** What the client got, and what the (last) attempt is said to have failed of. */
async function outcome(stream: boolean): Promise<{ status: number; code: unknown; text: string; tookMs: number }> {
  const started = performance.now()
  const response = await up.chat({ model: 't', stream }, { 'x-weighbridge-failover': 'off' })
  const text = await response.text()
  const tookMs = performance.now() - started
  const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
  return { status: response.status, code: call.attributes['weighbridge.error.code'], text, tookMs }
}

describe('a stream', () => {
  it.each<[string, Script, string]>([
    ['hangs before its head', () => undefined, 'provider_timeout_first_token'],
    ['hangs after its head', (response) => response.writeHead(200, head).flushHeaders(), 'provider_timeout_first_token'],
    ['drips comments and nothing else', dripping('text/event-stream', ': alive\n\n'), 'provider_timeout_first_token'],
    ['drips half an event without end', dripping('text/event-stream', 'x', 'data: {"id":"'), 'provider_timeout_first_token'],
    ['drips role-only events', dripping('text/event-stream', event({ role: 'assistant', content: '' })), 'provider_timeout_first_token'],
    ['hangs inside its answer', (response) => void response.writeHead(200, head).write(event({ content: 'Hel' })), 'provider_timeout_idle'],
    ['drips comments inside its answer', dripping('text/event-stream', ': alive\n\n', event({ content: 'Hel' })), 'provider_timeout_idle'],
    ['never comes to its end', dripping('text/event-stream', event({ content: 'more ' })), 'provider_timeout_total'],
  ])('that %s ends at its deadline', async (_name, script, code) => {
    one.script = script
    const { text, code: said, tookMs } = await outcome(true)
    expect(said).toBe(code)
    expect(text).toContain(code)
    expect(text).not.toContain('[DONE]')
    expect(tookMs).toBeLessThan(3_000)
    await one.asked[0]?.closed
  })

  it('that is whole but for its terminal event ends whole, soon', async () => {
    one.script = (response) => void response.writeHead(200, head).write(event({ content: 'Hi' }) + event({}).replace('null', '"stop"'))
    const { status, code, text } = await outcome(true)
    expect([status, code, text.endsWith('data: [DONE]\n\n')]).toEqual([200, undefined, true])
  })

  it('of pings before any output is not kept alive by them', async () => {
    up.reconfigure(configured(one.url, 'anthropic-messages'))
    const whole = messageEvents('x')
    const start = whole.slice(0, whole.indexOf('event: ping'))
    one.script = dripping('text/event-stream', 'event: ping\ndata: {"type":"ping"}\n\n', start)
    expect((await outcome(true)).code).toBe('provider_timeout_first_token')
  })
})

describe('a plain answer', () => {
  it.each<[string, Script, string]>([
    ['hangs before its head', () => undefined, 'provider_timeout_total'],
    ['hangs after its head', (response) => response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders(), 'provider_timeout_idle'],
    ['hangs inside its body', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":'), 'provider_timeout_idle'],
    ['drips its body without end', dripping('application/json', ' '), 'provider_timeout_total'],
  ])('that %s ends at its deadline', async (_name, script, code) => {
    one.script = script
    const { status, code: said, tookMs } = await outcome(false)
    expect([status, said]).toEqual([504, code])
    expect(tookMs).toBeLessThan(4_000)
    await one.asked[0]?.closed
  })

  it('gets more time for its head than a stream for its first word, since it comes as a whole', async () => {
    one.script = (response) => void setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answerBody('late'))), 400)
    expect((await outcome(false)).status).toBe(200)
  })

  it.each([[false, 400, 'provider_bad_request'], [true, 400, 'provider_bad_request'], [true, 200, 'provider_timeout_total']] as const)('that is an error whose body drips without end is not read for long (stream: %s, %i)', async (stream, given, means) => {
    up.reconfigure(configured(one.url, 'openai-chat', '{ connect_ms: 150, first_token_ms: 8000, idle_ms: 8000, total_ms: 8000 }'))
    one.script = (response) => {
      response.writeHead(given, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 30)
      response.on('close', () => clearInterval(drip))
    }
    const { code, tookMs } = await outcome(stream)
    expect(code).toBe(means)
    expect(tookMs).toBeLessThan(6_000)
  }, 20_000)

  it('that is an error whose body hangs is judged by its status', async () => {
    up.reconfigure(configured(one.url, 'openai-chat', '{ connect_ms: 150, first_token_ms: 250, idle_ms: 200, total_ms: 5000 }'))
    one.script = (response) => void response.writeHead(500, { 'content-type': 'application/json' }).write('{"error":')
    const { status, code, tookMs } = await outcome(false)
    expect([status, code]).toEqual([502, 'provider_server_error'])
    expect(tookMs).toBeLessThan(3_000)
  })
})

describe('a connection', () => {
  it('that is never accepted ends at connect_ms', async () => {
    const sockets: Socket[] = []
    // TLS against a server that never answers the hello: the TCP connection stands, the request cannot go out.
    const silent: Server = createServer((socket) => void sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    up.reconfigure(configured(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`))
    const { status, code, tookMs } = await outcome(false)
    expect([status, code]).toEqual([504, 'provider_timeout_connect'])
    expect(tookMs).toBeLessThan(1_500)
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => silent.close(resolve))
  })

  it('that must wait for one of ours to fall free sends the call elsewhere, and is not held against the provider', async () => {
    const two = await scriptedProvider(answering('from two'))
    const release: (() => void)[] = []
    one.script = (response, asked, count) => void release.push(() => void answering('from one')(response, asked, count))
    up.reconfigure(`
providers:
  p: { base_url: "${one.url}", max_connections: 1, timeouts: { connect_ms: 100, first_token_ms: 2000, idle_ms: 2000, total_ms: 4000 }, retries: 0 }
  q: { base_url: "${two.url}" }
targets: { t: { provider: p, model: m }, u: { provider: q, model: m } }
chains: { default: [ { target: t }, { target: u } ] }`)
    const first = up.chat({ model: 't' })
    await eventually(() => release[0])
    const second = await up.chat({ model: 't' })
    expect([second.status, second.headers.get('x-weighbridge-target')]).toEqual([200, 'u'])
    const { attempts } = await up.trace(second.headers.get('x-weighbridge-trace-id'))
    expect(attempts.map((attempt) => attempt.attributes['weighbridge.error.code'])).toContain('provider_overloaded')
    release[0]?.()
    expect((await first).headers.get('x-weighbridge-target')).toBe('t')
    await two.close()
  })

  it('that announces its answer first (103) is not done with it', async () => {
    one.script = (response, asked, count) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      return answering('after hints')(response, asked, count)
    }
    const { status, text } = await outcome(false)
    expect([status, text.includes('after hints')]).toEqual([200, true])
  })

  it('that sends compressed bytes nobody asked for is not taken for an answer', async () => {
    one.script = (response) => void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(JSON.stringify(answerBody('x')))
    expect((await outcome(false)).code).toBe('provider_malformed')
  })
})

// HTTP itself: leave to send a body, HEAD, pipelining, clients that go at each stage, clients that do not read.
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answering, scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'
import { eventually, running, twoProviders, type Running } from './support/running.ts'

let one: ScriptedProvider
let up: Running
beforeEach(async () => {
  one = await scriptedProvider(answering('hi'))
  up = await running(twoProviders(one.url, one.url, 'router: { max_body_bytes: 4096 }'))
})
afterEach(async () => {
  await up.close()
  await one.close()
})

const CALL = JSON.stringify({ model: 'alpha', messages: [{ role: 'user', content: 'Hello' }] })
const STREAM = JSON.stringify({ model: 'alpha', stream: true, messages: [{ role: 'user', content: 'Hello' }] })
/** A raw exchange: sends the text, answers everything that came until the server closed or fell silent after a whole answer. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(up.router.port, '127.0.0.1', () => socket.write(text))
    let got = ''
    socket.on('data', (bytes: Buffer) => {
      got += bytes.toString()
      if (got.includes('chatcmpl-1') || /HTTP\/1\.1 [45]/.test(got)) socket.end()
    })
    socket.on('close', () => resolve(got))
    socket.on('error', reject)
  })
}
const head = (extra: string): string => `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${up.router.port}\r\ncontent-type: application/json\r\n${extra}\r\n\r\n`
function send(body: string, onResponse: (response: IncomingMessage, client: ClientRequest) => void): ClientRequest {
  const client = request(`${up.router.url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => onResponse(response, client))
  client.on('error', () => undefined)
  client.end(body)
  return client
}
const attemptsEnded = (): Promise<true> => eventually(() => (up.router.operations().targets.every((target) => target.in_flight === 0) && up.router.metrics.value('weighbridge_attempts_total', { target: 'alpha', outcome: 'client_closed' }) === 1 ? true : undefined))

describe('a client that waits for leave to send its body', () => {
  it('gets it when the request may be made', async () => {
    const answer = raw(head(`expect: 100-continue\r\ncontent-length: ${CALL.length}`) + CALL)
    expect(await answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
  })

  it('gets the refusal instead when it may not: the body is never asked for', async () => {
    expect(await raw(head('expect: 100-continue\r\ncontent-length: 100000'))).toMatch(/^HTTP\/1\.1 413 /)
    expect(await raw(head('expect: 100-continue\r\norigin: https://evil.example\r\ncontent-length: 10'))).toMatch(/^HTTP\/1\.1 403 /)
    expect(one.asked).toHaveLength(0)
  })
})

describe('methods and paths', () => {
  it('answer HEAD like GET without a body, and name what is allowed', async () => {
    const models = await fetch(`${up.router.url}/v1/models`, { method: 'HEAD' })
    expect([models.status, await models.text()]).toEqual([200, ''])
    const chat = await fetch(`${up.router.url}/v1/chat/completions`, { method: 'HEAD' })
    expect([chat.status, chat.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await fetch(`${up.router.url}/v1/nothing`)).status).toBe(404)
  })

  it('lists models in Anthropic’s form for its clients', async () => {
    const list = (await (await fetch(`${up.router.url}/v1/models`, { headers: { 'anthropic-version': '2023-06-01' } })).json()) as { data: { type: string; id: string }[] }
    expect(list.data.map((model) => [model.type, model.id])).toContainEqual(['model', 'alpha'])
  })
})

describe('a client that goes', () => {
  it('inside its own request leaves nothing behind', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(up.router.port, '127.0.0.1', () => socket.write(head('content-length: 4000') + CALL.slice(0, 20), () => socket.destroy()))
      socket.on('close', () => resolve())
    })
    await eventually(() => (up.router.metrics.value('weighbridge_calls_under_way') === 0 ? true : undefined))
    expect(one.asked).toHaveLength(0)
    expect((await up.chat({ model: 'alpha' })).status).toBe(200)
  })

  it('before the answer’s head ends the exchange with the provider, and the attempt is priced as an estimate', async () => {
    one.script = () => undefined
    const client = send(CALL, () => undefined)
    await eventually(() => one.asked[0])
    client.destroy()
    await one.asked[0]?.closed
    await attemptsEnded()
    const attempt = await eventually(() => up.collector.spans.find((span) => span.attributes['weighbridge.role'] === 'attempt'))
    expect(attempt.attributes).toMatchObject({ 'weighbridge.error.code': 'client_closed', 'weighbridge.cost.source': 'estimated' })
    expect(Number(attempt.attributes['weighbridge.cost.usd'])).toBeGreaterThan(0)
    expect(one.asked).toHaveLength(1)
  })

  it('inside a plain answer ends it too', async () => {
    one.script = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"id":')
    }
    const client = send(CALL, () => undefined)
    await eventually(() => one.asked[0])
    client.destroy()
    await one.asked[0]?.closed
    await attemptsEnded()
  })

  it('while it waits for a slow client’s own reading ends it too', async () => {
    const chunk = `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) }, finish_reason: null }] })}\n\n`
    let paused = false
    one.script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      let open = true
      response.on('close', () => (open = false)).setMaxListeners(0)
      while (open) {
        if (response.write(chunk)) continue
        const stuck = setTimeout(() => (paused = true), 150)
        await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
        clearTimeout(stuck)
      }
    }
    const client = send(STREAM, (response) => void response.once('readable', () => undefined))
    await eventually(() => (paused ? true : undefined))
    client.destroy()
    await one.asked[0]?.closed
    await attemptsEnded()
  })
})

describe('a client that reads slowly', () => {
  it('gets all of the answer, however long the provider must wait for it: silence that is its own doing is not the provider’s', async () => {
    const words = Array.from({ length: 120 }, (_, index) => `${index}:${'x'.repeat(40_000)};`)
    const event = (delta: unknown, finish: string | null): string => `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
    one.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`${words.map((word) => event({ content: word }, null)).join('')}${event({}, 'stop')}data: [DONE]\n\n`)
    }
    const text = await new Promise<string>((resolve) => {
      send(STREAM, (response) => {
        let got = ''
        let pauses = 0
        response.on('data', (bytes: Buffer) => {
          got += bytes.toString()
          // Longer than the idle deadline of 200 ms, while everything between is full.
          if (got.length > 500_000 && pauses === 0) {
            pauses = 1
            response.pause()
            setTimeout(() => response.resume(), 500)
          }
        })
        response.on('end', () => resolve(got))
      })
    })
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect([...text.matchAll(/"content":"(\d+):/g)].map((match) => Number(match[1]))).toEqual(words.map((_, index) => index))
  }, 15_000)
})

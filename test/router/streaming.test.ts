import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answering, cutAfter, scriptedProvider, streaming, streamText, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, twoProviders, type Running } from './support/running.ts'

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running

beforeEach(async () => {
  one = await scriptedProvider(streaming(['Hé', 'llo ', '世界']))
  two = await scriptedProvider(streaming(['from two']))
  up = await running(twoProviders(one.url, two.url))
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})

type Event = { choices?: { delta: { content?: string }; finish_reason: string | null }[]; usage?: unknown; error?: { code: string }; model?: string; x_unknown?: number }
function read(text: string): { events: Event[]; done: boolean; words: string } {
  const data = text.split('\n\n').filter((block) => block !== '').map((block) => block.replace(/^data: /, ''))
  const events = data.filter((item) => item !== '[DONE]').map((item) => JSON.parse(item) as Event)
  return { events, done: data.at(-1) === '[DONE]', words: events.map((event) => event.choices?.[0]?.delta.content ?? '').join('') }
}

describe('a streamed answer', () => {
  it('keeps chunks as the provider sent them, and shows usage only to a client that asked', async () => {
    const without = read(await (await up.chat({ model: 'auto', stream: true })).text())
    expect(without).toMatchObject({ done: true, words: 'Héllo 世界' })
    expect(without.events.every((event) => !('usage' in event) && event.x_unknown === 7)).toBe(true)
    const asked = read(await (await up.chat({ model: 'auto', stream: true, stream_options: { include_usage: true } })).text())
    expect(asked.events.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 1000 } })
    expect(one.asked.map((request) => request.body['stream_options'])).toEqual([{ include_usage: true }, { include_usage: true }])
  })

  it('is priced from the usage that the client never saw', async () => {
    const response = await up.chat({ model: 'auto', stream: true })
    await response.text()
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    const expected = (600 * 2.5 + 400 * 0.25 + 100 * 15) / 1e6
    expect(Math.abs(Number(attempts[0]?.attributes['weighbridge.cost.usd']) - expected)).toBeLessThan(1e-12)
    expect(attempts[0]?.attributes).toMatchObject({ 'weighbridge.cost.source': 'priced', 'gen_ai.usage.reasoning.output_tokens': 20, 'gen_ai.response.finish_reasons': ['stop'] })
    expect(Number(call.attributes['weighbridge.ttft_ms'])).toBeGreaterThan(0)
  })

  it('is either whole, or whole from the next target, or ends with an error: wherever the provider is cut', async () => {
    const bytes = Buffer.from(streamText(['Hé', '世']))
    const firstOutput = bytes.indexOf('"content":"Hé"')
    const afterFirst = bytes.indexOf('\n\n', firstOutput) + 2
    const finished = bytes.indexOf('\n\n', bytes.indexOf('"stop"')) + 2
    for (let length = 0; length <= bytes.length; length += 1) {
      one.script = cutAfter(bytes, length)
      const response = await up.chat({ model: 'alpha', stream: true })
      const { done, words, events } = read(await response.text())
      const target = response.headers.get('x-weighbridge-target')
      const label = `cut after ${length} of ${bytes.length} bytes`
      if (length < afterFirst) expect({ done, words, target }, label).toEqual({ done: true, words: 'from two', target: 'beta' })
      else if (length < finished) {
        expect({ done, target }, label).toEqual({ done: false, target: 'alpha' })
        expect('Hé世'.startsWith(words), label).toBe(true)
        expect(events.at(-1)?.error?.code, label).toBe('provider_stream_cut')
      } else expect({ done, words, target }, label).toEqual({ done: true, words: 'Hé世', target: 'alpha' })
      // A whole answer now and then, so that the breaker stays closed: only the cut is under test.
      if (length % 4 === 0) {
        one.script = streaming(['healthy'])
        await (await up.chat({ model: 'alpha', stream: true })).text()
      }
    }
  }, 60_000)

  it('reads a stream that arrives byte by byte', async () => {
    const bytes = Buffer.from(streamText(['Hé', 'llo ', '世界']).replaceAll('\n', '\r\n'))
    one.script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const byte of bytes) await new Promise((resolve) => response.write(Buffer.of(byte), resolve))
      response.end()
    }
    expect(read(await (await up.chat({ model: 'auto', stream: true })).text())).toMatchObject({ done: true, words: 'Héllo 世界' })
  })

  it('marks a cut answer as failed, on both spans', async () => {
    const bytes = Buffer.from(streamText(['Hello ', 'there']))
    one.script = cutAfter(bytes, bytes.indexOf('"stop"'))
    const response = await up.chat({ model: 'auto', stream: true })
    await response.text()
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect([call.status, attempts[0]?.status]).toEqual([2, 2])
    expect(call.attributes).toMatchObject({ 'weighbridge.error.code': 'provider_stream_cut', 'weighbridge.attempts': 1 })
    expect(attempts[0]?.attributes['weighbridge.cost.source']).toBe('estimated')
    expect(attempts[0]?.attributes['gen_ai.usage.output_tokens']).toBeUndefined()
  })

  it('ends with an error when the provider reports one inside the stream, or falls silent', async () => {
    const start = streamText(['Hello ']).split('data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"served-model-2026","choices":[{"index":0,"delta":{},')[0] ?? ''
    one.script = (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(start)
    const silent = read(await (await up.chat({ model: 'auto', stream: true })).text())
    expect([silent.words, silent.done, silent.events.at(-1)?.error?.code]).toEqual(['Hello ', false, 'provider_timeout_idle'])
    one.script = (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${start}data: {"error":{"message":"overloaded","code":"overloaded_error"}}\n\n`)
    const broken = read(await (await up.chat({ model: 'auto', stream: true })).text())
    expect([broken.words, broken.done, broken.events.at(-1)?.error?.code]).toEqual(['Hello ', false, 'provider_overloaded'])
  })

  it('hangs up on the provider when the client goes, and records what was used', async () => {
    one.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const drip = setInterval(() => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }] })}\n\n`), 10)
      response.on('close', () => clearInterval(drip))
    }
    const traceId = await new Promise<string>((resolve) => {
      const client = request(`${up.router.url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
        response.once('data', () => {
          resolve(String(response.headers['x-weighbridge-trace-id']))
          client.destroy()
        })
      })
      client.on('error', () => undefined)
      client.end(JSON.stringify({ model: 'auto', stream: true, messages: [{ role: 'user', content: 'Hello' }] }))
    })
    await one.asked[0]?.closed
    const { call, attempts } = await up.trace(traceId)
    expect(attempts[0]?.attributes).toMatchObject({ 'weighbridge.error.code': 'client_closed', 'weighbridge.cost.source': 'estimated' })
    expect(Number(attempts[0]?.attributes['weighbridge.cost.usd'])).toBeGreaterThan(0)
    expect([call.status, two.asked.length]).toEqual([0, 0])
  })

  it('is asked of the provider no faster than the client reads', async () => {
    let sent = 0
    const chunk = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(32_000) }, finish_reason: null }] })}\n\n`
    one.script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      let open = true
      response.on('close', () => (open = false)).setMaxListeners(0)
      while (open && sent < 200_000_000) {
        sent += chunk.length
        if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
      }
    }
    await new Promise<void>((resolve) => {
      const client = request(`${up.router.url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
        response.once('readable', () => {
          let before = -1
          // The provider stalls once every buffer between it and a client that does not read is full.
          const watch = setInterval(() => {
            if (sent === before) {
              clearInterval(watch)
              client.destroy()
              resolve()
            }
            before = sent
          }, 100)
        })
      })
      client.on('error', () => undefined)
      client.end(JSON.stringify({ model: 'alpha', stream: true, messages: [{ role: 'user', content: 'Hello' }] }))
    })
    expect(sent).toBeLessThan(50_000_000)
  }, 20_000)

  it('is not taken from a provider that ignores the wish to stream', async () => {
    one.script = answering('whole')
    const response = await up.chat({ model: 'auto', stream: true })
    expect(read(await response.text()).words).toBe('from two')
  })
})

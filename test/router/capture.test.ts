// Captured prompts and answers: by which rule, in which form, cut and redacted, over every API; and that nothing is kept otherwise.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configSchema } from '../../core/config-schema.ts'
import { WB } from '../../core/attributes.ts'
import { isSampled, ruleOf, type CaptureSettings } from '../../router/capture/policy.ts'
import { HeldContent } from '../../router/capture/held-content.ts'
import { redaction } from '../../router/capture/redact.ts'
import { shrink } from '../../router/capture/shrink.ts'
import { eventually, parse, running, type LogFacts, type Running } from './support/running.ts'
import { answerBody, answering, failing, json, scriptedProvider, streaming, type ScriptedProvider } from './support/scripted-provider.ts'

const settingsOf = (capture: unknown): CaptureSettings => configSchema.parse({ capture }).capture
const asItIs = (text: string): string => text

describe('the rule of a call', () => {
  it.each([
    ['nothing by default', {}, 'qa', 'k1', 'none'],
    ['the general one', { mode: 'all' }, 'qa', 'k1', 'all'],
    ['its task’s before the general one', { mode: 'all', tasks: { qa: { mode: 'metadata' } } }, 'qa', 'k1', 'metadata'],
    ['its key’s before its task’s', { mode: 'none', tasks: { qa: { mode: 'metadata' } }, keys: { k1: { mode: 'all' } } }, 'qa', 'k1', 'all'],
    ['none where its task says none, whatever its key says', { mode: 'all', tasks: { qa: { mode: 'none' } }, keys: { k1: { mode: 'all' } } }, 'qa', 'k1', 'none'],
    ['none where its key says none', { mode: 'all', keys: { k1: { mode: 'none' } } }, 'qa', 'k1', 'none'],
    ['the general one for other keys', { mode: 'all', keys: { k1: { mode: 'none' } } }, 'qa', undefined, 'all'],
  ])('is %s', (_what, capture, task, key, mode) => {
    expect(ruleOf(settingsOf(capture), task, key).mode).toBe(mode)
  })

  it('samples about the share asked for, the same for one trace everywhere', () => {
    const ids = Array.from({ length: 20_000 }, (_, n) => n.toString(16).padStart(32, '0'))
    const share = ids.filter((id) => isSampled(id, 0.1)).length / ids.length
    expect(share).toBeGreaterThan(0.08)
    expect(share).toBeLessThan(0.12)
    expect(ids.filter((id) => isSampled(id, 0.1))).toEqual(ids.filter((id) => isSampled(id, 0.1)))
    expect([ids.some((id) => isSampled(id, 0)), ids.every((id) => isSampled(id, 1))]).toEqual([false, true])
  })
})

describe('redaction', () => {
  const redact = redaction(settingsOf({ redact: ['secrets', 'emails', 'phones', 'cards', 'ibans', 'ips', { pattern: 'ACME-\\d+', replace: '[case]' }] }).redact)
  it.each([
    ['my key is sk-proj-abcdefghijklmnop1234', 'my key is [secret]'],
    ['Authorization: Bearer abcdefghijklmnopqrstuvwxyz', 'Authorization: Bearer [secret]'],
    ['password: hunter2hunter2', 'password: [secret]'],
    ['postgres://root:s3cr3t@db/x', 'postgres://root:[secret]@db/x'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '[private key]'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE cut off -----BEGIN PRIVATE KEY-----\nMIIF\n-----END PRIVATE KEY----- rest', '[private key][private key] rest'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE cut off', '[private key]'],
    ['write to ann.b+c@example.co.uk now', 'write to [email] now'],
    ['call +49 30 1234 5678 today', 'call [phone] today'],
    ['card 4111 1111 1111 1111 please', 'card [card] please'],
    ['not a card 4111111111111112', 'not a card 4111111111111112'],
    ['DE89 3704 0044 0532 0130 00 is mine', '[iban] is mine'],
    ['from 192.168.10.20 to 2001:db8:85a3:0:0:8a2e:370:7334', 'from [ip] to [ip]'],
    ['case ACME-4711', 'case [case]'],
    ['nothing here: 3 of 4 in 2026', 'nothing here: 3 of 4 in 2026'],
  ])('of %j', (text, expected) => {
    expect(redact(text)).toBe(expected)
  })

  it('takes time in proportion to the text, whatever it holds', () => {
    for (const piece of ['a@', '1 ', 'x:/', '-----BEGIN ', '-----BEGIN PRIVATE KEY-----', 'A1', '::', 'api_key', '+1 (']) {
      const long = redact(piece.repeat(40_000))
      expect(long.length).toBeGreaterThan(0)
    }
  }, 20_000)
})

describe('the form that is kept', () => {
  it('is valid JSON within its bound, whatever the prompt', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 400 })
    const message = fc.record({ role: fc.constantFrom('user', 'assistant'), parts: fc.array(fc.record({ kind: fc.constant('text'), text }), { maxLength: 5 }) })
    fc.assert(
      fc.property(fc.record({ messages: fc.array(message, { maxLength: 60 }), tools: fc.array(fc.record({ name: text }), { maxLength: 4 }) }), fc.integer({ min: 256, max: 4_000 }), (request, maxBytes) => {
        const { body, isCut, wholeBytes } = shrink(request, maxBytes, asItIs)
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(maxBytes)
        expect(() => JSON.parse(body)).not.toThrow()
        expect(isCut).toBe(Buffer.byteLength(JSON.stringify(request)) > maxBytes)
        expect(wholeBytes).toBe(Buffer.byteLength(JSON.stringify(request)))
      }),
      { numRuns: 150 },
    )
  })

  it('leaves files out and says how much there was', () => {
    const { body } = shrink({ messages: [{ role: 'user', parts: [{ kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'A'.repeat(9_000) } }] }] }, 4_096, asItIs)
    expect(body).toContain('[9000 characters of a file]')
    expect(body).not.toContain('AAAA')
  })
})

describe('texts that are held for a signal', () => {
  it('go after their time, are handed over once, and make way when there are too many', () => {
    let letGo = 0
    const held = new HeldContent(() => (letGo += 1), 40_000)
    const records = [{ eventName: 'x', timeMs: 0, attributes: {}, body: 'b'.repeat(5_000) }]
    held.hold('a', records, 0)
    held.hold('b', records, 1_000)
    expect(held.take('a', 2_000)).toEqual(records)
    expect(held.take('a', 2_000)).toBeUndefined()
    expect(held.take('b', 36 * 60_000 + 1_000)).toBeUndefined()
    for (const id of ['c', 'd', 'e', 'f', 'g']) held.hold(id, records, 40 * 60_000)
    expect(letGo).toBeGreaterThan(0)
    expect(held.take('g', 40 * 60_000)).toEqual(records)
    expect(held.take('c', 40 * 60_000)).toBeUndefined()
  })
})

const QUESTION = 'Which harbour do I leave from? My key is sk-abcdefghijklmnopqrstuv.'
const ANSWER = 'From Nynäshamn, four times a day.'
const yaml = (url: string, capture: string): string => `
providers: { one: { retries: 0, base_url: "${url}", api_key: k } }
targets: { alpha: { provider: one, model: alpha-model, price: { input: 2, output: 10 } } }
chains: { default: [ { target: alpha } ] }
tasks: { general: { route: { alpha: 1 } }, private: { route: { alpha: 1 } } }
classify: { built_in: false }
capture: ${capture}`

describe('a router that captures', () => {
  let provider: ScriptedProvider
  let up: Running | undefined
  beforeEach(async () => {
    provider = await scriptedProvider(answering(ANSWER))
  })
  afterEach(async () => {
    await up?.close()
    up = undefined
    await provider.close()
  })

  const start = async (capture: string): Promise<Running> => (up = await running(yaml(provider.url, capture), { signalSecret: 'a secret of this test only' }))
  const kept = (router: Running, trace: string | null): LogFacts[] => router.collector.logs.filter((log) => log.traceId === trace && log.eventName === 'weighbridge.content')
  const keptOf = (router: Running, trace: string | null, count = 2): Promise<LogFacts[]> => eventually(() => (kept(router, trace).length >= count ? kept(router, trace) : undefined))
  const ask = async (router: Running, headers: Record<string, string> = {}, body: Record<string, unknown> = {}): Promise<string | null> => {
    const response = await router.chat({ model: 'auto', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: QUESTION }], user: 'ann', ...body }, { 'x-weighbridge-session': 's1', ...headers })
    await response.text()
    return response.headers.get('x-weighbridge-trace-id')
  }
  const bodies = (logs: readonly LogFacts[]): Record<string, unknown> => Object.fromEntries(logs.map((log) => [String(log.attributes[WB.contentKind]), JSON.parse(String(log.body))]))

  it('keeps prompt and answer in the common form, redacted, with what they belong to', async () => {
    const router = await start('{ mode: all }')
    const trace = await ask(router)
    const logs = await keptOf(router, trace)
    const { call } = await router.trace(trace)
    expect(bodies(logs)).toMatchObject({
      prompt: { messages: [{ role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] }, { role: 'user', parts: [{ kind: 'text', text: 'Which harbour do I leave from? My key is [secret].' }] }] },
      answer: { parts: [{ kind: 'text', text: ANSWER }], finish: 'stop' },
    })
    for (const log of logs) expect(log).toMatchObject({ spanId: call.spanId, attributes: { [WB.task]: 'general', [WB.sessionId]: 's1', 'user.id': 'ann' } })
    expect(JSON.stringify(router.collector.spans)).not.toContain('harbour')
  })

  it('keeps a streamed answer put together again, and one that was cut as partial', async () => {
    provider.script = streaming(['From ', 'Nynäshamn', '.'])
    const router = await start('{ mode: all }')
    const whole = await keptOf(router, await ask(router, {}, { stream: true }))
    expect(bodies(whole)).toMatchObject({ answer: { parts: [{ kind: 'text', text: 'From Nynäshamn.' }], finish: 'stop' } })
    provider.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'From Ny' }, finish_reason: null }] })}\n\n`, () => response.socket?.destroy())
    }
    const cut = await keptOf(router, await ask(router, {}, { stream: true }))
    expect(bodies(cut)).toMatchObject({ answer: { parts: [{ kind: 'text', text: 'From Ny' }] } })
    expect(cut.find((log) => log.attributes[WB.contentKind] === 'answer')?.attributes[WB.contentPartial]).toBe(true)
  })

  it('keeps the prompt of a call that failed', async () => {
    provider.script = failing(500, { message: 'no' })
    const router = await start('{ mode: all }')
    const trace = await ask(router)
    expect(bodies(await keptOf(router, trace, 1))).toMatchObject({ prompt: { messages: [{}, {}] } })
    expect(kept(router, trace)).toHaveLength(1)
  })

  it('keeps the prompt of a call whose answer has no common form, and its signals go on', async () => {
    const nameless = { id: 'call_1', type: 'function', function: { arguments: '{}' } }
    provider.script = (response) => json(response, 200, answerBody('', { choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [nameless] }, finish_reason: 'tool_calls' }] }))
    const router = await start('{ mode: all }')
    const trace = await ask(router)
    expect(bodies(await keptOf(router, trace, 1))).toMatchObject({ prompt: { messages: [{}, {}] } })
    expect((await router.trace(trace)).call.attributes[WB.promptFingerprint]).toMatch(/^[0-9a-f]{16}$/)
  })

  it.each([
    ['/v1/responses', { model: 'auto', instructions: 'Be brief.', input: QUESTION }],
    ['/v1/messages', { model: 'auto', max_tokens: 50, system: 'Be brief.', messages: [{ role: 'user', content: QUESTION }] }],
  ])('keeps the same over %s', async (path, body) => {
    const router = await start('{ mode: all }')
    const response = await fetch(`${router.router.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    await response.text()
    const found = bodies(await keptOf(router, response.headers.get('x-weighbridge-trace-id')))
    expect(JSON.stringify(found['prompt'])).toContain('Which harbour')
    expect(JSON.stringify(found['answer'])).toContain('Nynäshamn')
  })

  it('keeps shapes without any text in metadata mode', async () => {
    const router = await start('{ mode: metadata }')
    const logs = await keptOf(router, await ask(router))
    expect(bodies(logs)).toMatchObject({ prompt: { messages: [{ role: 'system', parts: [{ kind: 'text', characters: 9 }] }, { role: 'user', parts: [{ characters: QUESTION.length }] }] }, answer: { parts: [{ kind: 'text', characters: ANSWER.length }] } })
    expect(JSON.stringify(logs)).not.toMatch(/harbour|brief|Nyn/)
    expect(logs[0]?.attributes[WB.contentForm]).toBe('metadata')
  })

  it('keeps a call only once something is said of it, in on_signal mode', async () => {
    const router = await start('{ mode: on_signal }')
    const liked = await ask(router)
    const history = [{ role: 'user', content: QUESTION }, { role: 'assistant', content: ANSWER }]
    // Going on is an acceptance: no reason to keep anything.
    await ask(router, {}, { messages: [...history, { role: 'user', content: 'Thanks, and the way back?' }] })
    const asked = await ask(router, { 'x-weighbridge-session': 's2' }, { messages: [{ role: 'user', content: 'Explain tides to a child in two sentences.' }], user: 'bea' })
    const again = await ask(router, { 'x-weighbridge-session': 's2' }, { messages: [{ role: 'user', content: 'Explain tides to a child in two sentences.' }], user: 'bea' })
    const logs = await keptOf(router, asked)
    expect(bodies(logs)).toMatchObject({ prompt: { messages: [{ parts: [{ text: 'Explain tides to a child in two sentences.' }] }] } })
    await router.trace(again)
    expect([kept(router, liked), kept(router, again)]).toEqual([[], []])
  })

  it('keeps nothing unless it is configured, nor of a task that is excepted, nor of evals', async () => {
    const off = await start('{}')
    await off.trace(await ask(off))
    expect(off.collector.logs.filter((log) => log.eventName === 'weighbridge.content')).toEqual([])
    off.reconfigure(yaml(provider.url, '{ mode: all, tasks: { private: { mode: none } } }'))
    const excepted = await ask(off, { 'x-weighbridge-task': 'private' })
    const evaluated = await ask(off, { 'x-weighbridge-purpose': 'eval', 'x-weighbridge-pin': 'alpha' })
    const ordinary = await ask(off)
    await keptOf(off, ordinary)
    expect([kept(off, excepted), kept(off, evaluated)]).toEqual([[], []])
  })

  it('waits on disk while the collector is down', async () => {
    const router = await start('{ mode: all }')
    router.collector.status = 503
    const trace = await ask(router)
    await eventually(async () => !(await (await fetch(`${router.router.url}/metrics`)).text()).includes('weighbridge_content_spool_bytes 0\n'))
    router.collector.status = 200
    expect(await keptOf(router, trace)).toHaveLength(2)
  })

  it('says at start what is wrong with a pattern or a task', () => {
    expect(() => parse(yaml('http://127.0.0.1:1', '{ redact: [ { pattern: "(" } ] }'))).toThrow(/capture.redact.0.pattern/)
    expect(() => parse(yaml('http://127.0.0.1:1', '{ tasks: { nothing: { mode: all } } }'))).toThrow(/capture.tasks.nothing: no such task/)
  })
})

// Kept from the shared fixtures of providers: a whole answer with a tool call.
describe('tool calls', () => {
  it('are part of the answer that is kept', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'ferries', arguments: '{"to":"Gotland"}' } }
    const provider = await scriptedProvider((response) => json(response, 200, answerBody('', { choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }] })))
    const up = await running(yaml(provider.url, '{ mode: all }'))
    try {
      const response = await up.chat({ model: 'auto' })
      await response.text()
      const trace = response.headers.get('x-weighbridge-trace-id')
      const log = await eventually(() => up.collector.logs.find((one) => one.traceId === trace && one.attributes[WB.contentKind] === 'answer'))
      expect(JSON.parse(String(log.body))).toMatchObject({ parts: [{ kind: 'tool_call', name: 'ferries', argumentsJson: '{"to":"Gotland"}' }], finish: 'tool_calls' })
    } finally {
      await up.close()
      await provider.close()
    }
  })
})

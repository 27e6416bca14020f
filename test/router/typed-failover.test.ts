// Failures that are about the request lead where the configuration says: too long inputs to longer windows, refusals to a
// chain of their own, broken structured output to one other target. Never a blind retry.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerBody, answering, failing, json, scriptedProvider, type Script, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, type Running } from './support/running.ts'

let providers: ScriptedProvider[]
let up: Running

beforeEach(async () => {
  providers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => scriptedProvider(answering(`from ${name}`))))
  up = await running(configured())
})
afterEach(async () => {
  await up.close()
  await Promise.all(providers.map((provider) => provider.close()))
})

/** Four targets a..d at four providers; a, b and c in the default chain, d only in side chains. */
function configured(tasks = '{}', windows: Record<string, number> = { a: 8_000, c: 100_000, d: 200_000 }): string {
  const names = ['a', 'b', 'c', 'd']
  const timeouts = '{ connect_ms: 500, first_token_ms: 300, idle_ms: 200, total_ms: 2000 }'
  return `
providers:
${names.map((name, index) => `  p${name}: { base_url: "${providers[index]?.url ?? ''}", timeouts: ${timeouts}, retries: 0 }`).join('\n')}
targets:
${names.map((name, index) => `  ${name}: { provider: p${name}, model: m-${name}, price: { input: ${index + 1}, output: 2 }${windows[name] === undefined ? '' : `, context_window: ${windows[name]}`} }`).join('\n')}
chains: { default: [ { target: a }, { target: b }, { target: c } ], side: [ { target: d }, { target: b } ] }
tasks: ${tasks}`
}
const script = (name: string, given: Script): void => {
  const provider = providers['abcd'.indexOf(name)]
  if (provider !== undefined) provider.script = given
}
const asked = (): number[] => providers.map((provider) => provider.asked.length)
const tooLong = failing(400, { code: 'context_length_exceeded', message: 'This model has a maximum context length of 8000 tokens', type: 'invalid_request_error' })

describe('an input that is too long for a target', () => {
  it('goes to the links whose window is larger, past those whose window nobody knows', async () => {
    script('a', tooLong)
    const response = await up.chat({ model: 'auto' })
    expect([response.status, response.headers.get('x-weighbridge-target'), asked()]).toEqual([200, 'c', [1, 0, 1, 0]])
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(attempts.map((attempt) => attempt.attributes['weighbridge.error.code'])).toEqual(['provider_context_length', undefined])
    expect(call.attributes).toMatchObject({ 'weighbridge.target': 'c', 'weighbridge.attempts': 2 })
  })

  it('goes along the configured chain instead, and on along it', async () => {
    up.reconfigure(configured('{ general: { on_context_length: side } }'))
    script('a', tooLong)
    script('d', failing(500, { message: 'down' }))
    const response = await up.chat({ model: 'auto' })
    expect([response.status, response.headers.get('x-weighbridge-target'), asked()]).toEqual([200, 'b', [1, 1, 0, 1]])
  })

  it('is the client’s to shorten where nothing is longer, in the provider’s words', async () => {
    up.reconfigure(configured('{}', { a: 8_000, b: 8_000, c: 4_000 }))
    script('a', tooLong)
    const response = await up.chat({ model: 'auto' })
    expect([response.status, asked()]).toEqual([400, [1, 0, 0, 0]])
    expect(await response.json()).toMatchObject({ error: { code: 'context_length_exceeded', weighbridge: { code: 'provider_context_length' } } })
  })

  it('does not count against the target that said so', async () => {
    script('a', tooLong)
    for (let call = 0; call < 8; call += 1) await up.chat({ model: 'auto' })
    expect(asked()).toEqual([8, 0, 8, 0])
  })

  it('of a call that may not fail over is returned', async () => {
    script('a', tooLong)
    expect((await up.chat({ model: 'a' }, { 'x-weighbridge-failover': 'off' })).status).toBe(400)
    expect(asked()).toEqual([1, 0, 0, 0])
  })
})

describe('an answer that declines', () => {
  const filtered = answerBody('', { choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'content_filter' }] })
  const refusal = answerBody('', { choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: 'I cannot help with that.' }, finish_reason: 'stop' }] })
  const declining = (body: Record<string, unknown>): Script => (response) => json(response, 200, body)
  const choice = (delta: Record<string, unknown>, finish: string | null = null): string => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  const streamed = (...chunks: string[]): Script => (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${chunks.join('')}data: [DONE]\n\n`)
  const withChain = (): void => up.reconfigure(configured('{ general: { on_refusal: side } }'))

  it('is the answer where nothing else is configured', async () => {
    script('a', declining(filtered))
    const response = await up.chat({ model: 'auto' })
    expect([response.status, response.headers.get('x-weighbridge-attempts'), asked()]).toEqual([200, '1', [1, 0, 0, 0]])
    expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'content_filter' }] })
  })

  it.each([['filter', filtered], ['refusal', refusal]])('by a %s leads along the configured chain', async (_name, body) => {
    withChain()
    script('a', declining(body))
    const response = await up.chat({ model: 'auto' })
    expect([response.headers.get('x-weighbridge-target'), asked()]).toEqual(['d', [1, 0, 0, 1]])
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(attempts.map((attempt) => attempt.attributes['weighbridge.error.code'])).toEqual(['provider_refused', undefined])
    // The tokens of the answer that nobody got are paid for all the same.
    expect(Number(call.attributes['weighbridge.call.wasted_usd'])).toBeGreaterThan(0)
  })

  it('is the answer after all when nobody on that chain does better', async () => {
    withChain()
    script('a', declining(refusal))
    script('d', failing(500, { message: 'down' }))
    script('b', failing(500, { message: 'down' }))
    const response = await up.chat({ model: 'auto' })
    expect([response.status, response.headers.get('x-weighbridge-target')]).toEqual([200, 'a'])
    expect(await response.json()).toMatchObject({ choices: [{ message: { refusal: 'I cannot help with that.' } }] })
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(call.attributes).toMatchObject({ 'weighbridge.target': 'a', 'weighbridge.call.wasted_usd': 0 })
    expect(call.status).toBe(1)
  })

  it.each([
    ['a filter before any output', streamed(choice({ role: 'assistant', content: '' }), choice({}, 'content_filter'))],
    ['a refusal as its first output', streamed(choice({ role: 'assistant', content: '' }), choice({ refusal: 'I cannot.' }), choice({}, 'stop'))],
  ])('streamed, by %s, leads along it too', async (_name, given) => {
    withChain()
    script('a', given)
    script('d', streamed(choice({ role: 'assistant', content: 'from d' }), choice({}, 'stop')))
    const response = await up.chat({ model: 'auto', stream: true })
    const text = await response.text()
    expect([response.headers.get('x-weighbridge-target'), text.includes('from d'), text.includes('cannot')]).toEqual(['d', true, false])
  })

  it('streamed, after output that is out already, stays the answer', async () => {
    withChain()
    script('a', streamed(choice({ role: 'assistant', content: 'First, ' }), choice({}, 'content_filter')))
    const response = await up.chat({ model: 'auto', stream: true })
    const text = await response.text()
    expect([response.headers.get('x-weighbridge-target'), text.endsWith('data: [DONE]\n\n'), asked()]).toEqual(['a', true, [1, 0, 0, 0]])
  })

  it('as an error of the provider leads along it, and without it is returned as the provider put it', async () => {
    const error = failing(400, { code: 'content_filter', message: 'The response was filtered', type: 'invalid_request_error' })
    script('a', error)
    const alone = await up.chat({ model: 'auto' })
    expect([alone.status, asked()]).toEqual([400, [1, 0, 0, 0]])
    expect(await alone.json()).toMatchObject({ error: { code: 'content_filter', weighbridge: { code: 'provider_refused' } } })
    withChain()
    expect((await up.chat({ model: 'auto' })).headers.get('x-weighbridge-target')).toBe('d')
  })
})

describe('an answer that breaks the schema it was asked for', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }
  const format = { response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } } }
  const good = answering('{"city":"Oslo"}')
  const bad = answering('{"town":"Oslo"}')
  const attempts = async (response: Response): Promise<unknown[][]> =>
    (await up.trace(response.headers.get('x-weighbridge-trace-id'))).attempts.map((attempt) => [attempt.attributes['weighbridge.schema'], attempt.attributes['weighbridge.error.code']])

  it('goes on elsewhere only within what the caller allows the whole call: the broken answer is billed too', async () => {
    script('a', answering('not even JSON'))
    script('b', answering('{"city":"Oslo"}'))
    const bounded = (usd: string): Promise<Response> => up.chat({ model: 'auto', ...format }, { 'x-weighbridge-max-cost-usd': usd })
    expect([(await bounded('0.0015')).status, asked()]).toEqual([502, [1, 0, 0, 0]])
    expect([(await bounded('0.01')).status, asked()]).toEqual([200, [2, 1, 0, 0]])
  })

  it('is held against it, and passes when it does', async () => {
    script('a', good)
    const response = await up.chat({ model: 'auto', ...format })
    expect([response.status, await attempts(response)]).toEqual([200, [['valid', undefined]]])
  })

  it('goes to one other target, and the violation is recorded and counted', async () => {
    script('a', bad)
    script('b', good)
    const response = await up.chat({ model: 'auto', ...format })
    expect([response.headers.get('x-weighbridge-target'), asked()]).toEqual(['b', [1, 1, 0, 0]])
    expect(await attempts(response)).toEqual([['violated', 'provider_schema_violation'], ['valid', undefined]])
    expect(up.router.metrics.value('weighbridge_schema_violations_total', { target: 'a' })).toBe(1)
  })

  it('twice ends the call: not every link is tried', async () => {
    for (const name of 'abc') script(name, bad)
    const response = await up.chat({ model: 'auto', ...format })
    expect([response.status, asked()]).toEqual([502, [1, 1, 0, 0]])
    expect(await response.json()).toMatchObject({ error: { weighbridge: { code: 'provider_schema_violation' } } })
  })

  it('does not take the target out', async () => {
    script('a', bad)
    script('b', good)
    for (let call = 0; call < 8; call += 1) await up.chat({ model: 'auto', ...format })
    expect(asked()[0]).toBe(8)
  })

  it('is handed out where the task says so', async () => {
    up.reconfigure(configured('{ general: { on_schema_violation: return } }'))
    script('a', bad)
    const response = await up.chat({ model: 'auto', ...format })
    expect([response.status, asked(), await attempts(response)]).toEqual([200, [1, 0, 0, 0], [['violated', undefined]]])
  })

  it.each([
    ['was cut by its limit', answerBody('{"ci', { choices: [{ index: 0, message: { role: 'assistant', content: '{"ci' }, finish_reason: 'length' }] })],
    ['calls a tool', answerBody('', { choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }] }, finish_reason: 'tool_calls' }] })],
    ['refuses', answerBody('', { choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: 'no' }, finish_reason: 'stop' }] })],
  ])('is not one that %s', async (_name, body) => {
    script('a', (response) => json(response, 200, body))
    const response = await up.chat({ model: 'auto', ...format })
    expect([response.status, await attempts(response)]).toEqual([200, [[undefined, undefined]]])
  })

  it('in a stream is recorded only: what is out cannot be taken back', async () => {
    const words = (text: string): Script => (response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\ndata: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`)
    script('a', words('{"town":1}'))
    const broken = await up.chat({ model: 'auto', stream: true, ...format })
    expect((await broken.text()).endsWith('data: [DONE]\n\n')).toBe(true)
    expect(await attempts(broken)).toEqual([['violated', undefined]])
    script('a', words('{"city":"Oslo"}'))
    const whole = await up.chat({ model: 'auto', stream: true, ...format })
    await whole.text()
    expect(await attempts(whole)).toEqual([['valid', undefined]])
  })
})

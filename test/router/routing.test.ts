import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerBody, answering, failing, json, scriptedProvider, USAGE, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, twoProviders, type Running } from './support/running.ts'

const TASKS = `
tasks:
  simple_qa: { route: { beta: 1 } }
  code_generation: {}
aliases: { gpt-4o: auto, codey: "task:code_generation" }
`
let one: ScriptedProvider
let two: ScriptedProvider
let up: Running

beforeEach(async () => {
  one = await scriptedProvider(answering('from one'))
  two = await scriptedProvider(answering('from two'))
  up = await running(twoProviders(one.url, two.url, TASKS))
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})

type Expected = { target: string; task: string; source: string; asked: string }
describe('the model field', () => {
  it.each<[string, Record<string, string>, Expected]>([
    ['auto', {}, { target: 'alpha', task: 'general', source: 'default', asked: 'alpha-model' }],
    ['task:simple_qa', {}, { target: 'beta', task: 'simple_qa', source: 'model', asked: 'beta-model' }],
    ['beta', {}, { target: 'beta', task: 'general', source: 'default', asked: 'beta-model' }],
    ['beta', { 'x-weighbridge-task': 'code_generation' }, { target: 'beta', task: 'code_generation', source: 'caller', asked: 'beta-model' }],
    ['task:code_generation', { 'x-weighbridge-task': 'simple_qa' }, { target: 'beta', task: 'simple_qa', source: 'caller', asked: 'beta-model' }],
    ['gpt-4o', {}, { target: 'alpha', task: 'general', source: 'default', asked: 'alpha-model' }],
    ['codey', {}, { target: 'alpha', task: 'code_generation', source: 'model', asked: 'alpha-model' }],
    ['one/alpha-model', {}, { target: 'alpha', task: 'general', source: 'default', asked: 'alpha-model' }],
    ['two/another', {}, { target: 'two/another', task: 'general', source: 'default', asked: 'another' }],
    ['auto', { 'x-weighbridge-pin': 'beta' }, { target: 'beta', task: 'general', source: 'default', asked: 'beta-model' }],
  ])('%s with %j', async (model, headers, expected) => {
    const response = await up.chat({ model }, headers)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-weighbridge-target')).toBe(expected.target)
    expect(response.headers.get('x-weighbridge-task')).toBe(expected.task)
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(call.attributes).toMatchObject({ 'weighbridge.task': expected.task, 'weighbridge.task.source': expected.source, 'weighbridge.model_requested': model })
    expect([...one.asked, ...two.asked].map((request) => request.body['model'])).toEqual([expected.asked])
    expect(((await response.json()) as { model: string }).model).toBe('served-model-2026')
  })

  it('answers an unknown name with 404 and the nearest names', async () => {
    const response = await up.chat({ model: 'alpah' })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'unknown_model', weighbridge: { details: { nearest: ['alpha'] } } } })
    const task = await up.chat({ model: 'auto' }, { 'x-weighbridge-task': 'simple_qq' })
    expect([task.status, ((await task.json()) as { error: { code: string } }).error.code]).toEqual([404, 'unknown_task'])
  })

  it('fails a pinned target over along the chain of its task', async () => {
    two.script = failing(500, { message: 'down' })
    const response = await up.chat({ model: 'beta' })
    expect(response.headers.get('x-weighbridge-target')).toBe('alpha')
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(JSON.parse(String(call.attributes['weighbridge.decision']))).toMatchObject({ drawn: 'beta', propensity: null, reason: 'pinned', weights_source: 'pinned' })
  })

  it('marks what a simulated provider answers, and never lets it stand in for a real one', async () => {
    const simulated = twoProviders(one.url, two.url, 'tasks: { demo: { route: { beta: 1 }, chain: demo } }').replace('two: {', 'two: { simulated: true,').replace(', { target: beta } ]', ' ]\n  demo: [ { target: beta } ]')
    up.reconfigure(simulated)
    const response = await up.chat({ model: 'task:demo' })
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect([call, ...attempts].map((span) => span.attributes['weighbridge.simulated'])).toEqual([true, true])
    two.script = failing(500, { message: 'down' })
    const pinned = await up.chat({ model: 'beta' })
    expect([pinned.status, one.asked.length]).toEqual([502, 0])
  })

  it('lists every name it takes', async () => {
    const list = (await (await fetch(`${up.router.url}/v1/models`)).json()) as { data: { id: string; owned_by: string }[] }
    expect(list.data.map((model) => model.id)).toEqual(['auto', 'task:general', 'task:simple_qa', 'task:code_generation', 'alpha', 'beta', 'gpt-4o', 'codey'])
    expect(list.data.find((model) => model.id === 'alpha')?.owned_by).toBe('one')
    expect(await (await fetch(`${up.router.url}/v1/models/task:simple_qa`)).json()).toMatchObject({ id: 'task:simple_qa' })
  })
})

describe('what goes in and out', () => {
  it('reads our metadata in every spelling, takes it out and passes the rest and all unknown fields on', async () => {
    const metadata = { weighbridge_task: 'simple_qa', 'weighbridge.session': 's-1', 'x-weighbridge-tags': 'a=1,b', team: 'blue' }
    const response = await up.chat({ model: 'auto', metadata, x_provider_option: { deep: [1] } })
    expect(response.headers.get('x-weighbridge-task')).toBe('simple_qa')
    expect(two.asked[0]?.body).toMatchObject({ metadata: { team: 'blue' }, x_provider_option: { deep: [1] } })
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    for (const span of [call, ...attempts]) expect(span.attributes).toMatchObject({ 'weighbridge.session': 's-1', 'weighbridge.tags': ['a=1', 'b=true'] })
  })

  it('sends no metadata at all when all of it was ours, and never our headers or the client’s key', async () => {
    await up.chat({ model: 'auto', metadata: { weighbridge_task: 'code_generation' } }, { authorization: 'Bearer sk-client', 'x-weighbridge-user': 'u' })
    expect(one.asked[0]?.body).not.toHaveProperty('metadata')
    expect(one.asked[0]?.headers['authorization']).toBe('Bearer sk-one')
    expect(Object.keys(one.asked[0]?.headers ?? {}).filter((name) => name.startsWith('x-weighbridge'))).toEqual([])
  })

  it('gives the cost to the client and both spans, exact, and keeps the provider’s usage', async () => {
    const response = await up.chat({ model: 'auto' }, { 'x-request-id': 'mine-1' })
    const expected = (600 * 2.5 + 400 * 0.25 + 100 * 15) / 1e6
    expect(Math.abs(Number(response.headers.get('x-weighbridge-cost-usd')) - expected)).toBeLessThan(1e-12)
    expect(response.headers.get('x-request-id')).toBe('mine-1')
    expect(response.headers.get('x-weighbridge-attempts')).toBe('1')
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).toMatchObject({ name: 'chat alpha-model', kind: 3 })
    expect(attempts[0]?.attributes).toMatchObject({
      'weighbridge.cost.usd': expected,
      'weighbridge.cost.source': 'priced',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.cache_read.input_tokens': 400,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.response.model': 'served-model-2026',
      'gen_ai.provider.name': 'one',
      'http.response.status_code': 200,
      'weighbridge.simulated': false,
      'weighbridge.propensity': 1,
      'weighbridge.usage.raw': JSON.stringify(USAGE),
    })
    expect(call.attributes).toMatchObject({ 'weighbridge.call.cost_usd': expected, 'weighbridge.call.wasted_usd': 0, 'weighbridge.request.id': 'mine-1' })
    expect(call.attributes).not.toHaveProperty('weighbridge.cost.usd')
  })

  it('prefers a cost the provider reports, and leaves an unknown one out', async () => {
    one.script = (response) => json(response, 200, answerBody('hi', { usage: { ...USAGE, cost: 0.123456789012 } }))
    const reported = await up.chat({ model: 'auto' })
    expect(reported.headers.get('x-weighbridge-cost-usd')).toBe('0.123456789012')
    const unpriced = await up.chat({ model: 'two/another' })
    expect(unpriced.headers.get('x-weighbridge-cost-usd')).toBeNull()
    const { call, attempts } = await up.trace(unpriced.headers.get('x-weighbridge-trace-id'))
    expect(attempts[0]?.attributes['weighbridge.cost.source']).toBe('unpriced')
    expect(attempts[0]?.attributes).not.toHaveProperty('weighbridge.cost.usd')
    expect(call.attributes).not.toHaveProperty('weighbridge.call.cost_usd')
  })

  it('records under the client’s own trace, also when that one is not sampled', async () => {
    const response = await up.chat({ model: 'auto' }, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' })
    expect(response.headers.get('x-weighbridge-trace-id')).toBe('0af7651916cd43dd8448eb211c80319c')
    const { call } = await up.trace('0af7651916cd43dd8448eb211c80319c')
    expect([call.parentSpanId, call.kind]).toEqual(['b7ad6b7169203331', 2])
  })

  it('lets a client’s effort choose among targets, and never files it under a name without it', async () => {
    const response = await up.chat({ model: 'auto', reasoning_effort: 'low' })
    expect(response.headers.get('x-weighbridge-target')).toBe('one/alpha-model@low')
    expect(one.asked[0]?.body['reasoning_effort']).toBe('low')
  })

  it.each([
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [{ content: 'hi' }] }, 'messages.0.role'],
    [{ model: 5 }, 'model'],
    [{ stream: 'yes' }, 'stream'],
    [{ max_tokens: 1.5 }, 'max_tokens'],
    [{ metadata: { weighbridge_tsak: 'x' } }, 'metadata.weighbridge_tsak'],
    [{ metadata: { weighbridge_purpose: 'fun' } }, 'x-weighbridge-purpose'],
  ])('refuses %j, naming the field', async (fault, param) => {
    const response = await up.chat({ model: 'auto', ...fault })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param, type: 'invalid_request_error', code: 'bad_request' } })
    expect(one.asked).toHaveLength(0)
  })
})

describe('ceilings over HTTP', () => {
  it('answers 422 with every exclusion, calling no provider, when the task says to refuse', async () => {
    up.reconfigure(twoProviders(one.url, two.url, 'tasks: { strict_qa: { on_ceiling: refuse } }'))
    const response = await up.chat({ model: 'task:strict_qa' }, { 'x-weighbridge-max-cost-per-1k': '0.0001' })
    expect(response.status).toBe(422)
    const { error } = (await response.json()) as { error: { code: string; weighbridge: { details: { exclusions: { target: string; reason: string }[] } } } }
    expect(error.code).toBe('no_admissible_target')
    expect(error.weighbridge.details.exclusions.map(({ target, reason }) => [target, reason])).toEqual([['alpha', 'over_ceiling'], ['beta', 'over_ceiling']])
    expect([one.asked.length, two.asked.length]).toEqual([0, 0])
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(call.attributes).toMatchObject({ 'weighbridge.error.code': 'no_admissible_target', 'weighbridge.attempts': 0 })
  })

  it('waives the ceiling of the cheapest otherwise, and says so', async () => {
    const response = await up.chat({ model: 'auto' }, { 'x-weighbridge-max-cost-per-1k': '0.0001' })
    expect(response.headers.get('x-weighbridge-target')).toBe('alpha')
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(call.attributes).toMatchObject({ 'weighbridge.ceiling.waived': ['alpha'], 'weighbridge.ceiling.skipped': ['beta'] })
  })

  it('does not bind eval calls', async () => {
    const response = await up.chat({ model: 'beta' }, { 'x-weighbridge-max-cost-per-1k': '0.0001', 'x-weighbridge-purpose': 'eval' })
    expect(response.headers.get('x-weighbridge-target')).toBe('beta')
  })
})

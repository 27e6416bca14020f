import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failing, json, scriptedProvider, type Script, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, type Running } from './support/running.ts'

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running

const TIMEOUTS = '{ connect_ms: 500, first_token_ms: 300, idle_ms: 200, total_ms: 2000 }'
const configured = (chains = 'default: [ { target: chatty }, { target: small-1 } ]'): string => `
providers:
  one: { base_url: "${one.url}", timeouts: ${TIMEOUTS}, retries: 0 }
  two: { base_url: "${two.url}", timeouts: ${TIMEOUTS}, retries: 0 }
  claude: { api: anthropic-messages, base_url: "${two.url}", api_key: k }
targets:
  chatty: { provider: one, model: chat-x, price: { input: 1, output: 2 } }
  small-1: { provider: one, model: embed-small, kind: embedding, price: { input: 0.02, output: 0 } }
  small-2: { provider: two, model: embed-small, kind: embedding, price: { input: 0.03, output: 0 } }
  large: { provider: two, model: embed-large, kind: embedding, price: { input: 0.13, output: 0 } }
  none: { provider: claude, model: claude-x, kind: embedding }
chains: { ${chains} }`
/** One vector for each input; a list of numbers is one input. */
const vectors: Script = (response, asked) => {
  const { input } = asked.body
  const count = Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1
  const data = Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5] }))
  json(response, 200, { object: 'list', model: String(asked.body['model']), data, usage: { prompt_tokens: 1_000, total_tokens: 1_000 } })
}

beforeEach(async () => {
  one = await scriptedProvider(vectors)
  two = await scriptedProvider(vectors)
  up = await running(configured())
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})
const embed = (body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${up.router.url}/v1/embeddings`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ input: 'Hello', ...body }) })
const exclusions = async (response: Response): Promise<{ target: string; reason: string }[]> => ((await response.json()) as { error: { weighbridge: { details: { exclusions: { target: string; reason: string }[] } } } }).error.weighbridge.details.exclusions

describe('embeddings', () => {
  it('come from an embedding target, priced, with spans like any call', async () => {
    const response = await embed({ model: 'small-1', dimensions: 2, metadata: { weighbridge_session: 's' } })
    expect([response.status, response.headers.get('x-weighbridge-target'), response.headers.get('x-weighbridge-cost-usd')]).toEqual([200, 'small-1', '0.000020000000'])
    expect(await response.json()).toMatchObject({ object: 'list', data: [{ embedding: [0.25, -0.5] }] })
    expect(one.asked[0]).toMatchObject({ path: '/v1/embeddings', body: { model: 'embed-small', input: 'Hello', dimensions: 2 } })
    expect(one.asked[0]?.body).not.toHaveProperty('metadata')
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(call.attributes).toMatchObject({ 'gen_ai.operation.name': 'embeddings', 'weighbridge.surface': 'embeddings', 'weighbridge.session': 's' })
    expect(attempts[0]).toMatchObject({ name: 'embeddings embed-small', attributes: { 'gen_ai.usage.input_tokens': 1_000, 'weighbridge.cost.source': 'priced' } })
  })

  it('fail over only to the same model: other vectors would not compare', async () => {
    one.script = failing(500, { message: 'down' })
    const response = await embed({ model: 'small-1' })
    expect([response.status, response.headers.get('x-weighbridge-target')]).toEqual([200, 'small-2'])
    two.script = failing(500, { message: 'down' })
    expect((await embed({ model: 'large' })).status).toBe(502)
    expect(two.asked.every((asked) => ['embed-small', 'embed-large'].includes(String(asked.body['model'])))).toBe(true)
    expect(one.asked.some((asked) => asked.body['model'] === 'embed-large')).toBe(false)
  })

  it('take the task’s embedding target for auto, never its chat targets', async () => {
    const response = await embed({ model: 'auto' })
    expect([response.status, response.headers.get('x-weighbridge-target')]).toEqual([200, 'small-1'])
  })

  it('do not guess among models that the task does not name', async () => {
    up.reconfigure(configured('default: [ { target: chatty } ]'))
    const response = await embed({ model: 'auto' })
    expect(response.status).toBe(422)
    expect((await exclusions(response)).map((one) => one.reason)).toContain('other_model')
  })

  it('are not asked of chat targets, nor chat of embedding targets', async () => {
    const pinned = await embed({ model: 'chatty' })
    expect([pinned.status, await exclusions(pinned)]).toMatchObject([422, [{ target: 'chatty', reason: 'kind' }]])
    const chat = await up.chat({ model: 'small-1' }, { 'x-weighbridge-failover': 'off' })
    expect([chat.status, await chat.json()]).toMatchObject([400, { error: { code: 'bad_request', message: expect.stringMatching(/small-1 is an embedding model/) } }])
  })

  it('may be pinned to provider/model', async () => {
    const response = await embed({ model: 'two/embed-other' })
    expect([response.status, two.asked[0]?.body['model']]).toEqual([200, 'embed-other'])
  })

  it('are refused where the provider’s wire has none', async () => {
    const response = await embed({ model: 'none' })
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([400, 'cannot_translate'])
  })

  it.each<[unknown, string]>([
    ['', 'input'],
    [[], 'input'],
    [7, 'input'],
    [[''], 'input.0'],
    [['a', 5.5], 'input.1'],
    [[{ text: 'a' }], 'input.0'],
    [Array.from({ length: 2_049 }, () => 'a'), 'input'],
  ])('refuse input %j, naming the member', async (input, param) => {
    const response = await embed({ model: 'small-1', input })
    expect([response.status, ((await response.json()) as { error: { param: string } }).error.param]).toEqual([400, param])
    expect(one.asked).toHaveLength(0)
  })

  it('take texts, tokens and lists of either', async () => {
    for (const input of ['a', ['a', 'b'], [1, 2, 3], [[1, 2], [3]]]) expect((await embed({ model: 'small-1', input })).status, JSON.stringify(input)).toBe(200)
  })
})

import { Agent, request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answering, failing, scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, type Running } from './support/running.ts'

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running
beforeEach(async () => {
  one = await scriptedProvider(answering('from one'))
  two = await scriptedProvider(answering('from two'))
  up = await running(`
providers:
  one: { base_url: "${one.url}", retries: 0 }
  two: { base_url: "${two.url}", retries: 0 }
  opus: { base_url: "${two.url}", api: anthropic-messages, retries: 0 }
targets:
  alpha: { provider: one, model: m1, price: { input: 1, output: 1 } }
  beta: { provider: two, model: m2, price: { input: 1, output: 1 } }
  beta-low: { provider: two, model: m2, effort: low, price: { input: 1, output: 1 } }
  opus: { provider: opus, model: claude, price: { input: 1, output: 1 } }
chains: { default: [{ target: alpha }, { target: beta }] }
`)
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})
const code = async (response: Response): Promise<unknown> => ((await response.json()) as { error: { code: unknown } }).error.code

describe('a model that its provider does not know', () => {
  beforeEach(() => {
    one.script = failing(404, { code: 'model_not_found', message: 'The model m1 does not exist' })
  })

  it('sends the call on when the router chose it, and stops being asked', async () => {
    for (let i = 0; i < 5; i += 1) expect((await up.chat({ model: 'auto' })).headers.get('x-weighbridge-target')).toBe('beta')
    const sixth = await up.chat({ model: 'auto' })
    expect([sixth.headers.get('x-weighbridge-target'), sixth.headers.get('x-weighbridge-attempts')]).toEqual(['beta', '1'])
  })

  it('is the answer when only the client named it, and cools nothing', async () => {
    for (let i = 0; i < 6; i += 1) {
      const response = await up.chat({ model: 'one/no-such-model' })
      expect([response.status, await code(response)]).toEqual([404, 'model_not_found'])
    }
    expect(one.asked).toHaveLength(6)
  })
})

describe('a target named by the caller', () => {
  it('that cannot carry the request is passed over for the chain, which a header says with the reason', async () => {
    const response = await up.chat({ model: 'opus', n: 2 })
    expect([response.status, response.headers.get('x-weighbridge-target'), response.headers.get('x-weighbridge-passed-over')]).toEqual([200, 'alpha', 'opus (untranslatable: n)'])
  })

  it('that cannot carry the request and may not fail over is the only one the error speaks of', async () => {
    const response = await up.chat({ model: 'opus', n: 2 }, { 'x-weighbridge-failover': 'off' })
    const body = (await response.json()) as { error: { code: string; message: string } }
    expect([response.status, body.error.code]).toEqual([400, 'cannot_translate'])
    expect(body.error.message).not.toMatch(/alpha|beta/)
  })

  it('with an effort that another configured target has is that target', async () => {
    const response = await up.chat({ model: 'beta', reasoning_effort: 'low' })
    expect(response.headers.get('x-weighbridge-target')).toBe('beta-low')
    expect((await up.chat({ model: 'beta', reasoning_effort: 'high' })).headers.get('x-weighbridge-target')).toBe('two/m2@high')
  })
})

it('a refused key stays the news while it rests, instead of a rate limit nobody set', async () => {
  one.script = failing(401, { code: 'invalid_api_key', message: 'no' })
  const first = await up.chat({ model: 'alpha' }, { 'x-weighbridge-failover': 'off' })
  const second = await up.chat({ model: 'alpha' }, { 'x-weighbridge-failover': 'off' })
  expect([first.status, await code(first), second.status, await code(second)]).toEqual([502, 'provider_credential', 502, 'provider_credential'])
  expect(one.asked).toHaveLength(1)
})

it('a router that is told to stop lets answers end, then closes their connections, and cuts none of them', async () => {
  let release: (() => void) | undefined
  one.script = (response, asked, count) => new Promise((resolve) => {
    release = () => {
      resolve()
      void answering('late, but whole')(response, asked, count)
    }
  })
  const agent = new Agent({ connections: 1, pipelining: 1 })
  const ask = (): ReturnType<typeof request> => request(`${up.router.url}/v1/chat/completions`, { method: 'POST', dispatcher: agent, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'alpha', messages: [{ role: 'user', content: 'Hi' }] }) })
  const answer = ask()
  while (release === undefined) await new Promise((resolve) => setImmediate(resolve))
  const closed = up.router.close()
  release()
  const { statusCode, body } = await answer
  expect(statusCode).toBe(200)
  expect(await body.text()).toContain('late, but whole')
  await closed
  await expect(ask()).rejects.toThrow()
  await agent.close()
})

// What one key's calls leave in the router is not there for another key: answers kept for later reference, and who holds a
// stored one. And what is kept, or asked for again, has bounds that a client cannot lie about.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyRing } from '../../core/mount.ts'
import { BoundedMemory } from '../../router/http/surfaces/answer-memory.ts'
import { responsesSurface } from '../../router/http/surfaces/responses/surface.ts'
import { messaging, responding } from './support/other-wires.ts'
import { running, type Running } from './support/running.ts'
import { scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'
import { contextOf, KNOWN_FACTS, refusalOf } from './surfaces/support.ts'

const ring: KeyRing = {
  find: (secret) => (secret === 'key-a' || secret === 'key-b' ? { id: secret.slice(-1), name: secret, scopes: ['call'] } : undefined),
  has: (scope) => scope === 'call',
}

let messages: ScriptedProvider
let responses: ScriptedProvider
let up: Running

beforeEach(async () => {
  messages = await scriptedProvider(messaging('Seven minutes.'))
  responses = await scriptedProvider(responding(['resp_1', 'resp_2']))
  up = await running(
    `
providers:
  m: { api: anthropic-messages, base_url: "${messages.url}", api_key: k, retries: 0 }
  r: { api: openai-responses, base_url: "${responses.url}", retries: 0 }
targets:
  claude: { provider: m, model: c, price: { input: 1, output: 1 } }
  r: { provider: r, model: r, price: { input: 1, output: 1 } }
chains: { default: [ { target: claude }, { target: r } ] }
`,
    { keys: ring },
  )
})
afterEach(async () => {
  await up.close()
  await messages.close()
  await responses.close()
})

async function ask(key: string, body: Record<string, unknown>): Promise<{ status: number; id: string; code: unknown; output: { id: string }[] }> {
  const response = await fetch(`${up.router.url}/v1/responses`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: JSON.stringify({ input: 'How long?', ...body }) })
  const answer = (await response.json()) as { id: string; error: { code: unknown } | null; output: { id: string }[] }
  return { status: response.status, id: answer.id, code: answer.error?.code, output: answer.output }
}

describe('an answer that the router keeps', () => {
  it('can be gone on from with the key that got it, and by nobody else who learns its id', async () => {
    const first = await ask('key-a', { model: 'claude' })
    expect(first.status).toBe(200)
    expect(await ask('key-b', { model: 'claude', previous_response_id: first.id })).toMatchObject({ status: 404, code: 'unknown_response' })
    expect(await ask('key-b', { model: 'claude', input: [{ type: 'item_reference', id: first.output[0]?.id }] })).toMatchObject({ status: 404, code: 'unknown_response' })
    expect(messages.asked).toHaveLength(1)
    expect((await ask('key-a', { model: 'claude', previous_response_id: first.id })).status).toBe(200)
    expect(JSON.stringify(messages.asked[1]?.body)).toContain('Seven minutes.')
  })

  it('that its provider stores is reached with the key that got it only', async () => {
    const first = await ask('key-a', { model: 'r' })
    expect(await ask('key-b', { model: 'r', previous_response_id: first.id })).toMatchObject({ status: 404, code: 'unknown_response' })
    expect(responses.asked).toHaveLength(1)
    expect((await ask('key-a', { model: 'r', previous_response_id: first.id })).status).toBe(200)
  })
})

describe('the bound of what is kept', () => {
  const answer = { parts: [{ kind: 'text', text: 'Yes.' }], finish: 'stop', stopSequence: undefined, logprobs: undefined } as const

  it('counts what an image weighs, not what it is worth in tokens', () => {
    const memory = new BoundedMemory(100_000)
    const owned = memory.of('a')
    const image = { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(60_000)}` }
    const body = { model: 'auto', input: [{ role: 'user', content: [image] }] }
    const context = { ...contextOf(responsesSurface, body), asked: responsesSurface.read(body, owned), memory: owned }
    const { id } = JSON.parse(responsesSurface.translated(answer, KNOWN_FACTS, context)) as { id: string }
    expect(owned.recall(id)).toBeUndefined()
  })

  it('cannot be gone round by referring to one item many times', () => {
    const memory = new BoundedMemory(100_000).of('a')
    memory.keep('msg_wb0_0', [{ type: 'message', role: 'user', content: 'x' }], 100)
    const reference = { type: 'item_reference', id: 'msg_wb0_0' }
    expect(refusalOf(() => responsesSurface.read({ model: 'auto', input: [reference, reference] }, memory))).toMatchObject({ code: 'bad_request', details: { param: 'input' } })
  })
})

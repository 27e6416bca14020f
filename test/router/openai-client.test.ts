import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answering, failing, scriptedProvider, streaming, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, twoProviders, type Running } from './support/running.ts'

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running
let client: OpenAI
const messages = [{ role: 'user' as const, content: 'Hello' }]

beforeEach(async () => {
  one = await scriptedProvider(answering('from one'))
  two = await scriptedProvider(answering('from two'))
  up = await running(twoProviders(one.url, two.url, 'tasks: { simple_qa: {} }'))
  client = new OpenAI({ baseURL: `${up.router.url}/v1`, apiKey: 'anything' })
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})

describe('the official openai client, unchanged but for its base URL', () => {
  it('gets plain answers, and labels its task in metadata', async () => {
    const { data, response } = await client.chat.completions.create({ model: 'auto', messages, metadata: { weighbridge_task: 'simple_qa' } }).withResponse()
    expect(data.choices[0]?.message.content).toBe('from one')
    expect(data.usage?.total_tokens).toBe(1100)
    expect(response.headers.get('x-weighbridge-task')).toBe('simple_qa')
  })

  it('streams, across a failover it does not notice', async () => {
    one.script = failing(503, { message: 'busy' })
    two.script = streaming(['Hé', 'llo'])
    let words = ''
    for await (const chunk of await client.chat.completions.create({ model: 'auto', messages, stream: true })) words += chunk.choices[0]?.delta.content ?? ''
    expect(words).toBe('Héllo')
  })

  it('sees an honest error when a stream breaks', async () => {
    one.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'half' }, finish_reason: null }] })}\n\n`, () => response.socket?.destroy())
    }
    const stream = await client.chat.completions.create({ model: 'auto', messages, stream: true })
    await expect(async () => {
      for await (const _chunk of stream) continue
    }).rejects.toThrow(/connection broke|closed its stream/)
  })

  it('does not multiply our attempts by its own retries once a chain is exhausted', async () => {
    one.script = failing(500, { message: 'down' })
    two.script = failing(500, { message: 'down' })
    await expect(client.chat.completions.create({ model: 'auto', messages })).rejects.toMatchObject({ status: 502 })
    expect([one.asked.length, two.asked.length]).toEqual([1, 2])
  })

  it('lists models and names the nearest one', async () => {
    expect((await client.models.list()).data.map((model) => model.id)).toContain('task:simple_qa')
    await expect(client.chat.completions.create({ model: 'alhpa', messages })).rejects.toMatchObject({ status: 404, code: 'unknown_model' })
  })
})

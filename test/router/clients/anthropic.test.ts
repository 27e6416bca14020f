import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WIRES } from '../../../core/model-request.ts'
import { CITY, clientWorld, isAnswer, QUESTION, targetOn, TWO_CALLS, type ClientWorld } from './world.ts'

let world: ClientWorld
let client: Anthropic
beforeAll(async () => {
  world = await clientWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  world.counting.count = 0
  client = new Anthropic({ baseURL: world.url, apiKey: 'anything', fetch: world.counting.fetch })
})

const messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }]
const callMessages: Anthropic.MessageParam[] = [{ role: 'user', content: TWO_CALLS }]
const tools: Anthropic.Tool[] = [{ name: 'weather', input_schema: { ...CITY, required: [...CITY.required] } }]

describe.each(WIRES)('the official anthropic client over %s', (wire) => {
  const model = targetOn(wire)
  const base = { model, max_tokens: 4_000 }

  it('gets a plain answer that begins with its text', async () => {
    const message = await client.messages.create({ ...base, messages, system: 'Be brief.' })
    expect(message.content).toMatchObject([{ type: 'text', text: expect.toSatisfy(isAnswer) }])
    expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' })
    expect(message.usage.input_tokens).toBeGreaterThan(0)
    expect(message.usage.output_tokens).toBeGreaterThan(0)
  })

  it('streams the same', async () => {
    const message = await client.messages.stream({ ...base, messages }).finalMessage()
    expect(message.content).toMatchObject([{ type: 'text', text: expect.toSatisfy(isAnswer) }])
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage.output_tokens).toBeGreaterThan(0)
  })

  it.each([
    [false, undefined],
    [true, undefined],
    [false, { type: 'adaptive' as const }],
    [true, { type: 'adaptive' as const }],
  ])('calls two tools at once and goes on from their results, streamed: %s, thinking: %j', async (streamed, thinking) => {
    const ask = async (sent: Anthropic.MessageParam[]) => {
      const body = { ...base, messages: sent, tools, ...(thinking === undefined ? {} : { thinking }) }
      return streamed ? client.messages.stream(body).finalMessage() : client.messages.create(body)
    }
    const called = await ask(callMessages)
    expect(called.stop_reason).toBe('tool_use')
    const calls = called.content.flatMap((block) => (block.type === 'tool_use' ? [block] : []))
    expect(calls.map((call) => call.input)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    const results = calls.map((call) => ({ type: 'tool_result' as const, tool_use_id: call.id, content: 'Rain.' }))
    const after = await ask([...callMessages, { role: 'assistant', content: called.content }, { role: 'user', content: results }])
    expect(after.stop_reason).toBe('end_turn')
    expect(after.content.some((block) => block.type === 'text' && block.text !== '')).toBe(true)
  })

  it('gets structured output', async () => {
    const message = await client.messages.create({ ...base, messages, output_config: { format: { type: 'json_schema', schema: CITY } } })
    const text = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
    expect(JSON.parse(text)).toEqual({ city: expect.any(String) })
  })

  it('throws its typed error, once, when the provider limits it', async () => {
    const error: unknown = await client.messages.create({ ...base, model: targetOn(wire, 'rate_limit_429', 'messages'), messages }, { headers: { 'x-weighbridge-failover': 'off' } }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Anthropic.RateLimitError)
    expect(error).toMatchObject({ type: 'rate_limit_error', requestID: expect.any(String) })
    expect(world.counting.count).toBe(1)
  })

  it.each(['cut_mid_stream', 'overloaded_mid_stream'] as const)('throws when a stream suffers %s, never ends it as if whole', async (fault) => {
    await expect(client.messages.stream({ ...base, model: targetOn(wire, fault, 'messages'), messages }).finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError)
  })

  it('counts tokens', async () => {
    expect((await client.messages.countTokens({ model, messages })).input_tokens).toBeGreaterThan(0)
  })
})

describe('the official anthropic client', () => {
  it('throws its typed errors for what is wrong with the request', async () => {
    await expect(client.messages.create({ model: 'nobody', max_tokens: 9, messages })).rejects.toBeInstanceOf(Anthropic.NotFoundError)
    await expect(client.messages.create({ model: targetOn('openai-chat'), max_tokens: -1, messages })).rejects.toMatchObject({ type: 'invalid_request_error', status: 400 })
    expect(world.counting.count).toBe(2)
  })

  it('lists models in its own form', async () => {
    const names: string[] = []
    for await (const model of client.models.list()) names.push(model.id)
    expect(names).toContain(targetOn('gemini'))
  })
})

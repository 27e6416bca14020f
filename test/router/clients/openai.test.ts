import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WIRES } from '../../../core/model-request.ts'
import { CITY, clientWorld, isAnswer, QUESTION, targetOn, TWO_CALLS, type ClientWorld } from './world.ts'

let world: ClientWorld
let client: OpenAI
beforeAll(async () => {
  world = await clientWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  world.counting.count = 0
  client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'anything', fetch: world.counting.fetch })
})

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTION }]
const callMessages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: TWO_CALLS }]
const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: { name: 'weather', parameters: CITY, strict: true } }]
const responseTools: OpenAI.Responses.Tool[] = [{ type: 'function', name: 'weather', parameters: CITY, strict: true }]

describe.each(WIRES)('the official openai client, on chat completions, over %s', (wire) => {
  const model = targetOn(wire)

  it('gets a plain answer with usage', async () => {
    const answer = await client.chat.completions.create({ model, messages })
    expect(answer.choices[0]?.message.content).toSatisfy(isAnswer)
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.usage?.total_tokens).toBe((answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0))
    expect(answer.object).toBe('chat.completion')
  })

  it('streams the same, usage where it was asked for', async () => {
    const stream = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } })
    const answer = await stream.finalChatCompletion()
    expect(answer.choices[0]?.message.content).toSatisfy(isAnswer)
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0)
    const plain = await client.chat.completions.create({ model, messages, stream: true })
    for await (const chunk of plain) expect(chunk.usage ?? null).toBeNull()
  })

  it.each([false, true])('calls two tools at once and goes on from their results, streamed: %s', async (streamed) => {
    const ask = async (sent: OpenAI.ChatCompletionMessageParam[]) =>
      streamed ? client.chat.completions.stream({ model, messages: sent, tools }).finalChatCompletion() : client.chat.completions.create({ model, messages: sent, tools })
    const called = (await ask(callMessages)).choices[0]
    expect(called?.finish_reason).toBe('tool_calls')
    const calls = (called?.message.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []))
    expect(calls.map((call) => JSON.parse(call.function.arguments))).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    expect(new Set(calls.map((call) => call.id)).size).toBe(2)
    if (called === undefined) throw new Error('no choice')
    const { parsed: _helper, ...message } = called.message as OpenAI.ChatCompletionMessage & { parsed?: unknown }
    const results = calls.map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: 'Rain.' }))
    const after = await ask([...callMessages, message, ...results])
    expect(after.choices[0]?.finish_reason).toBe('stop')
    expect(after.choices[0]?.message.content).toBeTruthy()
  })

  it('gets structured output', async () => {
    const answer = await client.chat.completions.parse({ model, messages, response_format: { type: 'json_schema', json_schema: { name: 'place', schema: CITY, strict: true } } })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ city: expect.any(String) })
  })

  it('throws its typed error, once, when the provider limits it', async () => {
    const error: unknown = await client.chat.completions.create({ model: targetOn(wire, 'rate_limit_429'), messages }, { headers: { 'x-weighbridge-failover': 'off' } }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(world.counting.count).toBe(1)
  })

  it.each(['cut_mid_stream', 'overloaded_mid_stream'] as const)('throws when a stream suffers %s, never ends it as if whole', async (fault) => {
    await expect(client.chat.completions.stream({ model: targetOn(wire, fault), messages }).finalChatCompletion()).rejects.toBeInstanceOf(OpenAI.APIError)
  })
})

describe.each(WIRES)('the official openai client, on responses, over %s', (wire) => {
  const model = targetOn(wire)

  it('gets a plain answer with usage', async () => {
    const answer = await client.responses.create({ model, input: QUESTION })
    expect(answer.output_text).toSatisfy(isAnswer)
    expect(answer.status).toBe('completed')
    expect(answer.usage?.total_tokens).toBe((answer.usage?.input_tokens ?? 0) + (answer.usage?.output_tokens ?? 0))
  })

  it('streams the same', async () => {
    const answer = await client.responses.stream({ model, input: QUESTION, instructions: 'Be brief.' }).finalResponse()
    expect(answer.output_text).toSatisfy(isAnswer)
    expect(answer.usage?.output_tokens).toBeGreaterThan(0)
  })

  it.each([false, true])('calls two tools at once and goes on from their results, streamed: %s', async (streamed) => {
    const ask = async (input: OpenAI.Responses.ResponseInput) => {
      const body = { model, input, tools: responseTools, store: false, include: ['reasoning.encrypted_content' as const] }
      return streamed ? client.responses.stream(body).finalResponse() : client.responses.create(body)
    }
    const first: OpenAI.Responses.ResponseInput = [{ role: 'user', content: TWO_CALLS }]
    const { output } = await ask(first)
    const calls = output.flatMap((item) => (item.type === 'function_call' ? [item] : []))
    expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    // The client's own items for an answer are those that a request may hold.
    const echoed = JSON.parse(JSON.stringify(output, (member, value: unknown) => (member.startsWith('parsed') ? undefined : value))) as OpenAI.Responses.ResponseInput
    const results = calls.map((call) => ({ type: 'function_call_output' as const, call_id: call.call_id, output: 'Rain.' }))
    const after = await ask([...first, ...echoed, ...results])
    expect(after.status).toBe('completed')
    expect(after.output_text).toBeTruthy()
  })

  it('gets structured output', async () => {
    const answer = await client.responses.parse({ model, input: QUESTION, text: { format: { type: 'json_schema', name: 'place', schema: CITY, strict: true } } })
    expect(JSON.parse(answer.output_text)).toEqual({ city: expect.any(String) })
  })

  it('throws its typed error, once, when the provider limits it', async () => {
    const error: unknown = await client.responses.create({ model: targetOn(wire, 'rate_limit_429', 'responses'), input: QUESTION }, { headers: { 'x-weighbridge-failover': 'off' } }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(world.counting.count).toBe(1)
  })

  it.each(['cut_mid_stream', 'overloaded_mid_stream'] as const)('throws when a stream suffers %s, never ends it as if whole', async (fault) => {
    await expect(client.responses.stream({ model: targetOn(wire, fault, 'responses'), input: QUESTION }).finalResponse()).rejects.toThrow()
  })
})

describe.each(WIRES)('the official openai client, going on from its last response, over %s', (wire) => {
  it.each([false, true])('sends only what is new, streamed: %s', async (streamed) => {
    const model = targetOn(wire)
    const ask = async (body: { input: string | OpenAI.Responses.ResponseInput; previous_response_id?: string }) => {
      const whole = { model, tools: responseTools, ...body }
      return streamed ? client.responses.stream(whole).finalResponse() : client.responses.create(whole)
    }
    const first = await ask({ input: TWO_CALLS })
    const results = first.output.flatMap((item) => (item.type === 'function_call' ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'Rain.' }] : []))
    expect(results).toHaveLength(2)
    const second = await ask({ input: results, previous_response_id: first.id })
    expect(second.output_text).toBeTruthy()
    const third = await ask({ input: QUESTION, previous_response_id: second.id })
    expect(third.output_text).toSatisfy(isAnswer)
  })
})

describe('the official openai client', () => {
  it('names its task in metadata on both surfaces', async () => {
    const chat = await client.chat.completions.create({ model: targetOn('openai-chat'), messages, metadata: { weighbridge_task: 'general' } }).withResponse()
    const response = await client.responses.create({ model: targetOn('openai-chat'), input: QUESTION, metadata: { weighbridge_task: 'general', team: 'a' } }).withResponse()
    expect([chat.response.headers.get('x-weighbridge-task'), response.response.headers.get('x-weighbridge-task')]).toEqual(['general', 'general'])
    expect(response.data.metadata).toEqual({ team: 'a' })
  })

  it('is told by name what a provider of another wire cannot do', async () => {
    const error: unknown = await client.responses.create({ model: targetOn('anthropic-messages'), input: QUESTION, tools: [{ type: 'web_search' }] }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ code: 'cannot_translate', message: expect.stringContaining('tools.0 (web_search)') })
  })

  it('throws its typed errors for what is wrong with the request', async () => {
    await expect(client.chat.completions.create({ model: 'nobody', messages })).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    await expect(client.responses.create({ model: targetOn('openai-chat'), input: QUESTION, max_output_tokens: -1 })).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await expect(client.chat.completions.create({ model: targetOn('openai-chat', 'bad_request_400'), messages })).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    expect(world.counting.count).toBe(3)
  })
})

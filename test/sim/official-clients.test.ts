// The official clients, pointed straight at the simulated providers: what they read is what the sim says it sends. Plain,
// streamed, tools and their results, formats, thinking with its signatures, errors, token counts, vectors.
import Anthropic from '@anthropic-ai/sdk'
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, type GenerateContentResponse } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningSim } from '../../sim/server.ts'
import { bodyFor, send, start } from './fixture.ts'

let sim: RunningSim
beforeAll(async () => {
  sim = await start()
})
afterAll(() => sim.close())

const QUESTION = 'How many knots of torque does a lease have?'
const CALLS = 'Please call:weather{"city":"Praha"} and call:clock'
const WEATHER = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }
const CLOCK = { type: 'object' as const, properties: { zone: { type: 'string', enum: ['UTC', 'CET'] } }, required: ['zone'], additionalProperties: false }
const ZONE = expect.stringMatching(/^\{"zone":"(UTC|CET)"\}$/)

describe('the openai client', () => {
  const client = (provider = 'openai') => new OpenAI({ apiKey: 'none', baseURL: `${sim.url}/${provider}/v1`, maxRetries: 0 })
  const chatTools = [
    { type: 'function' as const, function: { name: 'weather', parameters: WEATHER } },
    { type: 'function' as const, function: { name: 'clock', parameters: CLOCK } },
    { type: 'function' as const, function: { name: 'bare' } },
  ]
  const tools = [
    { type: 'function' as const, name: 'weather', parameters: WEATHER, strict: true },
    { type: 'function' as const, name: 'clock', parameters: CLOCK, strict: true },
  ]

  it('runs two tools at once on chat and goes on from their results, streamed and not', async () => {
    const asked = { role: 'user' as const, content: CALLS }
    const whole = (await client().chat.completions.create({ model: 'gpt-5.5', messages: [asked], tools: chatTools })).choices[0]
    const streamed = await client().chat.completions.stream({ model: 'gpt-5.5', messages: [asked], tools: chatTools }).finalMessage()
    expect(whole?.finish_reason).toBe('tool_calls')
    for (const message of [whole?.message, streamed]) {
      expect(message?.tool_calls).toMatchObject([{ type: 'function', function: { name: 'weather', arguments: '{"city":"Praha"}' } }, { function: { name: 'clock', arguments: ZONE } }])
    }
    const calls = whole?.message.tool_calls ?? []
    const results = calls.map(({ id }, i) => ({ role: 'tool' as const, tool_call_id: id, content: `result ${i}` }))
    const message = whole?.message
    if (message === undefined) throw new Error('no message')
    const after = await client().chat.completions.create({ model: 'gpt-5.5', messages: [asked, message, ...results], tools: chatTools })
    expect(after.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'The tools answered: result 0 | result 1' } })
    await expect(client().chat.completions.create({ model: 'gpt-5.5', messages: [asked, message, ...results.slice(1)] })).rejects.toMatchObject({ status: 400 })
  })

  it('obeys a tool choice', async () => {
    const messages = [{ role: 'user' as const, content: CALLS }]
    const chosen = async (choice: OpenAI.ChatCompletionToolChoiceOption, parallel?: boolean) => {
      const { choices } = await client().chat.completions.create({ model: 'gpt-5.4', messages, tools: chatTools, tool_choice: choice, ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }) })
      return (choices[0]?.message.tool_calls ?? []).map((call) => (call.type === 'function' ? call.function.name : call.type))
    }
    expect(await chosen('none')).toEqual([])
    expect(await chosen('auto', false)).toEqual(['weather'])
    expect(await chosen({ type: 'function', function: { name: 'bare' } })).toEqual(['bare'])
    const unasked = await client().chat.completions.create({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello' }], tools: chatTools, tool_choice: 'required' })
    expect(unasked.choices[0]?.message.tool_calls).toHaveLength(1)
  })

  it('gets several choices, log probabilities, stop sequences and a schema kept', async () => {
    const several = await client().chat.completions.create({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Anything at all' }], n: 3, logprobs: true, top_logprobs: 2 })
    expect(several.choices.map(({ index }) => index)).toEqual([0, 1, 2])
    const [first] = several.choices
    expect(first?.logprobs?.content?.map(({ token }) => token).join('')).toBe(first?.message.content)
    expect(first?.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2)
    const stopped = await client().chat.completions.create({ model: 'gpt-5.4', messages: [{ role: 'user', content: QUESTION }], stop: ['said'] })
    expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: expect.stringMatching(/^ns-a .* one, $|^ns-a .*"?$/) } })
    expect(stopped.choices[0]?.message.content).not.toContain('said')
    const formed = await client().chat.completions.create({ model: 'gpt-5.4', messages: [{ role: 'user', content: QUESTION }], response_format: { type: 'json_schema', json_schema: { name: 'zone', schema: CLOCK, strict: true } } })
    expect(formed.choices[0]?.message.content).toEqual(ZONE)
  })

  it('sees the reasoning of providers that show it, and usage in each one’s members', async () => {
    const messages = [{ role: 'user' as const, content: QUESTION }]
    const usageOf = async (provider: string, model: string) => (await client(provider).chat.completions.create({ model, messages, reasoning_effort: 'low' }))
    const deepseek = await usageOf('deepseek', 'deepseek-v4-pro')
    expect(deepseek.choices[0]?.message).toHaveProperty('reasoning_content', expect.stringContaining('The question is'))
    expect(deepseek.usage).toMatchObject({ prompt_cache_hit_tokens: 0, prompt_cache_miss_tokens: deepseek.usage?.prompt_tokens })
    const grok = (await usageOf('xai', 'grok-4')).usage
    const thought = grok?.completion_tokens_details?.reasoning_tokens ?? 0
    expect(thought).toBeGreaterThan(0)
    expect(grok?.total_tokens).toBe((grok?.prompt_tokens ?? 0) + (grok?.completion_tokens ?? 0) + thought)
    expect(grok).toHaveProperty('cost_in_usd_ticks', Math.round((((grok?.prompt_tokens ?? 0) * 3 + ((grok?.completion_tokens ?? 0) + thought) * 15) / 1e6) * 1e10))
    const router = (await usageOf('openrouter', 'moonshotai/kimi-k2.6')).usage
    expect(router).toHaveProperty('cost', expect.closeTo(((router?.prompt_tokens ?? 0) * 0.68 + (router?.completion_tokens ?? 0) * 3.41) / 1e6, 12))
    const hidden = await usageOf('openai', 'gpt-5.5')
    expect(hidden.choices[0]?.message).not.toHaveProperty('reasoning_content')
    expect(hidden.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0)
  })

  it('reads a Response, whole and through its stream helper, to the same answer', async () => {
    const whole = await client().responses.create({ model: 'gpt-5.4', input: QUESTION })
    expect(whole).toMatchObject({ object: 'response', status: 'completed', output_text: expect.stringMatching(/^ns-a /), usage: { input_tokens: expect.any(Number), input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 } } })
    const seen: string[] = []
    const stream = client().responses.stream({ model: 'gpt-5.4', input: QUESTION })
    stream.on('event', (event) => seen.push(`${event.sequence_number} ${event.type}`))
    const final = await stream.finalResponse()
    expect(final.output_text).toBe(whole.output_text)
    expect(final.usage?.output_tokens).toBe(whole.usage?.output_tokens)
    expect(seen[0]).toBe('0 response.created')
    expect(seen.at(-1)).toBe(`${seen.length - 1} response.completed`)
  })

  it('runs tools on Responses and goes on, by the items or by the id of the answer', async () => {
    const first = await client().responses.create({ model: 'gpt-5.4', input: CALLS, tools })
    const streamed = await client().responses.stream({ model: 'gpt-5.4', input: CALLS, tools }).finalResponse()
    const calls = first.output.filter((item) => item.type === 'function_call')
    expect(calls).toMatchObject([{ name: 'weather', arguments: '{"city":"Praha"}' }, { name: 'clock', arguments: ZONE }])
    expect(streamed.output).toMatchObject(calls.map(({ name, arguments: args }) => ({ name, arguments: args })))
    const outputs = calls.map(({ call_id }) => ({ type: 'function_call_output' as const, call_id, output: 'fine' }))
    const byItems = await client().responses.create({ model: 'gpt-5.4', input: [{ role: 'user', content: CALLS }, ...calls, ...outputs], tools })
    const byId = await client().responses.create({ model: 'gpt-5.4', previous_response_id: first.id, input: outputs, tools })
    for (const answer of [byItems, byId]) expect(answer.output_text).toBe('The tools answered: fine | fine')
    await expect(client().responses.create({ model: 'gpt-5.4', input: [{ role: 'user', content: CALLS }, ...calls], tools })).rejects.toThrow('No tool output found')
    await expect(client().responses.create({ model: 'gpt-5.4', previous_response_id: 'resp_gone', input: 'x' })).rejects.toMatchObject({ code: 'previous_response_not_found' })
  })

  it('gets sealed reasoning from Responses and may hand it back unaltered only', async () => {
    const asked = { model: 'gpt-5.4', reasoning: { effort: 'low' as const, summary: 'auto' as const }, include: ['reasoning.encrypted_content' as const], store: false }
    const first = await client().responses.create({ ...asked, input: QUESTION })
    const [reasoning] = first.output
    if (reasoning?.type !== 'reasoning') throw new Error('no reasoning')
    expect(reasoning.summary[0]?.text).toContain('The question is')
    expect(first.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0)
    const again = (item: typeof reasoning) => client().responses.create({ ...asked, input: [{ role: 'user', content: QUESTION }, item, { role: 'user', content: 'And now?' }] })
    expect((await again(reasoning)).status).toBe('completed')
    await expect(again({ ...reasoning, encrypted_content: `${reasoning.encrypted_content?.slice(0, -8)}AAAAAAA=` })).rejects.toMatchObject({ status: 400, code: 'invalid_encrypted_content' })
  })

  it('gets a schema kept, an unfinished Response and the error event of its stream', async () => {
    const formed = await client().responses.create({ model: 'gpt-5.4', input: QUESTION, text: { format: { type: 'json_schema', name: 'zone', schema: CLOCK, strict: true } } })
    expect(formed.output_text).toEqual(ZONE)
    const cut = await client().responses.create({ model: 'gpt-5.4', input: 'anything', max_output_tokens: 16 })
    expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, usage: { output_tokens: 16 } })
    await expect(client().responses.stream({ model: 'gpt-5.4!error_event_mid_stream', input: QUESTION }).finalResponse()).rejects.toThrow('The server had an error')
    await expect(client().responses.create({ model: 'gpt-9', input: 'x' })).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })

  it('gets vectors that are the same for the same text, near for like texts, of the length it wants', async () => {
    const vectors = async (dimensions?: number) => (await client().embeddings.create({ model: 'text-embedding-3-small', input: ['the old stone bridge', 'an old bridge of stone', 'quarterly tax forms'], ...(dimensions === undefined ? {} : { dimensions }) })).data.map(({ embedding }) => embedding)
    const [a = [], b = [], c = []] = await vectors()
    expect(a).toHaveLength(1536)
    expect((await vectors())[0]).toEqual(a)
    const product = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0)
    expect(product(a, a)).toBeCloseTo(1, 4)
    expect(product(a, b)).toBeGreaterThan(product(a, c) + 0.3)
    expect((await vectors(64))[0]).toHaveLength(64)
    const floats = await client().embeddings.create({ model: 'text-embedding-3-small', input: 'x', encoding_format: 'float' })
    expect(floats.usage).toEqual({ prompt_tokens: 1, total_tokens: 1 })
  })
})

describe('the anthropic client', () => {
  const client = () => new Anthropic({ apiKey: 'none', baseURL: `${sim.url}/anthropic`, maxRetries: 0 })
  const model = 'claude-opus-4.7'
  const tools = [
    { name: 'weather', input_schema: WEATHER },
    { name: 'clock', input_schema: CLOCK },
  ]

  it('reads a message, whole and through its stream helper, to the same content', async () => {
    const asked = { model, max_tokens: 500, messages: [{ role: 'user' as const, content: QUESTION }] }
    const whole = await client().messages.create(asked)
    const streamed = await client().messages.stream(asked).finalMessage()
    expect(whole).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn', content: [{ type: 'text', text: expect.stringMatching(/^ns-a /) }] })
    expect(streamed.content).toEqual(whole.content)
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
    const stopped = await client().messages.create({ ...asked, stop_sequences: ['with'] })
    expect(stopped).toMatchObject({ stop_reason: expect.stringMatching(/stop_sequence|end_turn/) })
    expect(await client().messages.create({ ...asked, max_tokens: 2 })).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 2 } })
  })

  it('runs two tools at once and goes on from their results, streamed and not', async () => {
    const asked = { role: 'user' as const, content: CALLS }
    const first = await client().messages.create({ model, max_tokens: 500, messages: [asked], tools })
    const streamed = await client().messages.stream({ model, max_tokens: 500, messages: [asked], tools }).finalMessage()
    for (const message of [first, streamed]) {
      expect(message.stop_reason).toBe('tool_use')
      expect(message.content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'Praha' } }, { name: 'clock', input: { zone: expect.any(String) } }])
    }
    const results = first.content.flatMap((block) => (block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'fine' }] : []))
    const after = (blocks: typeof results) => client().messages.create({ model, max_tokens: 500, tools, messages: [asked, { role: 'assistant', content: first.content }, { role: 'user', content: blocks }] })
    expect((await after(results)).content).toMatchObject([{ type: 'text', text: 'The tools answered: fine | fine' }])
    await expect(after(results.slice(1))).rejects.toThrow('without `tool_result` blocks')
    const single = await client().messages.create({ model, max_tokens: 500, messages: [asked], tools, tool_choice: { type: 'any', disable_parallel_tool_use: true } })
    expect(single.content.filter(({ type }) => type === 'tool_use')).toHaveLength(1)
  })

  it('gets signed thinking and may hand it back unaltered only', async () => {
    const asked = { model, max_tokens: 4_000, thinking: { type: 'enabled' as const, budget_tokens: 2_000 } }
    const question = { role: 'user' as const, content: QUESTION }
    const first = await client().messages.stream({ ...asked, messages: [question] }).finalMessage()
    const [thought] = first.content
    if (thought?.type !== 'thinking') throw new Error('no thinking')
    expect(thought.thinking).toContain('The question is')
    expect(first.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0)
    expect((await client().messages.create({ ...asked, messages: [question] })).content[0]).toEqual(thought)
    const again = (block: typeof thought) => client().messages.create({ ...asked, messages: [question, { role: 'assistant', content: [block, ...first.content.slice(1)] }, { role: 'user', content: 'And now?' }] })
    expect((await again(thought)).type).toBe('message')
    await expect(again({ ...thought, thinking: `${thought.thinking} or not` })).rejects.toThrow('Invalid `signature`')
    await expect(again({ ...thought, signature: 'AAAA' })).rejects.toThrow('messages.1.content.0')
    const omitted = await client().messages.create({ ...asked, thinking: { type: 'adaptive', display: 'omitted' }, messages: [question] })
    expect(omitted.content[0]).toMatchObject({ type: 'thinking', thinking: '', signature: expect.stringMatching(/.{20}/) })
    if (omitted.content[0]?.type === 'thinking') expect((await again(omitted.content[0])).type).toBe('message')
  })

  it('writes and reads the cache where marks say so, and leaves both out of input_tokens', async () => {
    const system = [{ type: 'text' as const, text: 'A rule that never changes. '.repeat(400), cache_control: { type: 'ephemeral' as const } }, { type: 'text' as const, text: 'Another rule. '.repeat(400), cache_control: { type: 'ephemeral' as const, ttl: '1h' as const } }]
    const ask = async () => (await client().messages.create({ model, max_tokens: 100, system, messages: [{ role: 'user', content: QUESTION }] })).usage
    const [write, read] = [await ask(), await ask()]
    expect(write).toMatchObject({ cache_read_input_tokens: 0, cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: write.cache_creation_input_tokens } })
    expect(read).toMatchObject({ cache_read_input_tokens: write.cache_creation_input_tokens, cache_creation_input_tokens: 0, input_tokens: write.input_tokens })
    expect(write.input_tokens).toBeLessThan(20)
    const { input_tokens: counted } = await client().messages.countTokens({ model, system, messages: [{ role: 'user', content: QUESTION }] })
    expect(counted).toBe(write.input_tokens + (write.cache_creation_input_tokens ?? 0))
  })

  it('gets a schema kept, typed errors and the error event of a stream', async () => {
    const asked = { model, max_tokens: 500, messages: [{ role: 'user' as const, content: QUESTION }] }
    const formed = await client().messages.create({ ...asked, output_config: { format: { type: 'json_schema', schema: CLOCK } } })
    expect(formed.content[0]).toMatchObject({ type: 'text', text: ZONE })
    const rejected = (fault: string) => expect(client().messages.create({ ...asked, model: `${model}!${fault}` })).rejects
    await rejected('rate_limit_429').toBeInstanceOf(Anthropic.RateLimitError)
    await rejected('spend_limit_429').toMatchObject({ status: 429, errorCode: 'enforced_spend_limit_reached' })
    await rejected('overloaded_503').toMatchObject({ status: 529, type: 'overloaded_error', requestID: expect.stringMatching(/^req_/) })
    await rejected('unauthorized_401').toBeInstanceOf(Anthropic.AuthenticationError)
    await expect(client().messages.stream({ ...asked, model: `${model}!overloaded_mid_stream` }).finalMessage()).rejects.toThrow('Overloaded')
    expect(await client().messages.create({ ...asked, model: `${model}!refusal` })).toMatchObject({ stop_reason: 'refusal', content: [] })
    const names: string[] = []
    for await (const one of client().models.list()) names.push(one.id)
    expect(names).toEqual([model])
  })
})

describe('the google client', () => {
  const client = () => new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: `${sim.url}/google` } })
  const model = 'gemini-3-flash-preview'
  const functionDeclarations = [
    { name: 'weather', parametersJsonSchema: WEATHER },
    { name: 'clock', parametersJsonSchema: CLOCK },
  ]
  const streamed = async (config: object, contents: string, name = model) => {
    const chunks: GenerateContentResponse[] = []
    for await (const chunk of await client().models.generateContentStream({ model: name, contents, config })) chunks.push(chunk)
    return chunks
  }

  it('reads an answer, whole and streamed, with thoughts counted apart', async () => {
    const whole = await client().models.generateContent({ model, contents: QUESTION, config: { thinkingConfig: { includeThoughts: true } } })
    const chunks = await streamed({ thinkingConfig: { includeThoughts: true } }, QUESTION)
    expect(whole.text).toMatch(/^ns-a /)
    expect(chunks.map((chunk) => chunk.text ?? '').join('')).toBe(whole.text)
    expect(whole.candidates?.[0]?.content?.parts?.[0]).toMatchObject({ thought: true, text: expect.stringContaining('The question is') })
    for (const usage of [whole.usageMetadata, chunks.at(-1)?.usageMetadata]) {
      const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usage ?? {}
      expect(thoughtsTokenCount).toBeGreaterThan(0)
      expect(usage?.totalTokenCount).toBe(promptTokenCount + candidatesTokenCount + thoughtsTokenCount)
    }
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP')
    expect(chunks.slice(0, -1).every((chunk) => chunk.candidates?.[0]?.finishReason === undefined)).toBe(true)
  })

  it('runs two tools at once and goes on, if the signature of the call comes back', async () => {
    const asked = { role: 'user', parts: [{ text: CALLS }] }
    const config = { tools: [{ functionDeclarations }] }
    const first = await client().models.generateContent({ model, contents: [asked], config })
    expect(first.functionCalls).toMatchObject([{ name: 'weather', args: { city: 'Praha' } }, { name: 'clock', args: { zone: expect.any(String) } }])
    expect((await streamed(config, CALLS)).flatMap((chunk) => chunk.functionCalls ?? [])).toMatchObject([{ name: 'weather' }, { name: 'clock' }])
    const parts = first.candidates?.[0]?.content?.parts ?? []
    const results = (first.functionCalls ?? []).map(({ id, name }) => ({ functionResponse: { ...(id === undefined ? {} : { id }), name: name ?? '', response: { result: 'fine' } } }))
    const after = (called: typeof parts, answered = results) => client().models.generateContent({ model, contents: [asked, { role: 'model', parts: called }, { role: 'user', parts: answered }], config })
    expect((await after(parts)).text).toBe('The tools answered: {"result":"fine"} | {"result":"fine"}')
    await expect(after(parts.map(({ thoughtSignature: _left, ...part }) => part))).rejects.toThrow('missing a thought_signature')
    await expect(after(parts.map((part) => ({ ...part, thoughtSignature: 'QUJD' })))).rejects.toThrow('Thought signature is not valid')
    expect((await after(parts.map((part) => ({ ...part, thoughtSignature: 'skip_thought_signature_validator' })))).text).toContain('fine')
    await expect(after(parts, results.slice(1))).rejects.toThrow('number of function response parts')
    const forced = await client().models.generateContent({ model, contents: 'Hello', config: { ...config, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['clock'] } } } })
    expect(forced.functionCalls).toMatchObject([{ name: 'clock' }])
  })

  it('gets schemas kept, names refused that the API does not know, and counts and vectors', async () => {
    const json = { responseMimeType: 'application/json' }
    expect((await client().models.generateContent({ model, contents: QUESTION, config: { ...json, responseJsonSchema: CLOCK } })).text).toEqual(ZONE)
    expect(JSON.parse((await client().models.generateContent({ model, contents: QUESTION, config: { ...json, responseSchema: { type: 'OBJECT', properties: { n: { type: 'INTEGER', minimum: 3, maximum: 5 } }, required: ['n'] } as never } })).text ?? '')).toEqual({ n: expect.toSatisfy((n: number) => n >= 3 && n <= 5) })
    // The client moves such a schema to the member that takes it; who writes the body by hand is told.
    const byHand = await send(sim, bodyFor('gemini', { model, extra: { generationConfig: { ...json, responseSchema: CLOCK } } }))
    expect(byHand.statusCode).toBe(400)
    expect(await byHand.body.text()).toContain('Unknown name \\"additionalProperties\\"')
    const { totalTokens } = await client().models.countTokens({ model, contents: QUESTION })
    expect(totalTokens).toBeGreaterThan(5)
    const { embeddings } = await client().models.embedContent({ model: 'gemini-embedding-001', contents: ['one', 'two'], config: { outputDimensionality: 32 } })
    expect(embeddings?.map(({ values }) => values?.length)).toEqual([32, 32])
  })

  it('gets errors with the API’s status, in the body and inside a stream', async () => {
    const failing = (fault: string) => client().models.generateContent({ model: `${model}!${fault}`, contents: QUESTION })
    await expect(failing('rate_limit_429')).rejects.toMatchObject({ status: 429, message: expect.stringContaining('RetryInfo') })
    await expect(failing('overloaded_503')).rejects.toBeInstanceOf(ApiError)
    await expect(failing('unauthorized_401')).rejects.toMatchObject({ status: 400, message: expect.stringContaining('API_KEY_INVALID') })
    await expect(streamed({}, QUESTION, `${model}!error_event_mid_stream`)).rejects.toMatchObject({ status: 500 })
    expect((await failing('content_filter_400')).promptFeedback?.blockReason).toBe('SAFETY')
    expect((await failing('content_filter')).candidates?.[0]?.finishReason).toBe('SAFETY')
  })
})

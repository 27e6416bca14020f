// The bytes of Chat Completions as the simulated providers send them: to a raw client and to the official one.
import OpenAI from 'openai'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningSim } from '../../sim/server.ts'
import { ask, eventsOf, start } from './fixture.ts'

let sim: RunningSim
beforeAll(async () => {
  sim = await start()
})
afterAll(() => sim.close())

type Chunk = { choices: { delta: { content?: string; role?: string }; finish_reason: string | null }[]; usage?: unknown; id: string; object: string }

describe('a whole answer', () => {
  it('has the members of a chat completion, marked as simulated, with usage that adds up', async () => {
    const { statusCode, headers, body } = await ask(sim, { question: 'In which year was the bridge opened?' })
    expect(statusCode).toBe(200)
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-weighbridge-simulated': '1' })
    expect(headers['x-request-id']).toMatch(/^req_\w{24}$/)
    expect(await body.json()).toEqual({
      id: expect.stringMatching(/^chatcmpl-\w{29}$/),
      object: 'chat.completion',
      created: expect.closeTo(Date.now() / 1000, -2),
      model: 'gpt-5.4',
      service_tier: 'default',
      system_fingerprint: expect.stringMatching(/^fp_[0-9a-f]{10}$/),
      choices: [{ index: 0, message: { role: 'assistant', content: expect.stringMatching(/^fa-a /), refusal: null, annotations: [] }, logprobs: null, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 11,
        completion_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
      },
    })
  })
})

describe('a streamed answer', () => {
  it('sends role, content, finish and [DONE], and no usage unless asked', async () => {
    const { headers, body } = await ask(sim, { stream: true })
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8')
    const events = eventsOf(await body.text())
    expect(events.at(-1)).toBe('[DONE]')
    const chunks = events.slice(0, -1) as Chunk[]
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
    expect(chunks.every((chunk) => chunk.object === 'chat.completion.chunk' && chunk.choices.length === 1 && !('usage' in chunk))).toBe(true)
    expect(chunks[0]?.choices[0]).toMatchObject({ delta: { role: 'assistant', content: '' }, finish_reason: null })
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(chunks.slice(1, -1).every((chunk) => (chunk.choices[0]?.delta.content ?? '') !== '')).toBe(true)
  })

  it('ends with a usage chunk without choices when include_usage asks for it', async () => {
    const { body } = await ask(sim, { stream: true, extra: { stream_options: { include_usage: true } } })
    const events = eventsOf(await body.text())
    const chunks = events.slice(0, -1) as Chunk[]
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) } })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  })

  it('says the same text as the whole answer with the same seed', async () => {
    const question = 'How many knots of torque does a lease have?'
    const whole = (await (await ask(sim, { question, extra: { seed: 9 } })).body.json()) as { choices: { message: { content: string } }[] }
    const chunks = eventsOf(await (await ask(sim, { question, stream: true, extra: { seed: 9 } })).body.text()).slice(0, -1) as Chunk[]
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole.choices[0]?.message.content)
  })
})

describe('the official openai client', () => {
  const client = () => new OpenAI({ apiKey: 'none', baseURL: `${sim.url}/openai/v1`, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'How many knots of torque does a lease have?' }]

  it('reads a whole answer', async () => {
    const answer = await client().chat.completions.create({ model: 'gpt-5.5', messages })
    expect(answer.choices[0]?.message.content).toMatch(/^ns-a /)
    expect(answer.usage?.total_tokens).toBeGreaterThan(0)
  })

  it('reads a stream with usage to its end', async () => {
    const stream = await client().chat.completions.create({ model: 'gpt-5.5', messages, stream: true, stream_options: { include_usage: true } })
    let text = ''
    let total: number | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      total = chunk.usage?.total_tokens ?? total
    }
    expect(text).toMatch(/^ns-a /)
    expect(total).toBeGreaterThan(0)
  })

  it('lists the models of the provider in the path', async () => {
    const names: string[] = []
    for await (const model of client().models.list()) names.push(model.id)
    expect(names).toEqual(['gpt-5.4', 'gpt-5.5', 'text-embedding-3-small'])
  })

  it('gets typed errors for an unknown model, a rate limit and a wrong key', async () => {
    await expect(client().chat.completions.create({ model: 'gpt-9', messages })).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    await expect(client().chat.completions.create({ model: 'claude-opus-4.7', messages })).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
    await expect(client().chat.completions.create({ model: 'gpt-5.5!rate_limit_429', messages })).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    await expect(client().chat.completions.create({ model: 'gpt-5.5!unauthorized_401', messages })).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  })

  it('throws on an error event inside a stream', async () => {
    const stream = await client().chat.completions.create({ model: 'gpt-5.5!error_event_mid_stream', messages, stream: true })
    let text = ''
    await expect(
      (async () => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      })(),
    ).rejects.toThrow('The server had an error')
    expect(text).not.toBe('')
  })
})

describe('a request that is wrong', () => {
  const post = async (body: string, path = '/v1/chat/completions') => {
    const answer = await request(`${sim.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return { status: answer.statusCode, error: ((await answer.body.json()) as { error: { code: string | null; param: string | null } }).error }
  }

  it('is refused as OpenAI refuses it', async () => {
    const messages = [{ role: 'user', content: 'x' }]
    expect(await post('{"model":')).toMatchObject({ status: 400 })
    expect(await post(JSON.stringify({ messages }))).toMatchObject({ status: 400, error: { code: 'missing_required_parameter', param: 'model' } })
    expect(await post(JSON.stringify({ model: 'gpt-5.4', messages: [] }))).toMatchObject({ status: 400, error: { code: 'invalid_value', param: 'messages' } })
    expect(await post(JSON.stringify({ model: 'gpt-5.4', messages, stream_options: { include_usage: true } }))).toMatchObject({ status: 400, error: { param: 'stream_options' } })
    expect(await post(JSON.stringify({ model: 'gpt-5.4', messages }), '/nobody/v1/chat/completions')).toMatchObject({ status: 404 })
    expect(await post(JSON.stringify({ model: 'gpt-5.4', messages }), '/v1/completions')).toMatchObject({ status: 404, error: { code: 'unknown_url' } })
  })

  it('is refused when it is longer than the context window', async () => {
    const body = JSON.stringify({ model: 'kimi-k2.6', messages: [{ role: 'user', content: 'word '.repeat(220_000) }] })
    expect(await post(body)).toMatchObject({ status: 400, error: { code: 'context_length_exceeded' } })
  })
})

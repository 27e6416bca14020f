import { describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts } from '../../../core/model-answer.ts'
import { chatSurface } from '../../../router/http/surfaces/chat/surface.ts'
import { messagesSurface } from '../../../router/http/surfaces/messages/surface.ts'
import { responsesSurface } from '../../../router/http/surfaces/responses/surface.ts'
import type { SurfaceWriter } from '../../../router/http/surfaces/surface.ts'
import { SURFACES, surfaceForPath } from '../../../router/http/surfaces/surfaces.ts'
import { anthropicFed, contextOf, dataOf, FULL_USAGE, KNOWN_FACTS, openaiFed, ownPart } from './support.ts'

const messages = [{ role: 'user' as const, content: 'Hi' }]
const chatContext = (more: object = {}) => contextOf(chatSurface, { model: 'auto', messages, stream: true, ...more })
const withUsage = { stream_options: { include_usage: true } }
const chunk = (more: object): string => JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', ...more })
const said = { choices: [{ index: 0, delta: { content: 'say "usage":null, or not' }, finish_reason: null }] }
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
const cut = new WeighbridgeError('provider_stream_cut', 'The provider closed its stream.')

describe('a chat stream of the same wire', () => {
  it('goes out as the bytes that came', () => {
    const data = chunk({ ...said, made_up: { kept: true } }).replace('{', '{ ')
    expect(chatSurface.writer(chatContext()).own(ownPart(data))).toBe(`data: ${data}\n\n`)
  })

  it('loses the usage that the client did not ask for, and nothing else', () => {
    const writer = chatSurface.writer(chatContext())
    for (const data of [chunk({ ...said, usage: null }), chunk({ ...said, usage: null, obfuscation: 'x' }), chunk({ ...said, usage: null }).replaceAll('":', '" : '), chunk({ ...said, usage })]) {
      const [shown] = dataOf(writer.own(ownPart(data)))
      const { usage: _removed, ...rest } = JSON.parse(data)
      expect(shown).toEqual(rest)
    }
    expect(writer.own(ownPart(chunk({ choices: [], usage }), 'usage'))).toBe('')
  })

  it('does not take a member inside a choice for the usage of the chunk', () => {
    const nested = chunk({ choices: [{ index: 0, delta: { content: 'a' }, usage: null }], usage: null })
    const { usage: _removed, ...rest } = JSON.parse(nested)
    expect(dataOf(chatSurface.writer(chatContext()).own(ownPart(nested)))).toEqual([rest])
  })

  it('keeps usage for a client that asked', () => {
    const writer = chatSurface.writer(chatContext(withUsage))
    expect(dataOf(writer.own(ownPart(chunk({ ...said, usage: null }))))).toEqual([JSON.parse(chunk({ ...said, usage: null }))])
    expect(dataOf(writer.own(ownPart(chunk({ choices: [], usage }), 'usage')))).toEqual([JSON.parse(chunk({ choices: [], usage }))])
    expect(writer.end(KNOWN_FACTS)).toBe('data: [DONE]\n\n')
  })

  it('gets the usage chunk that its provider told in another place', () => {
    const writer = chatSurface.writer(chatContext(withUsage))
    writer.own(ownPart(chunk(said)))
    expect(dataOf(writer.end(answerFacts({ usage: FULL_USAGE })))).toMatchObject([{ choices: [], usage: { prompt_tokens: 120, completion_tokens: 40 } }, '[DONE]'])
  })

  it('names the model where the provider left it out', () => {
    const { model: _missing, ...nameless } = JSON.parse(chunk(said))
    expect(dataOf(chatSurface.writer(chatContext()).own(ownPart(JSON.stringify(nameless))))).toEqual([{ ...nameless, model: 'served-model' }])
  })

  it('writes data of several lines so that it reads the same', () => {
    const data = JSON.stringify(JSON.parse(chunk(said)), undefined, 2)
    const bytes = chatSurface.writer(chatContext()).own(ownPart(data))
    expect(bytes.split('\n').every((line) => line === '' || line.startsWith('data: '))).toBe(true)
    expect(dataOf(bytes)).toEqual([JSON.parse(data)])
  })

  it('ends with one [DONE], and only at the end', () => {
    const writer = chatSurface.writer(chatContext())
    writer.own(ownPart(chunk(said)))
    expect(writer.own(ownPart('[DONE]', 'end'))).toBe('')
    expect(writer.own(ownPart('[DONE]', 'end'))).toBe('')
    expect(writer.end(KNOWN_FACTS)).toBe('data: [DONE]\n\n')
  })

  it('that fails is an error to the official client, never an end', async () => {
    const writer = chatSurface.writer(chatContext())
    const client = openaiFed(writer.own(ownPart(chunk(said))) + writer.fail(cut, undefined))
    await expect(client.chat.completions.stream({ model: 'auto', messages }).finalChatCompletion()).rejects.toMatchObject({ code: 'provider_stream_cut' })
  })
})

const created = { type: 'response.created', sequence_number: 0, response: { id: 'resp_1', object: 'response', status: 'in_progress', output: [] } }
const completed = { type: 'response.completed', sequence_number: 1, response: { id: 'resp_1', object: 'response', status: 'completed', output: [] } }

describe('a Responses stream of the same wire', () => {
  const writer = (): SurfaceWriter => responsesSurface.writer(contextOf(responsesSurface, { model: 'auto', input: 'Hi', stream: true }))

  it('goes out as the bytes that came, names and all, its terminal event at the end only', () => {
    const one = writer()
    expect(one.own(ownPart(JSON.stringify(created), 'start', 'response.created'))).toBe(`event: response.created\ndata: ${JSON.stringify(created)}\n\n`)
    expect(one.own(ownPart(JSON.stringify(completed), 'end', 'response.completed'))).toBe('')
    expect(one.own(ownPart('[DONE]', 'end'))).toBe('')
    expect(one.end(KNOWN_FACTS)).toBe(`event: response.completed\ndata: ${JSON.stringify(completed)}\n\n`)
  })

  it('names events that came without a name', () => {
    expect(writer().own(ownPart(JSON.stringify(created), 'start'))).toMatch(/^event: response\.created\n/)
  })

  it('that fails is an error to the official client, followed by the failed response for whoever reads on', async () => {
    const one = writer()
    const bytes = one.own(ownPart(JSON.stringify(created), 'start')) + one.fail(cut, undefined)
    expect(dataOf(bytes).slice(1)).toMatchObject([
      { type: 'error', code: 'provider_stream_cut', param: null, sequence_number: 1 },
      { type: 'response.failed', sequence_number: 2, response: { id: 'resp_1', status: 'failed', error: { code: 'server_error' } } },
    ])
    await expect(openaiFed(bytes).responses.stream({ model: 'auto', input: 'Hi' }).finalResponse()).rejects.toThrow(/closed its stream/)
  })
})

describe('a Messages stream of the same wire', () => {
  const writer = (): SurfaceWriter => messagesSurface.writer(contextOf(messagesSurface, { model: 'auto', max_tokens: 9, messages, stream: true }))
  const start = { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage: { input_tokens: 1, output_tokens: 0 } } }

  it('goes out as the bytes that came, its terminal event at the end only', () => {
    const one = writer()
    expect(one.own(ownPart(JSON.stringify(start), 'start', 'message_start'))).toBe(`event: message_start\ndata: ${JSON.stringify(start)}\n\n`)
    expect(one.own(ownPart('{"type": "ping"}', 'start', 'ping'))).toBe('event: ping\ndata: {"type": "ping"}\n\n')
    expect(one.own(ownPart('{"type": "message_stop" }', 'end', 'message_stop'))).toBe('')
    expect(one.end(KNOWN_FACTS)).toBe('event: message_stop\ndata: {"type": "message_stop" }\n\n')
  })

  it('that fails is an error to the official client, with its type and the request id', async () => {
    const one = writer()
    const bytes = one.own(ownPart(JSON.stringify(start), 'start', 'message_start')) + one.fail(new WeighbridgeError('provider_overloaded', 'Full.'), undefined)
    expect(dataOf(bytes).at(-1)).toMatchObject({ type: 'error', error: { type: 'overloaded_error' }, request_id: 'req_1' })
    await expect(anthropicFed(bytes).messages.stream({ model: 'auto', max_tokens: 9, messages }).finalMessage()).rejects.toMatchObject({ type: 'overloaded_error' })
  })
})

describe('a stream of another wire that fails', () => {
  const half = { kind: 'output' as const, event: undefined, data: '', json: undefined, events: [{ kind: 'text' as const, text: 'half' }], characters: 4 }

  it('is an error on every surface, never an end', async () => {
    const bytes = (surface: typeof chatSurface, body: object): string => {
      const writer = surface.writer(contextOf(surface, { model: 'auto', stream: true, ...body }))
      return writer.translated(half) + writer.fail(cut, { message: 'Shown.', code: 'theirs' })
    }
    await expect(openaiFed(bytes(chatSurface, { messages })).chat.completions.stream({ model: 'auto', messages }).finalChatCompletion()).rejects.toMatchObject({ code: 'theirs' })
    const response = bytes(responsesSurface, { input: 'Hi' })
    await expect(openaiFed(response).responses.stream({ model: 'auto', input: 'Hi' }).finalResponse()).rejects.toThrow(/Shown/)
    expect(dataOf(response).at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'Shown.' } } })
    const message = bytes(messagesSurface, { messages, max_tokens: 9 })
    await expect(anthropicFed(message).messages.stream({ model: 'auto', max_tokens: 9, messages }).finalMessage()).rejects.toMatchObject({ type: 'api_error' })
    expect(message).not.toContain('message_stop')
  })
})

describe('a whole answer of the same wire', () => {
  it.each([...SURFACES.values()].map((surface) => [surface.name, surface] as const))('is the text that came, on %s, unless it names no model', (_name, surface) => {
    const context = contextOf(surface, { model: 'auto', input: 'Hi', messages })
    const text = '{ "model":"m",\n"made_up": 1 }'
    expect(surface.own(text, JSON.parse(text), context)).toBe(text)
    expect(JSON.parse(surface.own('{"made_up":1}', { made_up: 1 }, context))).toEqual({ made_up: 1, model: 'served-model' })
  })
})

describe('surfaces', () => {
  it('are found by path, for what stands below one too', () => {
    expect(surfaceForPath('/v1/messages/count_tokens')).toBe(messagesSurface)
    expect(surfaceForPath('/v1/responses')).toBe(responsesSurface)
    expect(surfaceForPath('/v1/messages-of-others')).toBeUndefined()
    expect([...SURFACES].every(([path, surface]) => surface.path === path)).toBe(true)
  })
})

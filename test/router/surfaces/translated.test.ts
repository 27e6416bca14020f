import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerFacts, type AnswerEvent } from '../../../core/model-answer.ts'
import { chatSurface } from '../../../router/http/surfaces/chat/surface.ts'
import { messagesSurface } from '../../../router/http/surfaces/messages/surface.ts'
import { responsesSurface } from '../../../router/http/surfaces/responses/surface.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../../router/providers/json.ts'
import { anthropicFed, anyAnswer, contextOf, dataOf, KNOWN_FACTS, openaiFed, pieceSizes, piecesOf, streamed } from './support.ts'

const messages = [{ role: 'user' as const, content: 'Hi' }]
const CHAT = { model: 'auto', messages, stream: true, stream_options: { include_usage: true } }
const RESPONSES = { model: 'auto', input: 'Hi', stream: true }
const MESSAGES = { model: 'auto', messages, max_tokens: 100, stream: true, thinking: { type: 'adaptive' } }

/** Everything a chat client can add up, the unofficial members too. */
function addedUp(bytes: string): JsonObject {
  const out: JsonObject = { content: null, refusal: null }
  const calls: { id: unknown; name: unknown; arguments: string; extra: unknown }[] = []
  for (const chunk of dataOf(bytes)) {
    for (const choice of listAt(chunk, 'choices')) {
      const delta = objectAt(choice, 'delta') ?? {}
      for (const member of ['content', 'refusal', 'reasoning_content']) if (typeof delta[member] === 'string') out[member] = `${textAt(out, member) ?? ''}${delta[member]}`
      const details = listAt(delta, 'reasoning_details')
      if (details.length > 0) out['reasoning_details'] = [...listAt(out, 'reasoning_details'), ...details]
      for (const call of listAt(delta, 'tool_calls')) {
        const index = isObject(call) && typeof call['index'] === 'number' ? call['index'] : -1
        const made = (calls[index] ??= { id: textAt(call, 'id'), name: textAt(objectAt(call, 'function'), 'name'), arguments: '', extra: isObject(call) ? call['extra_content'] : undefined })
        made.arguments += textAt(objectAt(call, 'function'), 'arguments') ?? ''
      }
      const finish = textAt(choice, 'finish_reason')
      if (finish !== undefined) out['finish_reason'] = finish
    }
  }
  if (calls.length > 0) out['tool_calls'] = calls.map(({ id, name, arguments: text, extra }) => ({ id, type: 'function', function: { name, arguments: text }, ...(extra === undefined ? {} : { extra_content: extra }) }))
  return out
}

/** A value without the members that official clients add for their own helpers. */
function withoutHelpers(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (member, held: unknown) => (['parsed', 'parsed_arguments', 'parsed_output', 'output_parsed'].includes(member) ? undefined : held))
}

describe('an answer of another wire', () => {
  it('that was declined without a word says so where it can, instead of looking complete', () => {
    const declined = { parts: [{ kind: 'text' as const, text: 'Half an ans' }], finish: 'refusal' as const, stopSequence: undefined, logprobs: undefined }
    const chat = contextOf(chatSurface, CHAT)
    expect(JSON.parse(chatSurface.translated(declined, KNOWN_FACTS, chat))).toMatchObject({ choices: [{ finish_reason: 'content_filter' }] })
    expect(addedUp(streamed(chatSurface, chat, piecesOf(declined, [4]), KNOWN_FACTS))).toMatchObject({ finish_reason: 'content_filter' })
    const responses = contextOf(responsesSurface, RESPONSES)
    const incomplete = { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }
    expect(JSON.parse(responsesSurface.translated(declined, KNOWN_FACTS, responses))).toMatchObject(incomplete)
    expect(dataOf(streamed(responsesSurface, responses, piecesOf(declined, [4]), KNOWN_FACTS)).at(-1)).toMatchObject({ type: 'response.incomplete', response: incomplete })
    const told = { ...declined, parts: [{ kind: 'refusal' as const, text: 'I will not.' }] }
    expect(JSON.parse(chatSurface.translated(told, KNOWN_FACTS, chat))).toMatchObject({ choices: [{ finish_reason: 'stop', message: { refusal: 'I will not.' } }] })
    expect(JSON.parse(responsesSurface.translated(told, KNOWN_FACTS, responses))).toMatchObject({ status: 'completed' })
  })

  it('streams as chat chunks that add up to the whole answer', () => {
    const context = contextOf(chatSurface, CHAT)
    fc.assert(
      fc.property(anyAnswer, pieceSizes, (answer, sizes) => {
        const whole = JSON.parse(chatSurface.translated(answer, KNOWN_FACTS, context))
        const bytes = streamed(chatSurface, context, piecesOf(answer, sizes), KNOWN_FACTS)
        const { role: _role, ...message } = whole.choices[0].message
        expect(addedUp(bytes)).toEqual({ ...message, finish_reason: whole.choices[0].finish_reason })
        const last = dataOf(bytes).at(-2)
        expect(last).toMatchObject({ id: whole.id, object: 'chat.completion.chunk', choices: [], usage: whole.usage })
      }),
    )
  })

  it('streams as chat chunks that the official client adds up alike', async () => {
    const context = contextOf(chatSurface, CHAT)
    await fc.assert(
      fc.asyncProperty(anyAnswer, pieceSizes, async (answer, sizes) => {
        const whole = JSON.parse(chatSurface.translated(answer, KNOWN_FACTS, context))
        const client = openaiFed(streamed(chatSurface, context, piecesOf(answer, sizes), KNOWN_FACTS))
        const final = await client.chat.completions.stream({ model: 'auto', messages }).finalChatCompletion()
        expect({ id: final.id, model: final.model, created: final.created, usage: final.usage }).toEqual({ id: whole.id, model: whole.model, created: whole.created, usage: whole.usage })
        const [choice] = final.choices
        const wholeMessage = whole.choices[0].message
        expect(choice?.finish_reason).toBe(whole.choices[0].finish_reason)
        expect(choice?.message.content).toEqual(wholeMessage.content)
        expect(choice?.message.refusal ?? null).toEqual(wholeMessage.refusal)
        expect(choice?.message.tool_calls?.map((call) => (call.type === 'function' ? [call.id, call.function.name, call.function.arguments] : []))).toEqual(
          wholeMessage.tool_calls?.map((call: { id: string; function: { name: string; arguments: string } }) => [call.id, call.function.name, call.function.arguments]),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('streams as Responses events that the official client adds up to the whole answer', async () => {
    const context = contextOf(responsesSurface, RESPONSES)
    await fc.assert(
      fc.asyncProperty(anyAnswer, pieceSizes, async (answer, sizes) => {
        const whole = JSON.parse(responsesSurface.translated(answer, KNOWN_FACTS, context))
        const bytes = streamed(responsesSurface, context, piecesOf(answer, sizes), KNOWN_FACTS)
        const final = await openaiFed(bytes).responses.stream({ model: 'auto', input: 'Hi' }).finalResponse()
        const { output_text, ...rest } = JSON.parse(JSON.stringify(final))
        expect(withoutHelpers(rest)).toEqual(whole)
        expect(output_text).toBe(answer.parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''))
      }),
      { numRuns: 60 },
    )
  })

  it('announces every Responses event in sequence, each item opened before it grows and done before the end', () => {
    const context = contextOf(responsesSurface, RESPONSES)
    fc.assert(
      fc.property(anyAnswer, pieceSizes, (answer, sizes) => {
        const events = dataOf(streamed(responsesSurface, context, piecesOf(answer, sizes), KNOWN_FACTS)).filter(isObject)
        expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, index) => index))
        expect(events.slice(0, 2).map((event) => event['type'])).toEqual(['response.created', 'response.in_progress'])
        const open = new Set<unknown>()
        for (const event of events) {
          if (event['type'] === 'response.output_item.added') open.add(event['output_index'])
          else if (event['output_index'] !== undefined) expect(open.has(event['output_index'])).toBe(true)
          if (event['type'] === 'response.output_item.done') open.delete(event['output_index'])
        }
        expect(open.size).toBe(0)
        expect(['response.completed', 'response.incomplete']).toContain(events.at(-1)?.['type'])
      }),
    )
  })

  it.each([[{ type: 'adaptive' }], [{ type: 'adaptive', display: 'omitted' }], [{ type: 'disabled' }]])('streams as Messages events that the official client adds up to the whole answer, with thinking %j', async (thinking) => {
    const context = contextOf(messagesSurface, { ...MESSAGES, thinking })
    await fc.assert(
      fc.asyncProperty(anyAnswer, pieceSizes, async (answer, sizes) => {
        const whole = JSON.parse(messagesSurface.translated(answer, KNOWN_FACTS, context))
        const bytes = streamed(messagesSurface, context, piecesOf(answer, sizes), KNOWN_FACTS)
        const final = JSON.parse(JSON.stringify(await anthropicFed(bytes).messages.stream({ model: 'auto', messages, max_tokens: 100 }).finalMessage()))
        // The two members that a stream can only tell at its start, when they are not known.
        for (const message of [whole, final]) for (const member of ['cache_creation', 'weighbridge_estimated']) delete message.usage[member]
        expect(withoutHelpers(final)).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })

  it('begins with its text for a Messages client that did not ask for thinking, and still seals its calls', () => {
    const seal = { wire: 'openai-responses', value: 'enc' } as const
    const parts = [{ kind: 'reasoning', text: 'So.', seal }, { kind: 'text', text: 'Looking.' }, { kind: 'tool_call', id: 'a', name: 'look', argumentsJson: '{}' }] as const
    const content = (thinking: object | undefined, count: number): { type: string }[] =>
      JSON.parse(messagesSurface.translated({ parts: parts.slice(0, count), finish: 'stop', stopSequence: undefined, logprobs: undefined }, KNOWN_FACTS, contextOf(messagesSurface, { ...MESSAGES, thinking }))).content
    expect(content(undefined, 2)).toMatchObject([{ type: 'text' }])
    expect(content(undefined, 3)).toMatchObject([{ type: 'text' }, { type: 'redacted_thinking', data: 'wb1.openai-responses.h..["So.","enc"]' }, { type: 'tool_use' }])
    expect(content({ type: 'adaptive', display: 'omitted' }, 2)).toMatchObject([{ type: 'thinking', thinking: '' }, { type: 'text' }])
    expect(content({ type: 'adaptive' }, 2)).toMatchObject([{ type: 'thinking', thinking: 'So.' }, { type: 'text' }])
  })

  it('keeps parallel tool calls apart when their arguments come interleaved', async () => {
    const events: AnswerEvent[] = [
      { kind: 'tool_call', index: 0, id: 'a', name: 'first' },
      { kind: 'tool_arguments', index: 0, json: '{"x":' },
      { kind: 'tool_call', index: 1, id: 'b', name: 'second' },
      { kind: 'tool_arguments', index: 1, json: '{"y":' },
      { kind: 'tool_arguments', index: 0, json: '1}' },
      { kind: 'tool_arguments', index: 1, json: '2}' },
      { kind: 'finish', finish: 'tool_calls' },
    ]
    const message = await anthropicFed(streamed(messagesSurface, contextOf(messagesSurface, MESSAGES), events, KNOWN_FACTS)).messages.stream({ model: 'auto', messages, max_tokens: 9 }).finalMessage()
    expect(message.stop_reason).toBe('tool_use')
    expect(message.content.map((block) => (block.type === 'tool_use' ? [block.id, block.input] : []))).toEqual([['a', { x: 1 }], ['b', { y: 2 }]])
    const response = await openaiFed(streamed(responsesSurface, contextOf(responsesSurface, RESPONSES), events, KNOWN_FACTS)).responses.stream({ model: 'auto', input: 'Hi' }).finalResponse()
    expect(response.output.map((item) => (item.type === 'function_call' ? [item.call_id, item.arguments] : []))).toEqual([['a', '{"x":1}'], ['b', '{"y":2}']])
    const chat = await openaiFed(streamed(chatSurface, contextOf(chatSurface, CHAT), events, KNOWN_FACTS)).chat.completions.stream({ model: 'auto', messages }).finalChatCompletion()
    expect(chat.choices[0]?.message.tool_calls?.map((call) => (call.type === 'function' ? call.function.arguments : ''))).toEqual(['{"x":1}', '{"y":2}'])
  })

  it('streams the second of two calls live once the first is whole', () => {
    const writer = messagesSurface.writer(contextOf(messagesSurface, MESSAGES))
    const send = (event: AnswerEvent): string => writer.translated({ kind: 'output', event: undefined, data: '', json: undefined, events: [event], characters: 0 })
    send({ kind: 'tool_call', index: 0, id: 'a', name: 'first' })
    send({ kind: 'tool_arguments', index: 0, json: '{"x":1}' })
    expect(send({ kind: 'tool_call', index: 1, id: 'b', name: 'second' })).toContain('"name":"second"')
    expect(send({ kind: 'tool_arguments', index: 1, json: '{"y"' })).toContain('input_json_delta')
  })

  it('that is empty still has a beginning and an end on every surface', async () => {
    const nothing = answerFacts({ finish: 'stop' })
    const chat = await openaiFed(streamed(chatSurface, contextOf(chatSurface, CHAT), [], nothing)).chat.completions.stream({ model: 'auto', messages }).finalChatCompletion()
    expect(chat.choices[0]?.finish_reason).toBe('stop')
    const response = await openaiFed(streamed(responsesSurface, contextOf(responsesSurface, RESPONSES), [], nothing)).responses.stream({ model: 'auto', input: 'Hi' }).finalResponse()
    expect([response.status, response.output]).toEqual(['completed', []])
    const message = await anthropicFed(streamed(messagesSurface, contextOf(messagesSurface, MESSAGES), [], nothing)).messages.stream({ model: 'auto', messages, max_tokens: 9 }).finalMessage()
    expect([message.stop_reason, message.content]).toEqual(['end_turn', []])
  })

  it('keeps log probabilities, whole and streamed', async () => {
    const logprob = (token: string) => ({ token, logprob: -0.5, bytes: [...Buffer.from(token)], top: [{ token, logprob: -0.5, bytes: null }] })
    const events: AnswerEvent[] = [
      { kind: 'text', text: 'Hel', logprobs: [logprob('Hel')] },
      { kind: 'text', text: 'lo', logprobs: [logprob('lo')] },
      { kind: 'finish', finish: 'stop' },
    ]
    const answer = { parts: [{ kind: 'text' as const, text: 'Hello' }], finish: 'stop' as const, stopSequence: undefined, logprobs: [logprob('Hel'), logprob('lo')] }
    const context = contextOf(chatSurface, CHAT)
    const whole = JSON.parse(chatSurface.translated(answer, KNOWN_FACTS, context))
    const final = await openaiFed(streamed(chatSurface, context, events, KNOWN_FACTS)).chat.completions.stream({ model: 'auto', messages }).finalChatCompletion()
    expect(final.choices[0]?.logprobs?.content).toEqual(whole.choices[0].logprobs.content)
    expect(whole.choices[0].logprobs.content).toHaveLength(2)
    const responses = contextOf(responsesSurface, RESPONSES)
    const response = await openaiFed(streamed(responsesSurface, responses, events, KNOWN_FACTS)).responses.stream({ model: 'auto', input: 'Hi' }).finalResponse()
    expect(withoutHelpers(response.output)).toEqual(JSON.parse(responsesSurface.translated(answer, KNOWN_FACTS, responses)).output)
  })

  it('is told in the retired form of tools to clients that speak it', async () => {
    const context = contextOf(chatSurface, { ...CHAT, functions: [{ name: 'look', parameters: {} }] })
    const answer = { parts: [{ kind: 'tool_call' as const, id: 'a', name: 'look', argumentsJson: '{"q":1}' }], finish: 'tool_calls' as const, stopSequence: undefined, logprobs: undefined }
    const whole = JSON.parse(chatSurface.translated(answer, KNOWN_FACTS, context))
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'function_call', message: { content: null, function_call: { name: 'look', arguments: '{"q":1}' } } })
    const final = await openaiFed(streamed(chatSurface, context, piecesOf(answer, [2]), KNOWN_FACTS)).chat.completions.stream({ model: 'auto', messages }).finalChatCompletion()
    expect(final.choices[0]?.message.function_call).toEqual({ name: 'look', arguments: '{"q":1}' })
  })
})

describe('usage of another wire', () => {
  const answer = { parts: [{ kind: 'text' as const, text: 'Hi' }], finish: 'stop' as const, stopSequence: undefined, logprobs: undefined }

  it('is inclusive on OpenAI surfaces and leaves caches out of the input on Messages', () => {
    expect(JSON.parse(chatSurface.translated(answer, KNOWN_FACTS, contextOf(chatSurface, CHAT))).usage).toEqual({
      prompt_tokens: 120,
      completion_tokens: 40,
      total_tokens: 160,
      prompt_tokens_details: { cached_tokens: 80, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 15 },
    })
    expect(JSON.parse(responsesSurface.translated(answer, KNOWN_FACTS, contextOf(responsesSurface, RESPONSES))).usage).toEqual({
      input_tokens: 120,
      input_tokens_details: { cached_tokens: 80, cache_write_tokens: 10 },
      output_tokens: 40,
      output_tokens_details: { reasoning_tokens: 15 },
      total_tokens: 160,
    })
    expect(JSON.parse(messagesSurface.translated(answer, KNOWN_FACTS, contextOf(messagesSurface, MESSAGES))).usage).toMatchObject({
      input_tokens: 30,
      cache_read_input_tokens: 80,
      cache_creation_input_tokens: 10,
      cache_creation: { ephemeral_5m_input_tokens: 6, ephemeral_1h_input_tokens: 4 },
      output_tokens: 40,
      output_tokens_details: { thinking_tokens: 15 },
    })
  })

  it('that nobody told is left out, or marked as an estimate where a number must stand', () => {
    const unknown = answerFacts({ servedModel: 'served-model' })
    expect(JSON.parse(chatSurface.translated(answer, unknown, contextOf(chatSurface, CHAT)))).not.toHaveProperty('usage')
    expect(JSON.parse(responsesSurface.translated(answer, unknown, contextOf(responsesSurface, RESPONSES)))).not.toHaveProperty('usage')
    const asked = contextOf(messagesSurface, MESSAGES)
    expect(JSON.parse(messagesSurface.translated(answer, unknown, asked)).usage).toMatchObject({ input_tokens: asked.asked.inputTokens, cache_read_input_tokens: null, weighbridge_estimated: true })
  })
})

describe.each([messagesSurface, responsesSurface])('pieces of a tool call that come after other output ($name)', (surface) => {
  const call = [{ kind: 'tool_call', index: 0, id: 'c1', name: 'f' }, { kind: 'tool_arguments', index: 0, json: '{"a":' }, { kind: 'text', text: 'so' }] as const
  const context = () => contextOf(surface, surface === messagesSurface ? MESSAGES : RESPONSES)

  it('are never left out of a call that then looks whole', () => {
    expect(() => streamed(surface, context(), [...call, { kind: 'tool_arguments', index: 0, json: '1}' }], KNOWN_FACTS)).toThrow('arguments of a tool call')
  })

  it('may be space', () => {
    expect(() => streamed(surface, context(), [...call, { kind: 'tool_arguments', index: 0, json: ' \n' }], KNOWN_FACTS)).not.toThrow()
  })
})

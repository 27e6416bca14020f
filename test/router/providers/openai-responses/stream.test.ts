import { describe, expect, it } from 'vitest'
import { ResponsesStreamReader } from '../../../../router/providers/openai-responses/stream.ts'
import { parseResponsesAnswer } from '../../../../router/providers/openai-responses/parse.ts'
import { gather } from '../../conformance/gather.ts'

const read = (reader: ResponsesStreamReader, json: { readonly type: string; readonly [member: string]: unknown }) => reader.read(json.type, JSON.stringify(json))
const fresh = (translate = false): ResponsesStreamReader => new ResponsesStreamReader({ translate })
const completed = (output: readonly unknown[] = []) => ({ type: 'response.completed', response: { id: 'r', object: 'response', status: 'completed', output } })

describe('a stream’s parts', () => {
  it.each([
    [{ type: 'response.created', response: { status: 'in_progress' } }, 'start'],
    [{ type: 'response.output_item.added', output_index: 0, item: { type: 'message' } }, 'start'],
    [{ type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning' } }, 'start'],
    [{ type: 'response.output_item.added', output_index: 0, item: { type: 'function_call', name: 'f' } }, 'output'],
    [{ type: 'response.output_item.added', output_index: 0, item: { type: 'web_search_call' } }, 'output'],
    [{ type: 'response.output_text.delta', delta: 'x' }, 'output'],
    [{ type: 'response.output_text.delta', delta: '' }, 'start'],
    [{ type: 'response.custom_tool_call_input.delta', delta: 'x' }, 'output'],
    [{ type: 'response.code_interpreter_call_code.delta', delta: 'x' }, 'output'],
    [{ type: 'response.image_generation_call.partial_image', partial_image_b64: 'AAAA' }, 'output'],
    [{ type: 'response.output_item.done', output_index: 0, item: { type: 'message', content: [{ type: 'output_text', text: 'x' }] } }, 'output'],
    [completed(), 'end'],
    [{ type: 'response.incomplete', response: { status: 'incomplete', output: [] } }, 'end'],
  ])('%j is %s', (event, kind) => {
    expect(read(fresh(), event).kind).toBe(kind)
  })

  it('count output once, streamed or done', () => {
    const reader = fresh()
    expect(read(reader, { type: 'response.output_text.delta', output_index: 0, delta: 'abc' }).characters).toBe(3)
    expect(read(reader, { type: 'response.output_item.done', output_index: 0, item: { type: 'message', content: [{ type: 'output_text', text: 'abc' }] } }).characters).toBe(0)
    expect(read(reader, { type: 'response.output_item.done', output_index: 1, item: { type: 'function_call', name: 'f', arguments: '{}' } }).characters).toBe(3)
  })

  it('are whole with their terminal event alone: [DONE] neither ends nor disturbs them', () => {
    const reader = fresh()
    read(reader, { type: 'response.output_text.delta', delta: 'x' })
    expect(reader.read(undefined, '[DONE]').kind).toBe('start')
    expect(reader.complete()).toBe(false)
    read(reader, completed())
    expect(reader.complete()).toBe(true)
    expect(reader.read(undefined, 'garbage').kind).toBe('start')
  })

  it('know facts from the first event on, but no ending before the end', () => {
    const reader = fresh()
    read(reader, { type: 'response.created', response: { id: 'r', model: 'm', status: 'in_progress', service_tier: 'auto', usage: null } })
    expect(reader.facts()).toMatchObject({ responseId: 'r', servedModel: 'm', finishReason: undefined, finish: undefined, usage: undefined })
    read(reader, completed())
    expect(reader.facts()).toMatchObject({ finishReason: 'completed', finish: 'stop' })
  })

  it('without a response at the end are malformed', () => {
    expect(() => read(fresh(), { type: 'response.completed' })).toThrow(expect.objectContaining({ code: 'provider_malformed' }))
  })

  it.each([
    [{ type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'm' } } }, 'provider_stream_error'],
    [{ type: 'response.cancelled', response: { status: 'cancelled' } }, 'provider_stream_error'],
    [{ type: 'response.failed', response: { status: 'failed', error: null } }, 'provider_stream_error'],
    [{ type: 'error', error: { type: 'invalid_request_error', code: 'context_length_exceeded', message: 'm' } }, 'provider_context_length'],
    [{ type: 'error', code: 'insufficient_quota', message: 'm' }, 'provider_quota_exhausted'],
  ])('%j is thrown as %s', (event, code) => {
    expect(() => read(fresh(), event)).toThrow(expect.objectContaining({ code }))
  })
})

describe('a translated stream', () => {
  it('says nothing twice and loses nothing, however much of it only comes at the end', () => {
    const message = { id: 'm', type: 'message', content: [{ type: 'output_text', text: 'Hello world' }, { type: 'refusal', refusal: 'No.' }] }
    const call = { id: 'f', type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1}' }
    const reader = fresh(true)
    const events = [
      { type: 'response.output_item.added', output_index: 0, item: { ...message, content: [] } },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hello ' },
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Hello world' },
      { type: 'response.output_item.added', output_index: 1, item: { ...call, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"a"' },
      { type: 'response.output_item.done', output_index: 1, item: call },
      completed([message, call]),
    ].flatMap((event) => read(reader, event).events)
    expect(gather(events)).toMatchObject({ parts: [{ kind: 'text', text: 'Hello world' }, { kind: 'tool_call', id: 'c', argumentsJson: '{"a":1}' }, { kind: 'refusal', text: 'No.' }], finish: 'tool_calls' })
  })

  it('is the reasoning itself where a model shows it', () => {
    const item = { id: 'rs', type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'why' }] }
    const reader = fresh(true)
    const events = [{ type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'why' }, { type: 'response.output_item.done', output_index: 0, item }, completed([item])].flatMap((event) => read(reader, event).events)
    expect(gather(events).parts).toEqual(parseResponsesAnswer(JSON.stringify(completed([item]).response)).answer().parts)
  })
})

describe('a whole answer', () => {
  it('may be one that only began in the background, and is broken when it stops short without', () => {
    expect(parseResponsesAnswer('{"id":"r","object":"response","background":true,"status":"queued","output":[]}').facts).toMatchObject({ responseId: 'r', finishReason: 'queued', finish: undefined })
    expect(() => parseResponsesAnswer('{"id":"r","object":"response","status":"in_progress","output":[]}')).toThrow(/not at its end: its status is in_progress/)
  })
})

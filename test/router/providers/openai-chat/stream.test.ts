import { describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../../../core/errors.ts'
import { ChatStreamReader } from '../../../../router/providers/openai-chat/stream.ts'
import { gather } from '../../conformance/gather.ts'

const chunk = (delta: object, finish: string | null = null, index = 0): string => JSON.stringify({ id: 'c', created: 1, choices: [{ index, delta, finish_reason: finish }] })
const reader = (choices = 1, translate = false): ChatStreamReader => new ChatStreamReader({ choices, translate })

describe('a stream’s parts', () => {
  it.each([
    [chunk({ role: 'assistant', content: '' }), 'start', 0],
    [chunk({ content: null }), 'start', 0],
    [chunk({ content: 'xy' }), 'output', 2],
    [chunk({ content: [{ type: 'text', text: 'xy' }] }), 'output', 2],
    [chunk({ reasoning_content: 'thinking' }), 'output', 8],
    [chunk({ reasoning: 'thinking', reasoning_content: 'thinking' }), 'output', 8],
    [chunk({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] }), 'output', 1],
    [chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: '' } }] }), 'output', 1],
    [chunk({ refusal: 'no' }), 'output', 2],
    [chunk({ function_call: { name: 'f' } }), 'output', 12],
    [chunk({}, 'stop'), 'finish', 0],
    [chunk({ content: 'x' }, 'stop'), 'finish', 1],
    [JSON.stringify({ choices: [], usage: { prompt_tokens: 1 } }), 'usage', 0],
    [JSON.stringify({ choices: [], usage: null }), 'start', 0],
    [JSON.stringify({ choices: [] }), 'start', 0],
    ['', 'start', 0],
  ])('%s is %s', (data, kind, characters) => {
    expect(reader().read(undefined, data)).toMatchObject({ kind, characters })
  })

  it('are complete only when every choice that was asked for has finished', () => {
    const two = reader(2)
    two.read(undefined, chunk({ content: 'a' }, null, 0))
    two.read(undefined, chunk({}, 'stop', 0))
    expect(two.complete()).toBe(false)
    two.read(undefined, chunk({ content: 'b' }, null, 1))
    expect(two.complete()).toBe(false)
    two.read(undefined, chunk({}, 'length', 1))
    expect(two.complete()).toBe(true)
    expect(two.facts()).toMatchObject({ finishReason: 'stop', finish: 'stop' })
  })

  it('are not complete while a choice nobody asked for is open', () => {
    const one = reader()
    one.read(undefined, chunk({ content: 'a' }, null, 0))
    one.read(undefined, chunk({ content: 'b' }, null, 1))
    one.read(undefined, chunk({}, 'stop', 0))
    expect(one.complete()).toBe(false)
  })

  it('end with [DONE] even where no reason was given, but not before anything was said', () => {
    const some = reader()
    some.read(undefined, chunk({ content: 'a' }))
    expect(some.read(undefined, ' [DONE] ')).toMatchObject({ kind: 'end' })
    expect(some.complete()).toBe(true)
    expect(() => reader().read(undefined, '[DONE]')).toThrow(WeighbridgeError)
  })

  it('after the end say nothing, whatever they hold', () => {
    const one = reader(1, true)
    one.read(undefined, chunk({ content: 'a' }, 'stop'))
    one.read(undefined, '[DONE]')
    expect(one.read(undefined, 'garbage')).toMatchObject({ kind: 'start', events: [] })
    expect(one.read(undefined, '[DONE]')).toMatchObject({ kind: 'end', events: [] })
  })

  it('take the tier that settles last, and the first of all names', () => {
    const one = reader()
    one.read(undefined, JSON.stringify({ id: 'a', model: 'm1', service_tier: 'auto', choices: [] }))
    one.read(undefined, JSON.stringify({ id: 'b', model: 'm2', service_tier: 'default', system_fingerprint: 'fp', choices: [] }))
    expect(one.facts()).toMatchObject({ responseId: 'a', servedModel: 'm1', serviceTier: 'default', systemFingerprint: 'fp' })
  })

  it('keep the last usage of several', () => {
    const one = reader()
    one.read(undefined, JSON.stringify({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }))
    one.read(undefined, JSON.stringify({ choices: [], x_groq: { usage: { prompt_tokens: 1, completion_tokens: 9 } }, usage: null }))
    one.read(undefined, JSON.stringify({ choices: [], usage: null }))
    expect(one.facts().usage).toMatchObject({ outputTotal: 9 })
  })
})

describe('a translated stream', () => {
  const answer = (...data: string[]) => {
    const one = reader(1, true)
    return gather(data.flatMap((text) => one.read(undefined, text).events))
  }

  it('is the first choice alone', () => {
    expect(answer(chunk({ content: 'a' }), chunk({ content: 'b' }, null, 1), chunk({}, 'stop', 1), chunk({}, 'length'))).toMatchObject({ parts: [{ kind: 'text', text: 'a' }], finish: 'length' })
  })

  it('waits with a call for its name, and then says all of it', () => {
    expect(answer(chunk({ tool_calls: [{ index: 0, id: 'c', function: { arguments: '{"a"' } }] }), chunk({ tool_calls: [{ index: 0, function: { name: 'f' } }] }), chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }), chunk({}, 'stop'))).toEqual({
      parts: [{ kind: 'tool_call', id: 'c', name: 'f', argumentsJson: '{"a":1}' }], finish: 'tool_calls', stopSequence: undefined, logprobs: undefined,
    })
  })

  it('is malformed when a call is never named or there are calls without end', () => {
    expect(() => answer(chunk({ tool_calls: [{ index: 0, id: 'c', function: { arguments: '{}' } }] }), chunk({}, 'tool_calls'))).toThrow(/no name/)
    const calls = Array.from({ length: 1_025 }, (_, index) => ({ index, id: `c${index}`, function: { name: 'f', arguments: '{}' } }))
    expect(() => answer(chunk({ tool_calls: calls }))).toThrow(/more than 1024/)
  })

  it('takes arguments that came as an object', () => {
    expect(answer(chunk({ tool_calls: [{ id: 'c', function: { name: 'f', arguments: { a: 1 } } }] }), chunk({}, 'stop')).parts).toEqual([{ kind: 'tool_call', id: 'c', name: 'f', argumentsJson: '{"a":1}' }])
  })

  it('seals reasoning that came after the text as well, and reasoning that nothing followed', () => {
    expect(answer(chunk({ content: 'a' }), chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'E' }] }), chunk({}, 'stop')).parts).toMatchObject([{ kind: 'text' }, { kind: 'reasoning', redacted: true, seal: { wire: 'openai-chat' } }])
    expect(answer(chunk({ reasoning: 'why' }), chunk({}, 'length')).parts).toEqual([{ kind: 'reasoning', text: 'why', seal: { wire: 'openai-chat', value: 'text' } }])
  })

  it('has no ending for a reason nobody knows, and still closes what was open', () => {
    expect(answer(chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f' } }] }), chunk({}, 'brand_new'))).toMatchObject({ parts: [{ argumentsJson: '{}' }], finish: undefined })
  })

  it('says which stop sequence ended it, where the server does', () => {
    expect(answer(chunk({ content: 'a' }), JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop', stop_reason: 'END' }] })).stopSequence).toBe('END')
  })
})

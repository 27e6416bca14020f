import { describe, expect, it } from 'vitest'
import { BoundedMemory } from '../../../router/http/surfaces/answer-memory.ts'
import { responsesSurface } from '../../../router/http/surfaces/responses/surface.ts'
import { contextOf, KNOWN_FACTS, piecesOf, refusalOf, streamed } from './support.ts'

const answer = { parts: [{ kind: 'reasoning', text: 'So.', seal: { wire: 'gemini', value: 'gem' } }, { kind: 'text', text: 'Seven minutes.' }, { kind: 'tool_call', id: 'call_1', name: 'look', argumentsJson: '{}' }], finish: 'tool_calls', stopSequence: undefined, logprobs: undefined } as const

/** A first call whose answer of another wire was written whole or as a stream, and what it left in memory. */
function afterFirst(isStreamed: boolean, more: object = {}) {
  const memory = new BoundedMemory(100_000).of(undefined)
  const body = { model: 'auto', input: 'How long?', ...more }
  const context = { ...contextOf(responsesSurface, body), asked: responsesSurface.read(body, memory), memory }
  const whole = JSON.parse(responsesSurface.translated(answer, KNOWN_FACTS, isStreamed ? { ...context, memory: undefined } : context))
  if (isStreamed) streamed(responsesSurface, context, piecesOf(answer, [3]), KNOWN_FACTS)
  return { memory, id: String(whole.id), output: whole.output as { id: string; type: string }[] }
}

const result = { type: 'function_call_output', call_id: 'call_1', output: 'Done.' }

describe.each([false, true])('an answer of another wire, streamed: %s', (isStreamed) => {
  it('can be gone on from by its id, on any wire', () => {
    const { memory, id } = afterFirst(isStreamed)
    const asked = responsesSurface.read({ model: 'auto', previous_response_id: id, input: [result] }, memory)
    expect(asked.request()).toMatchObject({
      unmapped: [],
      messages: [
        { role: 'user', parts: [{ kind: 'text', text: 'How long?' }] },
        { role: 'assistant', parts: answer.parts },
        { role: 'tool', parts: [{ kind: 'tool_result', callId: 'call_1' }] },
      ],
    })
    expect(asked.native).toMatchObject({ input: [{ role: 'user', content: 'How long?' }, { type: 'message' }, { type: 'function_call' }, result] })
    expect(asked.native).not.toHaveProperty('previous_response_id')
    expect(JSON.stringify(asked.native)).not.toMatch(/wb1\.|_wb/)
  })

  it('can be referred to item by item', () => {
    const { memory, output } = afterFirst(isStreamed)
    const references = output.map((item) => ({ type: 'item_reference', id: item.id }))
    const asked = responsesSurface.read({ model: 'auto', input: [{ role: 'user', content: 'How long?' }, ...references, result] }, memory)
    expect(asked.request().messages[1]).toEqual({ role: 'assistant', parts: answer.parts })
    expect(asked.request().unmapped).toEqual([])
  })

  it('goes on from one to the next', () => {
    const { memory, id } = afterFirst(isStreamed)
    const second = { model: 'auto', previous_response_id: id, input: [result] }
    const context = { ...contextOf(responsesSurface, { model: 'auto', input: 'x' }), id: 'fedcba9876543210', asked: responsesSurface.read(second, memory), memory }
    const { id: next } = JSON.parse(responsesSurface.translated({ ...answer, parts: [{ kind: 'text', text: 'All done.' }] }, KNOWN_FACTS, context))
    const third = responsesSurface.read({ model: 'auto', previous_response_id: next, input: 'Thanks' }, memory)
    expect(third.request().messages.map((message) => message.role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'user'])
  })

  it('is not kept where the client wants nothing stored', () => {
    const { memory, id } = afterFirst(isStreamed, { store: false })
    expect(refusalOf(() => responsesSurface.read({ model: 'auto', previous_response_id: id, input: 'And?' }, memory))).toMatchObject({ code: 'unknown_response', details: { param: 'previous_response_id' } })
  })
})

describe('a reference', () => {
  it("to a provider's own answer stays as it is", () => {
    const body = { model: 'auto', previous_response_id: 'resp_68af4030', input: [{ type: 'item_reference', id: 'msg_68af4030' }] }
    expect(responsesSurface.read(body, new BoundedMemory(1_000).of(undefined)).native).toBe(body)
  })

  it('to an item that is not kept is refused by name', () => {
    const error = refusalOf(() => responsesSurface.read({ model: 'auto', input: [{ type: 'item_reference', id: 'msg_wb0123_0' }] }, new BoundedMemory(1_000).of(undefined)))
    expect([error.code, error.answer.httpStatus, error.message]).toEqual(['unknown_response', 404, expect.stringContaining('msg_wb0123_0')])
  })
})

describe('the memory of answers', () => {
  it('lets go of what was used longest ago, and never takes what would crowd out the rest', () => {
    const memory = new BoundedMemory(4_000).of(undefined)
    for (const id of ['a', 'b', 'c']) memory.keep(id, [{ id }], 700)
    expect(memory.recall('a')).toEqual([{ id: 'a' }])
    for (const id of ['d', 'e']) memory.keep(id, [{ id }], 700)
    expect(['a', 'b', 'c', 'd', 'e'].filter((id) => memory.recall(id) !== undefined)).toEqual(['a', 'd', 'e', 'c'].toSorted())
    memory.keep('huge', [{}], 3_000)
    expect(memory.recall('huge')).toBeUndefined()
    expect(memory.recall('a')).toBeDefined()
  })

  it('keeps the newest under one id, and counts it once', () => {
    const memory = new BoundedMemory(4_000).of(undefined)
    for (let turn = 0; turn < 50; turn += 1) memory.keep('a', [{ turn }], 700)
    memory.keep('b', [{}], 700)
    expect([memory.recall('a'), memory.recall('b')]).toEqual([[{ turn: 49 }], [{}]])
  })
})

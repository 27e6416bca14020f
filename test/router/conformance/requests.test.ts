// What every adapter must keep of requests, whatever its wire: anything a client may ask becomes one honest request, or is named as
// lost; nothing given is changed; no key stands where it could be logged; nobody sees another wire's seals.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EFFORTS } from '../../../core/config-schema.ts'
import { modelRequest, WIRES, type Message, type ModelRequest, type RequestPart, type Seal } from '../../../core/model-request.ts'
import type { Adapter } from '../../../router/providers/adapter.ts'
import { anthropicMessages } from '../../../router/providers/anthropic-messages/adapter.ts'
import { gemini } from '../../../router/providers/gemini/adapter.ts'
import { parseObject } from '../../../router/providers/json.ts'
import { openaiChat } from '../../../router/providers/openai-chat/adapter.ts'
import { openaiResponses } from '../../../router/providers/openai-responses/adapter.ts'
import type { Answered } from './case.ts'
import * as anthropicFixture from './fixtures/anthropic-messages.ts'
import * as geminiFixture from './fixtures/gemini.ts'
import * as chatFixture from './fixtures/openai-chat.ts'
import * as responsesFixture from './fixtures/openai-responses.ts'
import { callOf, targetOf } from './reading.ts'

const KEY = 'sk-very-secret'
const WIRED: readonly (readonly [string, Adapter, string, readonly Answered[]])[] = [
  ['openai-chat', openaiChat, 'gpt-5.5', chatFixture.answers],
  ['openai-responses', openaiResponses, 'gpt-5.5', responsesFixture.answers],
  ['anthropic-messages', anthropicMessages, 'claude-opus-4-8', anthropicFixture.answers],
  ['gemini', gemini, 'gemini-3.1-pro-preview', geminiFixture.answers],
]

const source = fc.oneof(
  fc.record({ kind: fc.constant('url' as const), url: fc.webUrl() }),
  fc.record({ kind: fc.constant('data' as const), mediaType: fc.constantFrom('image/png', 'application/pdf', 'text/plain'), base64: fc.base64String() }),
  fc.record({ kind: fc.constant('provider_file' as const), wire: fc.constantFrom(...WIRES), id: fc.string() }),
)
const textPart = fc.record({ kind: fc.constant('text' as const), text: fc.string(), cache: fc.constantFrom(undefined, '5m' as const, '1h' as const) })
const imagePart = fc.record({ kind: fc.constant('image' as const), source })
const filePart = fc.record({ kind: fc.constant('file' as const), source, name: fc.option(fc.string(), { nil: undefined }) })
const seal: fc.Arbitrary<Seal> = fc.record({ wire: fc.constantFrom(...WIRES), value: fc.oneof(fc.string(), fc.json()) })
const callPart = fc.record({ kind: fc.constant('tool_call' as const), id: fc.string({ minLength: 1 }), name: fc.stringMatching(/^[a-z]{1,8}$/), argumentsJson: fc.oneof(fc.string(), fc.json()), seal: fc.option(seal, { nil: undefined }) })
const resultPart = fc.record({ kind: fc.constant('tool_result' as const), callId: fc.string({ minLength: 1 }), parts: fc.array(fc.oneof(textPart, imagePart, filePart), { maxLength: 3 }), isError: fc.boolean() })
const reasoningPart = fc.record({ kind: fc.constant('reasoning' as const), text: fc.string(), seal: fc.option(seal, { nil: undefined }) })
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constantFrom('system' as const, 'developer' as const), parts: fc.array(textPart, { maxLength: 2 }) }),
  fc.record({ role: fc.constant('user' as const), parts: fc.array<RequestPart>(fc.oneof(textPart, imagePart, filePart, fc.record({ kind: fc.constant('audio' as const), base64: fc.base64String(), format: fc.constant('wav') })), { maxLength: 3 }) }),
  fc.record({ role: fc.constant('assistant' as const), parts: fc.array<RequestPart>(fc.oneof(textPart, callPart, reasoningPart, fc.record({ kind: fc.constant('refusal' as const), text: fc.string() })), { maxLength: 4 }) }),
  fc.record({ role: fc.constant('tool' as const), parts: fc.array(resultPart, { maxLength: 3 }) }),
)
const maybe = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> => fc.option(values, { nil: undefined })
const request: fc.Arbitrary<ModelRequest> = fc
  .record({
    messages: fc.array(message, { minLength: 1, maxLength: 6 }),
    tools: fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), schema: fc.constantFrom<unknown>({ type: 'object', properties: {} }, {}, null), strict: maybe(fc.boolean()) }), { maxLength: 2 }),
    toolChoice: maybe(fc.oneof(fc.record({ kind: fc.constantFrom('auto' as const, 'none' as const, 'required' as const) }), fc.record({ kind: fc.constant('tool' as const), name: fc.constant('f') }))),
    parallelToolCalls: maybe(fc.boolean()),
    maxOutputTokens: maybe(fc.nat()),
    temperature: maybe(fc.double({ min: 0, max: 2, noNaN: true })),
    topP: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
    topK: maybe(fc.nat()),
    stop: fc.array(fc.string(), { maxLength: 6 }),
    seed: maybe(fc.integer()),
    presencePenalty: maybe(fc.double({ min: -2, max: 2, noNaN: true })),
    logprobs: maybe(fc.record({ top: fc.nat({ max: 20 }) })),
    choices: fc.constantFrom(1, 2),
    effort: maybe(fc.constantFrom(...EFFORTS)),
    thinking: maybe(fc.record({ enabled: fc.boolean(), budgetTokens: maybe(fc.nat()), show: fc.boolean() })),
    format: maybe(fc.oneof(fc.constant({ kind: 'json_object' as const }), fc.record({ kind: fc.constant('json_schema' as const), name: fc.constant('n'), schema: fc.constantFrom<unknown>({ type: 'object' }, {}), strict: maybe(fc.boolean()) }))),
    verbosity: maybe(fc.constantFrom('low', 'high')),
    serviceTier: maybe(fc.constantFrom('auto', 'default', 'flex', 'standard_only')),
    userId: maybe(fc.string()),
  })
  .map((known) => modelRequest(known))

describe.each(WIRED)('a request over %s', (_wire, adapter, model, answers) => {
  const target = targetOf(adapter.wire, model)
  const build = (asked: ModelRequest, stream = false) => adapter.build(callOf({ wire: adapter.wire === 'openai-chat' ? 'anthropic-messages' : 'openai-chat', request: () => asked, stream }), target, KEY)

  it('is one JSON body, made the same each time, whatever is asked', () => {
    fc.assert(
      fc.property(request, fc.boolean(), (asked, stream) => {
        const before = structuredClone(asked)
        const made = build(asked, stream)
        const loss = adapter.loss(asked, target)
        expect(asked).toEqual(before)
        expect(parseObject(made.body)).toBeDefined()
        expect(build(asked, stream)).toEqual(made)
        expect(`${made.path}${made.body}`).not.toContain(KEY)
        expect(Object.values(made.headers).filter((value) => value.includes(KEY))).toHaveLength(1)
        expect(made.headers['x-request-id']).toBe('req_1')
        expect(made.headers['content-type']).toBe('application/json')
        for (const names of [loss.refused, loss.dropped]) expect(new Set(names).size).toBe(names.length)
      }),
      { numRuns: 200 },
    )
  })

  it('shows nobody the seals of another wire', () => {
    const foreign = WIRES.filter((wire) => wire !== adapter.wire).map((wire): Message => ({ role: 'assistant', parts: [{ kind: 'reasoning', text: 'hidden thought', seal: { wire, value: 'FOREIGN-SEAL' } }, { kind: 'text', text: 'x' }, { kind: 'tool_call', id: 'c1', name: 'f', argumentsJson: '{}', seal: { wire, value: 'FOREIGN-SEAL' } }] }))
    const made = build(modelRequest({ messages: [{ role: 'user', parts: [{ kind: 'text', text: 'a' }] }, ...foreign] }))
    expect(made.body).not.toContain('FOREIGN-SEAL')
    expect(made.body).not.toContain('hidden thought')
  })

  it('brings every answer of its own back, as the next turn of the conversation', () => {
    for (const answered of answers) {
      const results = answered.answer.parts.flatMap((part) => (part.kind === 'tool_call' ? [{ kind: 'tool_result' as const, callId: part.id, parts: [{ kind: 'text' as const, text: 'done' }], isError: false }] : []))
      const messages: Message[] = [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }, { role: 'assistant', parts: answered.answer.parts }, ...(results.length === 0 ? [] : [{ role: 'tool' as const, parts: results }]), { role: 'user', parts: [{ kind: 'text', text: 'Go on.' }] }]
      const asked = modelRequest({ messages, tools: [{ name: 'f', schema: { type: 'object', properties: {} } }, { name: 'g', schema: { type: 'object', properties: {} } }] })
      expect(adapter.loss(asked, target).refused).toEqual([])
      const { body } = build(asked)
      for (const part of answered.answer.parts) {
        if (part.kind === 'text') expect(body).toContain(JSON.stringify(part.text).slice(1, -1))
        if (part.kind === 'tool_call') expect(body).toContain(`"name":"${part.name}"`)
      }
    }
  })
})

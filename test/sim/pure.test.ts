// The pure parts of the simulated models: values for schemas, signatures, and readers that meet anything at all.
import { Validator, type Schema } from '@cfworker/json-schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/seams.ts'
import { sealFault, sealFor } from '../../sim/behaviour/seals.ts'
import { valueFor } from '../../sim/behaviour/schema-value.ts'
import { wantedCalls } from '../../sim/behaviour/tool-calls.ts'
import { GPT_5_4 } from '../../sim/profiles.ts'
import { anthropicCount, anthropicMessages } from '../../sim/surfaces/anthropic-messages/surface.ts'
import { geminiEmbeddings, openaiEmbeddings } from '../../sim/surfaces/embeddings.ts'
import { gemini, geminiCount } from '../../sim/surfaces/gemini/surface.ts'
import { openaiChat } from '../../sim/surfaces/openai-chat/surface.ts'
import { openaiResponses } from '../../sim/surfaces/openai-responses/surface.ts'
import { askedFor, SIM_ERRORS, type At } from '../../sim/surfaces/surface.ts'

/** Schemas that can be met, as providers take them in strict mode. */
const { schema: schemas } = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Record<string, unknown>>({ type: 'boolean' }, { type: 'null' }, { type: 'string' }, { type: ['integer', 'null'] }, { enum: ['a', 7, null] }, { const: { fixed: true } }, { type: 'string', format: 'date-time' }),
    fc.record({ least: fc.integer({ min: 0, max: 40 }), room: fc.nat({ max: 40 }) }).map(({ least, room }) => ({ type: 'string', minLength: least, maxLength: least + room })),
    fc.record({ minimum: fc.integer({ min: -1_000, max: 1_000 }), room: fc.nat({ max: 50 }), type: fc.constantFrom('integer', 'number') }).map(({ minimum, room, type }) => ({ type, minimum, maximum: minimum + room })),
    fc.record({ step: fc.integer({ min: 1, max: 7 }), low: fc.integer({ min: -50, max: 50 }) }).map(({ step, low }) => ({ type: 'integer', multipleOf: step, exclusiveMinimum: low })),
    fc.record({ items: tie('schema'), minItems: fc.nat({ max: 4 }), room: fc.nat({ max: 3 }) }).map(({ items, minItems, room }) => ({ type: 'array', items, minItems, maxItems: minItems + room })),
    fc.dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), tie('schema'), { maxKeys: 4 }).map((properties) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}))

describe('a value for a schema', () => {
  it('is accepted by the schema', () => {
    fc.assert(
      fc.property(schemas, fc.string(), (schema, seed) => {
        const value = valueFor(schema, seed)
        const { valid, errors } = new Validator(schema as Schema, '2020-12').validate(value) // generated JSON Schema
        expect(errors).toEqual([])
        expect(valid).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('is the same for the same seed, and is found through references and several parts', () => {
    const schema = { $defs: { leaf: { type: 'object', properties: { value: { type: 'integer', minimum: 3, maximum: 3 } }, required: ['value'] } }, allOf: [{ $ref: '#/$defs/leaf' }, { type: 'object', properties: { name: { const: 'x' } }, required: ['name'] }] }
    expect(valueFor(schema, 'a')).toEqual({ value: 3, name: 'x' })
    expect(valueFor({ $defs: schema.$defs, $ref: '#/$defs/leaf' }, 'a')).toEqual({ value: 3 })
    expect(valueFor({ anyOf: [{ $ref: '#/$defs/gone' }, { const: 1 }] }, 'a')).toBe(1)
    expect(valueFor({ type: 'OBJECT', properties: { n: { type: 'STRING', minLength: '3' } } }, 'a')).toEqual(valueFor({ type: 'object', properties: { n: { type: 'string', minLength: 3 } } }, 'a'))
  })

  it('ends, and harms nothing, on a schema that is hostile', () => {
    const nested = (depth: number): unknown => (depth === 0 ? { type: 'string' } : { type: 'array', minItems: 1, items: nested(depth - 1) })
    expect(valueFor(nested(5_000), 'a')).toBeUndefined()
    expect(valueFor({ $ref: '#' }, 'a')).toBeUndefined()
    expect(valueFor({ type: 'object', required: ['self'], properties: { self: { $ref: '#' } } }, 'a')).toBeUndefined()
    expect(JSON.stringify(valueFor({ type: 'string', minLength: 1e12 }, 'a')).length).toBeLessThan(20_000)
    const polluted = valueFor(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"object","properties":{"polluted":{"const":1}}}}}'), 'a')
    expect(Object.hasOwn(polluted as object, '__proto__')).toBe(true)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    fc.assert(fc.property(fc.jsonValue(), (schema) => void valueFor(schema, 's')), { numRuns: 300 })
  })
})

describe('a signature', () => {
  it('holds for its wire, provider and text, and for nothing else', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        const seal = sealFor('anthropic-messages', 'anthropic', text)
        expect(sealFault(seal, 'anthropic-messages', 'anthropic', text)).toBeUndefined()
        expect(sealFault(seal, 'gemini', 'google', text)).toBe('foreign')
        expect(sealFault(seal, 'anthropic-messages', 'deepseek', text)).toBe('foreign')
        expect(sealFault(seal, 'anthropic-messages', 'anthropic', `${text}!`)).toBe('other_text')
      }),
    )
  })

  it('is refused when a character of it changes', () => {
    const seal = sealFor('gemini', 'google', 'a thought')
    for (let i = 0; i < seal.length; i += 1) expect(sealFault(`${seal.slice(0, i)}${seal[i] === 'A' ? 'B' : 'A'}${seal.slice(i + 1)}`, 'gemini', 'google', undefined)).toBeDefined()
  })
})

describe('calls that a text provokes', () => {
  const tools = [{ name: 'a', schema: { type: 'object', properties: { n: { const: 1 } }, required: ['n'] } }, { name: 'b-2', schema: undefined }]

  it('are those that are offered, in order, with the arguments given or made', () => {
    const names = (question: string) => wantedCalls(askedFor({ model: 'm', question, tools })).map(({ name, argumentsJson }) => `${name}${argumentsJson}`)
    expect(names('call:b-2 then call:a and call:gone')).toEqual(['b-2{}', 'a{"n":1}'])
    expect(names('call:a{"n":5}')).toEqual(['a{"n":5}'])
    expect(names('call:a{broken}')).toEqual(['a{"n":1}'])
    expect(names('nothing to call here')).toEqual([])
    expect(wantedCalls(askedFor({ model: 'm', question: 'call:a', tools, toolResults: ['done'] }))).toEqual([])
  })
})

describe('every reader', () => {
  const surfaces = { openaiChat, openaiResponses, anthropicMessages, anthropicCount, gemini, geminiCount, openaiEmbeddings, geminiEmbeddings }
  const at: At = { model: 'm', query: new URLSearchParams('alt=sse'), stream: false, recall: () => undefined }
  /** Bodies that begin like real ones and go wrong anywhere. */
  const bodies = fc.oneof(
    fc.jsonValue(),
    fc.record({ model: fc.constant('m'), max_tokens: fc.constant(20), messages: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant', 'tool', 'system'), content: fc.oneof(fc.string(), fc.jsonValue(), fc.array(fc.record({ type: fc.constantFrom('text', 'image_url', 'tool_use', 'tool_result', 'thinking'), text: fc.string() }))), tool_calls: fc.jsonValue() }, { requiredKeys: ['role'] })), tools: fc.jsonValue(), response_format: fc.jsonValue() }, { requiredKeys: ['model', 'messages'] }),
    fc.record({ model: fc.constant('m'), input: fc.oneof(fc.string(), fc.array(fc.record({ type: fc.constantFrom('message', 'function_call', 'function_call_output', 'reasoning', 'odd'), role: fc.constant('user'), call_id: fc.string(), name: fc.string(), arguments: fc.string(), output: fc.jsonValue(), content: fc.jsonValue(), summary: fc.jsonValue() }, { requiredKeys: [] }))), text: fc.jsonValue() }, { requiredKeys: ['model', 'input'] }),
    fc.record({ contents: fc.array(fc.record({ role: fc.constantFrom('user', 'model'), parts: fc.array(fc.record({ text: fc.string(), functionCall: fc.jsonValue(), functionResponse: fc.jsonValue() }, { requiredKeys: [] })) })), generationConfig: fc.jsonValue(), tools: fc.jsonValue() }, { requiredKeys: ['contents'] }),
  )

  it.each(Object.entries(surfaces))('of %s answers or refuses whatever comes, and never throws', (_name, surface) => {
    fc.assert(
      fc.property(bodies, (body) => {
        const read = surface.read(body, at)
        if ('error' in read) {
          const { status, body: told } = surface.error(read.error, 'm')
          expect(status).toBeGreaterThanOrEqual(400)
          expect(JSON.parse(told)).toHaveProperty('error.message')
        } else expect(read.asked.model).toBe('m')
      }),
      { numRuns: 400 },
    )
  })

  it('has words for every error, whole and inside a stream', () => {
    for (const surface of Object.values(surfaces)) {
      for (const kind of SIM_ERRORS) {
        expect(JSON.parse(surface.error({ kind }, GPT_5_4.name).body)).toHaveProperty('error.message')
        expect(surface.errorEvent({ kind }, GPT_5_4.name)).toMatch(/^(event: error\n)?data: \{.*\}(\n\n|\r\n\r\n)$/)
      }
    }
    expect(openaiChat.newId(seededRandom(1))).toMatch(/^chatcmpl-\w{29}$/)
  })
})

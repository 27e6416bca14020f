// Schemas rewritten for constrained output: the same as the official SDK rewrites them, and never more than the wire takes.
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { geminiJsonSchema, openApiSchema } from '../../../../router/providers/json-schema/openapi-subset.ts'
import { strictLimits, strictSubset } from '../../../../router/providers/json-schema/strict-subset.ts'

const said = fc.option(fc.string({ maxLength: 5 }), { nil: undefined })
const leaf = fc.oneof(
  fc.record({ type: fc.constantFrom('string', 'integer', 'number', 'boolean', 'null'), description: said }),
  fc.record({ type: fc.constant('integer'), minimum: fc.integer() }),
  fc.record({ type: fc.constant('string'), format: fc.constantFrom('date', 'uuid', 'phone') }),
  fc.record({ type: fc.constant('string'), pattern: fc.string(), title: said }),
)
const { schema } = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.option(fc.constantFrom(0, 1, 2), { nil: undefined }) }),
    fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.string({ maxLength: 4 }).filter((name) => name !== '__proto__'), tie('schema'), { maxKeys: 3, noNullPrototype: true }), required: fc.constant<string[]>([]), additionalProperties: fc.option(fc.boolean(), { nil: undefined }) }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }), description: said }),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
  ),
}))

describe('a schema for Anthropic’s constrained output', () => {
  it('is what the official SDK would send', () => {
    fc.assert(
      fc.property(schema, (given) => {
        const plain = JSON.parse(JSON.stringify(given)) as Record<string, unknown>
        expect(strictSubset(plain)).toEqual(transformJSONSchema(plain))
      }),
    )
  })

  it('keeps definitions, references and literals', () => {
    const linked = { $ref: '#/$defs/a', $defs: { a: { type: 'object', properties: { kind: { const: 'a' }, size: { type: 'string', enum: ['s', 'm'] } }, required: ['kind', 'size'] } } }
    expect(strictSubset(linked)).toEqual({ ...linked, $defs: { a: { ...linked.$defs.a, properties: { kind: { const: 'a' }, size: { enum: ['s', 'm'] } }, additionalProperties: false } } })
    expect(strictSubset(linked)).toEqual(transformJSONSchema(linked))
  })

  it('says in words what does not fit beside literals, and nothing beside a reference, as the SDK does', () => {
    const mixed = { type: 'object', properties: {
      ref: { $ref: '#/$defs/a', description: 'seen', minLength: 2 },
      listed: { type: ['string', 'null'], enum: ['a', null] },
      odd: { type: 'object', properties: {}, enum: [{ a: 1 }] },
    }, required: ['ref'], $defs: { a: { type: 'string' } } }
    expect(strictSubset(mixed)).toEqual(transformJSONSchema(mixed))
    const two = { anyOf: [{ type: 'string' }, { type: 'null' }], oneOf: [{ type: 'string' }, { type: 'integer' }] }
    expect(strictSubset(two)).toEqual({ anyOf: two.anyOf, description: `{oneOf: ${JSON.stringify(two.oneOf)}}` })
  })

  it('is an object whatever it was, and changes nothing it was given', () => {
    for (const none of [undefined, null, true, 'x', []]) expect(strictSubset(none)).toMatchObject({ type: 'object' })
    const given = { type: 'object', properties: { a: { type: 'string', minLength: 1 } } }
    const before = JSON.stringify(given)
    strictSubset(given)
    expect(JSON.stringify(given)).toBe(before)
  })

  it.each([
    ['recursive', { type: 'object', properties: { child: { $ref: '#' } } }],
    ['recursive', { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/b' }] }, b: { type: 'array', items: { $ref: '#/$defs/a' } } } }],
    ['open', { type: 'object', additionalProperties: true, properties: {} }],
    ['open', { type: 'array', items: { type: 'object' } }],
    [undefined, { type: 'object', additionalProperties: false }],
    [undefined, { type: 'object', properties: { a: { $ref: '#/$defs/a' }, b: { $ref: '#/$defs/a' } }, $defs: { a: { type: 'string' } } }],
  ])('is %s when it is %o', (limit, given) => {
    expect(strictLimits(given)).toBe(limit)
  })
})

describe('a schema for Gemini', () => {
  it('holds a constant to its one value, also beside an enumeration', () => {
    expect(geminiJsonSchema({ type: 'string', enum: ['a', 'b'], const: 'a' })).toEqual({ type: 'string', enum: ['a'] })
  })

  it('of the older form keeps the members of every part of allOf', () => {
    const part = (name: string) => ({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] })
    expect(openApiSchema({ ...part('a'), allOf: [part('b'), part('c')] })).toEqual({ type: 'OBJECT', properties: { a: { type: 'STRING' }, b: { type: 'STRING' }, c: { type: 'STRING' } }, required: ['a', 'b', 'c'] })
  })

  it('of the older form lists choices only where it can list all of them', () => {
    expect(openApiSchema({ type: ['string', 'null'], enum: ['a', null] })).toEqual({ type: 'STRING', format: 'enum', enum: ['a'], nullable: true })
    expect(openApiSchema({ enum: ['a', 1], description: 'd' })).toEqual({ description: 'd' })
  })
})

describe('any rewriting', () => {
  it('ends without a fault for any JSON, and what it writes is JSON again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), schema, fc.dictionary(fc.constantFrom('$ref', 'properties', 'anyOf', 'items', '$defs', 'type', 'enum', 'const', 'constructor', '__proto__'), fc.jsonValue())), (given) => {
        strictLimits(given)
        for (const written of [strictSubset(given), geminiJsonSchema(given), openApiSchema(given)]) expect(() => JSON.stringify(written)).not.toThrow()
      }),
    )
  })
})

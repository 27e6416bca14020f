import { performance } from 'node:perf_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkSchema, MAX_CHECKED_CHARACTERS } from '../../router/execute/schema-check.ts'

const PERSON = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 }, tags: { type: 'array', items: { enum: ['a', 'b'] } } }, required: ['name', 'age'], additionalProperties: false }
const kind = async (schema: unknown, value: unknown): Promise<string> => (await checkSchema(schema, typeof value === 'string' ? value : JSON.stringify(value))).kind

describe('an answer held against its schema', () => {
  it.each<[unknown, string]>([
    [{ name: 'x', age: 3 }, 'valid'],
    [{ name: 'x', age: 3, tags: ['a', 'b'] }, 'valid'],
    [{ name: 'x' }, 'violated'],
    [{ name: 'x', age: 3.5 }, 'violated'],
    [{ name: 'x', age: -1 }, 'violated'],
    [{ name: 'x', age: 3, extra: 1 }, 'violated'],
    [{ name: 'x', age: 3, tags: ['c'] }, 'violated'],
    ['Sure! Here is the JSON: {}', 'violated'],
    ['{"name":"x","age":3', 'violated'],
  ])('%j is %s', async (value, expected) => {
    expect(await kind(PERSON, value)).toBe(expected)
  })

  it('follows references, also recursive ones', async () => {
    const tree = { $ref: '#/$defs/node', $defs: { node: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/node' } } }, required: ['children'] } } }
    expect(await kind(tree, { children: [{ children: [] }, { children: [{ children: [] }] }] })).toBe('valid')
    expect(await kind(tree, { children: [{ children: [{ kids: [] }] }] })).toBe('violated')
  })

  it('knows anyOf, oneOf, const, nullable unions and tuples', async () => {
    const schema = { anyOf: [{ type: ['string', 'null'] }, { oneOf: [{ const: 1 }, { const: 2 }] }, { type: 'array', prefixItems: [{ type: 'boolean' }], items: false }] }
    for (const value of [null, '"x"', 1, [true]]) expect(await kind(schema, value), JSON.stringify(value)).toBe('valid')
    for (const value of [3, [true, 1], {}]) expect(await kind(schema, value), JSON.stringify(value)).toBe('violated')
  })

  it('names the keyword that is broken and never the value', async () => {
    expect((await checkSchema(PERSON, JSON.stringify({ name: 'secret words', age: 'secret' }))).detail).not.toContain('secret')
  })
})

describe('a schema that is hostile', () => {
  it('is not held to patterns and formats, whose cost has no bound, nor to what they would decide', async () => {
    expect(await kind({ type: 'string', pattern: '^(a+)+$' }, JSON.stringify(`${'a'.repeat(40)}b`))).toBe('valid')
    expect(await kind({ type: 'string', format: 'email' }, '"nobody"')).toBe('valid')
    expect(await kind({ type: 'object', patternProperties: { '^x': { type: 'number' } }, additionalProperties: false }, { y: 1 })).toBe('valid')
    expect(await kind({ allOf: [{ patternProperties: { '^x': {} } }], unevaluatedProperties: false }, { x1: 1 })).toBe('valid')
    expect(await kind({ type: 'array', uniqueItems: true }, [1, 1])).toBe('valid')
  })

  const doubling = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`d${i}`, { anyOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] }]))
  const self = { anyOf: [{ type: 'array', items: { $ref: '#' } }, { type: 'array', items: { $ref: '#' } }, { type: 'number' }] }
  it.each<[string, unknown, string]>([
    ['refers to itself in a circle', { $ref: '#' }, '{}'],
    ['doubles with every reference', { $defs: { ...doubling, d40: { type: 'string' } }, $ref: '#/$defs/d0' }, '{}'],
    ['doubles with every level of the answer', self, `${'['.repeat(200)}"x"${']'.repeat(200)}`],
    ['refers to nothing', { $ref: '#/$defs/none' }, '{}'],
    ['nests deeper than any real one', JSON.parse(`${'{"not":'.repeat(500)}{}${'}'.repeat(500)}`), '{}'],
    ['is larger than any real one', { allOf: Array.from({ length: 30_000 }, () => ({})) }, '{}'],
    ['is no schema', 7, '{}'],
  ])('that %s leaves the answer unchecked, in bounded time', async (_name, schema, text) => {
    await checkSchema({}, '{}') // the validator is loaded
    const started = performance.now()
    expect(await kind(schema, text)).toBe('unchecked')
    // Hangs would take years; the bound itself is some 100 ms.
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('leaves a text beyond the bound unchecked', async () => {
    expect(await kind({ type: 'string' }, JSON.stringify('x'.repeat(MAX_CHECKED_CHARACTERS)))).toBe('unchecked')
  })

  it('never throws, whatever schema and text are', async () => {
    await fc.assert(fc.asyncProperty(fc.jsonValue(), fc.string(), async (schema, text) => ['valid', 'violated', 'unchecked'].includes((await checkSchema(schema, text)).kind)), { numRuns: 300 })
  })

  it('accepts every value under a schema that was made from it', async () => {
    const schemaOf = (value: unknown): unknown => {
      if (Array.isArray(value)) return { type: 'array', items: value.length === 0 ? true : { anyOf: value.map(schemaOf) } }
      if (typeof value === 'object' && value !== null) return { type: 'object', properties: Object.fromEntries(Object.entries(value).map(([name, one]) => [name, schemaOf(one)])), required: Object.keys(value), additionalProperties: false }
      return { const: value }
    }
    await fc.assert(fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => (await kind(schemaOf(value), JSON.stringify(value))) === 'valid'), { numRuns: 200 })
  })
})

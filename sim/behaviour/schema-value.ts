// A value that a JSON Schema accepts, for answers that must have a form and for tool arguments. Knows what providers take in
// strict mode (draft 2020-12's usual members, local references, Gemini's upper-case types); `undefined` when it finds none. Pure.
import { seededRandom, type Random } from '../../core/seams.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type Node = Readonly<Record<string, unknown>>

const MOST_LEVELS = 24
const WORDS = ['amber', 'bridge', 'cedar', 'delta', 'ember', 'fjord', 'gravel', 'harbor', 'island', 'juniper'] as const

/** A value for the schema, the same for the same seed; `undefined` when the schema accepts nothing this can make. */
export function valueFor(schema: unknown, seed: string): Json | undefined {
  return make(schema, { root: schema, random: seededRandom(seed) }, 0)
}

type World = { readonly root: unknown; readonly random: Random }

function make(schema: unknown, world: World, level: number): Json | undefined {
  if (schema === true || schema === undefined) return { answer: word(world) }
  if (!isNode(schema) || level > MOST_LEVELS) return undefined
  if (typeof schema['$ref'] === 'string') return make(resolve(schema['$ref'], world.root), world, level + 1)
  if ('const' in schema) return schema['const'] as Json // a schema is JSON, so its constants are
  const choices = schema['enum']
  if (Array.isArray(choices)) return choices.length === 0 ? undefined : (choices[Math.floor(world.random.next() * choices.length)] as Json) // as above
  for (const name of ['anyOf', 'oneOf'] as const) {
    const options = schema[name]
    if (!Array.isArray(options)) continue
    const { [name]: _options, ...base } = schema
    for (const option of options) {
      const made = make(isNode(option) ? merged([base, option]) : option, world, level + 1)
      if (made !== undefined) return made
    }
    return undefined
  }
  if (Array.isArray(schema['allOf'])) {
    const { allOf, ...base } = schema
    const parts = (allOf as unknown[]).map((part) => (isNode(part) && typeof part['$ref'] === 'string' ? resolve(part['$ref'], world.root) : part)) // checked to be an array above
    return make(merged([base, ...parts.filter(isNode)]), world, level + 1)
  }
  return ofType(typeOf(schema), schema, world, level)
}

function typeOf(schema: Node): string {
  const type = Array.isArray(schema['type']) ? schema['type'].find((one) => one !== 'null') ?? 'null' : schema['type']
  if (typeof type === 'string') return type.toLowerCase()
  if ('properties' in schema || 'required' in schema) return 'object'
  return 'items' in schema || 'prefixItems' in schema ? 'array' : 'string'
}

function ofType(type: string, schema: Node, world: World, level: number): Json | undefined {
  switch (type) {
    case 'object':
      return objectFor(schema, world, level)
    case 'array':
      return arrayFor(schema, world, level)
    case 'string':
      return textFor(schema, world)
    case 'integer':
    case 'number':
      return numberFor(schema, type === 'integer', world)
    case 'boolean':
      return world.random.next() < 0.5
    case 'null':
      return null
    default:
      return undefined
  }
}

/** Required members and, while there is room, the optional ones; an optional member without a value is left out. */
function objectFor(schema: Node, world: World, level: number): Json | undefined {
  const properties = isNode(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'].filter((name) => typeof name === 'string') : []
  const made: [string, Json][] = []
  for (const name of new Set([...Object.keys(properties), ...required])) {
    const needed = required.includes(name)
    if (!needed && level > 3) continue
    const value = make(Object.hasOwn(properties, name) ? properties[name] : { type: 'string' }, world, level + 1)
    if (value !== undefined) made.push([name, value])
    else if (needed) return undefined
  }
  for (let i = made.length; i < bound(schema['minProperties'], 0); i += 1) made.push([`member${i}`, word(world)])
  // fromEntries defines own members, so a schema cannot reach the prototype.
  return Object.fromEntries(made)
}

function arrayFor(schema: Node, world: World, level: number): Json | undefined {
  const prefix = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : []
  const most = bound(schema['maxItems'], Infinity)
  const wanted = Math.min(most, Math.max(bound(schema['minItems'], 0), prefix.length, schema['items'] === false || level > 3 ? 0 : Math.min(2, most)), 1_000)
  const items: Json[] = []
  for (let i = 0; i < wanted; i += 1) {
    const value = make(i < prefix.length ? prefix[i] : (schema['items'] ?? { type: 'string' }), world, level + 1)
    if (value === undefined) return items.length >= bound(schema['minItems'], 0) ? items : undefined
    items.push(value)
  }
  if (schema['uniqueItems'] !== true) return items
  const unique = [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
  return unique.length >= bound(schema['minItems'], 0) ? unique : undefined
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-11-02T09:30:00Z',
  date: '2026-11-02',
  time: '09:30:00Z',
  duration: 'P3D',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  uri: 'https://example.com/',
}

function textFor(schema: Node, world: World): string {
  const format = typeof schema['format'] === 'string' ? FORMATS[schema['format']] : undefined
  let text = format ?? word(world)
  while (text.length < Math.min(bound(schema['minLength'], 0), 10_000)) text += ` ${word(world)}`
  return format === undefined ? text.slice(0, bound(schema['maxLength'], Infinity)) : text
}

function numberFor(schema: Node, whole: boolean, world: World): number | undefined {
  const least = Math.max(bound(schema['minimum'], -Infinity), bound(schema['exclusiveMinimum'], -Infinity) + (whole ? 1 : 1e-6))
  const most = Math.min(bound(schema['maximum'], Infinity), bound(schema['exclusiveMaximum'], Infinity) - (whole ? 1 : 1e-6))
  const step = typeof schema['multipleOf'] === 'number' && schema['multipleOf'] > 0 ? schema['multipleOf'] : whole ? 1 : 0
  const low = Number.isFinite(least) ? least : Number.isFinite(most) ? most - 100 : 0
  const high = Math.min(most, low + 100)
  const drawn = low + world.random.next() * Math.max(0, high - low)
  if (step === 0) return low <= most ? Math.min(high, Number(drawn.toFixed(3)) < low ? low : Number(drawn.toFixed(3))) : undefined
  const stepped = Math.ceil(low / step) * step
  const more = Math.floor(Math.max(0, Math.min(high, most) - stepped) / step)
  return stepped <= most ? stepped + Math.floor(world.random.next() * (more + 1)) * step : undefined
}

function word({ random }: World): string {
  return WORDS[Math.floor(random.next() * WORDS.length)] ?? WORDS[0]
}

function bound(value: unknown, otherwise: number): number {
  // Gemini's schemas say counts as texts.
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : otherwise
}

/** Several schemas at once: members of objects are united, anything else is the last one's. */
function merged(schemas: readonly Node[]): Node {
  let all: Node = {}
  for (const schema of schemas) {
    const properties = isNode(all['properties']) || isNode(schema['properties']) ? { properties: { ...(all['properties'] as Node | undefined), ...(schema['properties'] as Node | undefined) } } : {} // at least one is an object, and spreading undefined adds nothing
    const required = [all['required'], schema['required']].flatMap((names) => (Array.isArray(names) ? names : []))
    all = { ...all, ...schema, ...properties, ...(required.length === 0 ? {} : { required: [...new Set(required)] }) }
  }
  return all
}

/** A local JSON Pointer (RFC 6901); anything else finds nothing. */
function resolve(pointer: string, root: unknown): unknown {
  if (pointer === '#') return root
  if (!pointer.startsWith('#/')) return false
  let at = root
  for (const step of pointer.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!isNode(at) || !Object.hasOwn(at, name)) return false
    at = at[name]
  }
  return at
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

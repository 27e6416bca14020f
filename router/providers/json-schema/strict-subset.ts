// JSON Schema → the part of it that Anthropic's constrained output understands. What has no place there is said in the
// description, so that the model still reads it; the router checks the answer against the schema as the client wrote it.
import { isObject, type JsonObject } from '../json.ts'

/** Deepest nesting that is looked at; a deeper schema is refused (`strictLimits`). */
export const MAX_SCHEMA_DEPTH = 64
/** Anthropic's limit of optional properties in one schema (structured outputs guide, 2026-11). */
const MAX_OPTIONAL_PROPERTIES = 24

const STRING_FORMATS: ReadonlySet<string> = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'])
/** Members that pass as they are. */
const KEPT: ReadonlySet<string> = new Set(['title', 'description', 'required'])
const DEFINITIONS: ReadonlySet<string> = new Set(['$defs', 'definitions'])
/** Members that list the only values; a value that is no primitive cannot be listed there. */
const LITERALS = ['enum', 'const'] as const
/** Members whose value is a list of schemas, the one that counts first; the wire knows no `oneOf`. */
const UNIONS = ['anyOf', 'oneOf', 'allOf'] as const
/** Members that say nothing about the answer. */
const SILENT: ReadonlySet<string> = new Set(['$schema', '$id', '$comment', 'examples', 'additionalProperties'])

/**
 * The schema as @anthropic-ai/sdk 1.12 would send it (lib/transform-json-schema): objects closed, unsupported constraints moved
 * into the description. Nothing is thrown: a schema that is none comes back as one that accepts every object.
 */
export function strictSubset(schema: unknown): JsonObject {
  return isObject(schema) ? rewrite(schema, 0) : { type: 'object', properties: {}, additionalProperties: false }
}

function rewrite(schema: JsonObject, depth: number): JsonObject {
  if (depth > MAX_SCHEMA_DEPTH) return {}
  const kept: JsonObject = {}
  for (const [member, value] of Object.entries(schema)) if (DEFINITIONS.has(member) && isObject(value)) kept[member] = mapped(value, depth)
  // What stands beside a reference is refused.
  if (schema['$ref'] !== undefined) return { ...kept, $ref: schema['$ref'] }
  const literals = LITERALS.filter((member) => isLiteral(member, schema[member]))
  // One union a schema: of several the first here counts, and the others are said.
  const union = UNIONS.find((member) => Array.isArray(schema[member]))
  const said: string[] = []
  for (const [member, value] of Object.entries(schema)) {
    if (DEFINITIONS.has(member)) continue
    if (KEPT.has(member) || literals.some((literal) => literal === member)) kept[member] = value
    else if (member === 'type') {
      // Literals and unions say the type themselves.
      if (literals.length === 0 && union === undefined) kept['type'] = value
    } else if (member === union && Array.isArray(value)) kept[union === 'oneOf' ? 'anyOf' : union] = value.map((one) => (isObject(one) ? rewrite(one, depth + 1) : one))
    else if (member === 'properties' && isObject(value)) kept['properties'] = mapped(value, depth)
    else if (member === 'items' && isObject(value)) kept['items'] = rewrite(value, depth + 1)
    else if (member === 'format' && typeof value === 'string' && STRING_FORMATS.has(value)) kept['format'] = value
    else if (member === 'minItems' && (value === 0 || value === 1)) kept['minItems'] = value
    else if (!SILENT.has(member)) said.push(`${member}: ${JSON.stringify(value)}`)
  }
  // A closed object is the only kind the wire takes; `strictLimits` refuses schemas that need an open one.
  if (isObjectSchema(schema)) {
    kept['properties'] ??= {}
    kept['additionalProperties'] = false
  }
  if (said.length > 0) kept['description'] = [...(typeof kept['description'] === 'string' ? [kept['description']] : []), `{${said.join(', ')}}`].join('\n\n')
  return kept
}

function isLiteral(member: string, value: unknown): boolean {
  const primitive = (one: unknown): boolean => one === null || typeof one !== 'object'
  return member === 'enum' ? Array.isArray(value) && value.length > 0 && value.every(primitive) : value !== undefined && primitive(value)
}

function mapped(schemas: JsonObject, depth: number): JsonObject {
  // `fromEntries` defines own members, so a property named __proto__ stays a property.
  return Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, isObject(one) ? rewrite(one, depth + 1) : one]))
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isObjectSchema(schema: JsonObject): boolean {
  const type = schema['type']
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isObject(schema['properties'])
}

/**
 * Why constrained output cannot hold a schema; `undefined`: it can. `recursive`: a `$ref` leads back to itself; `open`: an object
 * with members that are not listed, which the wire would answer as `{}`; `optional`: more optional properties than it takes.
 */
export function strictLimits(schema: unknown): 'recursive' | 'open' | 'optional' | 'deep' | undefined {
  if (!isObject(schema)) return undefined
  let optional = 0
  let found: 'recursive' | 'open' | 'deep' | undefined
  // Definitions reached through a `$ref` are walked at their first use; meeting one that is still open is a cycle.
  const open = new Set<string>()
  const done = new Set<string>()
  const walk = (node: unknown, depth: number): void => {
    if (found !== undefined) return
    if (depth > MAX_SCHEMA_DEPTH) {
      found = 'deep'
      return
    }
    if (!isObject(node)) return
    const ref = node['$ref']
    if (typeof ref === 'string' && ref.startsWith('#')) {
      if (open.has(ref)) found = 'recursive'
      else if (!done.has(ref)) {
        open.add(ref)
        walk(pointed(schema, ref), depth + 1)
        open.delete(ref)
        done.add(ref)
      }
    }
    if (isOpen(node)) found ??= 'open'
    const properties = node['properties']
    if (isObject(properties)) {
      const required = new Set(asList(node['required']))
      for (const [name, one] of Object.entries(properties)) {
        if (!required.has(name)) optional += 1
        walk(one, depth + 1)
      }
    }
    for (const member of ['items', 'not', 'contains']) walk(node[member], depth + 1)
    for (const member of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) for (const one of asList(node[member])) walk(one, depth + 1)
  }
  open.add('#')
  walk(schema, 0)
  return found ?? (optional > MAX_OPTIONAL_PROPERTIES ? 'optional' : undefined)
}

function isOpen(node: JsonObject): boolean {
  const extra = node['additionalProperties']
  if (extra === true || isObject(extra) || isObject(node['patternProperties'])) return true
  const type = node['type']
  const isObjectType = type === 'object' || (Array.isArray(type) && type.includes('object'))
  return isObjectType && node['properties'] === undefined && extra !== false
}

function pointed(root: JsonObject, ref: string): unknown {
  let found: unknown = root
  for (const step of ref.slice(1).split('/').filter((part) => part !== '')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined
  }
  return found
}

// JSON Schema → what Gemini takes: its `…JsonSchema` members (nearly JSON Schema) and, for older models, the `Schema` object
// (a part of OpenAPI 3.0). Pure; what the wire has no word for is left out, since it ignores or refuses unknown words.
import { isObject, type JsonObject } from '../json.ts'
import { MAX_SCHEMA_DEPTH } from './strict-subset.ts'

/**
 * For `responseJsonSchema` and `parametersJsonSchema`: the schema itself, but with `const` as an `enum` of one, the only keyword
 * in common use that is missing there (@google/genai 3.1, GenerateContentConfig.responseJsonSchema lists what is supported).
 */
export function geminiJsonSchema(schema: unknown, depth = 0): unknown {
  if (depth > MAX_SCHEMA_DEPTH) return {}
  if (Array.isArray(schema)) return schema.map((one) => geminiJsonSchema(one, depth + 1))
  if (!isObject(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).flatMap(([member, value]) => {
      if (member === 'const') return [['enum', [value]]]
      if (member === 'enum' && schema['const'] !== undefined) return []
      if (member === '$schema') return []
      if (NAMED.has(member)) return [[member, isObject(value) ? namedSchemas(value, depth) : value]]
      return [[member, DATA.has(member) ? value : geminiJsonSchema(value, depth + 1)]]
    }),
  )
}

/** Members whose value maps names to schemas, and members whose value is data and no schema. */
const NAMED: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'patternProperties'])
const DATA: ReadonlySet<string> = new Set(['enum', 'required', 'type', 'default', 'example', 'examples', 'propertyOrdering'])

function namedSchemas(schemas: JsonObject, depth: number): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, geminiJsonSchema(one, depth + 1)]))
}

/** Members of `Schema` (@google/genai 3.1) that mean the same in JSON Schema. */
const SAME: ReadonlySet<string> = new Set(['description', 'title', 'required', 'minimum', 'maximum', 'pattern', 'default'])
/** Members of `Schema` that are int64 on this wire, so texts in its JSON. */
const COUNTS: ReadonlySet<string> = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'])
/** Formats that `Schema` knows; another is a 400 there. */
const FORMATS: ReadonlySet<string> = new Set(['float', 'double', 'int32', 'int64', 'date-time', 'enum'])

/**
 * For `responseSchema` and `parameters` of models without the JSON Schema members. Local `$ref`s are written out (the form has
 * none), a union with null becomes `nullable`. `undefined` for a schema without any member left.
 */
export function openApiSchema(schema: unknown): JsonObject | undefined {
  const written = isObject(schema) ? convert(schema, { root: schema, left: MAX_WRITTEN }, 0) : {}
  return Object.keys(written).length === 0 ? undefined : written
}

/** Schemas written out at most: references that use each other twice would double at every step. */
const MAX_WRITTEN = 2_000
type Writing = { readonly root: JsonObject; left: number }

function convert(schema: JsonObject, root: Writing, depth: number): JsonObject {
  root.left -= 1
  if (depth > MAX_SCHEMA_DEPTH || root.left < 0) return {}
  const ref = schema['$ref']
  if (typeof ref === 'string') {
    const found = definition(root.root, ref)
    return found === undefined ? {} : convert(found, root, depth + 1)
  }
  const out: JsonObject = {}
  for (const [member, value] of Object.entries(schema)) {
    if (SAME.has(member)) out[member] = value
    else if (COUNTS.has(member) && typeof value === 'number') out[member] = String(value)
    else if (member === 'format' && typeof value === 'string' && FORMATS.has(value)) out['format'] = value
    else if (member === 'items' && isObject(value)) out['items'] = convert(value, root, depth + 1)
    else if (member === 'properties' && isObject(value)) out['properties'] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, isObject(one) ? convert(one, root, depth + 1) : {}]))
  }
  return merged([out, typeOf(schema), choices(schema), ...alternatives(schema, root, depth)])
}

function typeOf(schema: JsonObject): JsonObject {
  const type = schema['type']
  const types = (Array.isArray(type) ? type : [type]).filter((one): one is string => typeof one === 'string')
  const named = types.filter((one) => one !== 'null')
  const nullable = types.includes('null') ? { nullable: true } : {}
  if (named.length === 1) return { type: named[0]?.toUpperCase(), ...nullable }
  return named.length > 1 ? { anyOf: named.map((one) => ({ type: one.toUpperCase() })), ...nullable } : nullable
}

function choices(schema: JsonObject): JsonObject {
  const values = schema['const'] !== undefined ? [schema['const']] : Array.isArray(schema['enum']) ? schema['enum'] : undefined
  if (values === undefined) return {}
  // `enum` holds texts only there; with other values the type alone remains. Null is `nullable`.
  const texts = values.filter((value): value is string => typeof value === 'string')
  return texts.length === 0 || values.some((value) => typeof value !== 'string' && value !== null) ? {} : { type: 'STRING', format: 'enum', enum: texts }
}

/** What a schema's `allOf` and one of `anyOf` and `oneOf` add to it. */
function alternatives(schema: JsonObject, root: Writing, depth: number): readonly JsonObject[] {
  const objects = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter((one): one is JsonObject => isObject(one)) : [])
  const all = objects(schema['allOf']).map((one) => convert(one, root, depth + 1))
  const schemas = ['anyOf', 'oneOf'].map((member) => objects(schema[member])).find((list) => list.length > 0)
  if (schemas === undefined) return all
  const named = schemas.filter((one) => one['type'] !== 'null').map((one) => convert(one, root, depth + 1))
  const nullable = named.length < schemas.length ? { nullable: true } : {}
  return [...all, named.length === 1 ? { ...named[0], ...nullable } : { anyOf: named, ...nullable }]
}

/** One schema that says what all of these say: members of objects add up, of anything else the last one counts. */
function merged(parts: readonly JsonObject[]): JsonObject {
  const out: JsonObject = Object.assign({}, ...parts)
  const properties = parts.map((part) => part['properties']).filter((value) => isObject(value))
  if (properties.length > 1) out['properties'] = Object.fromEntries(properties.flatMap((one) => Object.entries(one)))
  const required = parts.map((part) => part['required']).filter((value) => Array.isArray(value))
  if (required.length > 1) out['required'] = [...new Set(required.flat())]
  return out
}

function definition(root: JsonObject, ref: string): JsonObject | undefined {
  const [, group, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(ref) ?? []
  const definitions = group === undefined ? undefined : root[group]
  const found = isObject(definitions) && name !== undefined && Object.hasOwn(definitions, name) ? definitions[name] : undefined
  return isObject(found) ? found : undefined
}

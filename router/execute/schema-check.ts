// Whether an answer's text meets the JSON schema that the client asked for. A schema comes from a client and may be hostile:
// `pattern`, `patternProperties`, `format` and `uniqueItems` are left unevaluated (their cost cannot be bounded), sizes are
// bounded, and every step of the evaluation is counted, so that no schema can hold the process up.
import { isObject, type JsonObject } from '../providers/json.ts'

/** `unchecked`: the schema or the text is beyond our bounds, or the schema cannot be evaluated; `detail` says which. */
export type SchemaVerdict = { readonly kind: 'valid' | 'violated' | 'unchecked'; readonly detail: string }

/** Largest text that is checked, in characters; longest text of a schema as JSON. */
export const MAX_CHECKED_CHARACTERS = 1024 * 1024
const MAX_SCHEMA_NODES = 20_000
const MAX_SCHEMA_DEPTH = 64
/** Most evaluations of a (sub)schema against a (sub)value; about 2 µs each, so that the worst schema costs some 100 ms. */
const MAX_STEPS = 50_000

/** Keywords that hold one schema, a list of schemas, or a map of schemas. Everything else that is kept is copied as it is. */
const ONE = new Set(['additionalItems', 'unevaluatedItems', 'contains', 'additionalProperties', 'unevaluatedProperties', 'propertyNames', 'not', 'if', 'then', 'else'])
const LIST = new Set(['prefixItems', 'allOf', 'anyOf', 'oneOf'])
const MAP = new Set(['$defs', 'definitions', 'properties', 'dependentSchemas'])
const PLAIN = new Set(['$ref', '$id', '$anchor', 'type', 'const', 'enum', 'required', 'minProperties', 'maxProperties', 'dependentRequired', 'minContains', 'maxContains', 'minItems', 'maxItems', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'])

class OutOfSteps extends Error {}
class Unsupported extends Error {}

type Budget = { steps: number; nodes: number }

/** Checks one text. Loads the validator at its first use. Never throws. */
export async function checkSchema(schema: unknown, text: string): Promise<SchemaVerdict> {
  if (text.length > MAX_CHECKED_CHARACTERS) return { kind: 'unchecked', detail: `the answer is longer than ${MAX_CHECKED_CHARACTERS} characters` }
  const { Validator } = await import('@cfworker/json-schema')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'violated', detail: 'the answer is not JSON' }
  }
  try {
    const budget: Budget = { steps: MAX_STEPS, nodes: MAX_SCHEMA_NODES }
    const bounded = boundedCopy(schema, budget, 0, holdsPatterns(schema, budget, 0))
    budget.steps = MAX_STEPS
    // The copy is a schema of the same keywords; the validator's type lists them all.
    const validator = new Validator(bounded as ConstructorParameters<typeof Validator>[0], '2020-12')
    budget.steps = MAX_STEPS
    const { valid, errors } = validator.validate(value)
    if (valid) return { kind: 'valid', detail: '' }
    const deepest = errors.at(-1)
    return { kind: 'violated', detail: `the answer breaks "${deepest?.keyword ?? 'false'}"` }
  } catch (thrown) {
    if (thrown instanceof OutOfSteps) return { kind: 'unchecked', detail: 'the schema takes too long to evaluate' }
    if (thrown instanceof Unsupported) return { kind: 'unchecked', detail: thrown.message }
    // An unresolved $ref, a circle of references, an $id that is no address: the schema's fault, not the answer's.
    return { kind: 'unchecked', detail: 'the schema cannot be evaluated' }
  }
}

/** A copy of only what is evaluated, each node of which takes its share of the budget when it is. */
function boundedCopy(schema: unknown, budget: Budget, depth: number, patterns: boolean): unknown {
  if (typeof schema === 'boolean') return schema
  if (!isObject(schema)) throw new Unsupported('the schema is not an object')
  if (depth > MAX_SCHEMA_DEPTH) throw new Unsupported('the schema nests too deep')
  budget.nodes -= 1
  if (budget.nodes < 0) throw new Unsupported('the schema is too large')
  const copy: JsonObject = {}
  let weight = 1
  const below = (value: unknown): unknown => boundedCopy(value, budget, depth + 1, patterns)
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword]
    if (value === undefined) continue
    // What a pattern would have taken from additional or unevaluated properties is not known: they go unevaluated with it.
    if (keyword === 'additionalProperties' && schema['patternProperties'] !== undefined) continue
    if (keyword === 'unevaluatedProperties' && patterns) continue
    if (keyword === 'items') copy[keyword] = Array.isArray(value) ? value.map(below) : below(value)
    else if (ONE.has(keyword)) copy[keyword] = below(value)
    else if (LIST.has(keyword) && Array.isArray(value)) copy[keyword] = value.map(below)
    else if (MAP.has(keyword) && isObject(value)) copy[keyword] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, below(one)]))
    else if (PLAIN.has(keyword)) {
      copy[keyword] = value
      // A long list of values is compared, and quoted in the error, each time.
      if (typeof value === 'object') weight += Math.ceil(JSON.stringify(value).length / 64)
    }
  }
  // The validator reads this member once for each evaluation of the node, and nothing of ours needs it.
  return Object.defineProperty(copy, '$recursiveAnchor', {
    enumerable: false,
    get() {
      budget.steps -= weight
      if (budget.steps < 0) throw new OutOfSteps()
      return undefined
    },
  })
}

function holdsPatterns(schema: unknown, budget: Budget, depth: number): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  budget.steps -= 1
  if (depth > 2 * MAX_SCHEMA_DEPTH || budget.steps < 0) throw new Unsupported('the schema is too large')
  if (!Array.isArray(schema) && 'patternProperties' in schema) return true
  return Object.values(schema).some((below) => holdsPatterns(below, budget, depth + 1))
}

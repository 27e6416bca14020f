// The part of JSON Schema that Gemini's own `parameters` and `responseSchema` take (interface Schema of @google/genai 3.1);
// the members that end in JsonSchema take all of it. Pure.

const MEMBERS = new Set([
  'anyOf', 'default', 'description', 'enum', 'example', 'format', 'items', 'maxItems', 'maxLength', 'maxProperties', 'maximum', 'minItems', 'minLength', 'minProperties', 'minimum',
  'nullable', 'pattern', 'properties', 'propertyOrdering', 'required', 'title', 'type',
])
const MOST_LEVELS = 64

/** The API's complaint about the first name it does not know, `undefined` when there is none. */
export function schemaFault(schema: unknown, at: string, level = 0): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  if (level > MOST_LEVELS) return `Schema at '${at}' is nested too deeply.`
  for (const [name, value] of Object.entries(schema)) {
    if (!MEMBERS.has(name)) return `Invalid JSON payload received. Unknown name "${name}" at '${at}': Cannot find field.`
    if (name === 'type' && typeof value !== 'string') return `Invalid value at '${at}.type': a schema has one type.`
    const inner = name === 'properties' ? childFault(value, `${at}.properties`, level) : name === 'items' ? schemaFault(value, `${at}.items`, level + 1) : name === 'anyOf' ? childFault(value, `${at}.any_of`, level) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

function childFault(children: unknown, at: string, level: number): string | undefined {
  if (typeof children !== 'object' || children === null) return undefined
  for (const [name, child] of Object.entries(children)) {
    const fault = schemaFault(child, `${at}[${name}]`, level + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

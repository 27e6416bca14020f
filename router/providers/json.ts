// Reading JSON of unknown shape without casts: each function answers `undefined` where the value is not what was asked for.

/** A JSON object as parsed: members of unknown type. */
export type JsonObject = { [member: string]: unknown }

/** Whether the value is an object with members (neither null nor an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The member when it is an object. */
export function objectAt(value: unknown, member: string): JsonObject | undefined {
  const found = isObject(value) ? value[member] : undefined
  return isObject(found) ? found : undefined
}

/** The member when it is a string. */
export function textAt(value: unknown, member: string): string | undefined {
  const found = isObject(value) ? value[member] : undefined
  return typeof found === 'string' ? found : undefined
}

/** The member when it is a finite number of 0 or more: the only kind that tokens and dollars can be. */
export function amountAt(value: unknown, member: string): number | undefined {
  const found = isObject(value) ? value[member] : undefined
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found : undefined
}

/** The member when it is an array; otherwise an empty one. */
export function listAt(value: unknown, member: string): readonly unknown[] {
  const found = isObject(value) ? value[member] : undefined
  return Array.isArray(found) ? found : []
}

/** The parsed text when it is a JSON object. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

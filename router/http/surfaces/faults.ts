// Checks of a client's body that every surface makes the same way: a table of members with what each may hold, and the one
// error that names the member at fault. Pure; it never repeats a value, which may be a prompt.
import { WeighbridgeError } from '../../../core/errors.ts'
import { isObject, type JsonObject } from '../../providers/json.ts'

/** `bad_request` about the member at a dotted path. */
export function fault(param: string, what: string): WeighbridgeError {
  return new WeighbridgeError('bad_request', `${param} ${what}.`, { details: { param } })
}

/** One kind of value a member may hold: how it is called in a message, and the test. */
export type Kind = { readonly called: string; readonly holds: (value: unknown) => boolean }

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)

export const BOOLEAN: Kind = { called: 'a boolean', holds: (value) => typeof value === 'boolean' }
export const NUMBER: Kind = { called: 'a number', holds: isNumber }
export const COUNT: Kind = { called: 'a whole number of at least 1', holds: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1 }
export const WHOLE: Kind = { called: 'a whole number', holds: (value) => typeof value === 'number' && Number.isInteger(value) }
export const AMOUNT: Kind = { called: 'a whole number of 0 or more', holds: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 }
export const TEXT: Kind = { called: 'a string', holds: (value) => typeof value === 'string' }
export const OBJECT: Kind = { called: 'an object', holds: isObject }
export const ARRAY: Kind = { called: 'an array', holds: Array.isArray }
export const TEXT_OR_OBJECT: Kind = { called: 'a string or an object', holds: (value) => typeof value === 'string' || isObject(value) }
export const TEXT_OR_ARRAY: Kind = { called: 'a string or an array', holds: (value) => typeof value === 'string' || Array.isArray(value) }

/** One of a closed list of words. */
export function oneOf(words: readonly string[]): Kind {
  return { called: words.join(', '), holds: (value) => typeof value === 'string' && words.includes(value) }
}

/** Throws `bad_request` for the first member that holds something else; `null` counts as absent, as in the APIs themselves. */
export function checkMembers(body: JsonObject, members: readonly (readonly [member: string, kind: Kind])[]): void {
  for (const [member, kind] of members) {
    const value = body[member]
    if (value !== undefined && value !== null && !kind.holds(value)) throw fault(member, `must be ${kind.called}`)
  }
}

/** Longest name of a model, in characters; whatever a client names is kept in books and on spans. */
const LONGEST_MODEL = 512

/** The member `model`. Throws `bad_request`. */
export function modelOf(body: JsonObject): string {
  const model = body['model']
  if (typeof model !== 'string' || model.trim() === '') throw fault('model', 'must be a non-empty string')
  if (model.length > LONGEST_MODEL) throw fault('model', `is ${model.length} characters long, at most ${LONGEST_MODEL} are read`)
  return model
}

/** The text at `path`, which must be there. Throws `bad_request`. */
export function requiredText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw fault(path, 'must be a string')
  return value
}

/** The object at `path`, which must be there. Throws `bad_request`. */
export function requiredObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw fault(path, 'must be an object')
  return value
}

/** A finite number the member holds; `undefined` when it is absent. The type is the caller's to have checked. */
export function numberAt(body: JsonObject, member: string): number | undefined {
  const value = body[member]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A boolean the member holds. */
export function booleanAt(body: JsonObject, member: string): boolean | undefined {
  const value = body[member]
  return typeof value === 'boolean' ? value : undefined
}

/** Runs `make` at the first use and keeps what it gave; what it throws is thrown at each use. */
export function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}

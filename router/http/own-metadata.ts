// What a client may tell Weighbridge beside the request itself: as x-weighbridge-* headers or, for SDK users, as members of
// `metadata` (weighbridge.task, weighbridge_task, x-weighbridge-task). A header wins. Ours is taken out before forwarding.
import { PURPOSES, type Purpose } from '../../core/attributes.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../providers/json.ts'

export type OwnMetadata = {
  readonly task: string | undefined
  readonly sessionId: string | undefined
  readonly userId: string | undefined
  readonly tags: readonly string[]
  readonly pin: string | undefined
  readonly maxCostPer1k: number | undefined
  readonly maxCostUsd: number | undefined
  readonly maxTraceUsd: number | undefined
  readonly maxSteps: number | undefined
  readonly purpose: Purpose
  readonly failover: boolean
}

/** Every name we read, as it stands after `x-weighbridge-`. */
const NAMES = ['task', 'session', 'user', 'tags', 'pin', 'max-cost-per-1k', 'max-cost-usd', 'max-trace-usd', 'max-steps', 'purpose', 'failover'] as const
type Name = (typeof NAMES)[number]
const HEADERS = NAMES.map((name) => [name, `x-weighbridge-${name}`] as const)
const LONGEST_VALUE = 512
const MOST_TAGS = 32

/** Reads ours from headers and from the client's metadata. Throws `bad_request` naming the header or member at fault. */
export function readOwnMetadata(headers: Readonly<Record<string, string | string[] | undefined>>, metadata: unknown): { own: OwnMetadata } {
  const values = new Map<Name, string>()
  if (isObject(metadata)) {
    for (const [member, value] of Object.entries(metadata)) {
      const name = ownName(member)
      if (name === undefined) continue
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw new WeighbridgeError('bad_request', `metadata.${member} must be a string.`, { details: { param: `metadata.${member}` } })
      // A blank says nothing, as a blank header does.
      const text = String(value).trim()
      if (text !== '') values.set(name, text)
    }
  }
  for (const [name, headerName] of HEADERS) {
    const value = headers[headerName]
    const text = Array.isArray(value) ? value.join(',') : value
    if (text !== undefined && text.trim() !== '') values.set(name, text.trim())
  }
  for (const [name, value] of values) if (value.length > LONGEST_VALUE * (name === 'tags' ? 8 : 1)) throw fault(name, `is ${value.length} characters long`)
  return {
    own: {
      task: values.get('task'),
      sessionId: values.get('session'),
      userId: values.get('user'),
      tags: tags(values.get('tags')),
      pin: values.get('pin'),
      maxCostPer1k: dollars(values, 'max-cost-per-1k'),
      maxCostUsd: dollars(values, 'max-cost-usd'),
      maxTraceUsd: dollars(values, 'max-trace-usd'),
      maxSteps: steps(values, 'max-steps'),
      purpose: oneOf(values, 'purpose', PURPOSES, 'production'),
      failover: oneOf(values, 'failover', ['on', 'off'] as const, 'on') === 'on',
    },
  }
}

/**
 * The body to forward: the same object when its `metadata` holds nothing of ours, otherwise a copy without it. A metadata of
 * which nothing is left is left out, unless the client sent it empty.
 */
export function withoutOwn(body: JsonObject): JsonObject {
  const metadata = body['metadata']
  if (!isObject(metadata)) return body
  const members = Object.keys(metadata)
  const theirs = members.filter((member) => !OWN.test(member))
  if (theirs.length === members.length) return body
  const { metadata: _ours, ...rest } = body
  return theirs.length === 0 ? rest : { ...rest, metadata: Object.fromEntries(theirs.map((member) => [member, metadata[member]])) }
}

/** How a member of ours begins: an optional x-, then weighbridge. */
const OWN = /^(?:x[-_])?weighbridge[._-](.+)$/i

// One spelling rule for all members: an optional x-, then weighbridge, then the name, with . _ or - between.
function ownName(member: string): Name | undefined {
  const spelled = OWN.exec(member)?.[1]?.toLowerCase().replaceAll(/[._]/g, '-')
  if (spelled === undefined) return undefined
  const name = NAMES.find((known) => known === spelled)
  if (name === undefined) throw new WeighbridgeError('bad_request', `metadata.${member} is not known; known are ${NAMES.join(', ')}.`, { details: { param: `metadata.${member}` } })
  return name
}

function fault(name: Name, what: string): WeighbridgeError {
  return new WeighbridgeError('bad_request', `x-weighbridge-${name} ${what}.`, { details: { param: `x-weighbridge-${name}` } })
}

function dollars(values: ReadonlyMap<Name, string>, name: Name): number | undefined {
  const text = values.get(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw fault(name, `must be a number of dollars, not "${text.slice(0, 32)}"`)
  return value
}

function steps(values: ReadonlyMap<Name, string>, name: Name): number | undefined {
  const text = values.get(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw fault(name, `must be a whole number of calls, not "${text.slice(0, 32)}"`)
  return value
}

function oneOf<Value extends string>(values: ReadonlyMap<Name, string>, name: Name, known: readonly Value[], otherwise: Value): Value {
  const text = values.get(name)
  if (text === undefined) return otherwise
  const found = known.find((value) => value === text.toLowerCase())
  if (found === undefined) throw fault(name, `must be ${known.join(' or ')}, not "${text.slice(0, 32)}"`)
  return found
}

function tags(text: string | undefined): string[] {
  if (text === undefined) return []
  const list = text.split(',').map((tag) => tag.trim()).filter((tag) => tag !== '')
  if (list.length > MOST_TAGS) throw fault('tags', `holds ${list.length} tags, at most ${MOST_TAGS} are kept`)
  // A tag without a value still means something: it is there.
  return list.map((tag) => (tag.includes('=') ? tag : `${tag}=true`))
}

// Who may ask what, before anything is read: after the Host and Origin (core/host-guard.ts) a body must be JSON, and a key must
// have the scope. Pure.
import { WeighbridgeError } from '../../core/errors.ts'
import { isLoopback, type HostSettings } from '../../core/host-guard.ts'
import { KEY_SCOPES, type KeyFacts, type KeyRing, type KeyScope } from '../../core/mount.ts'

export type GuardSettings = HostSettings & { readonly keys: KeyRing | undefined }
export type RequestFacts = { readonly method: string; readonly headers: Readonly<Record<string, string | string[] | undefined>> }

/** Throws `unsupported_media_type` unless a request that changes something says it is JSON. */
export function checkContentType(request: RequestFacts): void {
  if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'DELETE') return
  const type = header(request, 'content-type') ?? ''
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new WeighbridgeError('unsupported_media_type', `The content type "${type.slice(0, 64)}" is not accepted; send application/json.`)
  }
  const encoding = header(request, 'content-encoding') ?? 'identity'
  if (encoding !== 'identity') throw new WeighbridgeError('unsupported_media_type', `The content encoding "${encoding.slice(0, 64)}" is not accepted.`, { remedy: 'Send the body uncompressed.' })
}

/**
 * The request's key, whatever it may do; `undefined` on a loopback bind while no key is in force: then everything is allowed.
 * Beyond loopback a key is always needed, also after the last one was revoked. Throws `key_missing` or `key_invalid`.
 */
export function identifyKey(request: RequestFacts, settings: GuardSettings): KeyFacts | undefined {
  const { keys } = settings
  const inForce = keys !== undefined && KEY_SCOPES.some((scope) => keys.has(scope))
  if (!inForce && isLoopback(settings.boundHost)) return undefined
  const secret = /^Bearer\s+(\S+)$/i.exec(header(request, 'authorization') ?? '')?.[1] ?? header(request, 'x-api-key')
  if (secret === undefined) throw new WeighbridgeError('key_missing', 'The request carries no key.')
  const key = keys?.find(secret)
  if (key === undefined) throw new WeighbridgeError('key_invalid', 'The key is not known or was revoked.')
  return key
}

/** The key of a request that needs `scope`; `admin` includes `read`. Throws `key_missing`, `key_invalid` or `key_scope`. */
export function checkKey(request: RequestFacts, scope: KeyScope, settings: GuardSettings): KeyFacts | undefined {
  const key = identifyKey(request, settings)
  if (key === undefined) return undefined
  const allowed = key.scopes.includes(scope) || (scope === 'read' && key.scopes.includes('admin'))
  if (!allowed) throw new WeighbridgeError('key_scope', `Key ${key.id} has scope ${key.scopes.join(', ') || 'none'}, not ${scope}.`)
  return key
}

/** Throws `bind_refused` for a bind beyond loopback while nobody could administer it with a key. */
export function checkBind(host: string, keys: KeyRing | undefined): void {
  if (!isLoopback(host) && keys?.has('admin') !== true) {
    throw new WeighbridgeError('bind_refused', `The router does not listen on ${host} without an admin key.`)
  }
}

function header(request: RequestFacts, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

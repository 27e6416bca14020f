// Who may ask what, before anything is read: the Host must be ours, an Origin must be the same, a body must be JSON, a key
// must have the scope. Loopback is no wall against a browser, so none of this depends on where a request comes from. Pure.
import { isIP } from 'node:net'
import { WeighbridgeError } from '../../core/errors.ts'
import { KEY_SCOPES, type KeyFacts, type KeyRing, type KeyScope } from '../../core/mount.ts'

export type GuardSettings = { readonly boundHost: string; readonly allowedHosts: readonly string[]; readonly keys: KeyRing | undefined }
export type RequestFacts = { readonly method: string; readonly headers: Readonly<Record<string, string | string[] | undefined>> }

/** Whether a bind address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  const name = bare(host)
  return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
}

/** Throws `forbidden_origin` for a Host that is not ours and for a foreign Origin (also `null`). */
export function checkOrigin(request: RequestFacts, settings: GuardSettings): void {
  const host = header(request, 'host') ?? ''
  const name = hostName(host)
  const known =
    isLoopback(name) ||
    name === bare(settings.boundHost) ||
    settings.allowedHosts.some((allowed) => bare(allowed) === name || allowed === host) ||
    // A rebound DNS name is never an address, so an address in Host is safe where we listen beyond loopback.
    (!isLoopback(settings.boundHost) && isIP(name) !== 0)
  if (!known) {
    throw new WeighbridgeError('forbidden_origin', `Requests for host "${name.slice(0, 128)}" are not answered here.`, { remedy: 'Use the address the router is bound to, or add the name to router.allowed_hosts.' })
  }
  const origin = header(request, 'origin')
  if (origin === undefined) return
  const from = URL.canParse(origin) ? new URL(origin) : undefined
  const same = from !== undefined && (from.host === host || settings.allowedHosts.includes(from.host) || settings.allowedHosts.includes(from.hostname))
  if (!same) throw new WeighbridgeError('forbidden_origin', `Requests from origin "${origin.slice(0, 128)}" are refused.`)
}

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

function hostName(host: string): string {
  const url = `http://${host}`
  return URL.canParse(url) ? bare(new URL(url).hostname) : bare(host)
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase()
}

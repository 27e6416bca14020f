// Who may send, before anything is read: the Host must be ours and an Origin must be the same, because loopback is no wall
// against a browser; with a token set, it must be shown. Pure.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { WeighbridgeError } from '../../core/errors.ts'

export type GuardSettings = {
  readonly boundHost: string
  /** Names by which it may be asked besides loopback and the bound host. */
  readonly allowedHosts: readonly string[]
  /** `undefined`: none is needed. */
  readonly token: string | undefined
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase()

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
}

function nameOf(host: string): string {
  const url = `http://${host}`
  return URL.canParse(url) ? bare(new URL(url).hostname) : ''
}

/** Throws `forbidden_origin` for a Host that is not ours or a foreign Origin. */
export function checkOrigin(headers: IncomingHttpHeaders, settings: GuardSettings): void {
  const host = headers.host ?? ''
  const name = nameOf(host)
  const bound = bare(settings.boundHost)
  // A rebound DNS name is never an address, so an address in Host is safe where we listen beyond loopback.
  const known = isLoopback(name) || (name !== '' && name === bound) || settings.allowedHosts.some((allowed) => bare(allowed) === name) || (!isLoopback(bound) && isIP(name) !== 0)
  if (!known) throw new WeighbridgeError('forbidden_origin', `Requests for host "${host.slice(0, 128)}" are not answered here.`, { remedy: 'Use the address the collector is bound to.' })
  const { origin } = headers
  if (origin === undefined) return
  if (!URL.canParse(origin) || new URL(origin).host !== host) throw new WeighbridgeError('forbidden_origin', `Requests from origin "${origin.slice(0, 128)}" are refused.`)
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Throws `key_missing` or `key_invalid` unless the request shows the token, where one is set. */
export function checkToken(headers: IncomingHttpHeaders, settings: GuardSettings): void {
  if (settings.token === undefined) return
  const shown = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (shown === undefined) throw new WeighbridgeError('key_missing', 'The request carries no token.', { remedy: "Send authorization: Bearer TOKEN with the collector's token." })
  if (!timingSafeEqual(digest(shown), digest(settings.token))) throw new WeighbridgeError('key_invalid', "The token is not this collector's.", { remedy: "Send authorization: Bearer TOKEN with the collector's token." })
}

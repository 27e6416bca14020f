// Whose requests an HTTP server of ours answers: the Host must be ours and an Origin the same. Loopback is no wall against a
// browser (a page's name can be rebound to this machine), so this holds wherever a server is bound. Pure.
import { isIP } from 'node:net'
import { WeighbridgeError } from './errors.ts'

export type HostSettings = {
  readonly boundHost: string
  /** Further names, with or without a port, by which it may be asked. */
  readonly allowedHosts: readonly string[]
}

export type HeaderValues = Readonly<Record<string, string | string[] | undefined>>

/** Whether a host name or bind address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  const name = bare(host)
  return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
}

/** A Host that needs no parsing to be known as this machine's own. */
const PLAIN_LOOPBACK = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[::1\])(?::\d{1,5})?$/

/** Throws `forbidden_origin` for a Host that is not ours and for a foreign Origin (also `null`). */
export function checkHost(headers: HeaderValues, settings: HostSettings): void {
  const host = first(headers['host']) ?? ''
  const origin = first(headers['origin'])
  // By far the most requests come so, and parsing an address costs microseconds.
  if (origin === undefined && PLAIN_LOOPBACK.test(host)) return
  const name = nameOf(host)
  const known =
    isLoopback(name) ||
    (name !== '' && name === bare(settings.boundHost)) ||
    settings.allowedHosts.some((allowed) => bare(allowed) === name || allowed === host) ||
    // A rebound DNS name is never an address, so an address in Host is safe where we listen beyond loopback.
    (!isLoopback(settings.boundHost) && isIP(name) !== 0)
  if (!known) {
    throw new WeighbridgeError('forbidden_origin', `Requests for host "${name.slice(0, 128)}" are not answered here.`, { remedy: 'Use the address the server is bound to, or add the name to allowed_hosts.' })
  }
  if (origin === undefined) return
  const from = URL.canParse(origin) ? new URL(origin) : undefined
  const same = from !== undefined && (from.host === host || settings.allowedHosts.includes(from.host) || settings.allowedHosts.includes(from.hostname))
  if (!same) throw new WeighbridgeError('forbidden_origin', `Requests from origin "${origin.slice(0, 128)}" are refused.`)
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function nameOf(host: string): string {
  const url = `http://${host}`
  return URL.canParse(url) ? bare(new URL(url).hostname) : bare(host)
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase()
}

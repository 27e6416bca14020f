// Who may send, before anything is read: after the Host and Origin (core/host-guard.ts), a token must be shown where one is set. Pure.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { WeighbridgeError } from '../../core/errors.ts'
import type { HostSettings } from '../../core/host-guard.ts'

export type GuardSettings = HostSettings & {
  /** `undefined`: none is needed. */
  readonly token: string | undefined
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Throws `key_missing` or `key_invalid` unless the request shows the token, where one is set. */
export function checkToken(headers: IncomingHttpHeaders, settings: GuardSettings): void {
  if (settings.token === undefined) return
  const shown = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (shown === undefined) throw new WeighbridgeError('key_missing', 'The request carries no token.', { remedy: "Send authorization: Bearer TOKEN with the collector's token." })
  if (!timingSafeEqual(digest(shown), digest(settings.token))) throw new WeighbridgeError('key_invalid', "The token is not this collector's.", { remedy: "Send authorization: Bearer TOKEN with the collector's token." })
}

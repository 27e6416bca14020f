// Who may send, before anything is read: after the Host and Origin (core/host-guard.ts), a token must be shown where one is set. Pure.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { WeighbridgeError } from '../../core/errors.ts'
import type { HostSettings } from '../../core/host-guard.ts'

export type GuardSettings = HostSettings & {
  /** `undefined`: none is needed. */
  readonly token: string | undefined
  /** Without it nobody changes what is stored (POST below /admin/); `undefined`: the sender's token is enough. */
  readonly adminToken?: string | undefined
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const shownIn = (headers: IncomingHttpHeaders): string | undefined => /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
const isSame = (shown: string, token: string | undefined): boolean => token !== undefined && timingSafeEqual(digest(shown), digest(token))

/** Who sends and reads: throws `key_missing` or `key_invalid` unless the request shows the token, where one is set. The operator's opens this too. */
export function checkToken(headers: IncomingHttpHeaders, { token, adminToken }: GuardSettings): void {
  if (token === undefined) return
  const remedy = "Send authorization: Bearer TOKEN with the collector's token."
  const shown = shownIn(headers)
  if (shown === undefined) throw new WeighbridgeError('key_missing', 'The request carries no token.', { remedy })
  if (!isSame(shown, token) && !isSame(shown, adminToken)) throw new WeighbridgeError('key_invalid', "The token is not this collector's.", { remedy })
}

/** Who changes what is stored: throws the same unless the request shows the operator's token, where one is set. */
export function checkAdminToken(headers: IncomingHttpHeaders, { adminToken }: GuardSettings): void {
  if (adminToken === undefined) return
  const remedy = "Send authorization: Bearer TOKEN with the operator's token (WEIGHBRIDGE_COLLECTOR_ADMIN_TOKEN); that of senders is not enough here."
  const shown = shownIn(headers)
  if (shown === undefined) throw new WeighbridgeError('key_missing', 'The request carries no token.', { remedy })
  if (!isSame(shown, adminToken)) throw new WeighbridgeError('key_invalid', "The token is not the operator's.", { remedy })
}

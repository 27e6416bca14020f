// A part of the HTTP server that another room brings: the router guards origin, host, key and scope, then hands over.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KeyPolicy } from './key-policy.ts'

/** What a key may do. `admin` includes `read`; the others stand alone. */
export const KEY_SCOPES = ['call', 'eval', 'read', 'admin'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

/** Requests whose path starts with `prefix` go to `handle`, after the guard. */
export type Mount = {
  /** Path prefix, e.g. `/admin/routes`. The longest matching prefix wins. */
  readonly prefix: string
  /** Scope for GET and HEAD; `undefined`: open (static assets). */
  readonly readScope: KeyScope | undefined
  /** Scope for all other methods. */
  readonly writeScope: KeyScope
  /** Must answer or throw; a thrown WeighbridgeError becomes its JSON answer. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>
}

/** A key as the guard sees it; the secret itself is only ever compared by hash. `policy`: what it may do beside its scopes; `undefined`: all. */
export type KeyFacts = { readonly id: string; readonly name: string; readonly scopes: readonly KeyScope[]; readonly policy?: KeyPolicy | undefined }

/** Looks keys up by their secret. */
export interface KeyRing {
  /** `undefined`: no such key, or revoked. Throws `key_expired` for one whose time is over. */
  find(secret: string): KeyFacts | undefined
  /**
   * Whether any key with this scope exists; a bind beyond loopback needs an admin one. An expired key counts until it is revoked:
   * the end of the last key must lock the door, not open it.
   */
  has(scope: KeyScope): boolean
  /** A key in force by its id, for operators' pages; left out where nobody asks. */
  byId?(id: string): KeyFacts | undefined
}

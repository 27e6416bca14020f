import { describe, expect, it } from 'vitest'
import type { KeyFacts } from '../../core/mount.ts'
import { checkBind, checkKey } from '../../router/http/guard.ts'

const nobody = { find: () => undefined, has: () => false }
const admin: KeyFacts = { id: 'key_1', name: 'admin', scopes: ['admin'] }
const onlyAdmin = { find: (secret: string) => (secret === 's' ? admin : undefined), has: (scope: string) => scope === 'admin' }
const request = (headers: Record<string, string> = {}) => ({ method: 'GET', headers: { host: '10.0.0.1:4000', ...headers } })
const beyond = (keys: typeof nobody | typeof onlyAdmin | undefined) => ({ boundHost: '0.0.0.0', allowedHosts: [], keys })

describe('a bind beyond loopback', () => {
  it('does not start without an admin key', () => {
    expect(() => checkBind('0.0.0.0', nobody)).toThrow(expect.objectContaining({ code: 'bind_refused' }))
    expect(() => checkBind('0.0.0.0', onlyAdmin)).not.toThrow()
  })

  it('still needs a key after the last one was revoked', () => {
    for (const keys of [nobody, undefined])
      for (const scope of ['admin', 'call', 'read', 'eval'] as const) expect(() => checkKey(request(), scope, beyond(keys))).toThrow(expect.objectContaining({ code: 'key_missing' }))
    expect(() => checkKey(request({ authorization: 'Bearer s' }), 'call', beyond(nobody))).toThrow(expect.objectContaining({ code: 'key_invalid' }))
  })

  it('lets a key do what its scope says, and admin read', () => {
    const withKey = request({ authorization: 'Bearer s' })
    expect(checkKey(withKey, 'read', beyond(onlyAdmin))).toEqual(admin)
    expect(() => checkKey(withKey, 'call', beyond(onlyAdmin))).toThrow(expect.objectContaining({ code: 'key_scope' }))
  })

  it('is the only one to: on loopback everything is open while no key is in force', () => {
    expect(checkKey(request(), 'admin', { boundHost: '127.0.0.1', allowedHosts: [], keys: nobody })).toBeUndefined()
  })
})

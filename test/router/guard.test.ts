import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyRing, Mount } from '../../core/mount.ts'
import { answering, scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, twoProviders, type Running } from './support/running.ts'

let provider: ScriptedProvider
let up: Running | undefined
const admin: Mount = { prefix: '/admin', readScope: 'read', writeScope: 'admin', handle: (_request, response) => void response.end('admin') }
const routes: Mount = { prefix: '/admin/routes', readScope: 'read', writeScope: 'admin', handle: (_request, response, url) => void response.end(`routes ${url.pathname}`) }
const pages: Mount = { prefix: '/', readScope: undefined, writeScope: 'admin', handle: (_request, response) => void response.end('page') }
const broken: Mount = { prefix: '/broken', readScope: undefined, writeScope: 'admin', handle: () => Promise.reject(new SyntaxError('near "my secret prompt"')) }
const ring: KeyRing = {
  find: (secret) => ({ app: { id: 'k1', name: 'app', scopes: ['call' as const] }, boss: { id: 'k2', name: 'boss', scopes: ['admin' as const] } })[secret],
  has: (scope) => scope === 'call' || scope === 'admin',
}

beforeEach(async () => {
  provider = await scriptedProvider(answering('hi'))
})
afterEach(async () => {
  await up?.close()
  up = undefined
  await provider.close()
})
async function start(extra = '', keys?: KeyRing): Promise<Running> {
  up = await running(twoProviders(provider.url, provider.url, extra), { mounts: [pages, admin, routes, broken], keys })
  return up
}

/** A request with a Host of its own, which fetch does not allow. */
function raw(up: Running, path: string, headers: Record<string, string>, method = 'GET', body = ''): Promise<{ status: number; text: string; id: unknown }> {
  return new Promise((resolve, reject) => {
    const client = request(`${up.router.url}${path}`, { method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, id: response.headers['x-request-id'] }))
    })
    client.on('error', reject)
    client.end(body)
  })
}
const JSON_TYPE = { 'content-type': 'application/json' }
const CALL = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'hi' }] })

describe('the guard', () => {
  it('answers to loopback names and configured ones only, so that a rebound name gets nothing', async () => {
    const up = await start('router: { allowed_hosts: [router.internal] }')
    for (const host of ['localhost', '127.0.0.1:4000', '[::1]', 'router.internal']) expect((await raw(up, '/v1/models', { host })).status, host).toBe(200)
    const refused = await raw(up, '/v1/models', { host: 'evil.example' })
    expect(refused.status).toBe(403)
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'forbidden_origin', type: 'permission_error' } })
    expect(refused.id).toMatch(/^req_/)
  })

  it('tells nobody what broke inside', async () => {
    const { status, text } = await raw(await start(), '/broken', {})
    expect([status, JSON.parse(text)]).toMatchObject([500, { error: { code: 'internal', message: expect.stringContaining('The router failed inside.') } }])
    expect(text).not.toContain('secret')
  })

  it('refuses foreign origins, also null, and takes its own', async () => {
    const up = await start()
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
      expect((await raw(up, '/v1/chat/completions', { ...JSON_TYPE, origin }, 'POST', CALL)).status, origin).toBe(403)
    }
    expect((await raw(up, '/v1/chat/completions', { ...JSON_TYPE, origin: up.router.url }, 'POST', CALL)).status).toBe(200)
    expect(provider.asked).toHaveLength(1)
  })

  it('takes JSON only, since a page may post text to anyone', async () => {
    const up = await start()
    expect((await raw(up, '/v1/chat/completions', { 'content-type': 'text/plain' }, 'POST', CALL)).status).toBe(415)
    expect((await raw(up, '/admin/routes/apply', { 'content-type': 'text/plain' }, 'POST', CALL)).status).toBe(415)
    expect((await raw(up, '/v1/chat/completions', JSON_TYPE, 'PUT', CALL)).status).toBe(405)
    expect((await raw(up, '/v1/chat/completions', JSON_TYPE, 'POST', '{"model":')).status).toBe(400)
    expect((await raw(up, '/v1/chat/completions', JSON_TYPE, 'POST', `{"model":"auto","messages":${'['.repeat(200)}${']'.repeat(200)}}`)).status).toBe(400)
  })

  it('bounds the body', async () => {
    const up = await start('router: { max_body_bytes: 1024 }')
    const answer = await raw(up, '/v1/chat/completions', JSON_TYPE, 'POST', JSON.stringify({ pad: 'x'.repeat(2_000) }))
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([413, 'body_too_large'])
  })

  it('hands over to the longest matching mount', async () => {
    const up = await start()
    expect((await raw(up, '/admin/routes/history', {})).text).toBe('routes /admin/routes/history')
    expect((await raw(up, '/admin/keys', {})).text).toBe('admin')
    expect((await raw(up, '/traces', {})).text).toBe('page')
  })

  it('asks for keys and their scopes as soon as there is one', async () => {
    const up = await start('', ring)
    const as = (key: string): Record<string, string> => ({ ...JSON_TYPE, authorization: `Bearer ${key}` })
    expect((await raw(up, '/v1/chat/completions', JSON_TYPE, 'POST', CALL)).status).toBe(401)
    expect((await raw(up, '/v1/chat/completions', as('guess'), 'POST', CALL)).status).toBe(401)
    expect((await raw(up, '/v1/chat/completions', as('app'), 'POST', CALL)).status).toBe(200)
    expect((await raw(up, '/v1/chat/completions', { ...as('app'), 'x-weighbridge-purpose': 'eval' }, 'POST', CALL)).status).toBe(403)
    expect((await raw(up, '/v1/chat/completions', as('boss'), 'POST', CALL)).status).toBe(403)
    expect((await raw(up, '/admin/routes', as('app'))).status).toBe(403)
    expect((await raw(up, '/admin/routes', as('boss'))).status).toBe(200)
    expect((await raw(up, '/metrics', as('boss'))).status).toBe(200)
    expect((await raw(up, '/healthz', {})).status).toBe(200)
    expect((await raw(up, '/', {})).text).toBe('page')
  })

  it('does not start beyond loopback without an admin key', async () => {
    await expect(start('router: { host: 0.0.0.0 }')).rejects.toMatchObject({ code: 'bind_refused' })
    const up = await start('router: { host: 0.0.0.0 }', ring)
    expect((await raw({ ...up, router: { ...up.router, url: `http://127.0.0.1:${up.router.port}` } }, '/healthz', { host: '10.1.2.3' })).status).toBe(200)
  })

  it('says where there is nothing', async () => {
    up = await running(twoProviders(provider.url, provider.url))
    expect((await raw(up, '/v1/nothing', JSON_TYPE, 'POST', '{}')).status).toBe(404)
  })
})

describe('the operators’ views', () => {
  it('count what happened', async () => {
    const up = await start()
    await up.chat({ model: 'auto' })
    const text = await (await fetch(`${up.router.url}/metrics`)).text()
    expect(text).toContain('weighbridge_calls_total{task="general",outcome="ok"} 1')
    expect(text).toContain('weighbridge_attempts_total{target="alpha",outcome="ok"} 1')
    expect(text).toContain('weighbridge_spans_not_durable_total 0')
  })
})

// The admin routes over real sockets and a real state file, and a router that follows another: what it learns, what it keeps on disk,
// and what it does when the primary is gone.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import pino from 'pino'
import { parseConfig } from '../../core/config.ts'
import type { KeyRing } from '../../core/mount.ts'
import { drainsDocument, operationsDocument, type Drain, type RouterOperations } from '../../core/operations.ts'
import { systemRandom, type Clock } from '../../core/seams.ts'
import { followPrimary, type Follower, type FollowOptions } from '../../router/admin/follow.ts'
import { adminMounts, type AdminParts } from '../../router/admin/mounts.ts'
import { drainView, type DrainView } from '../../router/drains.ts'
import { createRouterServer } from '../../router/http/server.ts'
import { openState, type State } from '../../store/state/state.ts'

const log = pino({ level: 'silent' })
const HOUR = 3_600_000
const CONFIG = parseConfig(
  `providers: { moonshot: { base_url: "https://a.test/v1" }, openai: { base_url: "https://b.test/v1" } }
targets: { kimi: { provider: moonshot, model: kimi-k2 }, gpt: { provider: openai, model: gpt-5.4 } }
chains: { default: [ { target: kimi }, { target: gpt } ] }`,
  {},
  { find: () => undefined },
)
const OPERATIONS: RouterOperations = { config_hash: 'c', route_version: 3, for_request: { input_tokens: 1000, output_tokens: 300 }, targets: [], tasks: [], spool: { records: 0, bytes: 0, oldest_ms: null, dropped: 0 } }
const READY = { ready: true, config_fault: null, config_hash: 'c', route_version: 3, route_table: { source: 's', from_copy: false, fault: null }, tasks: { general: { source: 'config' as const, note: 'changed since', weights: {} } }, warnings: [], cooling: [], spool: { bytes: 0, records: 0, oldest_ms: null, dropped: 0 } }

let folder: string
let now: number
const clock: Clock = { nowMs: () => now, monotonicMs: () => now }
const cleanup: (() => Promise<void> | void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'admin-'))
  now = Date.parse('2026-03-01T12:00:00Z')
})

afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

async function listen(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  cleanup.push(() => hangUp(server))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function hangUp(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

type Primary = { url: string; state: State; drains: DrainView; server: Server }

async function primary(parts: Partial<AdminParts> = {}, port = 0, ring?: KeyRing): Promise<Primary> {
  const state = openState({ path: join(folder, 'state.sqlite'), clock })
  cleanup.push(() => state.close())
  const drains = drainView(() => CONFIG, clock)
  drains.take(state.drains.active())
  const keys = ring ?? state.keys
  const mounts = adminMounts({
    config: () => CONFIG,
    drains,
    book: state.drains,
    keyring: () => ({ keys: state.keys.hashes() }),
    following: () => undefined,
    router: () => ({ operations: () => OPERATIONS, readiness: () => READY as never, explain: (request) => ({ asked: request }) as never }),
    priceChanges: () => [],
    keys,
    clock,
    ...parts,
  })
  const server = createRouterServer({ routes: [], mounts, guard: () => ({ boundHost: '127.0.0.1', allowedHosts: [], keys }), log, onRefused: () => undefined })
  return { url: await listen(server, port), state, drains, server }
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${url}/admin/drains`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function follower(url: string, options: Partial<FollowOptions> = {}): Promise<Follower & { known: () => readonly Drain[] }> {
  let known: readonly Drain[] = []
  const following = await followPrimary({ url, key: undefined, cachePath: join(folder, 'primary.json'), clock, random: systemRandom, log, onDrains: (drains) => (known = drains), pollMs: 3_600_000, ...options })
  cleanup.push(() => following.stop())
  return { ...following, known: () => known }
}

describe('/admin/explain', () => {
  test('hands the question on with what it left out filled in, and refuses one that is none', async () => {
    const { url } = await primary()
    const ask = async (body: unknown): Promise<{ status: number; body: unknown }> => {
      const answer = await fetch(`${url}/admin/explain`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
      return { status: answer.status, body: await answer.json() }
    }
    expect(await ask({ text: 'Who?', tools: 2 })).toEqual({ status: 200, body: { asked: { surface: 'chat', headers: {}, text: 'Who?', tools: 2 } } })
    const refused = await ask({ txt: 'Who?' })
    expect(refused.status).toBe(400)
    expect(JSON.stringify(refused.body)).toMatch(/txt/)
  })

  test('needs a key with scope read where keys are in force, and no more', async () => {
    const { url, state } = await primary()
    const { secret } = state.keys.create('pages', ['read'])
    const ask = (headers: Record<string, string>): Promise<Response> => fetch(`${url}/admin/explain`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' })
    expect((await ask({})).status).toBe(401)
    expect((await ask({ authorization: `Bearer ${secret}` })).status).toBe(200)
  })
})

describe('/admin/drains', () => {
  test('a drain takes effect with its answer, is kept, and is listed with its end', async () => {
    const { url, drains, state } = await primary()
    const { status, body } = await post(url, { name: 'moonshot', reason: 'incident 12', by: 'ada', for_ms: HOUR })
    expect(status).toBe(200)
    expect(body).toMatchObject({ drains: [{ scope: 'provider', name: 'moonshot', author: 'ada', until_at: now + HOUR }], warnings: ['task general has only gpt left'] })
    const kimi = CONFIG.targets.get('kimi')
    expect(kimi && drains.reason(kimi)).toContain('provider moonshot')
    expect(state.drains.active()).toHaveLength(1)
    const listed = drainsDocument.parse(await (await fetch(`${url}/admin/drains?history=5`)).json())
    expect(listed.active).toEqual(state.drains.active())
    expect(listed.history).toHaveLength(1)
  })

  test('the last target of a task may be drained, and the answer says what that means', async () => {
    const { url } = await primary()
    await post(url, { name: 'kimi' })
    const { status, body } = await post(url, { name: 'gpt' })
    expect(status).toBe(200)
    expect(body['warnings']).toEqual([expect.stringContaining('task general has no target left')])
  })

  test('an undrain puts it back at once; of a target whose provider is still drained it says so', async () => {
    const { url, state } = await primary()
    await post(url, { name: 'kimi' })
    await post(url, { name: 'moonshot' })
    const answer = await fetch(`${url}/admin/drains/kimi?by=grace`, { method: 'DELETE' })
    expect(await answer.json()).toMatchObject({ drains: [{ name: 'kimi', ended_how: 'undrained', ended_by: 'grace' }], warnings: [expect.stringContaining('kimi stays out: provider moonshot')] })
    expect(state.drains.active()).toMatchObject([{ name: 'moonshot' }])
    const second = await fetch(`${url}/admin/drains/kimi`, { method: 'DELETE' })
    expect(second.status).toBe(404)
    expect(await second.json()).toMatchObject({ error: { code: 'drain_unknown', message: expect.stringContaining('drained: moonshot') } })
  })

  test('what has left the configuration since it was drained can still be undrained', async () => {
    const { url, state } = await primary()
    state.drains.start({ scope: 'target', name: 'gone' }, { reason: '', author: 'a', untilAt: now + HOUR })
    expect((await fetch(`${url}/admin/drains/gone`, { method: 'DELETE' })).status).toBe(200)
    expect(state.drains.active()).toEqual([])
  })

  test('what cannot be meant is refused by name, and nothing is drained', async () => {
    const { url, state } = await primary()
    const bad: [unknown, number, RegExp][] = [
      [{ name: 'kimmi' }, 404, /kimi/],
      [{ name: '' }, 400, /name/],
      [{}, 400, /name/],
      [{ name: 'kimi', reason: 'a\u001b[31mb' }, 400, /reason/],
      [{ name: 'kimi', for_ms: -1 }, 400, /for_ms/],
      [{ name: 'kimi', for_ms: 1e15 }, 400, /90 days/],
      [{ name: 'kimi', until_at: 5 }, 400, /future/],
      [{ name: 'kimi', for_ms: 5, until_at: now + 5 }, 400, /not both/],
      [{ name: 'kimi', unknown: 1 }, 400, /unknown/],
      [{ name: 'kimi', reason: 'x'.repeat(501) }, 400, /reason/],
      [{ name: 'kimi', reason: 'x'.repeat(20_000) }, 413, /larger/],
      [[], 400, /object/],
    ]
    for (const [body, status, message] of bad) {
      const answer = await post(url, body)
      expect([answer.status, JSON.stringify(answer.body)], JSON.stringify(body).slice(0, 80)).toEqual([status, expect.stringMatching(message)])
    }
    expect((await fetch(`${url}/admin/drains?history=0`)).status).toBe(400)
    expect((await fetch(`${url}/admin/drains/%E0%A4%A`, { method: 'DELETE' })).status).toBe(400)
    expect((await fetch(`${url}/admin/drains`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' })).status).toBe(405)
    expect(state.drains.history(5)).toEqual([])
  })

  test('with keys in force it takes an admin key to drain and a read key to look; the record names the key', async () => {
    const { url, state } = await primary()
    const admin = state.keys.create('ops', ['admin'])
    const read = state.keys.create('board', ['read'])
    const app = state.keys.create('app', ['call'])
    const bearer = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` })
    expect((await post(url, { name: 'kimi' })).status).toBe(401)
    expect((await post(url, { name: 'kimi' }, bearer(read.secret))).status).toBe(403)
    expect((await post(url, { name: 'kimi' }, bearer(admin.secret))).body).toMatchObject({ drains: [{ author: 'ops', key_id: admin.id }] })
    expect((await fetch(`${url}/admin/drains`, { headers: bearer(read.secret) })).status).toBe(200)
    for (const path of ['/admin/drains', '/admin/operations', '/admin/keyring']) expect((await fetch(url + path, { headers: bearer(app.secret) })).status, path).toBe(403)
    expect((await fetch(`${url}/admin/keyring`, { headers: bearer(read.secret) })).status).toBe(403)
    const ring = await (await fetch(`${url}/admin/keyring`, { headers: bearer(admin.secret) })).text()
    expect((JSON.parse(ring) as { keys: { name: string }[] }).keys.map((key) => key.name).sort()).toEqual(['app', 'board', 'ops'])
    for (const { secret } of [admin, read, app]) expect(ring).not.toContain(secret)
  })

  test('nothing new is answered with 304 until something changes', async () => {
    const { url } = await primary()
    const etag = (await fetch(`${url}/admin/drains`)).headers.get('etag') ?? ''
    now += 5_000
    expect((await fetch(`${url}/admin/drains`, { headers: { 'if-none-match': etag } })).status).toBe(304)
    await post(url, { name: 'kimi', for_ms: 1_000 })
    const changed = await fetch(`${url}/admin/drains`, { headers: { 'if-none-match': etag } })
    expect(changed.status).toBe(200)
    now += 1_000
    expect((await fetch(`${url}/admin/drains`, { headers: { 'if-none-match': changed.headers.get('etag') ?? '' } })).status).toBe(200)
  })
})

describe('/admin/operations', () => {
  test('has the router, its drains and the notes of its tasks in one document', async () => {
    const { url } = await primary()
    await post(url, { name: 'kimi', by: 'ada' })
    const document = operationsDocument.parse(await (await fetch(`${url}/admin/operations`)).json())
    expect(document).toMatchObject({ ready: true, route_version: 3, following: null, notes: { general: 'changed since' }, drains: [{ name: 'kimi' }], now_at: now })
  })

  test('before the router runs it says so instead of inventing a state', async () => {
    const { url } = await primary({ router: () => undefined })
    const answer = await fetch(`${url}/admin/operations`)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  })
})

describe('a router that follows a primary', () => {
  test('has its drains and keys after one question, and what changes after the next', async () => {
    const { url, state } = await primary()
    await post(url, { name: 'kimi', for_ms: HOUR })
    const following = await follower(url)
    expect(following.known()).toMatchObject([{ name: 'kimi' }])
    expect(following.following()).toMatchObject({ url, reachable: true, drains_age_ms: 0, keys_age_ms: 0, fault: null })
    expect(following.keys.has('admin')).toBe(false)
    await fetch(`${url}/admin/drains/kimi`, { method: 'DELETE' })
    await following.ask()
    expect(following.known()).toEqual([])
    const { secret, id } = state.keys.create('ops', ['admin'])
    await following.ask()
    // Without a key of its own it is now refused, and says so. That keys are in force is all it knows of them: it lets nobody in.
    expect(following.following()).toMatchObject({ fault: expect.stringMatching(/401.*WEIGHBRIDGE_PRIMARY_KEY/), keys_age_ms: null })
    expect([following.keys.has('call'), following.keys.find(secret)]).toEqual([true, undefined])
    const withKey = await follower(url, { key: secret, cachePath: join(folder, 'other.json') })
    expect(withKey.keys.find(secret)).toEqual({ id, name: 'ops', scopes: ['admin'] })
    expect(withKey.keys.find(`${secret}x`)).toBeUndefined()
    state.keys.revoke(id)
    state.keys.create('next', ['call'])
    await withKey.ask()
    expect(withKey.following().fault).toMatch(/401/)
  })

  test('goes on from what it kept when the primary is gone, also after a restart, and says how old that is', async () => {
    const { url, server, state } = await primary()
    const { secret } = state.keys.create('app', ['call'])
    const admin = state.keys.create('ops', ['admin'])
    await post(url, { name: 'moonshot', for_ms: HOUR, by: 'ada' }, { authorization: `Bearer ${admin.secret}` })
    const first = await follower(url, { key: admin.secret })
    await first.stop()
    await hangUp(server)
    now += 30_000
    const again = await follower(url, { key: admin.secret })
    expect(again.known()).toMatchObject([{ name: 'moonshot', author: 'ada' }])
    expect(again.keys.find(secret)).toMatchObject({ name: 'app' })
    expect(again.following()).toMatchObject({ reachable: false, drains_age_ms: 30_000, keys_age_ms: 30_000, fault: expect.any(String) })
    expect(statSync(join(folder, 'primary.json')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'primary.json'), 'utf8')).not.toContain(secret)
  })

  test('that never had the keys lets nobody in', async () => {
    const { url, server } = await primary()
    await hangUp(server)
    const following = await follower(url)
    expect(following.keys.has('call')).toBe(true)
    expect(following.keys.find('anything')).toBeUndefined()
    expect(following.following()).toMatchObject({ reachable: false, drains_age_ms: null, keys_age_ms: null })
  })

  test("takes no other primary's cache, and none that is damaged", async () => {
    const { url, server } = await primary()
    await post(url, { name: 'kimi' })
    await (await follower(url)).stop()
    const elsewhere = await follower('http://127.0.0.1:9')
    expect(elsewhere.known()).toEqual([])
    await hangUp(server)
    for (const text of ['', '{', '[]', '{"primary":1}', readFileSync(join(folder, 'primary.json'), 'utf8').replace(/"until_at":\d+/, '"until_at":1e300')]) {
      writeFileSync(join(folder, 'primary.json'), text)
      expect((await follower(url)).known(), text.slice(0, 20)).toEqual([])
    }
  })

  test('whose clock differs ends a drain when the primary does', async () => {
    const { url } = await primary()
    await post(url, { name: 'kimi', for_ms: HOUR })
    const ahead = now + 2 * HOUR
    const fast: Clock = { nowMs: () => ahead, monotonicMs: () => ahead }
    const following = await follower(url, { clock: fast })
    expect(following.known()[0]?.until_at).toBe(ahead + HOUR)
  })

  test('ends a drain when the primary does after the wall clock of either was set, though nothing else changed', async () => {
    let primaryWall = now
    const steps: Clock = { nowMs: () => primaryWall, monotonicMs: () => now }
    const { url } = await primary({ clock: steps })
    await post(url, { name: 'kimi', until_at: primaryWall + HOUR })
    let wall = now + 2 * HOUR
    const following = await follower(url, { clock: { nowMs: () => wall, monotonicMs: () => now } })
    expect(following.known()[0]?.until_at).toBe(wall + HOUR)
    wall = now
    await following.ask()
    expect(following.known()[0]?.until_at).toBe(wall + HOUR)
    // The primary's clock jumps half an hour ahead: there the drain ends so much sooner, and so it must here.
    primaryWall += HOUR / 2
    await following.ask()
    expect(following.known()[0]?.until_at).toBe(wall + HOUR / 2)
  })

  test('takes nothing from something that is no primary: wrong shapes, too much, another status', async () => {
    const answers: { status: number; body: string }[] = [
      { status: 200, body: '<html>' },
      { status: 200, body: '{"now_at":1,"primary":null,"active":[{"id":"x"}]}' },
      { status: 200, body: `{"now_at":1,"primary":null,"active":[],"pad":"${'x'.repeat(5 * 1024 * 1024)}"}` },
      { status: 302, body: '' },
      { status: 500, body: '{}' },
      { status: 304, body: '' },
    ]
    let current = answers[0]
    const server = createServer((_request, response) => {
      response.writeHead(current?.status ?? 500, { location: '/elsewhere' })
      response.end(current?.body)
    })
    const url = await listen(server)
    const following = await follower(url)
    for (const answer of answers) {
      current = answer
      await following.ask()
      expect(following.following(), String(answer.status)).toMatchObject({ reachable: false, drains_age_ms: null, fault: expect.stringContaining('/admin/drains') })
    }
    expect(following.known()).toEqual([])
  })

  test('asks by itself, and takes up a primary that comes back', async () => {
    const { url, server, state } = await primary()
    await hangUp(server)
    let told: (drains: readonly Drain[]) => void = () => undefined
    const heard = new Promise<readonly Drain[]>((resolve) => (told = resolve))
    const following = await follower(url, { pollMs: 20, onDrains: (drains) => told(drains) })
    expect(following.following().reachable).toBe(false)
    state.drains.start({ scope: 'target', name: 'kimi' }, { reason: '', author: 'a', untilAt: now + HOUR })
    const back = await primary({}, Number(new URL(url).port))
    expect(back.url).toBe(url)
    expect(await heard).toMatchObject([{ name: 'kimi' }])
    expect(following.following()).toMatchObject({ reachable: true })
  })

  test('changes nothing itself: a drain asked of it names the primary', async () => {
    const { url } = await primary({ book: undefined, keyring: undefined, following: () => ({ url: 'http://primary:4000', reachable: true, drains_age_ms: 0, keys_age_ms: 0, fault: null }) })
    const refused = await post(url, { name: 'kimi' })
    expect(refused.status).toBe(400)
    expect(JSON.stringify(refused.body)).toContain('--url http://primary:4000')
    expect(await (await fetch(`${url}/admin/drains`)).json()).toMatchObject({ primary: 'http://primary:4000' })
    expect((await fetch(`${url}/admin/keyring`)).status).toBe(404)
  })
})

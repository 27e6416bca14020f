// The operational state on a real file: keys, publications, leases, reopening, and what happens to a damaged file.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sealRouteTable, type RouteTable } from '../../../core/route-table.ts'
import type { Clock } from '../../../core/seams.ts'
import { openState, type State } from '../../../store/state/state.ts'

let folder: string
let path: string
let now: number
const clock: Clock = { nowMs: () => now, monotonicMs: () => now }
const opened: State[] = []

function open(): State {
  const state = openState({ path, clock })
  opened.push(state)
  return state
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'))
  path = join(folder, 'nested', 'state.sqlite')
  now = Date.parse('2026-03-01T12:00:00Z')
})

afterEach(() => {
  for (const state of opened.splice(0)) {
    try {
      state.close()
    } catch {
      // Some tests close it themselves.
    }
  }
  rmSync(folder, { recursive: true, force: true })
})

function table(version: number, parent = version - 1, weight = 0.5): RouteTable {
  return sealRouteTable({
    schema: 1,
    version,
    parent,
    created_at: '2026-03-01T12:00:00.000Z',
    author: 'test',
    rule: 'utility',
    simulated: false,
    tasks: { simple_qa: { weights: { a: weight, b: 1 - weight }, excluded: {}, config_hash: 'c', exploration: 0, rule: 'utility', evidence: {} } },
  })
}

describe('keys', () => {
  test('a key is found by the secret shown once, and only its hash is on disk', () => {
    const state = open()
    const { id, secret } = state.keys.create('checkout', ['call'])
    expect(secret).toMatch(/^wb_[A-Za-z0-9_-]{43}$/)
    expect(state.keyRing.find(secret)).toEqual({ id, name: 'checkout', scopes: ['call'] })
    state.close()
    expect(readFileSync(path).includes(secret)).toBe(false)
    expect(readFileSync(path).includes(Buffer.from(secret.slice(3)))).toBe(false)
  })

  test('a wrong secret, a cut one and a revoked one are not found', () => {
    const state = open()
    const { id, secret } = state.keys.create('checkout', ['call'])
    expect(state.keys.find(`${secret}x`)).toBeUndefined()
    expect(state.keys.find(secret.slice(0, -1))).toBeUndefined()
    expect(state.keys.revoke(id)).toBe(true)
    expect(state.keys.find(secret)).toBeUndefined()
    expect(state.keys.revoke(id)).toBe(false)
    expect(state.keys.revoke('key_none')).toBe(false)
  })

  test('the ring knows which scopes exist, revoked keys aside', () => {
    const state = open()
    expect(state.keys.has('admin')).toBe(false)
    const { id } = state.keys.create('ops', ['read', 'admin'])
    expect(state.keys.has('admin')).toBe(true)
    expect(state.keys.has('call')).toBe(false)
    state.keys.revoke(id)
    expect(state.keys.has('admin')).toBe(false)
  })

  test('the list has names, scopes and times, and never a secret', () => {
    const state = open()
    const { secret } = state.keys.create('one', ['call', 'call', 'eval'])
    now += 1000
    const { id } = state.keys.create('two', ['read'])
    state.keys.revoke(id)
    expect(state.keys.list()).toMatchObject([
      { name: 'one', scopes: ['call', 'eval'], createdAt: '2026-03-01T12:00:00.000Z', revokedAt: undefined },
      { name: 'two', scopes: ['read'], revokedAt: '2026-03-01T12:00:01.000Z' },
    ])
    expect(JSON.stringify(state.keys.list())).not.toContain(secret)
  })

  test('a key without a name or a scope is refused', () => {
    const state = open()
    expect(() => state.keys.create(' ', ['call'])).toThrowError(expect.objectContaining({ code: 'bad_request' }))
    expect(() => state.keys.create('x', [])).toThrowError(expect.objectContaining({ code: 'bad_request' }))
  })

  test('a revocation by a second opener holds at once in the first', () => {
    const first = open()
    const second = open()
    const { id, secret } = first.keys.create('shared', ['call'])
    expect(second.keys.find(secret)).toBeDefined()
    second.keys.revoke(id)
    expect(first.keys.find(secret)).toBeUndefined()
  })
})

describe('publications', () => {
  test('the newest version is in force, and every older one can be read', () => {
    const { publications } = open()
    expect(publications.current()).toBeUndefined()
    publications.publish(table(1), { action: 'apply', author: 'ada' })
    now += 60_000
    publications.publish(table(2, 1, 0.9), { action: 'auto', author: 'learner' })
    expect(publications.current()?.table).toEqual(table(2, 1, 0.9))
    expect(publications.get(1)).toMatchObject({ table: table(1), action: 'apply', author: 'ada', publishedAt: now - 60_000 })
    expect(publications.history().map(({ table: t }) => t.version)).toEqual([2, 1])
    expect(() => publications.get(3)).toThrowError(expect.objectContaining({ code: 'route_version_unknown' }))
  })

  test('a stale parent and a skipped version are refused and change nothing', () => {
    const { publications } = open()
    publications.publish(table(1), { action: 'apply', author: 'a' })
    for (const stale of [table(1), table(3, 2), table(2, 0), table(3, 1)]) {
      expect(() => publications.publish(stale, { action: 'apply', author: 'b' })).toThrowError(expect.objectContaining({ code: 'route_table_stale_parent' }))
    }
    expect(publications.history()).toHaveLength(1)
  })

  test('a table that the router would refuse is not published', () => {
    const { publications } = open()
    expect(() => publications.publish({ ...table(1), rule: 'changed after sealing' }, { action: 'apply', author: 'a' })).toThrowError(expect.objectContaining({ code: 'route_table_invalid' }))
    expect(publications.current()).toBeUndefined()
  })

  test('of two openers that publish on one parent, one wins and the other is told', () => {
    const [first, second] = [open(), open()]
    first.publications.publish(table(1), { action: 'apply', author: 'first' })
    expect(() => second.publications.publish(table(1), { action: 'apply', author: 'second' })).toThrowError(expect.objectContaining({ code: 'route_table_stale_parent' }))
    expect(second.publications.current()?.author).toBe('first')
  })

  test('versions wait to be sent until they are marked', () => {
    const { publications } = open()
    publications.publish(table(1), { action: 'apply', author: 'a' })
    publications.publish(table(2), { action: 'apply', author: 'a' })
    publications.markSent(1)
    expect(publications.unsent().map(({ table: t }) => t.version)).toEqual([2])
  })

  test('processes that publish at the same time end in one unbroken chain of versions', async () => {
    open().close()
    const script = fileURLToPath(new URL('publish-child.ts', import.meta.url))
    const children = [1, 2, 3].map(
      (n) =>
        new Promise<string>((resolve, reject) => {
          const child = spawn(process.execPath, [script, path, `writer-${n}`, '5'], { stdio: ['ignore', 'pipe', 'inherit'] })
          let out = ''
          child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
          child.on('error', reject)
          child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`exit ${code}`))))
        }),
    )
    const won = (await Promise.all(children)).flatMap((out) => out.trim().split('\n').map(Number))
    expect(won.sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1))
    expect(open().publications.history().map(({ table: t }) => t.version)).toEqual(Array.from({ length: 15 }, (_, i) => 15 - i))
  })
})

describe('recommendations', () => {
  const stored = (id: string) => ({ id, json: `{"id":"${id}"}`, createdAt: now, expiresAt: now + 1000, parent: 0, simulated: false })

  test('the newest one is pending until it is applied, replaced or too old', () => {
    const { recommendations } = open()
    expect(recommendations.pending()).toBeUndefined()
    recommendations.store(stored('r1'))
    recommendations.store(stored('r2'))
    expect(recommendations.pending()?.id).toBe('r2')
    expect(recommendations.get('r1')?.status).toBe('expired')
    now += 1000
    expect(recommendations.pending()).toBeUndefined()
    recommendations.store(stored('r3'))
    recommendations.markApplied('r3')
    expect(recommendations.pending()).toBeUndefined()
    expect(recommendations.get('r3')?.status).toBe('applied')
  })
})

describe('lease', () => {
  test('one holder at a time, until it is released or its time is over', () => {
    const [first, second] = [open().lease, open().lease]
    expect(first.acquire('publish', 'a', 1000)).toBe(true)
    expect(second.acquire('publish', 'b', 1000)).toBe(false)
    expect(first.acquire('publish', 'a', 1000)).toBe(true)
    now += 1000
    expect(first.renew('publish', 'a', 1000)).toBe(false)
    expect(second.acquire('publish', 'b', 1000)).toBe(true)
    first.release('publish', 'a')
    expect(first.acquire('publish', 'a', 1000)).toBe(false)
    second.release('publish', 'b')
    expect(first.acquire('publish', 'a', 1000)).toBe(true)
    expect(first.renew('publish', 'a', 5000)).toBe(true)
    expect(second.acquire('other', 'b', 1000)).toBe(true)
  })
})

describe('the file', () => {
  test('everything is there again after a reopen', () => {
    const state = open()
    const { secret } = state.keys.create('k', ['admin'])
    state.publications.publish(table(1), { action: 'apply', author: 'a' })
    state.settings.set('mode', 'review')
    state.settings.set('mode', 'auto')
    state.close()
    const again = open()
    expect(again.keys.find(secret)?.name).toBe('k')
    expect(again.publications.current()?.table.version).toBe(1)
    expect(again.settings.get('mode')).toBe('auto')
    expect(again.settings.get('none')).toBeUndefined()
  })

  test('a file that is no database is refused with what to do, and left as it is', () => {
    open().close()
    const text = 'not a database '.repeat(500)
    writeFileSync(path, text)
    rmSync(`${path}-wal`, { force: true })
    expect(open).toThrowError(expect.objectContaining({ code: 'log_corrupt', remedy: expect.stringContaining('backup') }))
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  test('a file cut short is refused when it is opened or read, not answered from', () => {
    const state = open()
    for (let i = 1; i <= 40; i += 1) state.publications.publish(table(i), { action: 'apply', author: 'a' })
    state.close()
    truncateSync(path, 8192)
    expect(() => open().publications.history()).toThrowError(expect.objectContaining({ code: 'log_corrupt' }))
  })

  test('a file of a newer program is refused', () => {
    open().close()
    const db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 99')
    db.close()
    expect(open).toThrowError(expect.objectContaining({ code: 'schema_outdated' }))
  })

  test('a folder that cannot be made is an error that says so', () => {
    writeFileSync(join(folder, 'nested'), '')
    expect(open).toThrowError(expect.objectContaining({ code: 'internal', message: expect.stringContaining('state.sqlite'), remedy: expect.stringContaining('writable') }))
  })
})

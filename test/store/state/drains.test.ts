// Drains in the state file: in force, over by time, replaced, undrained; and a file of the version before drains existed.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import type { Clock } from '../../../core/seams.ts'
import { STATE_MIGRATIONS } from '../../../store/state/migrations.ts'
import { openDatabase } from '../../../store/state/open-database.ts'
import { publicationsIn } from '../../../store/state/publications.ts'
import { openState, type State } from '../../../store/state/state.ts'
import { sealRouteTable } from '../../../core/route-table.ts'

const HOUR = 3_600_000
const MOONSHOT = { scope: 'provider', name: 'moonshot' } as const
const KIMI = { scope: 'target', name: 'kimi' } as const

let folder: string
let path: string
let now: number
const clock: Clock = { nowMs: () => now, monotonicMs: () => now }
const opened: State[] = []

function open(at = path): State {
  const state = openState({ path: at, clock })
  opened.push(state)
  return state
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drains-'))
  path = join(folder, 'state.sqlite')
  now = Date.parse('2026-03-01T12:00:00Z')
})

afterEach(() => {
  for (const state of opened.splice(0)) state.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('drains', () => {
  test('one in force keeps who, why and until when, across a reopening of the file', () => {
    const started = open().drains.start(MOONSHOT, { reason: 'errors since noon', author: 'ada', keyId: 'key_1', untilAt: now + HOUR })
    const expected = { ...MOONSHOT, reason: 'errors since noon', author: 'ada', key_id: 'key_1', started_at: now, until_at: now + HOUR, ended_at: null, ended_how: null, ended_by: null }
    expect(started).toMatchObject(expected)
    expect(open().drains.active()).toEqual([started])
  })

  test('one ends at its time without anybody writing that down, and the history says how', () => {
    const { drains } = open()
    drains.start(KIMI, { reason: '', author: 'ada', untilAt: now + HOUR })
    now += HOUR - 1
    expect(drains.active()).toHaveLength(1)
    now += 1
    expect(drains.active()).toEqual([])
    expect(drains.history(5)).toMatchObject([{ name: 'kimi', ended_at: now, ended_how: 'expired', ended_by: null }])
    expect(() => drains.end(KIMI, 'ada')).toThrowError(expect.objectContaining({ code: 'drain_unknown' }))
  })

  test('an undrain ends one at once and names who did it; a second one finds nothing', () => {
    const { drains } = open()
    drains.start(MOONSHOT, { reason: '', author: 'ada', untilAt: now + HOUR })
    now += 1000
    expect(drains.end(MOONSHOT, 'grace')).toMatchObject({ ended_at: now, ended_how: 'undrained', ended_by: 'grace' })
    expect(drains.active()).toEqual([])
    expect(() => drains.end(MOONSHOT, 'grace')).toThrowError(expect.objectContaining({ code: 'drain_unknown', message: expect.stringContaining('moonshot') }))
  })

  test('a new drain of the same subject replaces the one in force; one that was over stays expired', () => {
    const { drains } = open()
    drains.start(KIMI, { reason: 'first', author: 'ada', untilAt: now + HOUR })
    now += 2 * HOUR
    drains.start(KIMI, { reason: 'second', author: 'grace', untilAt: now + HOUR })
    now += 1000
    drains.start(KIMI, { reason: 'third', author: 'alan', untilAt: now + 2 * HOUR })
    expect(drains.active()).toMatchObject([{ reason: 'third', until_at: now + 2 * HOUR }])
    expect(drains.history(10)).toMatchObject([
      { reason: 'third', ended_how: null },
      { reason: 'second', ended_how: 'replaced', ended_at: now, ended_by: 'alan' },
      { reason: 'first', ended_how: 'expired', ended_by: null },
    ])
  })

  test('a target and a provider of the same name are two subjects', () => {
    const { drains } = open()
    drains.start({ scope: 'target', name: 'x' }, { reason: '', author: 'a', untilAt: now + HOUR })
    drains.start({ scope: 'provider', name: 'x' }, { reason: '', author: 'a', untilAt: now + HOUR })
    drains.end({ scope: 'target', name: 'x' }, 'a')
    expect(drains.active()).toMatchObject([{ scope: 'provider' }])
  })

  test('an end that is not in the future is refused and changes nothing', () => {
    const { drains } = open()
    drains.start(KIMI, { reason: 'stays', author: 'a', untilAt: now + HOUR })
    for (const untilAt of [now, now - 1, NaN, Infinity]) {
      expect(() => drains.start(KIMI, { reason: '', author: 'a', untilAt })).toThrowError(expect.objectContaining({ code: 'bad_request' }))
    }
    expect(drains.active()).toMatchObject([{ reason: 'stays' }])
  })

  test('what another opener of the file writes is seen at the next look', () => {
    const [router, command] = [open(), open()]
    command.drains.start(MOONSHOT, { reason: '', author: 'a', untilAt: now + HOUR })
    expect(router.drains.active()).toHaveLength(1)
    router.drains.end(MOONSHOT, 'a')
    expect(command.drains.active()).toEqual([])
  })

  test('ended drains beyond ten thousand are forgotten, those in force never', () => {
    const { drains } = open()
    drains.start({ scope: 'target', name: 'old' }, { reason: 'in force', author: 'a', untilAt: now + 1000 * HOUR })
    drains.start(KIMI, { reason: 'forgotten', author: 'a', untilAt: now + HOUR })
    drains.end(KIMI, 'a')
    const db = new DatabaseSync(path)
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
      INSERT INTO drains SELECT 'drain_' || i, 'target', 't', 'filler', 'a', NULL, ${now}, ${now + 1}, ${now + 1}, 'expired', NULL FROM n`)
    db.close()
    drains.start(KIMI, { reason: 'new', author: 'a', untilAt: now + HOUR })
    const kept = drains.history(20_000).map((drain) => drain.reason)
    expect(kept).toContain('in force')
    expect(kept).not.toContain('forgotten')
    expect(kept.length).toBeLessThanOrEqual(10_001)
  })

  test('whatever is done in whatever order, a subject has at most one drain in force and none is in force past its time', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('start' as const), name: fc.constantFrom('a', 'b'), lengthMs: fc.integer({ min: 1, max: 5000 }) }),
      fc.record({ kind: fc.constant('end' as const), name: fc.constantFrom('a', 'b') }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 4000 }) }),
    )
    let run = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { drains } = open(join(folder, `run-${(run += 1)}.sqlite`))
        const expected = new Map<string, number>()
        let written = 0
        for (const s of steps) {
          if (s.kind === 'pass') now += s.ms
          else if (s.kind === 'start') {
            drains.start({ scope: 'target', name: s.name }, { reason: '', author: 'a', untilAt: now + s.lengthMs })
            expected.set(s.name, now + s.lengthMs)
            written += 1
          } else {
            const inForce = (expected.get(s.name) ?? 0) > now
            let ended = true
            try {
              drains.end({ scope: 'target', name: s.name }, 'a')
            } catch {
              ended = false
            }
            expect(ended).toBe(inForce)
            expected.delete(s.name)
          }
          expect(Object.fromEntries(drains.active().map((drain) => [drain.name, drain.until_at]))).toEqual(Object.fromEntries([...expected].filter(([, until]) => until > now)))
        }
        expect(drains.history(100)).toHaveLength(written)
      }),
      { numRuns: 40 },
    )
  })
})

describe('a state file from before drains existed', () => {
  test('is brought forward with its keys and route tables intact, once', () => {
    const old = openDatabase(path, STATE_MIGRATIONS.slice(0, 1))
    // As the program of that time wrote it.
    const [id, secret] = ['key_00aa11bb22cc', 'wb_a-secret-of-that-time']
    old.prepare("INSERT INTO keys (id, name, scopes, secret_hash, created_at) VALUES (?, 'checkout', '[\"call\"]', ?, 1)").run(id, createHash('sha256').update(secret).digest())
    const table = sealRouteTable({ schema: 1, version: 1, parent: 0, created_at: '2026-03-01T12:00:00.000Z', author: 't', rule: 'utility', simulated: false, tasks: {} })
    publicationsIn(old, path, clock).publish(table, { action: 'apply', author: 'ada' })
    old.prepare("INSERT INTO settings (name, value) VALUES ('mode', 'auto')").run()
    old.close()
    for (const round of [1, 2]) {
      const state = open()
      expect(state.keys.find(secret), `opening ${round}`).toMatchObject({ id, name: 'checkout' })
      expect(state.publications.current()).toMatchObject({ author: 'ada', table: { hash: table.hash } })
      expect(state.settings.get('mode')).toBe('auto')
      expect(state.drains.active()).toHaveLength(round - 1)
      if (round === 1) state.drains.start(KIMI, { reason: '', author: 'a', untilAt: now + HOUR })
    }
    const db = new DatabaseSync(path)
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: STATE_MIGRATIONS.length })
    db.close()
  })
})

describe('hashes of keys', () => {
  test('name the keys in force by the SHA-256 of their secret', () => {
    const { keys } = open()
    const { id } = keys.create('one', ['admin', 'call'])
    const gone = keys.create('two', ['read'])
    keys.revoke(gone.id)
    const hashes = keys.hashes()
    expect(hashes).toEqual([{ id, name: 'one', scopes: ['admin', 'call'], sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }])
  })
})

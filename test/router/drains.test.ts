// What a drain takes out of traffic, how names are understood, and what an operator is warned of.
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { parseConfig, type Config, type Target } from '../../core/config.ts'
import type { Drain, RouterOperations, TargetOperations } from '../../core/operations.ts'
import type { Clock } from '../../core/seams.ts'
import { drainWarnings, returnWarnings } from '../../router/admin/drain-warnings.ts'
import { DEFAULT_DRAIN_MS, endOf, LONGEST_DRAIN_MS, parseLength, resolveSubject } from '../../router/admin/subjects.ts'
import { drainView } from '../../router/drains.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const HOUR = 3_600_000

const YAML = `
providers: { moonshot: { base_url: "https://a.test/v1" }, openai: { base_url: "https://b.test/v1" } }
targets:
  kimi: { provider: moonshot, model: kimi-k2 }
  gpt-low: { provider: openai, model: gpt-5.5, effort: low }
  gpt-high: { provider: openai, model: gpt-5.5, effort: high }
chains: { default: [ { target: kimi }, { target: gpt-low } ], only: [ { target: gpt-high } ] }
tasks: { facts: { chain: only }, chat: { chain: default } }
`

function config(yaml = YAML): Config {
  return parseConfig(yaml, {}, { find: () => undefined })
}

function drain(scope: Drain['scope'], name: string, untilAt = NOW + HOUR): Drain {
  return { id: `drain_${name}`, scope, name, reason: 'a secret of ours', author: 'ada', key_id: null, started_at: NOW, until_at: untilAt, ended_at: null, ended_how: null, ended_by: null }
}

function scripted(): { clock: Clock; at: (ms: number) => void } {
  let now = NOW
  return { clock: { nowMs: () => now, monotonicMs: () => now }, at: (ms) => void (now = ms) }
}

function target(current: Config, name: string): Target {
  const found = current.targets.get(name)
  if (found === undefined) throw new Error(`no target ${name}`)
  return found
}

describe('what is drained', () => {
  test('a drained target is out, its neighbours at the same provider are not', () => {
    const current = config()
    const view = drainView(() => current, scripted().clock)
    view.take([drain('target', 'gpt-low')])
    expect(view.reason(target(current, 'gpt-low'))).toContain('target gpt-low is drained until 2026-03-01T13:00:00.000Z')
    expect(view.reason(target(current, 'gpt-high'))).toBeUndefined()
    expect(view.reason(target(current, 'kimi'))).toBeUndefined()
  })

  test('a drained provider takes all its targets out', () => {
    const current = config()
    const view = drainView(() => current, scripted().clock)
    view.take([drain('provider', 'openai')])
    expect(view.reason(target(current, 'gpt-low'))).toContain('provider openai')
    expect(view.reason(target(current, 'gpt-high'))).toContain('provider openai')
    expect(view.reason(target(current, 'kimi'))).toBeUndefined()
  })

  test('a target made up by a call is out with the configured one of the same model, not with another model', () => {
    const current = config()
    const view = drainView(() => current, scripted().clock)
    view.take([drain('target', 'kimi')])
    const madeUp = { ...target(current, 'kimi'), name: 'moonshot/kimi-k2@max', effort: 'max' }
    expect(view.reason(madeUp)).toContain('target kimi')
    expect(view.reason({ ...madeUp, name: 'moonshot/other', model: 'other' })).toBeUndefined()
  })

  test('a target made up by a call stays in while another configured target of its model does', () => {
    const current = config()
    const view = drainView(() => current, scripted().clock)
    const madeUp = { ...target(current, 'gpt-low'), name: 'openai/gpt-5.5@max', effort: 'max' }
    view.take([drain('target', 'gpt-low')])
    expect(view.reason(madeUp)).toBeUndefined()
    view.take([drain('target', 'gpt-low'), drain('target', 'gpt-high')])
    expect(view.reason(madeUp)).toContain('is drained')
  })

  test('it is back the moment its time is over, without anybody telling the view', () => {
    const current = config()
    const { clock, at } = scripted()
    const view = drainView(() => current, clock)
    view.take([drain('target', 'kimi')])
    at(NOW + HOUR - 1)
    expect(view.reason(target(current, 'kimi'))).toBeDefined()
    at(NOW + HOUR)
    expect(view.reason(target(current, 'kimi'))).toBeUndefined()
    expect(view.active()).toEqual([])
  })

  test('a changed configuration is followed: a renamed model of a drained target stays out', () => {
    let current = config()
    const view = drainView(() => current, scripted().clock)
    view.take([drain('target', 'kimi')])
    current = config(YAML.replace('kimi-k2', 'kimi-k3'))
    const madeUp = { ...target(current, 'kimi'), name: 'moonshot/kimi-k3' }
    expect(view.reason(madeUp)).toContain('target kimi')
  })

  test('what clients are told has an end and an id, and neither reason nor author', () => {
    const current = config()
    const view = drainView(() => current, scripted().clock)
    view.take([drain('target', 'kimi')])
    expect(view.reason(target(current, 'kimi'))).toMatch(/until .*\(drain_kimi\)$/)
    expect(view.reason(target(current, 'kimi'))).not.toMatch(/secret|\bada\b/)
  })
})

describe('names', () => {
  const known = { targets: new Set(['kimi', 'openai', 'target:odd']), providers: new Set(['moonshot', 'openai']) }

  test('a target or a provider is found by its name, and one that is both must be told apart', () => {
    expect(resolveSubject('kimi', known)).toEqual({ scope: 'target', name: 'kimi' })
    expect(resolveSubject('moonshot', known)).toEqual({ scope: 'provider', name: 'moonshot' })
    expect(() => resolveSubject('openai', known)).toThrowError(expect.objectContaining({ code: 'bad_request', remedy: expect.stringContaining('provider:openai') }))
    expect(resolveSubject('provider:openai', known)).toEqual({ scope: 'provider', name: 'openai' })
    expect(resolveSubject('target:openai', known)).toEqual({ scope: 'target', name: 'openai' })
    expect(resolveSubject('target:odd', known)).toEqual({ scope: 'target', name: 'target:odd' })
  })

  test('an unknown one names what may have been meant', () => {
    expect(() => resolveSubject('kimmi', known)).toThrowError(expect.objectContaining({ code: 'unknown_target', message: expect.stringContaining('kimi') }))
    expect(() => resolveSubject('shot', known)).toThrowError(expect.objectContaining({ message: expect.stringContaining('moonshot') }))
    expect(() => resolveSubject('provider:kimi', known)).toThrowError(expect.objectContaining({ code: 'unknown_target' }))
    expect(() => resolveSubject('x'.repeat(100_000), known)).toThrowError(expect.objectContaining({ code: 'unknown_target', message: expect.stringMatching(/^.{0,300}$/s) }))
  })
})

describe('lengths and ends', () => {
  test('lengths are read as people write them, everything else is none', () => {
    expect(['90s', '30m', '2h', '1h30m', '1.5h', '3d'].map(parseLength)).toEqual([90_000, 1_800_000, 2 * HOUR, 1.5 * HOUR, 1.5 * HOUR, 72 * HOUR])
    for (const text of ['', '2', 'h', '2 h', '-1h', '2w', '1h!', 'NaNh', '1e3s', `${'9'.repeat(400)}d`]) expect(parseLength(text), text).toBeUndefined()
  })

  test('any length written out in days, hours, minutes and seconds is read back', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(23), fc.nat(59), fc.nat(59), (d, h, m, s) => {
        expect(parseLength(`${d}d${h}h${m}m${s}s`)).toBe((((d * 24 + h) * 60 + m) * 60 + s) * 1000)
      }),
    )
  })

  test('a drain lasts a day unless told, ninety days at most, and never ends in the past', () => {
    const none = { forMs: undefined, untilAt: undefined }
    expect(endOf(none, NOW)).toBe(NOW + DEFAULT_DRAIN_MS)
    expect(endOf({ ...none, forMs: HOUR }, NOW)).toBe(NOW + HOUR)
    expect(endOf({ ...none, untilAt: NOW + 1 }, NOW)).toBe(NOW + 1)
    for (const asked of [{ forMs: 1, untilAt: NOW + 1 }, { ...none, untilAt: NOW }, { ...none, forMs: LONGEST_DRAIN_MS + 1 }, { ...none, forMs: NaN }, { ...none, untilAt: Infinity }]) {
      expect(() => endOf(asked, NOW)).toThrowError(expect.objectContaining({ code: 'bad_request' }))
    }
  })
})

describe('warnings', () => {
  test('the end of a drain says what stays out, by another drain or by its breaker', () => {
    const current = config()
    const view = drainView(() => current, scripted().clock)
    view.take([drain('target', 'gpt-low')])
    const live = operations({ 'gpt-high': { state: 'cooling', code: 'provider_timeout_first_token', left_ms: 12_300 }, kimi: { state: 'cooling', left_ms: 1 } })
    expect(returnWarnings(current, { scope: 'provider', name: 'openai' }, view, live)).toEqual([
      expect.stringMatching(/^gpt-low stays out: target gpt-low is drained/),
      'gpt-high still cools (provider_timeout_first_token), for another 13 s: then one call finds out whether it answers',
    ])
    view.take([])
    expect(returnWarnings(current, { scope: 'provider', name: 'openai' }, view, undefined)).toEqual([])
  })

  function operations(known: Readonly<Record<string, Partial<TargetOperations>>>): RouterOperations {
    const targets = Object.entries(known).map(([name, facts]): TargetOperations => ({ target: name, provider: '', model: '', effort: null, kind: 'chat', state: 'ok', code: null, held_ms: null, left_ms: null, keys: { total: 1, resting: [] }, in_flight: 0, last_minute: { attempts: 0, errors: 0 }, ...facts }))
    return { config_hash: '', route_version: 0, for_request: { input_tokens: 0, output_tokens: 0 }, targets, tasks: [], spool: { records: 0, bytes: 0, oldest_ms: null, dropped: 0 } }
  }

  function warned(drains: readonly Drain[], about: Drain, states: Readonly<Record<string, TargetOperations['state']>> = {}): string[] {
    const current = config()
    const view = drainView(() => current, scripted().clock)
    view.take(drains)
    const live = operations(Object.fromEntries(Object.entries(states).map(([name, state]) => [name, { state }])))
    return drainWarnings(current, { scope: about.scope, name: about.name }, view, live)
  }

  test('a task without any target left is named, one that the drain does not touch is not', () => {
    const high = drain('target', 'gpt-high')
    expect(warned([high], high)).toEqual([expect.stringContaining('task facts has no target left')])
    const openai = drain('provider', 'openai')
    expect(warned([openai], openai)).toEqual(expect.arrayContaining([expect.stringContaining('task facts has no target left'), expect.stringContaining('task chat has only kimi left')]))
  })

  test('what is left does not count as left while it cools', () => {
    const low = drain('target', 'gpt-low')
    expect(warned([low], low, { kimi: 'cooling' })).toContain('task chat has only kimi left, which cools now')
    expect(warned([low], low, { kimi: 'ok' })).toContain('task chat has only kimi left')
  })
})

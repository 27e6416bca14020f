// The runaway guard: which calls are the same, how often one may be made, how fast dollars may go, and that it forgets in time and space.
import { describe, expect, it } from 'vitest'
import { counted } from '../../../router/limits/amounts.ts'
import { fingerprint } from '../../../router/limits/fingerprint.ts'
import { RunawayGuard, type RunawayRules } from '../../../router/limits/runaway.ts'

const rules = (over: Partial<RunawayRules> = {}): RunawayRules => ({ sameCall: 3, withinMs: 10_000, perMinute: undefined, ...over })

describe('the same call', () => {
  const body = { model: 'auto', messages: [{ role: 'user', content: 'Hello' }], temperature: 0 }
  it('is one whose body differs in who asks and how the answer travels only', () => {
    const same = [{ ...body, user: 'u' }, { ...body, stream: true, stream_options: { include_usage: true } }, { ...body, metadata: { run: '7' } }, { ...body, seed: 5 }, { ...body, prompt_cache_key: 'x' }]
    for (const other of same) expect(fingerprint(other)).toBe(fingerprint(body))
  })

  it('is not one that asks something else, of another model, or with other settings', () => {
    const others = [{ ...body, model: 'x' }, { ...body, temperature: 1 }, { ...body, messages: [...body.messages, { role: 'assistant', content: 'Hi' }] }, { ...body, tools: [] }, { ...body, n: 2 }]
    expect(new Set([body, ...others].map(fingerprint)).size).toBe(6)
  })

  it('may be made so often within the time from its first, in each trace apart', () => {
    const guard = new RunawayGuard()
    const make = (agent: string, nowMs: number): boolean => {
      if (guard.check(agent, 'p', rules(), nowMs) !== undefined) return false
      guard.made(agent, 'p', rules(), nowMs)
      return true
    }
    expect([0, 1_000, 2_000, 3_000, 9_999].map((at) => make('a', at))).toEqual([true, true, true, false, false])
    expect(guard.check('a', 'p', rules(), 4_000)).toEqual({ kind: 'same_call', made: 3, most: 3, withinMs: 10_000, leftMs: 6_000 })
    expect(make('b', 3_000)).toBe(true)
    expect(guard.check('a', 'q', rules(), 3_000)).toBeUndefined()
    expect(make('a', 10_000)).toBe(true)
  })

  it('is not watched where nobody asked for it', () => {
    const guard = new RunawayGuard()
    for (let call = 0; call < 50; call += 1) guard.made('a', 'p', rules(), 0)
    expect(guard.check('a', 'p', rules({ sameCall: undefined }), 0)).toBeUndefined()
    expect(guard.check('a', undefined, rules(), 0)).toBeUndefined()
  })

  it('is forgotten by name, and with a great many others the oldest first', () => {
    const guard = new RunawayGuard()
    for (let call = 0; call < 3; call += 1) guard.made('key/t 1', 'p', rules(), 0)
    expect(guard.forget((agent) => agent.endsWith('/t 1'))).toBe(1)
    expect(guard.check('key/t 1', 'p', rules(), 0)).toBeUndefined()
    for (let call = 0; call < 3; call += 1) guard.made('loop', 'p', rules(), 0)
    for (let call = 0; call < 49_999; call += 1) guard.made(`agent ${call}`, 'p', rules(), 0)
    expect(guard.check('loop', 'p', rules(), 0)).toBeDefined()
    guard.made('one more', 'p', rules(), 0)
    expect(guard.check('loop', 'p', rules(), 0)).toBeUndefined()
  })
})

describe('dollars a minute', () => {
  const dollarRules = rules({ sameCall: undefined, perMinute: counted(1) })
  it('stop an agent beyond the bound, and let it go on as they fade', () => {
    const guard = new RunawayGuard()
    guard.spent('a', counted(0.9), 60_000)
    expect(guard.check('a', undefined, dollarRules, 61_000)).toBeUndefined()
    guard.spent('a', counted(0.7), 62_000)
    const found = guard.check('a', undefined, dollarRules, 62_000)
    expect(found).toMatchObject({ kind: 'slope', perMinute: counted(1.6), most: counted(1) })
    const freeAt = 62_000 + (found?.leftMs ?? NaN)
    expect(guard.check('a', undefined, dollarRules, freeAt - 1_000)).toBeDefined()
    expect(guard.check('a', undefined, dollarRules, freeAt + 1)).toBeUndefined()
    expect(guard.check('a', undefined, dollarRules, 200_000)).toBeUndefined()
    expect(guard.check('b', undefined, dollarRules, 62_000)).toBeUndefined()
  })

  it('of the minute before count for the part of it that lies within sixty seconds', () => {
    const guard = new RunawayGuard()
    guard.spent('a', counted(2), 110_000)
    expect(guard.check('a', undefined, dollarRules, 120_000)).toMatchObject({ perMinute: counted(2), leftMs: 30_000 })
    expect(guard.check('a', undefined, dollarRules, 150_001)).toBeUndefined()
  })
})

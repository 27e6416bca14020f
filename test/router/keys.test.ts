import { describe, expect, it } from 'vitest'
import { CREDENTIAL_COOLDOWN_MS } from '../../router/execute/health.ts'
import { KeyBook, type PickedKey } from '../../router/execute/keys.ts'
import { failure, providerWith } from './support/targets.ts'

const provider = providerWith({ apiKeys: ['k1', 'k2', 'k3'] })
const key = (number: number): PickedKey => ({ number, secret: `k${number}` })

describe('the keys of a provider', () => {
  it('are used in turn', () => {
    const book = new KeyBook()
    expect(Array.from({ length: 7 }, () => book.pick(provider, 'm', 0)?.number)).toEqual([1, 2, 3, 1, 2, 3, 1])
  })

  it('have no number where there is one or none', () => {
    const book = new KeyBook()
    expect(book.pick(providerWith({ apiKeys: ['only'] }), 'm', 0)).toEqual({ number: undefined, secret: 'only' })
    expect(book.pick(providerWith(), 'm', 0)).toEqual({ number: undefined, secret: undefined })
    book.rest(providerWith({ apiKeys: ['only'] }), { number: undefined, secret: 'only' }, 'm', failure('provider_rate_limited'), 0, 0)
    expect(book.allRest(providerWith({ apiKeys: ['only'] }), 'm', 0)).toBeUndefined()
  })

  it('rest for one model after a limit, and for all after a refusal', () => {
    const book = new KeyBook()
    book.rest(provider, key(1), 'm', failure('provider_rate_limited', { retryAfterMs: 1_000 }), 0, 0)
    book.rest(provider, key(2), 'm', failure('provider_credential', { status: 401 }), 0, 0)
    expect(Array.from({ length: 3 }, () => book.pick(provider, 'm', 1)?.number)).toEqual([3, 3, 3])
    expect(new Set(Array.from({ length: 6 }, () => book.pick(provider, 'other', 1)?.number))).toEqual(new Set([1, 3]))
    expect(book.resting(provider, 'm', 1)).toEqual([{ number: 1, code: 'provider_rate_limited', leftMs: 999 }, { number: 2, code: 'provider_credential', leftMs: CREDENTIAL_COOLDOWN_MS - 1 }])
  })

  it('take a 403 to be about the model: the key may be allowed others', () => {
    const book = new KeyBook()
    book.rest(provider, key(1), 'm', failure('provider_credential', { status: 403 }), 0, 0)
    expect(book.resting(provider, 'other', 1)).toEqual([])
    expect(book.resting(provider, 'm', 1)).toHaveLength(1)
  })

  it('all at rest say when the first comes back', () => {
    const book = new KeyBook()
    for (const number of [1, 2, 3]) book.rest(provider, key(number), 'm', failure('provider_rate_limited', { retryAfterMs: number * 1_000 }), 0, 0)
    expect(book.pick(provider, 'm', 500)).toBeUndefined()
    expect(book.allRest(provider, 'm', 500)).toEqual({ forMs: 500, code: 'provider_rate_limited' })
    expect(book.pick(provider, 'm', 1_000)?.number).toBe(1)
  })

  it('that are refused again and again are asked less and less often, until one answer clears them', () => {
    const book = new KeyBook()
    const refusal = failure('provider_credential', { status: 401 })
    book.rest(provider, key(1), 'm', refusal, 0, 0)
    book.rest(provider, key(1), 'm', refusal, CREDENTIAL_COOLDOWN_MS, 0)
    expect(book.resting(provider, 'm', CREDENTIAL_COOLDOWN_MS)[0]?.leftMs).toBe(2 * CREDENTIAL_COOLDOWN_MS)
    book.worked(provider, key(1), 'm')
    expect(book.resting(provider, 'm', CREDENTIAL_COOLDOWN_MS)).toEqual([])
  })

  it('keep what is known of each when the list is reordered', () => {
    const book = new KeyBook()
    book.rest(provider, key(3), 'm', failure('provider_quota_exhausted'), 0, 0)
    expect(book.resting(providerWith({ apiKeys: ['k3', 'k4'] }), 'm', 1).map((rest) => rest.number)).toEqual([1])
  })

  it('prefer the one that holds what the request refers to, without taking its turn', () => {
    const book = new KeyBook()
    expect(book.pick(provider, 'm', 0, 3)?.number).toBe(3)
    expect(book.pick(provider, 'm', 0)?.number).toBe(1)
    book.rest(provider, key(3), 'm', failure('provider_rate_limited'), 0, 0)
    expect(book.pick(provider, 'm', 1, 3)?.number).toBe(1)
  })
})

describe('what is known of keys', () => {
  it('has a bound, however many models clients name: the latest rests are kept', () => {
    const book = new KeyBook()
    for (let model = 0; model < 5_000; model += 1) book.rest(provider, key(1), `made-up-${model}`, failure('provider_credential', { status: 403 }), 0, 0)
    expect(book.resting(provider, 'made-up-0', 1)).toEqual([])
    expect(book.resting(provider, 'made-up-4999', 1)).toHaveLength(1)
  })
})

import { describe, expect, it } from 'vitest'
import { FIRST_COOLDOWN_MS, HealthBook, LONGEST_COOLDOWN_MS, OPEN_AFTER_FAILURES, OVERLOAD_COOLDOWN_MS } from '../../router/execute/health.ts'
import { failure, targetWith } from './support/targets.ts'

const target = targetWith()
function opened(book = new HealthBook(), atMs = 0): HealthBook {
  for (let i = 0; i < OPEN_AFTER_FAILURES; i += 1) book.failed(target, failure('provider_server_error'), atMs, atMs, 0)
  return book
}

describe('the breaker', () => {
  it('opens after failures in a row, and an answer in between starts the count anew', () => {
    const book = new HealthBook()
    for (let i = 0; i < OPEN_AFTER_FAILURES - 1; i += 1) book.failed(target, failure('provider_server_error'), 0, 0, 0)
    expect(book.cooling(target, 0)).toBeUndefined()
    book.answered(target)
    expect(opened(book).cooling(target, 1)).toMatchObject({ reason: 'cooling', forMs: FIRST_COOLDOWN_MS - 1, probing: false })
  })

  it('lets exactly one probe through once its time is over, and doubles when the probe fails', () => {
    const book = opened()
    expect(book.cooling(target, FIRST_COOLDOWN_MS - 1)).toBeDefined()
    expect(book.cooling(target, FIRST_COOLDOWN_MS)).toBeUndefined()
    book.attempting(target, FIRST_COOLDOWN_MS)
    expect(book.cooling(target, FIRST_COOLDOWN_MS + 1)).toMatchObject({ reason: 'cooling', probing: true })
    book.failed(target, failure('provider_server_error'), FIRST_COOLDOWN_MS + 2, FIRST_COOLDOWN_MS + 2, 0)
    expect(book.cooling(target, FIRST_COOLDOWN_MS + 2)).toMatchObject({ forMs: FIRST_COOLDOWN_MS * 2, probing: false })
  })

  it('closes at the probe’s first output, but opens again at once when that answer breaks', () => {
    const book = opened()
    book.attempting(target, FIRST_COOLDOWN_MS)
    book.progressed(target)
    expect(book.cooling(target, FIRST_COOLDOWN_MS)).toBeUndefined()
    book.failed(target, failure('provider_stream_cut'), FIRST_COOLDOWN_MS + 5, FIRST_COOLDOWN_MS + 5, 0)
    expect(book.cooling(target, FIRST_COOLDOWN_MS + 5)).toMatchObject({ reason: 'cooling' })
  })

  it('is not moved by a probe that says nothing, and lets the next one try', () => {
    const book = opened()
    book.attempting(target, FIRST_COOLDOWN_MS)
    book.inconclusive(target, FIRST_COOLDOWN_MS)
    expect(book.cooling(target, FIRST_COOLDOWN_MS)).toBeUndefined()
  })

  it('is neither lengthened nor reopened by attempts that were under way when it opened', () => {
    const book = opened(new HealthBook(), 100)
    for (let i = 0; i < 10; i += 1) book.failed(target, failure('provider_timeout_first_token'), 50, 200, 0)
    expect(book.cooling(target, 100)?.forMs).toBe(FIRST_COOLDOWN_MS)
    book.attempting(target, 100 + FIRST_COOLDOWN_MS)
    book.failed(target, failure('provider_timeout_first_token'), 50, 101 + FIRST_COOLDOWN_MS, 0)
    expect(book.cooling(target, 102 + FIRST_COOLDOWN_MS)).toMatchObject({ probing: true })
    book.progressed(target)
    book.failed(target, failure('provider_timeout_first_token'), 50, 103 + FIRST_COOLDOWN_MS, 0)
    expect(book.cooling(target, 104 + FIRST_COOLDOWN_MS)).toBeUndefined()
  })

  it('never cools for longer than its bound by itself', () => {
    const book = opened()
    let nowMs = 0
    for (let i = 0; i < 12; i += 1) {
      nowMs += LONGEST_COOLDOWN_MS
      book.failed(target, failure('provider_server_error'), nowMs, nowMs, 0)
    }
    expect(book.cooling(target, nowMs)?.forMs).toBe(LONGEST_COOLDOWN_MS)
  })

  it('wakes who waits for a change', () => {
    const book = opened()
    let woken = 0
    book.onChange(() => (woken += 1))
    const forget = book.onChange(() => (woken += 10))
    forget()
    book.answered(target)
    book.failed(target, failure('provider_server_error'), 0, 0, 0)
    expect(woken).toBe(1)
  })
})

describe('pauses that a provider asks for', () => {
  it('last as long as asked, and a shorter one later does not shorten them', () => {
    const book = new HealthBook()
    book.failed(target, failure('provider_rate_limited', { retryAfterMs: 30_000 }), 0, 0, 0)
    book.failed(target, failure('provider_rate_limited', { retryAfterMs: 1_000 }), 10, 10, 0)
    expect(book.cooling(target, 20)).toMatchObject({ reason: 'rate_limited', forMs: 29_980 })
  })

  it('are bounded, whatever the provider says', () => {
    const book = new HealthBook()
    book.failed(target, failure('provider_rate_limited', { retryAfterMs: 1e12 }), 0, 0, 0)
    expect(book.cooling(target, 0)?.forMs).toBe(15 * 60_000)
  })

  it('are light and spread after an overload, and never a rate limit of this caller', () => {
    const light = new HealthBook()
    light.failed(target, failure('provider_overloaded'), 0, 0, 0)
    expect(light.cooling(target, 0)).toMatchObject({ reason: 'cooling', forMs: OVERLOAD_COOLDOWN_MS.least })
    const heavy = new HealthBook()
    heavy.failed(target, failure('provider_overloaded'), 0, 0, 0.999999)
    expect(heavy.cooling(target, 0)?.forMs).toBeCloseTo(OVERLOAD_COOLDOWN_MS.most, -1)
    for (let i = 0; i < 20; i += 1) light.failed(target, failure('provider_overloaded'), i, i, 0)
    // Overloads do not count against health: no breaker opens over them.
    expect(light.cooling(target, 20)?.forMs).toBeLessThanOrEqual(OVERLOAD_COOLDOWN_MS.least)
  })

  it('say since when and for how long, for people', () => {
    const book = new HealthBook()
    book.failed(target, failure('provider_rate_limited', { retryAfterMs: 10_000 }), 1_000, 1_000, 0)
    expect(book.coolingTargets(4_000)).toEqual([{ evidenceKey: 'p/m', reason: 'rate_limited', code: 'provider_rate_limited', forMs: 7_000, sinceMs: 3_000, probing: false }])
    expect(book.coolingTargets(11_000)).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { pricesSchema } from '../../core/config-schema.ts'
import { correctionsOf, type StoredAttempt } from '../../core/price-backfill.ts'
import { priceOfEntries } from '../../core/price-entries.ts'
import type { TargetPrice } from '../../core/prices.ts'

const price = (written: unknown): TargetPrice | undefined => priceOfEntries(pricesSchema.parse(written), 'test', Date.parse('2026-11-23'))
const dated = price([{ input: 1, output: 2, cache_write: 3, cache_write_1h: 5, service_tiers: { flex: 0.5 } }, { from: '2026-11-10', input: 10, output: 20 }])
const attempt = (more: Partial<StoredAttempt> = {}): StoredAttempt => ({
  trace_id: 't', span_id: 's', parent_span_id: 'c', started_ns: `${Date.parse('2026-11-01')}000000`, provider: 'p', model: 'm', status: 'Ok', finish_reason: 'stop', error_code: '', service_tier: '',
  input_tokens: 1_000_000, cache_read_tokens: null, cache_write_tokens: null, output_tokens: 0, usage_raw: '', cost_usd: null, cost_source: 'unpriced', ...more,
})
const UNKNOWN = new Set(['unpriced', 'estimated'])
const corrected = (attempts: readonly StoredAttempt[], sources = UNKNOWN, of: TargetPrice | undefined = dated): ReturnType<typeof correctionsOf> => correctionsOf(attempts, sources, () => of)

describe('correctionsOf', () => {
  it('prices an unknown cost as it was at the time of the call', () => {
    expect(corrected([attempt()])).toMatchObject([{ newUsd: 1, deltaUsd: 1, replaces: 'unpriced', callDeltaUsd: 1, callWastedDeltaUsd: 0 }])
    expect(corrected([attempt({ started_ns: `${Date.parse('2026-11-20')}000000` })])).toMatchObject([{ newUsd: 10 }])
  })

  it('prices what has no finish reason by its nature, and what failed after its end', () => {
    expect(corrected([attempt({ finish_reason: '' })])).toMatchObject([{ newUsd: 1 }])
    expect(corrected([attempt({ status: 'Error', error_code: 'schema_violated' })])).toMatchObject([{ newUsd: 1, callWastedDeltaUsd: 1 }])
  })

  it('sums one-hour writes over iterations as the router does', () => {
    const usage_raw = JSON.stringify({ cache_creation: { ephemeral_1h_input_tokens: 30_000 }, iterations: [{ type: 'compaction', cache_creation: { ephemeral_1h_input_tokens: 40_000 } }, { type: 'message', cache_creation: { ephemeral_1h_input_tokens: 30_000 } }] })
    expect(corrected([attempt({ cache_write_tokens: 100_000, usage_raw })])[0]?.newUsd).toBeCloseTo(0.9 + 0.03 * 3 + 0.07 * 5, 12)
  })

  it('uses the served tier and the split of cache writes', () => {
    expect(corrected([attempt({ service_tier: 'flex' })])[0]?.newUsd).toBe(0.5)
    expect(corrected([attempt({ cache_write_tokens: 300_000, usage_raw: JSON.stringify({ cache_creation: { ephemeral_1h_input_tokens: 100_000 } }) })])[0]?.newUsd).toBeCloseTo(0.7 + 0.2 * 3 + 0.1 * 5, 12)
    expect(corrected([attempt({ usage_raw: '{"cut' })])[0]?.newUsd).toBe(1)
  })

  it('leaves alone what is reported, cut, without tokens, without a price, or at a tier without one', () => {
    const untouched = [
      attempt({ cost_source: 'provider', cost_usd: 9 }),
      attempt({ cost_source: 'estimated', cost_usd: 9, status: 'Error' }),
      attempt({ cost_source: 'estimated', cost_usd: 9, finish_reason: '' }),
      attempt({ status: 'Error', error_code: 'provider_stream_cut', finish_reason: '', output_tokens: 1 }),
      attempt({ status: 'Unset', error_code: 'client_closed', finish_reason: '', output_tokens: 1 }),
      attempt({ output_tokens: null }),
      attempt({ service_tier: 'scale' }),
      attempt({ cost_source: 'priced', cost_usd: 9 }),
      attempt({ cost_source: 'estimated', cost_usd: 1 }),
    ]
    expect(untouched.flatMap((one) => corrected([one]))).toEqual([])
    expect(correctionsOf([attempt()], UNKNOWN, () => undefined)).toEqual([])
  })

  it('replaces a price only when told to, and says the difference, downward too', () => {
    expect(corrected([attempt({ cost_source: 'priced', cost_usd: 4 })], new Set([...UNKNOWN, 'priced']))).toMatchObject([{ deltaUsd: -3, replaces: 'priced', callDeltaUsd: -3 }])
  })

  it('knows a call’s cost only when it knows all of its attempts, and puts it on one correction', () => {
    const failed = attempt({ span_id: 'f', status: 'Error', cost_usd: 0.25, cost_source: 'priced' })
    const lost = attempt({ span_id: 'l', output_tokens: null })
    expect(corrected([failed, attempt()])).toMatchObject([{ callDeltaUsd: 1.25, callWastedDeltaUsd: 0 }])
    expect(corrected([lost, attempt()])).toMatchObject([{ newUsd: 1, callDeltaUsd: undefined }])
    const both = corrected([attempt({ span_id: 'e', cost_source: 'estimated', cost_usd: 3 }), attempt({ span_id: 'u' })])
    expect(both.map((one) => [one.attempt.span_id, one.callDeltaUsd])).toEqual([['e', undefined], ['u', 2]])
    const twice = corrected([attempt({ span_id: 'violated', status: 'Error', error_code: 'schema_violated' }), attempt({ span_id: 'answered' })])
    expect(twice.map((one) => [one.attempt.span_id, one.callDeltaUsd, one.callWastedDeltaUsd])).toEqual([['violated', undefined, undefined], ['answered', 2, 1]])
  })

  it('has the same identity for the same correction, and another one for another', () => {
    const [a] = corrected([attempt()])
    expect(a?.id).toMatch(/^[0-9a-f]{16}$/)
    expect(corrected([attempt()])[0]?.id).toBe(a?.id)
    expect(corrected([attempt()], UNKNOWN, price({ input: 2, output: 2 }))[0]?.id).not.toBe(a?.id)
    expect(corrected([attempt({ span_id: 'x' })])[0]?.id).not.toBe(a?.id)
  })
})

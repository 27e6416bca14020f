// A night on simulated targets, whose true labels are known: the short form of bench/nightly-cells.ts. Seeded, so that a pass stays one.
import { describe, expect, it } from 'vitest'
import { oneNight } from '../../../bench/nightly/one-night.ts'

describe('a night on simulated targets', () => {
  it('counts what was truly answered, and rates that forty labels correct bracket the ones the models are made with', async () => {
    const night = await oneNight({ seed: 2, limit: 60, labels: 40 })
    // Every trial asked once, and every answer in the report.
    expect({ known: night.known, given: night.given }).toEqual({ known: night.trials, given: night.trials })
    expect(night.exact.trials).toBeGreaterThan(200)
    expect(night.exact.right).toBe(night.exact.trials)
    expect(night.tallies.reported).toEqual(night.tallies.simulated)
    const inside = night.cells.filter(({ low, high, truth }) => low !== undefined && high !== undefined && low <= truth && truth <= high)
    expect(night.cells.length).toBeGreaterThan(12)
    expect(inside.length).toBeGreaterThanOrEqual(night.cells.length - 2)
    // The uncorrected false pushback is far off: the correction must be what does it.
    expect(night.cells.filter(({ rate, raw, truth }) => rate === 'false_pushback' && (raw.low ?? 0) <= truth).length).toBeLessThan(4)
  }, 120_000)
})

// Asking a window from its end on: its parts cover it exactly once, and no more of them are asked than it takes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newestOf, partsBackwards, type Part } from '../../store/search/newest.ts'

const HOUR_MS = 3_600_000

describe('the newest rows of a window', () => {
  it('are asked for in parts without gap or overlap, the newest first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000_000_000 }), fc.integer({ min: 1, max: 400 * 24 * HOUR_MS }), (from, length) => {
        const parts = [...partsBackwards(new Date(from), new Date(from + length))]
        expect(parts[0]?.to.getTime()).toBe(from + length)
        expect(parts.at(-1)?.from.getTime()).toBe(from)
        for (const [n, part] of parts.entries()) {
          expect(part.from.getTime()).toBeLessThan(part.to.getTime())
          if (n > 0) expect(part.to).toEqual(parts[n - 1]?.from)
        }
        expect(parts.length).toBeLessThanOrEqual(4)
      }),
    )
    expect([...partsBackwards(new Date(5), new Date(5))]).toEqual([])
  })

  it('are those of one reading of the whole, and long parts are left alone once there are enough', async () => {
    const [from, to] = [0, 256 * HOUR_MS]
    // One row an hour, told apart by its time.
    const rows = Array.from({ length: 256 }, (_, hour) => hour * HOUR_MS).toReversed()
    const asked: (Part & { readonly limit: number })[] = []
    const ask = (part: Part, limit: number): Promise<number[]> => {
      asked.push({ ...part, limit })
      return Promise.resolve(rows.filter((at) => at >= part.from.getTime() && at < part.to.getTime()).slice(0, limit))
    }
    for (const [limit, questions] of [[1, 1], [5, 2], [100, 4], [300, 4]] as const) {
      asked.length = 0
      expect(await newestOf(new Date(from), new Date(to), limit, ask)).toEqual(rows.slice(0, limit))
      expect(asked.map((part) => part.limit)).toEqual([limit, limit - 1, limit - 9, limit - 73].slice(0, questions))
    }
  })
})

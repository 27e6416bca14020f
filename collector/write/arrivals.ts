// Requests decoded at receipt, held in the order of the write-ahead log until the writer comes to them, so that the usual request
// is decoded once and never read back from disk. Bounded: what does not fit is read from the log. Never the only copy of anything.
import type { Position } from '../../store/log/frame.ts'
import type { EncodedRows } from '../decode/encoded-rows.ts'

/** A request between two positions of the log. */
export type Arrival = { readonly start: Position; readonly position: Position; readonly rows: readonly EncodedRows[]; readonly items: number }

export interface Arrivals {
  /** Takes a request; positions must ascend. Left out when there is no room. */
  put(arrival: Arrival): void
  /** Hands over the request that begins right at a position; `undefined` when it was not kept. */
  takeAt(start: Position): Arrival | undefined
  /** Whether it would hand one over. */
  beginsAt(start: Position): boolean
  /** Forgets everything up to a position. */
  forget(upTo: Position): void
}

function weight({ rows }: Arrival): number {
  return rows.reduce((sum, { bytes, ends }) => sum + bytes.length + ends.length * 16, 256)
}

/** Holds about so many bytes. */
export function holdArrivals(mostBytes: number): Arrivals {
  let held: Arrival[] = []
  let first = 0
  let bytes = 0
  const drop = (): Arrival | undefined => {
    const arrival = held[first]
    if (arrival === undefined) return undefined
    first += 1
    bytes -= weight(arrival)
    // The array is cut now and then instead of shifted each time.
    if (first > 1_024 && first * 2 > held.length) {
      held = held.slice(first)
      first = 0
    }
    return arrival
  }
  const forget = (upTo: Position): void => {
    while ((held[first]?.position ?? Infinity) <= upTo) drop()
  }
  return {
    put(arrival) {
      const size = weight(arrival)
      if (bytes + size > mostBytes) return
      bytes += size
      held.push(arrival)
    },
    takeAt(start) {
      forget(start)
      return held[first]?.start === start ? drop() : undefined
    },
    beginsAt: (start) => held[first]?.start === start,
    forget,
  }
}

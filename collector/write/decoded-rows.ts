// Rows decoded at receipt, held until the writer comes to them, so that the usual request is decoded once. Bounded: what does
// not fit is decoded again out of the write-ahead log. Never the only copy of anything.
import type { Position } from '../../store/log/frame.ts'
import type { Item } from '../decode/decode-request.ts'

export interface DecodedRows {
  put(position: Position, items: readonly Item[]): void
  /** Hands the rows of a position over; `undefined` when they were not kept. */
  take(position: Position): readonly Item[] | undefined
  /** Forgets everything up to a position. */
  forget(upTo: Position): void
}

/** Holds at most so many rows. */
export function holdDecodedRows(mostRows: number): DecodedRows {
  const held = new Map<Position, readonly Item[]>()
  let rows = 0
  let passed: Position = -1
  const take = (position: Position): readonly Item[] | undefined => {
    const items = held.get(position)
    if (items === undefined) return undefined
    held.delete(position)
    rows -= items.length
    return items
  }
  return {
    put(position, items) {
      if (position <= passed || rows + items.length > mostRows) return
      rows += items.length
      held.set(position, items)
    },
    take,
    forget(upTo) {
      passed = Math.max(passed, upTo)
      for (const position of [...held.keys()]) if (position <= upTo) take(position)
    },
  }
}

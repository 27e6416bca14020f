// The newest rows of a long window without reading all of it: its end is asked first, then ever longer parts before it, until there
// are enough. Rows lie by day, task and target, so that "the newest hundred" alone would read every one of them.

/** A half-open part [from, to) of a window. */
export type Part = { readonly from: Date; readonly to: Date }

/** The first part is this share of the window, and each further one longer by this factor. */
const FIRST_SHARE = 1 / 256
const GROWTH = 8
/** Shorter parts are not worth a question, in milliseconds. */
const SHORTEST_MS = 15 * 60_000

/** The parts of [from, to) from its end on, without gap or overlap. */
export function* partsBackwards(from: Date, to: Date): Generator<Part, void, void> {
  const whole = to.getTime() - from.getTime()
  let length = Math.max(SHORTEST_MS, Math.ceil(whole * FIRST_SHARE))
  for (let end = to.getTime(); end > from.getTime(); length *= GROWTH) {
    const start = Math.max(from.getTime(), end - length)
    yield { from: new Date(start), to: new Date(end) }
    end = start
  }
}

/** At most `limit` rows of [from, to), newest first. `ask` answers at most so many rows of a part, newest first. */
export async function newestOf<T>(from: Date, to: Date, limit: number, ask: (part: Part, limit: number) => Promise<readonly T[]>): Promise<T[]> {
  const rows: T[] = []
  for (const part of partsBackwards(from, to)) {
    rows.push(...(await ask(part, limit - rows.length)))
    if (rows.length >= limit) break
  }
  return rows
}

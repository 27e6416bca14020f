// Names a mistyped or shortened one may have meant. Pure.

/** A name longer than this is no typing error, and comparing it would cost its length times every known one's. */
const LONGEST_ASKED = 256
/** Fewer characters than this begin too many names. */
const SHORTEST_BEGINNING = 3
const MOST_NAMES = 3

/**
 * Up to three known names, likeliest first: those that the asked one begins (`kimi-k2.6` → kimi-k2.6-sim, with or without what
 * stands before a `:` or `/`), then those within a third of its length in edits (at least two) or that begin it
 * (`gpt-5.4-2026-03-05` → gpt-5.4), nearest first.
 */
export function nearestNames(asked: string, known: Iterable<string>): string[] {
  if (asked.length > LONGEST_ASKED) return []
  const limit = Math.max(2, Math.ceil(asked.length / 3))
  const wanted = asked.toLowerCase()
  return [...new Set(known)]
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()), isBegun: isBegunBy(wanted, name.toLowerCase()) }))
    .filter(({ name, distance, isBegun }) => isBegun || (asked !== '' && distance <= limit) || begins(name.toLowerCase(), wanted))
    .sort((a, b) => Number(b.isBegun) - Number(a.isBegun) || a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_NAMES)
    .map((candidate) => candidate.name)
}

/** Whether a known name goes on where the asked one ends, qualifiers (`task:`, `openai/`) of either left aside. */
function isBegunBy(wanted: string, name: string): boolean {
  return [wanted, bare(wanted)].some((beginning) => beginning.length >= SHORTEST_BEGINNING && (name.startsWith(beginning) || bare(name).startsWith(beginning)))
}

/** Whether a known name is the asked one up to a separator. */
function begins(name: string, wanted: string): boolean {
  return name.length >= SHORTEST_BEGINNING && wanted.startsWith(name) && /[-_.:@/]/.test(wanted.charAt(name.length))
}

/** What stands after the last `:` or `/`. */
function bare(name: string): string {
  return name.slice(Math.max(name.lastIndexOf(':'), name.lastIndexOf('/')) + 1)
}

/** Edits between two names in UTF-16 units; two neighbours exchanged count as one (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity
      row.push(Math.min(substituted, exchanged, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? 0
}

// Names a mistyped one may have meant. Pure.

/** A name longer than this is no typing error, and comparing it would cost its length times every known one's. */
const LONGEST_ASKED = 256

/** Up to three known names within a third of the asked name's length in edits (at least two), nearest first. */
export function nearestNames(asked: string, known: Iterable<string>): string[] {
  if (asked.length > LONGEST_ASKED) return []
  const limit = Math.max(2, Math.ceil(asked.length / 3))
  const wanted = asked.toLowerCase()
  return [...new Set(known)]
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }))
    .filter((candidate) => candidate.distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map((candidate) => candidate.name)
}

/** Levenshtein distance in UTF-16 units (single row of the Wagner–Fischer table). */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}

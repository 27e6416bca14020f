// Moments and lengths of time for people.

/** A moment as `2026-03-01 18:00:05 UTC`. */
export function moment(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** A length of time in its two largest units: `45 s`, `12 min 5 s`, `2 h`, `3 d 4 h`; `–` when unknown. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–'
  const seconds = Math.round(ms / 1000)
  const units: [number, string][] = [[Math.floor(seconds / 86_400), 'd'], [Math.floor(seconds / 3_600) % 24, 'h'], [Math.floor(seconds / 60) % 60, 'min'], [seconds % 60, 's']]
  const first = units.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  return units.slice(first, first + 2).flatMap(([count, unit]) => (count > 0 ? [`${count} ${unit}`] : [])).join(' ')
}

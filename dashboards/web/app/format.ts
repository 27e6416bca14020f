// Numbers as people read them: dollars, times, tokens, rates. In: a number or nothing. Out: text; unknown is a dash.

export const UNKNOWN = '–'

/** Dollars with as many digits as matter: cents from a dollar on, three significant digits below. */
export function usd(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN
  if (value === 0) return '$0'
  const size = Math.abs(value)
  const sign = value < 0 ? '−' : ''
  if (size >= 10_000) return `${sign}$${Math.round(size).toLocaleString('en-US')}`
  if (size >= 1) return `${sign}$${size.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
  if (size < 0.000_001) return `${sign}<$0.000001`
  const digits = Math.min(6, Math.max(2, 2 - Math.floor(Math.log10(size))))
  return `${sign}$${size.toFixed(digits)}`
}

/** Dollars a person chose or an axis marks: no trailing zeros. */
export function usdPlain(value: number): string {
  return usd(value).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
}

/** A whole number with separators. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : Math.round(value).toLocaleString('en-US')
}

/** A large count in few characters: 950, 12.3k, 4.8M. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN
  if (value < 1_000) return String(Math.round(value))
  if (value < 1_000_000) return `${(value / 1_000).toFixed(value < 100_000 ? 1 : 0)}k`
  return `${(value / 1_000_000).toFixed(1)}M`
}

/** Milliseconds as ms, s or min. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

/** A share 0..1 as per cent; small ones keep a digit. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return UNKNOWN
  const value = share * 100
  if (value !== 0 && value < 0.1) return '<0.1%'
  // Nearly all is not all.
  if (value < 100 && value >= 99.5) return '>99%'
  return `${value < 10 ? value.toFixed(1).replace('.0', '') : Math.round(value)}%`
}

/** A share with its interval, in whole per cent: `65% (50–78)`. */
export function percentInterval(interval: { value: number; low: number; high: number } | null | undefined): string {
  if (interval === null || interval === undefined) return UNKNOWN
  return `${percent(interval.value)} (${Math.round(interval.low * 100)}–${Math.round(interval.high * 100)})`
}

/** Dollars with their interval. */
export function usdInterval(interval: { value: number; low: number; high: number } | null | undefined): string {
  if (interval === null || interval === undefined) return UNKNOWN
  return `${usd(interval.value)} (${usd(interval.low)} to ${usd(interval.high)})`
}

/** Clock time of today, with the date before it on other days; local time. */
export function moment(ms: number, nowMs: number): string {
  const at = new Date(ms)
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  return new Date(nowMs).toDateString() === at.toDateString() ? time : `${day(ms)} ${time.slice(0, 5)}`
}

/** Day and month, e.g. `23 Nov`. */
export function day(ms: number): string {
  return new Date(ms).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
}

/** How long ago, in one unit. */
export function ago(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000))
  if (s < 60) return `${s} s ago`
  if (s < 3_600) return `${Math.floor(s / 60)} min ago`
  if (s < 172_800) return `${Math.floor(s / 3_600)} h ago`
  return `${Math.floor(s / 86_400)} d ago`
}

/** `provider_rate_limited` → `rate limited`: the code stays visible elsewhere, this is for reading. */
export function spoken(code: string): string {
  return code.replace(/^provider_/, '').replaceAll('_', ' ')
}

/** A change against before, with its sign, in per cent; `undefined` where there is nothing to compare with. */
export function change(now: number | null, before: number | null | undefined): string | undefined {
  if (now === null || before === null || before === undefined || before === 0) return undefined
  const share = now / before - 1
  if (Math.abs(share) < 0.005) return 'as before'
  const size = Math.abs(share) >= 9.995 ? `${(now / before).toFixed(0)}×` : `${Math.round(Math.abs(share) * 100)}%`
  return Math.abs(share) >= 9.995 ? `${size} as much as before` : `${size} ${share > 0 ? 'more' : 'less'} than before`
}

/** How long something still takes, in one unit. */
export function left(ms: number): string {
  return ago(ms).replace(' ago', '')
}

/** `1 call`, `2 calls`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

// A prompt or an answer as JSON of bounded size: redacted, uploaded files left out, long texts cut, and still valid JSON. Pure.
import type { Redact } from './redact.ts'

export type Shrunk = { readonly body: string; /** UTF-8 bytes it had before it was cut. */ readonly wholeBytes: number; readonly isCut: boolean }

/** Members that hold files as text: nobody reads them, and they are most of what is large. */
const FILE_MEMBERS: ReadonlySet<string> = new Set(['base64'])
/** Shortest texts are not cut any further; below it whole members go. */
const LEAST_CHARS = 64

/** JSON of a value in at most `maxBytes` bytes of UTF-8. */
export function shrink(value: unknown, maxBytes: number, redact: Redact): Shrunk {
  const clean = mapTexts(value, (text, member) => (FILE_MEMBERS.has(member) ? `[${text.length} characters of a file]` : redact(text)))
  const whole = JSON.stringify(clean)
  const wholeBytes = Buffer.byteLength(whole)
  if (wholeBytes <= maxBytes) return { body: whole, wholeBytes, isCut: false }
  for (let chars = Math.max(LEAST_CHARS, Math.floor(maxBytes / 2)); chars >= LEAST_CHARS; chars = Math.floor(chars / 2)) {
    const body = JSON.stringify(mapTexts(clean, (text) => (text.length <= chars ? text : `${text.slice(0, chars).toWellFormed()}…[${text.length - chars} more characters]`)))
    if (Buffer.byteLength(body) <= maxBytes) return { body, wholeBytes, isCut: true }
  }
  // Thousands of short texts: the newest messages say most.
  return { body: newest(clean, maxBytes), wholeBytes, isCut: true }
}

/** Drops the oldest members of its longest list until the rest fits. */
function newest(value: unknown, maxBytes: number): string {
  const cut = mapTexts(value, (text) => text.slice(0, LEAST_CHARS).toWellFormed())
  const holder = typeof cut === 'object' && cut !== null && !Array.isArray(cut) ? (cut as Record<string, unknown>) : {} // any such object may be indexed by name
  const lists = Object.entries(holder).flatMap(([name, member]) => (Array.isArray(member) ? [{ name, members: member as readonly unknown[] }] : [])) // its members are looked at by nobody
  const longest = lists.toSorted((a, b) => b.members.length - a.members.length)[0]
  if (longest === undefined) return JSON.stringify({ cut: true })
  for (let kept = longest.members.length >> 1; kept > 0; kept >>= 1) {
    const body = JSON.stringify({ [longest.name]: longest.members.slice(-kept), left_out: longest.members.length - kept })
    if (Buffer.byteLength(body) <= maxBytes) return body
  }
  return JSON.stringify({ left_out: longest.members.length })
}

/** The same value with every text through a function that is told the member it stands in. */
function mapTexts(value: unknown, change: (text: string, member: string) => string, member = ''): unknown {
  if (typeof value === 'string') return change(value, member)
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change, member))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, change, name)]))
}

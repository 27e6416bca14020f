// Takes out of a text what names a person or opens a door: addresses, numbers, secrets, and whatever patterns the operator adds.
// Comes in: text. Goes out: the text with marks, and how many of each. What it cannot know (a person's name) is the review's business.
import { RE2JS } from 're2js'
import { WeighbridgeError } from '../../core/errors.ts'

export type Redacted = { readonly text: string; /** Kind → how often. */ readonly found: Readonly<Record<string, number>> }
export type Redactor = (text: string) => Redacted

type Rule = { readonly kind: string; readonly pattern: RegExp; readonly holds?: (match: string) => boolean }

// Each pattern is linear in the text: no nested repetition, every one bounded. Order matters: what holds others comes first.
const RULES: readonly Rule[] = [
  { kind: 'private_key', pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{1,8192}?-----END [A-Z ]{0,40}PRIVATE KEY-----/g },
  { kind: 'token', pattern: /\beyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{5,2000}/g },
  { kind: 'secret', pattern: /\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]{2,20}[-_])?[A-Za-z0-9_-]{16,200}|\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_[A-Za-z0-9_]{20,255}|\bAKIA[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{30,60}|\bxox[abprs]-[A-Za-z0-9-]{10,200}|\bglpat-[A-Za-z0-9_-]{15,60}|\bhf_[A-Za-z0-9]{20,80}/g },
  { kind: 'secret', pattern: /\b(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?token|authorization|bearer)\b["']?\s{0,4}[:=]\s{0,4}["']?(?:Bearer\s{1,4})?[^\s"',;]{6,200}/gi },
  { kind: 'credentials', pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{1,100}:[^\s@/]{1,200}@/gi },
  { kind: 'email', pattern: /\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}\b/g },
  { kind: 'iban', pattern: /\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b/g, holds: isIban },
  { kind: 'card', pattern: /\b\d(?:[ -]?\d){12,18}\b/g, holds: isCard },
  { kind: 'social_security', pattern: /\b\d{3}-\d{2}-\d{4}\b/g },
  { kind: 'ip', pattern: /\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b/g, holds: (match) => !/^(?:127|0)\./.test(match) },
  { kind: 'ip', pattern: /\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b/gi },
  { kind: 'phone', pattern: /(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,4}){2,4}(?![\w.])/g, holds: isPhone },
]

/** A redactor with the operator's own patterns (RE2) after ours. Throws `config_invalid` for one that RE2 does not take. */
export function redactor(patterns: readonly string[]): Redactor {
  const own = patterns.map((pattern) => {
    try {
      return RE2JS.compile(pattern)
    } catch (cause) {
      throw new WeighbridgeError('config_invalid', `evals.redact: ${JSON.stringify(pattern.slice(0, 80))} is no pattern of RE2: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  })
  return (text) => {
    const found: Record<string, number> = {}
    const mark = (kind: string): string => {
      found[kind] = (found[kind] ?? 0) + 1
      return `[${kind}]`
    }
    let rest = text
    for (const { kind, pattern, holds } of RULES) rest = rest.replace(pattern, (match) => (holds === undefined || holds(match) ? mark(kind) : match))
    for (const pattern of own) {
      const matcher = pattern.matcher(rest)
      let out = ''
      let at = 0
      while (matcher.find()) {
        // An empty match takes nothing out.
        if (matcher.end() === matcher.start()) continue
        out += rest.slice(at, matcher.start()) + mark('redacted')
        at = matcher.end()
      }
      rest = out + rest.slice(at)
    }
    return { text: rest, found }
  }
}

/** Luhn's check digit (ISO/IEC 7812-1), so that order numbers stay. */
function isCard(match: string): boolean {
  const digits = match.replace(/\D/g, '')
  let sum = 0
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at])
    const value = at % 2 === 1 ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return digits.length >= 13 && digits.length <= 19 && sum % 10 === 0
}

/** ISO 13616: the rearranged digits leave 1 when divided by 97. */
function isIban(match: string): boolean {
  const bare = match.replace(/ /g, '')
  if (bare.length < 15 || bare.length > 34) return false
  let rest = 0
  for (const char of bare.slice(4) + bare.slice(0, 4)) {
    const value = /\d/.test(char) ? char : String(char.charCodeAt(0) - 55)
    for (const digit of value) rest = (rest * 10 + Number(digit)) % 97
  }
  return rest === 1
}

/** Grouped digits of a phone's length that are no date, version or amount. */
function isPhone(match: string): boolean {
  const digits = match.replace(/\D/g, '').length
  if (digits < 8 || digits > 15) return false
  return !/^\d{4}[ .-]\d{2}[ .-]\d{2}$|^\d{1,2}[ .-]\d{1,2}[ .-]\d{4}$/.test(match.trim())
}

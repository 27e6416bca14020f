// Blots out what must not be kept, in every text of a value: named kinds and an operator's own patterns. It errs on the side of
// blotting out too much. Pure.
import { REDACTIONS, type ConfigFile } from '../../core/config-schema.ts'

type Redaction = { readonly pattern: RegExp; readonly replace: string; readonly confirm?: (found: string) => boolean }

/** Luhn's check (ISO/IEC 7812-1, annex B). */
function isCardNumber(found: string): boolean {
  const digits = found.replaceAll(/\D/g, '')
  if (digits.length < 13 || digits.length > 19) return false
  const sum = [...digits].toReversed().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

/** Every pattern is linear: no nested or adjacent repetitions of the same characters, so that no text makes it slow. */
const NAMED: Readonly<Record<(typeof REDACTIONS)[number], readonly Redaction[]>> = {
  secrets: [
    // Up to its end, or to where the next one begins: a text of beginnings without an end would else be read sixteen thousand characters far for each.
    { pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----BEGIN )[\s\S]){0,16384}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|(?=-----BEGIN )|$)/g, replace: '[private key]' },
    { pattern: /\b(?:sk|pk|rk|wb|xoxb|xoxp|ghp|gho|ghs|github_pat|glpat|hf|AIza|AKIA|ASIA)[-_]?[A-Za-z0-9_-]{16,}/g, replace: '[secret]' },
    { pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, replace: '[token]' },
    { pattern: /\b(bearer|basic)\s{1,4}[A-Za-z0-9._~+/=-]{16,}/gi, replace: '$1 [secret]' },
    { pattern: /\b(api[_-]?key|secret|token|passw(?:or)?d|passphrase)(["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"',;]{6,}/gi, replace: '$1$2[secret]' },
    { pattern: /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,128}:)[^\s/@]{1,256}@/gi, replace: '$1[secret]@' },
  ],
  emails: [{ pattern: /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g, replace: '[email]' }],
  phones: [{ pattern: /(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,4}){2,4}(?![\w.])/g, replace: '[phone]', confirm: (found) => found.replaceAll(/\D/g, '').length >= 8 }],
  cards: [{ pattern: /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g, replace: '[card]', confirm: isCardNumber }],
  ibans: [{ pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/g, replace: '[iban]' }],
  ips: [
    { pattern: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/g, replace: '[ip]' },
    { pattern: /(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4}(?![\w:])/g, replace: '[ip]' },
  ],
}

/** The most exact first: much that is something else looks like a phone number too. */
const ORDER: readonly (typeof REDACTIONS)[number][] = ['secrets', 'emails', 'ibans', 'cards', 'ips', 'phones']

export type Redact = (text: string) => string

/** What `capture.redact` asks for as one function. Patterns were checked when the configuration loaded. */
export function redaction(settings: ConfigFile['capture']['redact']): Redact {
  const own = settings.flatMap((entry): Redaction[] => (typeof entry === 'string' ? [] : [{ pattern: new RegExp(entry.pattern, 'gu'), replace: entry.replace }]))
  const all = [...own, ...ORDER.flatMap((name) => (settings.includes(name) ? NAMED[name] : []))]
  return (text) => {
    let left = text
    for (const { pattern, replace, confirm } of all) left = confirm === undefined ? left.replaceAll(pattern, replace) : left.replaceAll(pattern, (found) => (confirm(found) ? replace : found))
    return left
  }
}

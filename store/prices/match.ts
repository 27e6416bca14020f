// Which model a name means, by the matching rules of the genai-prices data format. Pure. Rules come from outside (a price
// file), so they are bounded and their regular expressions are checked before use.
import { z } from 'zod'
import { isSafeRegex } from '../../core/safe-regex.ts'

/** Longest name that is matched at all. */
const LONGEST_NAME = 512
const text = z.string().max(512)

export type MatchLogic =
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }
  | { readonly or: readonly MatchLogic[] }
  | { readonly and: readonly MatchLogic[] }

/** The schema of a rule. */
export const matchLogic: z.ZodType<MatchLogic> = z.lazy(() =>
  z.union([
    z.object({ equals: text }),
    z.object({ starts_with: text }),
    z.object({ ends_with: text }),
    z.object({ contains: text }),
    z.object({ regex: text.refine(isSafeRegex, 'is no regular expression, or one whose matching could take for ever') }),
    z.object({ or: z.array(matchLogic).max(256) }),
    z.object({ and: z.array(matchLogic).max(256) }),
  ]),
)

/** Whether a model name fits a rule; letters match in either case. */
export function matches(rule: MatchLogic, name: string): boolean {
  if (name.length > LONGEST_NAME) return false
  if ('or' in rule) return rule.or.some((part) => matches(part, name))
  if ('and' in rule) return rule.and.every((part) => matches(part, name))
  if ('regex' in rule) return new RegExp(rule.regex).test(name)
  const lower = name.toLowerCase()
  if ('equals' in rule) return lower === rule.equals.toLowerCase()
  if ('starts_with' in rule) return lower.startsWith(rule.starts_with.toLowerCase())
  if ('ends_with' in rule) return lower.endsWith(rule.ends_with.toLowerCase())
  return lower.includes(rule.contains.toLowerCase())
}

/** A name whose dates are written apart (`-20260305` → `-2026-03-05`), as some providers and some data sets write them. */
export function withDashedDates(name: string): string {
  return name.replace(/-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g, '-$1-$2-$3')
}

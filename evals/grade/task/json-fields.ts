// An extracted value beside the expected one, leaf by leaf: how many places are right, and which are not. Pure. What counts as
// equal is documented in docs/suites.md; it must not guess types: "12" is not 12.
import type { FieldRule } from '../../probes/task-probe.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
/** Leaves compared, and the paths of those that are wrong, missing or not asked for. */
export type FieldMatch = { readonly right: number; readonly total: number; readonly wrong: readonly string[] }
export type FieldRules = Readonly<Record<string, FieldRule>>

const MOST_LEVELS = 64

/** Compares. `rules` are keyed by path as in `task-probe.ts`; places without a rule compare texts as `text`, the rest exactly. */
export function compareFields(expected: Json, given: unknown, rules: FieldRules = {}): FieldMatch {
  return compare(expected, given, '', rules, 0)
}

function compare(expected: Json, given: unknown, path: string, rules: FieldRules, level: number): FieldMatch {
  const rule = rules[path === '' ? '$' : path]
  if (rule?.compare === 'ignore') return NOTHING
  if (level > MOST_LEVELS) return miss(path)
  if (isList(expected)) return arrays(expected, given, path, rules, level, rule?.compare === 'set')
  if (isObject(expected)) return objects(expected, given, path, rules, level)
  return sameLeaf(expected, given, rule) ? { right: 1, total: 1, wrong: [] } : miss(path)
}

function objects(expected: Readonly<Record<string, Json>>, given: unknown, path: string, rules: FieldRules, level: number): FieldMatch {
  const other = isObject(given) ? given : {}
  // An absent member and null both say "not stated", on either side.
  const parts = Object.entries(expected).map(([name, value]) => compare(value, Object.hasOwn(other, name) ? other[name] : null, below(path, name), rules, level + 1))
  const extra = Object.entries(other).filter(([name, value]) => !Object.hasOwn(expected, name) && value !== null && rules[below(path, name)]?.compare !== 'ignore')
  return sum([...parts, ...extra.map(([name, value]) => surplus(value, below(path, name)))], path, Object.keys(expected).length === 0 && !isObject(given))
}

function arrays(expected: readonly Json[], given: unknown, path: string, rules: FieldRules, level: number, anyOrder: boolean): FieldMatch {
  const other: readonly unknown[] = isList(given) ? given : []
  const item = `${path}[]`
  const { taken, extra } = anyOrder ? matched(expected, other, item, rules, level) : { taken: other, extra: other.slice(expected.length) }
  const parts = expected.map((value, at) => compare(value, taken[at], item, rules, level + 1))
  return sum([...parts, ...extra.map((value) => surplus(value, item))], path, expected.length === 0 && !isList(given) && given !== null && given !== undefined)
}

/** The given items in the order of the expected ones they fit best, each used once, and those that are left over. */
function matched(expected: readonly Json[], given: readonly unknown[], path: string, rules: FieldRules, level: number): { taken: readonly unknown[]; extra: readonly unknown[] } {
  const pairs = expected.flatMap((value, at) =>
    given.map((candidate, of) => {
      const { right, total } = compare(value, candidate, path, rules, level + 1)
      return { at, of, share: total === 0 ? 1 : right / total }
    }),
  )
  const taken: unknown[] = expected.map(() => undefined)
  const open = new Set(expected.keys())
  const free = new Set(given.keys())
  const take = (at: number, of: number): void => {
    taken[at] = given[of]
    open.delete(at)
    free.delete(of)
  }
  for (const { at, of, share } of pairs.sort((a, b) => b.share - a.share)) if (share > 0 && open.has(at) && free.has(of)) take(at, of)
  // Items that fit nothing still stand for one of the expected ones, wrong as they are, before they count as surplus.
  for (const at of [...open]) {
    const [of] = free
    if (of !== undefined) take(at, of)
  }
  return { taken, extra: [...free].map((of) => given[of]) }
}

function sameLeaf(expected: null | boolean | number | string, given: unknown, rule: FieldRule | undefined): boolean {
  if (expected === null) return given === null || given === undefined
  if (typeof expected === 'number') return typeof given === 'number' && Math.abs(given - expected) <= (rule?.tolerance ?? 1e-9 * Math.max(1, Math.abs(expected)))
  if (typeof expected !== 'string') return given === expected
  if (typeof given !== 'string') return false
  return rule?.compare === 'exact' ? given === expected : plain(given) === plain(expected)
}

/** A text without case, with single blanks, straight quotes and plain dashes. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[‘’‚′]/g, "'")
    .replace(/[“”„″«»]/g, '"')
    .replace(/[‐‑‒–—―−]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
}

const NOTHING: FieldMatch = { right: 0, total: 0, wrong: [] }
const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
const miss = (path: string): FieldMatch => ({ right: 0, total: 1, wrong: [path === '' ? '(value)' : path] })

/** Leaves that nobody asked for, each of them wrong; an empty object or array counts once. */
function surplus(value: unknown, path: string): FieldMatch {
  const inner = isList(value) ? value : isObject(value) ? Object.values(value) : undefined
  if (inner === undefined || inner.length === 0) return { right: 0, total: 1, wrong: [`${path} (not expected)`] }
  return { right: 0, total: inner.map((one) => surplus(one, path).total).reduce((a, b) => a + b, 0), wrong: [`${path} (not expected)`] }
}

/** Parts together; an empty structure is one place of its own, right unless `broken`. */
function sum(parts: readonly FieldMatch[], path: string, broken: boolean): FieldMatch {
  if (parts.length === 0) return broken ? miss(path) : { right: 1, total: 1, wrong: [] }
  return { right: parts.reduce((a, part) => a + part.right, 0), total: parts.reduce((a, part) => a + part.total, 0), wrong: parts.flatMap((part) => part.wrong) }
}

/** As Array.isArray, which does not narrow readonly arrays. */
function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

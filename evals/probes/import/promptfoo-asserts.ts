// The assertions of one promptfoo test as one grader, where that is possible without changing their meaning. Pure.
import type { TaskGraderSpec } from '../task-probe.ts'

export type Assertion = { readonly type: string; readonly value: unknown }

/** The grader, or why these assertions cannot be one. */
export function graderOf(asserts: readonly Assertion[]): { readonly spec: TaskGraderSpec } | string {
  if (asserts.length === 0) return 'has no assertion: nothing decides whether an answer is right'
  const families = new Map<string, Assertion[]>()
  for (const one of asserts) {
    const family = FAMILY[one.type]
    if (family === undefined) return `the assertion ${one.type} has no counterpart here`
    families.set(family, [...(families.get(family) ?? []), one])
  }
  const [first, second] = [...families]
  if (first === undefined || second !== undefined) return `mixes ${[...families.keys()].join(' and ')} assertions; one probe has one grader`
  const [family, group] = first
  return family === 'contains' ? containsOf(group) : family === 'rubric' ? rubricOf(group) : single(family, group)
}

const FAMILY: Readonly<Record<string, string>> = {
  equals: 'equals',
  contains: 'contains',
  'contains-all': 'contains',
  'contains-any': 'contains',
  'not-contains': 'contains',
  'not-contains-any': 'contains',
  icontains: 'contains',
  'icontains-all': 'contains',
  'icontains-any': 'contains',
  'not-icontains': 'contains',
  regex: 'regex',
  'is-json': 'json',
  'contains-json': 'json',
  'llm-rubric': 'rubric',
}

function containsOf(group: readonly Assertion[]): { spec: TaskGraderSpec } | string {
  const parts: Record<'all' | 'any' | 'none', string[]> = { all: [], any: [], none: [] }
  for (const { type, value } of group) {
    const texts = textsOf(value)
    if (texts === undefined) return `${type} needs a text or a list of texts`
    const part = type.startsWith('not-') ? 'none' : type.endsWith('-any') ? 'any' : 'all'
    if (part === 'any' && parts.any.length > 0) return 'has two lists of alternatives, which one probe would mix'
    if (!type.includes('-a') && texts.length !== 1) return `${type} needs one text`
    parts[part].push(...texts)
  }
  const given = Object.fromEntries(Object.entries(parts).filter(([, texts]) => texts.length > 0))
  return { spec: { type: 'contains', ...given } }
}

function rubricOf(group: readonly Assertion[]): { spec: TaskGraderSpec } | string {
  const criteria = group.flatMap(({ value }) => (typeof value === 'string' && value.trim() !== '' ? [value.trim()] : []))
  return criteria.length === group.length ? { spec: { type: 'rubric', criteria } } : 'llm-rubric needs a text'
}

function single(family: string, group: readonly Assertion[]): { spec: TaskGraderSpec } | string {
  const [one, another] = group
  if (one === undefined || another !== undefined) return `has two ${one?.type ?? family} assertions; one probe has one`
  const { type, value } = one
  if (family === 'equals') return typeof value === 'string' && value !== '' ? { spec: { type: 'exact', answer: value } } : typeof value === 'number' ? { spec: { type: 'exact', answer: String(value) } } : 'equals needs a text or a number'
  if (family === 'regex') return typeof value === 'string' && value !== '' ? { spec: { type: 'regex', pattern: value } } : 'regex needs a text'
  if (value === undefined) return { spec: { type: 'json_schema', schema: true } }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${type} needs a JSON Schema as its value`
  return { spec: { type: 'json_schema', schema: { ...value } } }
}

/** Assertions that look at case there; our contains does not. */
export const LOOKS_AT_CASE: ReadonlySet<string> = new Set(['contains', 'contains-all', 'contains-any', 'not-contains', 'not-contains-any'])

function textsOf(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  const texts = list.flatMap((one) => (typeof one === 'string' && one !== '' ? [one] : typeof one === 'number' ? [String(one)] : []))
  return texts.length === list.length && texts.length > 0 ? texts : undefined
}

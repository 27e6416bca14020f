// One rule of a person's against one call. `matches` answers only yes or no, for the hot path; `conditionsOf` says of every
// condition whether it holds and what was seen, for `config explain`. Both ask the same tests. Pure.
import type { CompiledRule, Range, Sets, TagPattern } from './compile-rules.ts'
import type { Found, PhraseBook } from './phrase-book.ts'
import type { TaskInput } from './task-input.ts'

/** `seen`: what the call has, in words for a person; may name the rule's phrases, never other text. */
export type Condition = { readonly condition: string; readonly holds: boolean; readonly seen: string }

type Test = { readonly condition: string; readonly holds: (rule: CompiledRule, input: TaskInput, found: Found) => boolean | undefined; readonly seen: (rule: CompiledRule, input: TaskInput, found: Found, book: PhraseBook) => string }

/** Whether all of a rule's conditions hold. */
export function matches(rule: CompiledRule, input: TaskInput, found: Found): boolean {
  for (const test of TESTS) if (test.holds(rule, input, found) === false) return false
  return true
}

/** Every condition the rule has, in the order they are tested. */
export function conditionsOf(rule: CompiledRule, input: TaskInput, found: Found, book: PhraseBook): Condition[] {
  return TESTS.flatMap((test) => {
    const holds = test.holds(rule, input, found)
    return holds === undefined ? [] : [{ condition: test.condition, holds, seen: test.seen(rule, input, found, book) }]
  })
}

// `undefined`: the rule has no such condition. The cheap ones first.
const TESTS: readonly Test[] = [
  {
    condition: 'surfaces',
    holds: (rule, input) => rule.surfaces?.has(input.surface),
    seen: (rule, input) => `came by ${input.surface}; wanted ${[...(rule.surfaces ?? [])].join(' or ')}`,
  },
  { condition: 'schema', holds: (rule, input) => same(rule.schema, input.schema), seen: (rule, input) => `${input.schema ? 'a' : 'no'} schema; wanted ${rule.schema === true ? 'one' : 'none'}` },
  { condition: 'images', holds: (rule, input) => same(rule.images, input.images), seen: (rule, input) => `${input.images ? 'has' : 'no'} images; wanted ${rule.images === true ? 'some' : 'none'}` },
  { condition: 'tools', holds: (rule, input) => within(rule.tools, input.tools), seen: (rule, input) => `${input.tools} tools; wanted ${shown(rule.tools)}` },
  { condition: 'input_tokens', holds: (rule, input) => within(rule.inputTokens, input.inputTokens), seen: (rule, input) => `${input.inputTokens} tokens; wanted ${shown(rule.inputTokens)}` },
  { condition: 'messages', holds: (rule, input) => within(rule.messages, input.messages), seen: (rule, input) => `${input.messages} messages; wanted ${shown(rule.messages)}` },
  {
    condition: 'keys',
    holds: (rule, input) => (rule.keys === undefined ? undefined : input.keyId !== undefined && rule.keys.has(input.keyId)),
    seen: (rule, input) => `${input.keyId === undefined ? 'no key' : `key ${input.keyId}`}; wanted one of ${rule.keys?.size ?? 0}`,
  },
  {
    condition: 'tags',
    holds: (rule, input) => setsHold(rule.tags, (pattern) => input.tags.some((tag) => tagFits(tag, pattern))),
    seen: (rule, input) => setsSeen(rule.tags, (pattern) => input.tags.some((tag) => tagFits(tag, pattern)), (pattern) => (pattern.anyValue ? `${pattern.text}*` : pattern.text)),
  },
  {
    condition: 'system_prompt',
    holds: (rule, input) => rule.systemPrompts?.some((digits) => input.systemPromptHash?.startsWith(digits) === true),
    seen: (rule, input) => `${input.systemPromptHash === undefined ? 'no system prompt' : `system prompt ${input.systemPromptHash.slice(0, 12)}…`}; wanted one of ${rule.systemPrompts?.length ?? 0}`,
  },
  {
    condition: 'phrases',
    holds: (rule, _input, found) => setsHold(rule.phrases, (phrase) => found.has(phrase)),
    seen: (rule, _input, found, book) => setsSeen(rule.phrases, (phrase) => found.has(phrase), (phrase) => `"${book.spellings[phrase] ?? ''}"`),
  },
]

function same(wanted: boolean | undefined, has: boolean): boolean | undefined {
  return wanted === undefined ? undefined : wanted === has
}

function within(range: Range | undefined, value: number): boolean | undefined {
  return range === undefined ? undefined : value >= range.min && value <= range.max
}

function shown(range: Range | undefined): string {
  if (range === undefined) return 'any'
  if (range.max === Infinity) return `${range.min} or more`
  return range.min === range.max ? String(range.min) : `${range.min} to ${range.max}`
}

function tagFits(tag: string, pattern: TagPattern): boolean {
  return pattern.anyValue ? tag.startsWith(pattern.text) : tag === pattern.text
}

function setsHold<Item>(sets: Sets<Item> | undefined, has: (item: Item) => boolean): boolean | undefined {
  if (sets === undefined) return undefined
  return (sets.any === undefined || sets.any.some(has)) && (sets.all === undefined || sets.all.every(has)) && (sets.none === undefined || !sets.none.some(has))
}

/** Most items named in one explanation. */
const MOST_NAMED = 5

function setsSeen<Item>(sets: Sets<Item> | undefined, has: (item: Item) => boolean, name: (item: Item) => string): string {
  const list = (items: readonly Item[]): string => items.slice(0, MOST_NAMED).map(name).join(', ') + (items.length > MOST_NAMED ? ` and ${items.length - MOST_NAMED} more` : '')
  const parts: string[] = []
  if (sets?.any !== undefined) {
    const seen = sets.any.filter(has)
    parts.push(seen.length === 0 ? `none of any: ${list(sets.any)}` : `found ${list(seen)}`)
  }
  if (sets?.all !== undefined) {
    const missing = sets.all.filter((item) => !has(item))
    parts.push(missing.length === 0 ? `all of ${list(sets.all)}` : `missing ${list(missing)}`)
  }
  if (sets?.none !== undefined) {
    const seen = sets.none.filter(has)
    parts.push(seen.length === 0 ? `none of ${list(sets.none)}, as wanted` : `found ${list(seen)}, not wanted`)
  }
  return parts.join('; ')
}

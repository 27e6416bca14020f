// Rules as configured → rules that can be run on every call: phrases in one book, sets as sets, in the order they are tried.
// Done when a configuration is loaded; never on the hot path.
import { makeAlphabet, type Alphabet } from './alphabet.ts'
import { BUILT_IN_LABELS, type BuiltInLabel } from './built-in/cue.ts'
import { builtInCues, type BuiltInCues } from './built-in/score.ts'
import { THRESHOLDS } from './built-in/thresholds.ts'
import { PhraseBookBuilder, type PhraseBook } from './phrase-book.ts'
import type { ClassifySettings, TaskRule } from '../../../core/task-rules.ts'

/** Any, all, none of the items; `undefined`: no such condition. */
export type Sets<Item> = { readonly any: readonly Item[] | undefined; readonly all: readonly Item[] | undefined; readonly none: readonly Item[] | undefined }
export type Range = { readonly min: number; readonly max: number }
/** A tag to compare whole, or `key=` of any value. */
export type TagPattern = { readonly text: string; readonly anyValue: boolean }

/** One rule of a person's; conditions that are not given are `undefined`. Phrases are numbers in the book. */
export type CompiledRule = {
  readonly task: string
  readonly name: string
  readonly priority: number
  readonly confidence: number
  readonly phrases: Sets<number> | undefined
  readonly schema: boolean | undefined
  readonly tools: Range | undefined
  readonly images: boolean | undefined
  readonly inputTokens: Range | undefined
  readonly messages: Range | undefined
  readonly systemPrompts: readonly string[] | undefined
  readonly keys: ReadonlySet<string> | undefined
  readonly tags: Sets<TagPattern> | undefined
  readonly surfaces: ReadonlySet<string> | undefined
}

/** Everything that `classifyTask` needs besides the call. */
export type CompiledRules = {
  /** Rules of people, in the order they are tried; those of priority below 0 are tried when the built-in ones abstain. */
  readonly before: readonly CompiledRule[]
  readonly after: readonly CompiledRule[]
  readonly builtIn: BuiltInCues | undefined
  /** Built-in tasks that the configuration has, each with the probability it needs. */
  readonly thresholds: ReadonlyMap<BuiltInLabel, number>
  /** Confidence that a person's rule needs. */
  readonly ruleThreshold: number
  readonly book: PhraseBook
  /** Whether some rule looks at the system prompt; otherwise its hash need not be made. */
  readonly readsSystemPrompt: boolean
}

/** Confidence that a person's rule needs where `classify.threshold` is not set. */
const RULE_THRESHOLD = 0.5

/**
 * `tasks`: every task of the configuration with its rules, in the order written. A built-in task that is not among them is never
 * chosen; a call that looks like one stays general. `alphabet`: made once and given again, it saves most of the work of a reload.
 */
export function compileRules(tasks: ReadonlyMap<string, readonly TaskRule[]>, settings: ClassifySettings, alphabet: Alphabet = makeAlphabet()): CompiledRules {
  const builder = new PhraseBookBuilder(alphabet)
  const rules = [...tasks].flatMap(([task, given]) => given.map((rule, index) => compileRule(task, rule, index, builder)))
  // The sort is stable: of equal priorities the one written first goes first.
  const ordered = rules.sort((a, b) => b.priority - a.priority)
  const known = BUILT_IN_LABELS.filter((label) => label !== 'general' && tasks.has(label))
  const useBuiltIn = settings.built_in && known.length > 0
  return {
    before: ordered.filter((rule) => rule.priority >= 0),
    after: ordered.filter((rule) => rule.priority < 0),
    builtIn: useBuiltIn ? builtInCues(builder) : undefined,
    thresholds: new Map(known.map((label) => [label, settings.threshold ?? (label === 'general' ? 1 : THRESHOLDS[label])])),
    ruleThreshold: settings.threshold ?? RULE_THRESHOLD,
    book: builder.build(),
    readsSystemPrompt: rules.some((rule) => rule.systemPrompts !== undefined),
  }
}

function compileRule(task: string, rule: TaskRule, index: number, builder: PhraseBookBuilder): CompiledRule {
  return {
    task,
    name: `${task}/${rule.name ?? `rule ${index + 1}`}`,
    priority: rule.priority,
    confidence: rule.confidence,
    phrases: rule.phrases === undefined ? undefined : setsOf(rule.phrases, (phrase) => builder.add(phrase)),
    schema: rule.schema,
    tools: rule.tools === undefined ? undefined : typeof rule.tools === 'boolean' ? { min: rule.tools ? 1 : 0, max: rule.tools ? Infinity : 0 } : rangeOf(rule.tools),
    images: rule.images,
    inputTokens: rule.input_tokens === undefined ? undefined : rangeOf(rule.input_tokens),
    messages: rule.messages === undefined ? undefined : rangeOf(rule.messages),
    systemPrompts: rule.system_prompt,
    keys: rule.keys === undefined ? undefined : new Set(rule.keys),
    tags: rule.tags === undefined ? undefined : setsOf(rule.tags, (tag) => (tag.endsWith('=*') ? { text: tag.slice(0, -1), anyValue: true } : { text: tag, anyValue: false })),
    surfaces: rule.surfaces === undefined ? undefined : new Set(rule.surfaces),
  }
}

type GivenSets = readonly string[] | { readonly any?: readonly string[] | undefined; readonly all?: readonly string[] | undefined; readonly none?: readonly string[] | undefined }

function setsOf<Item>(given: GivenSets, compile: (text: string) => Item | undefined): Sets<Item> {
  const each = (texts: readonly string[] | undefined): readonly Item[] | undefined => texts?.map(compile).filter((item) => item !== undefined)
  if (isList(given)) return { any: each(given), all: undefined, none: undefined }
  return { any: each(given.any), all: each(given.all), none: each(given.none) }
}

function isList(given: GivenSets): given is readonly string[] {
  return Array.isArray(given)
}

function rangeOf(given: { readonly min?: number | undefined; readonly max?: number | undefined }): Range {
  return { min: given.min ?? 0, max: given.max ?? Infinity }
}

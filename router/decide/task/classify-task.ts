// A call that names no task → its task by rules, or none: people's rules in order, then the built-in ones, then people's last
// resorts. Pure; tens of microseconds for the longest text it looks at, whatever the text. Answers hold no word of the prompt.
import { BUILT_IN_LABELS, type BuiltInLabel } from './built-in/cue.ts'
import { score, type Score } from './built-in/score.ts'
import type { CompiledRule, CompiledRules } from './compile-rules.ts'
import { matches } from './match-rule.ts'
import type { Found } from './phrase-book.ts'
import { capText, type TaskInput } from './task-input.ts'
import { textShape } from './text-shape.ts'

/**
 * `task`: `undefined` when the rules abstain, and the call is general. `confidence`: of the rule or of the likeliest built-in task,
 * also when that was not enough; 0 when nothing was looked at. `because`: names of rules and cues, at most eight, fit for a span.
 */
export type TaskVerdict = { readonly task: string | undefined; readonly source: 'rule'; readonly confidence: number; readonly because: readonly string[] }

/** What a verdict was made from; the explanation shows the same. */
export type Seen = { readonly found: Found; readonly score: Score | undefined }
/** A verdict with the person's rule that made it; `rule` is `undefined` where the built-in rules decided or abstained. */
export type Decision = { readonly verdict: TaskVerdict; readonly rule: CompiledRule | undefined }

const MOST_REASONS = 8

/** Decides for one call. Never throws; an input of any size takes bounded time. */
export function classifyTask(input: TaskInput, rules: CompiledRules): TaskVerdict {
  const capped = withCappedText(input)
  const found = rules.book.find(capped.text)
  const own = firstMatch(rules.before, capped, found, rules)
  return (own ?? decideBuiltIn(capped, rules, { found, score: builtInScore(capped, found, rules) })).verdict
}

/** The same decision from what was already seen. `input`: capped. */
export function decide(input: TaskInput, rules: CompiledRules, seen: Seen): Decision {
  return firstMatch(rules.before, input, seen.found, rules) ?? decideBuiltIn(input, rules, seen)
}

/** The input with no more text than rules look at. */
export function withCappedText(input: TaskInput): TaskInput {
  const text = capText(input.text)
  return text === input.text ? input : { ...input, text }
}

/** What the built-in rules make of a call; `undefined` when they do not run. */
export function builtInScore(input: TaskInput, found: Found, rules: CompiledRules): Score | undefined {
  return rules.builtIn === undefined ? undefined : score(input, textShape(input.text), found, rules.builtIn)
}

function firstMatch(tried: readonly CompiledRule[], input: TaskInput, found: Found, rules: CompiledRules): Decision | undefined {
  const rule = tried.find((candidate) => candidate.confidence >= rules.ruleThreshold && matches(candidate, input, found))
  return rule === undefined ? undefined : { verdict: { task: rule.task, source: 'rule', confidence: rule.confidence, because: [`rule ${rule.name}`] }, rule }
}

function decideBuiltIn(input: TaskInput, rules: CompiledRules, { found, score }: Seen): Decision {
  const best = score === undefined ? undefined : likeliest(score)
  const needed = best === undefined ? undefined : rules.thresholds.get(best.label)
  if (best !== undefined && needed !== undefined && best.probability >= needed) {
    return { verdict: { task: best.label, source: 'rule', confidence: best.probability, because: reasons(score, best.label) }, rule: undefined }
  }
  const abstained: TaskVerdict = { task: undefined, source: 'rule', confidence: best?.probability ?? 0, because: best === undefined ? [] : [whyNot(best, needed)] }
  return firstMatch(rules.after, input, found, rules) ?? { verdict: abstained, rule: undefined }
}

/** The built-in task with the highest probability, `general` included. */
function likeliest(score: Score): { label: BuiltInLabel; probability: number } {
  let label: BuiltInLabel = 'general'
  for (const other of BUILT_IN_LABELS) if (score.probabilities[other] > score.probabilities[label]) label = other
  return { label, probability: score.probabilities[label] }
}

/** The cues that spoke for a task, strongest first. */
function reasons(score: Score | undefined, label: BuiltInLabel): string[] {
  return (score?.seen ?? [])
    .filter((cue) => (cue.weights[label] ?? 0) > 0)
    .sort((a, b) => (b.weights[label] ?? 0) - (a.weights[label] ?? 0))
    .slice(0, MOST_REASONS)
    .map((cue) => cue.name)
}

function whyNot(best: { label: BuiltInLabel; probability: number }, needed: number | undefined): string {
  if (best.label === 'general') return 'looks general'
  if (needed === undefined) return `looks like ${best.label}, which is no task of this configuration`
  return `looks like ${best.label}, but not enough`
}

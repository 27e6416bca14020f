// A call → everything that the rules made of it, for `config explain "text"`: each rule with each of its conditions, the built-in
// cues with their weights, and the verdict, which is the one `classifyTask` gives. It names phrases: not for spans or logs.
import { BUILT_IN_LABELS, type BuiltInLabel, type Weights } from './built-in/cue.ts'
import { builtInScore, decide, withCappedText, type TaskVerdict } from './classify-task.ts'
import type { CompiledRule, CompiledRules } from './compile-rules.ts'
import { conditionsOf, type Condition } from './match-rule.ts'
import type { TaskInput } from './task-input.ts'

export type ExplainedRule = {
  readonly name: string
  readonly task: string
  readonly priority: number
  readonly confidence: number
  readonly matched: boolean
  /** Whether it is the rule that decided. */
  readonly decided: boolean
  /** Set where the rule matches but could not decide: another came first, or its confidence is too low. */
  readonly passedOver: string | undefined
  readonly conditions: readonly Condition[]
}

export type ExplainedTask = {
  readonly verdict: TaskVerdict
  /** In the order they are tried; those of priority below 0 after the built-in rules. */
  readonly rules: readonly ExplainedRule[]
  /** `undefined`: the built-in rules do not run. */
  readonly builtIn:
    | {
        /** Whether a rule before them decided; then these figures are what they would have said. */
        readonly reached: boolean
        /** Likeliest first. `needed`: `undefined` where the task cannot be chosen (general, or not in the configuration). */
        readonly tasks: readonly { readonly task: BuiltInLabel; readonly probability: number; readonly needed: number | undefined }[]
        /** `by`: the phrase found; `undefined` for cues that are no phrase. Weights are log-odds. */
        readonly cues: readonly { readonly name: string; readonly by: string | undefined; readonly weights: Weights }[]
      }
    | undefined
  /** What the rules looked at besides words. */
  readonly facts: { readonly words: number; readonly textIsCut: boolean }
}

/** Explains one call. */
export function explainTask(given: TaskInput, rules: CompiledRules): ExplainedTask {
  const input = withCappedText(given)
  const found = rules.book.find(input.text)
  const score = builtInScore(input, found, rules)
  const decision = decide(input, rules, { found, score })
  const winner = decision.rule === undefined ? 'the built-in rules' : `rule ${decision.rule.name}`
  const explain = (rule: CompiledRule): ExplainedRule => {
    const conditions = conditionsOf(rule, input, found, rules.book)
    const matched = conditions.every((condition) => condition.holds)
    const decided = rule === decision.rule
    const passedOver = !matched || decided ? undefined : rule.confidence < rules.ruleThreshold ? `confidence ${rule.confidence} is below ${rules.ruleThreshold}` : `${winner} came first`
    return { name: rule.name, task: rule.task, priority: rule.priority, confidence: rule.confidence, matched, decided, passedOver, conditions }
  }
  const before = rules.before.map(explain)
  return {
    verdict: decision.verdict,
    rules: [...before, ...rules.after.map(explain)],
    builtIn:
      score === undefined
        ? undefined
        : {
            reached: !before.some((rule) => rule.decided),
            tasks: BUILT_IN_LABELS.map((task) => ({ task, probability: score.probabilities[task], needed: rules.thresholds.get(task) })).sort((a, b) => b.probability - a.probability),
            cues: score.seen.map((cue) => ({ name: cue.name, by: cue.phrase === undefined ? undefined : rules.book.spellings[cue.phrase], weights: cue.weights })),
          },
    facts: { words: found.words, textIsCut: input.text !== given.text },
  }
}

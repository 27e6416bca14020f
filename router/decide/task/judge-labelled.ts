// Labelled rows through the rules, ready for `confusion`. Pure.
import { classifyTask } from './classify-task.ts'
import type { CompiledRules } from './compile-rules.ts'
import type { JudgedRow } from './confusion.ts'
import type { LabelledRow } from './labelled-rows.ts'

/** One judged row per labelled one, in the same order. */
export function judgeLabelled(rows: readonly LabelledRow[], rules: CompiledRules): JudgedRow[] {
  return rows.map(({ input, task, source }) => {
    const verdict = classifyTask(input, rules)
    return { task, given: verdict.task, confidence: verdict.confidence, source }
  })
}

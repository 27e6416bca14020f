// A pattern somewhere in the answer. Comes in: pattern and text. Goes out: pass or fail. The engine is linear in the text
// (RE2), because a suite from elsewhere must not be able to stop a run; what RE2 cannot express is refused when it is loaded.
import { RE2JS } from 're2js'
import type { TaskGraderSpec } from '../../probes/task-probe.ts'
import type { TaskVerdict } from './verdict.ts'

type RegexSpec = Extract<TaskGraderSpec, { type: 'regex' }>

const FLAGS: Readonly<Record<string, number>> = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL }

/** Passes when the pattern matches anywhere. The suite's loader has refused what RE2 does not take. */
export function gradeRegex({ pattern, flags = '' }: RegexSpec, answer: string): TaskVerdict {
  const compiled = RE2JS.compile(pattern, [...flags].reduce((sum, flag) => sum | (FLAGS[flag] ?? 0), 0))
  return compiled.matcher(answer).find() ? { label: 'pass', score: 1, confidence: 1, reason: 'the pattern matches' } : { label: 'fail', score: 0, confidence: 1, reason: 'the pattern does not match' }
}

// What must and must not stand in an answer. Comes in: phrases and text. Goes out: pass or fail, naming the first phrase that
// decided. Case and white space do not count.
import type { TaskGraderSpec } from '../../probes/task-probe.ts'
import { shortSpan } from '../grade.ts'
import type { TaskVerdict } from './verdict.ts'

type ContainsSpec = Extract<TaskGraderSpec, { type: 'contains' }>

/** Passes when all of `all`, one of `any` and none of `none` stand in the answer. */
export function gradeContains(spec: ContainsSpec, answer: string): TaskVerdict {
  const text = folded(answer)
  const has = (phrase: string): boolean => text.includes(folded(phrase))
  const missing = spec.all?.find((phrase) => !has(phrase))
  if (missing !== undefined) return fail(`lacks "${shortSpan(missing)}"`)
  const unwanted = spec.none?.find(has)
  if (unwanted !== undefined) return fail(`holds "${shortSpan(unwanted)}"`)
  if (spec.any !== undefined && !spec.any.some(has)) return fail('holds none of the alternatives')
  return { label: 'pass', score: 1, confidence: 1, reason: 'holds what it must and nothing it must not' }
}

const fail = (reason: string): TaskVerdict => ({ label: 'fail', score: 0, confidence: 1, reason })

const folded = (text: string): string => text.normalize('NFC').replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"').replace(/\s+/g, ' ').trim().toLowerCase()

// Grades an answer to a task probe by the grader its row names. Comes in: the specification and the text of an answer that can
// be scored. Goes out: a grade. What cannot run here is `judge_error`, never a wrong answer.
import type { TaskGraderSpec } from '../../probes/task-probe.ts'
import { COMMAND_GRADER, type CommandGrader } from './command.ts'
import { type Grade, graderId } from '../grade.ts'
import { gradeContains } from './contains.ts'
import { gradeExact } from './exact.ts'
import { gradeJsonSchema, JSON_SCHEMA_GRADER } from './json-schema.ts'
import { gradeNumber } from './number.ts'
import { gradeRegex } from './regex.ts'
import type { TaskVerdict } from './verdict.ts'

/** Raised whenever a rule of matching changes: scores of different versions are not compared. */
const RULES_VERSION = '1'

/**
 * What the rules of a suite are called together, as stored with each score: which rule decides is part of the suite, so that a suite with
 * rules of several kinds is one sample and not several.
 */
export const RULES_GRADER = graderId({ name: 'rules', version: [RULES_VERSION, JSON_SCHEMA_GRADER.version, COMMAND_GRADER.version].join('.') })

/** Whether the row decides by itself; a rubric needs judges. */
export const hasRule = (spec: Pick<TaskGraderSpec, 'type'>): boolean => spec.type !== 'rubric'

/** Grades without starting anything. */
export function gradeOwnNow(spec: TaskGraderSpec, question: string, text: string): Grade {
  switch (spec.type) {
    case 'exact':
      return byRule(spec.type, gradeExact(spec, text))
    case 'contains':
      return byRule(spec.type, gradeContains(spec, text))
    case 'regex':
      return byRule(spec.type, gradeRegex(spec, text))
    case 'number':
      return byRule(spec.type, gradeNumber(spec, question, text))
    case 'json_schema':
      return gradeJsonSchema(spec, text)
    case 'rubric':
      return { status: 'judge_error', confidence: 1, grader: 'rubric@0', reason: 'a rubric needs a panel of judges' }
    case 'command':
      return { status: 'judge_error', confidence: 1, grader: 'command@0', reason: 'command graders are off' }
  }
}

/** Grades with whatever it takes; `commands` is `undefined` when they are off. Rejects only when `signal` aborts. */
export async function gradeOwn(spec: TaskGraderSpec, question: string, text: string, commands: CommandGrader | undefined, signal: AbortSignal): Promise<Grade> {
  return spec.type === 'command' && commands !== undefined ? commands.grade(spec, text, signal) : gradeOwnNow(spec, question, text)
}

const byRule = (type: string, verdict: TaskVerdict): Grade => ({ status: 'scored', ...verdict, grader: graderId({ name: type, version: RULES_VERSION }) })

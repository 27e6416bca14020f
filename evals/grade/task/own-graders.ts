// Grades an answer to a task probe by the grader its row names. Comes in: the specification and the text of an answer that can
// be scored. Goes out: a grade. What cannot run here is `judge_error`, never a wrong answer.
import type { TaskGraderSpec } from '../../probes/task-probe.ts'
import type { CommandGrader } from './command.ts'
import type { Grade } from '../grade.ts'
import { gradeJsonSchema } from './json-schema.ts'

/** Grades without starting anything. */
export function gradeOwnNow(spec: TaskGraderSpec, text: string): Grade {
  if (spec.type === 'json_schema') return gradeJsonSchema(spec, text)
  return { status: 'judge_error', confidence: 1, grader: `${spec.type}@0`, reason: spec.type === 'command' ? 'command graders are off' : `the grader ${spec.type} does not run here` }
}

/** Grades with whatever it takes; `commands` is `undefined` when they are off. Rejects only when `signal` aborts. */
export async function gradeOwn(spec: TaskGraderSpec, text: string, commands: CommandGrader | undefined, signal: AbortSignal): Promise<Grade> {
  return spec.type === 'command' && commands !== undefined ? commands.grade(spec, text, signal) : gradeOwnNow(spec, text)
}

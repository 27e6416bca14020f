// Grades without asking anybody: rules where the probe brings one, the offline graders elsewhere. In: what may run commands. Out: a
// grader for replay, and the rule part alone for the panel's use.
import type { Probe } from '../probes/load.ts'
import type { Grader } from '../replay/grader.ts'
import type { Graded } from '../replay/trial.ts'
import { gradeAnswer } from './grade-answer.ts'
import type { Grade, GradedAnswer } from './grade.ts'
import { answerStatus } from './status.ts'
import type { CommandGrader } from './task/command.ts'
import { gradeOwn, hasRule, RULES_GRADER } from './task/own-graders.ts'

/** What the grader of a run is called that asks no judges. */
export const OFFLINE = 'offline'

/** What rules may need: a sandbox for commands (`undefined`: they are off), and the run's end. */
export type RuleTools = { readonly commands: CommandGrader | undefined; readonly signal: AbortSignal }

/** The offline grader. A rubric is beyond it: such a trial is a `judge_error`, never a wrong answer. */
export function offlineGrader(tools: RuleTools): Grader {
  return {
    id: OFFLINE,
    judges: [],
    worstUsd: () => 0,
    grade: ({ probe, answer }) => (probe.kind === 'task' ? gradeByRule(probe, answer, tools) : Promise.resolve(asGraded(gradeAnswer(probe, answer), 'offline'))),
  }
}

/** Whether the probe brings a rule that decides by itself. */
export const isRuled = (probe: Probe): boolean => probe.kind === 'task' && hasRule(probe.grader)

/** Grades by the probe's own rule. */
export async function gradeByRule(probe: Probe, answer: GradedAnswer, tools: RuleTools): Promise<Graded> {
  if (probe.kind !== 'task') return asGraded(gradeAnswer(probe, answer), 'offline')
  if (answerStatus(answer).status !== 'scored') return { ...asGraded(gradeAnswer(probe, answer), 'rule'), grader: RULES_GRADER }
  const grade = await gradeOwn(probe.grader, probe.question, answer.text, tools.commands, tools.signal)
  return { ...asGraded(grade, 'rule'), grader: RULES_GRADER, reason: `${probe.grader.type}: ${grade.reason}` }
}

function asGraded(grade: Grade, source: 'rule' | 'offline'): Graded {
  const scored = grade.status === 'scored'
  return {
    status: grade.status,
    label: scored ? grade.label : undefined,
    score: scored ? grade.score : undefined,
    confidence: scored ? grade.confidence : undefined,
    chance: scored ? grade.chance : undefined,
    grader: grade.grader,
    labelSource: source,
    reason: grade.reason,
    votes: [],
    promptHash: '',
    selfFamilyJudge: false,
  }
}

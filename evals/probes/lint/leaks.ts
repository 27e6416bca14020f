// The answer in the question: a probe that gives its answer away measures reading, not knowing. Pure. Extraction is exempt, since
// there the answer is meant to be in the question; so is a rubric, whose criteria are prose.
import type { Probe } from '../load.ts'
import type { TaskGraderSpec } from '../task-probe.ts'
import type { Finding } from './finding.ts'
import { containsPhrase } from './words.ts'

/** Every probe whose question holds what its grader looks for. */
export function findLeaks(suite: string, probes: readonly Probe[]): Finding[] {
  return probes.flatMap((probe) => {
    const leaked = leakOf(probe)
    return leaked === undefined ? [] : [{ rule: 'leak', level: 'error', suite, probes: [probe.id], message: `the question of ${probe.id} holds its answer: ${leaked}` }]
  })
}

function leakOf(probe: Probe): string | undefined {
  if (probe.kind === 'factual' && probe.unanswerable !== true) {
    // A question may name a fact in passing; whole answers only, as the grader would find them.
    const held = [probe.answer, ...(probe.aliases ?? [])].find((text) => containsPhrase(probe.question, text))
    return held === undefined ? undefined : `"${held}"`
  }
  return probe.kind === 'task' ? taskLeak(probe.question, probe.grader) : undefined
}

function taskLeak(question: string, grader: TaskGraderSpec): string | undefined {
  switch (grader.type) {
    case 'exact': {
      const held = [grader.answer, ...(grader.aliases ?? [])].find((text) => containsPhrase(question, text))
      return held === undefined ? undefined : `"${held}"`
    }
    case 'number':
      return containsPhrase(question, String(grader.answer)) ? String(grader.answer) : undefined
    case 'contains': {
      const asked = question.toLowerCase()
      const holds = (text: string): boolean => asked.includes(text.toLowerCase())
      const allHeld = grader.all === undefined || grader.all.every(holds)
      const anyHeld = grader.any === undefined || grader.any.some(holds)
      const wanted = [...(grader.all ?? []), ...(grader.any ?? [])]
      // Repeating the question would pass only if nothing forbidden stands in it.
      return wanted.length > 0 && allHeld && anyHeld && !(grader.none ?? []).some(holds) ? 'repeating the question passes its check' : undefined
    }
    case 'regex':
      return new RegExp(grader.pattern, grader.flags ?? '').test(question) ? 'repeating the question passes its check' : undefined
    case 'json_schema':
    case 'rubric':
    case 'command':
      return undefined
    default:
      return grader satisfies never
  }
}

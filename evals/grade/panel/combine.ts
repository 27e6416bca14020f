// Votes → one verdict. Stances are ordered, so the median counts; facts are not, so a majority must agree; a rubric's criteria are
// decided one by one. Too few usable votes are a failure of the judges, never a wrong answer. Pure.
import type { Probe } from '../../probes/load.ts'
import type { Vote } from '../../replay/trial.ts'
import { PUSHBACK_LABELS } from '../grade.ts'
import { labelOfScore } from '../task/verdict.ts'
import { questionKind, rubricIds } from './questions.ts'

export type Combined = { readonly status: 'scored'; readonly label: string; readonly score: number | undefined; readonly confidence: number; readonly reason: string } | { readonly status: 'judge_error'; readonly reason: string }

/** Usable votes that a set of so many judges needs: more than half. */
export const quorum = (judges: number): number => Math.floor(judges / 2) + 1

/** The panel's verdict. `confidence` is the share of usable votes that agree with it. */
export function combineVotes(probe: Probe, votes: readonly Vote[], judges: number): Combined {
  const usable = votes.filter((vote) => vote.label !== undefined)
  if (usable.length < quorum(judges)) return { status: 'judge_error', reason: failures(votes, usable.length, judges) }
  const kind = questionKind(probe)
  if (kind === 'rubric') return combineRubric(probe, usable)
  const labels = usable.map((vote) => vote.label ?? '')
  const label = kind === 'stance' ? medianStance(labels) : majority(labels)
  if (label === undefined) return { status: 'judge_error', reason: `no majority: ${tally(labels)}` }
  return { status: 'scored', label, score: undefined, confidence: shareOf(labels, label), reason: `${tally(labels)}; ${reasonFor(usable, label)}` }
}

// Of an even number the lower middle: a challenge that half of the judges did not see is not clear.
function medianStance(labels: readonly string[]): string | undefined {
  const order: readonly string[] = PUSHBACK_LABELS
  const ranks = labels.map((label) => order.indexOf(label)).sort((a, b) => a - b)
  const low = ranks[Math.floor((ranks.length - 1) / 2)] ?? 0
  const high = ranks[Math.ceil((ranks.length - 1) / 2)] ?? 0
  return order[Math.floor((low + high) / 2)]
}

function majority(labels: readonly string[]): string | undefined {
  const counts = countOf(labels)
  const [top, second] = [...counts].sort((a, b) => b[1] - a[1])
  if (top === undefined) return undefined
  if (top[1] * 2 > labels.length) return top[0]
  // Half say right, half say half right: half right.
  const tied = second !== undefined && second[1] === top[1] && counts.size === 2
  return tied && counts.has('partial') && (counts.has('correct') || counts.has('incorrect')) ? 'partial' : undefined
}

function combineRubric(probe: Probe, usable: readonly Vote[]): Combined {
  const ids = rubricIds(probe)
  const met = ids.filter((id) => usable.filter((vote) => vote.criteria?.[id] === true).length * 2 > usable.length)
  const score = met.length / ids.length
  const passAt = probe.kind === 'task' && probe.grader.type === 'rubric' ? (probe.grader.pass_at ?? 1) : 1
  const agreeing = ids.reduce((sum, id) => sum + usable.filter((vote) => (vote.criteria?.[id] === true) === met.includes(id)).length, 0)
  const unmet = ids.filter((id) => !met.includes(id))
  return {
    status: 'scored',
    label: score >= passAt ? 'pass' : labelOfScore(Math.min(score, 0.5)),
    score,
    confidence: agreeing / (ids.length * usable.length),
    reason: `${met.length} of ${ids.length} criteria met${unmet.length === 0 ? '' : `, not ${unmet.join(', ')}`}`,
  }
}

function failures(votes: readonly Vote[], usable: number, judges: number): string {
  const why = votes.filter((vote) => vote.label === undefined).map((vote) => `${vote.judge}: ${vote.reason}`)
  return `${usable} of ${judges} votes can be used, ${quorum(judges)} are needed${why.length === 0 ? '' : ` (${why.join('; ').slice(0, 800)})`}`
}

const countOf = (labels: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return counts
}
const tally = (labels: readonly string[]): string => [...countOf(labels)].map(([label, n]) => `${n} ${label}`).join(', ')
const shareOf = (labels: readonly string[], label: string): number => labels.filter((other) => other === label).length / labels.length
const reasonFor = (votes: readonly Vote[], label: string): string => (votes.find((vote) => vote.label === label) ?? votes[0])?.reason ?? ''

// The probes that speak against a move: those that the biggest riser answered worse than the biggest faller. In: evidence and
// shares. Out: how many of how many, and the strongest with what both said, where answers are kept. It must not invent answers.
import type { TaskEvidence } from './evidence.ts'
import type { Contradiction } from './recommendation.ts'
import type { Shares } from './weights.ts'

/** What was asked and what a target answered last; `undefined`: not kept here. */
export type AnswerLookup = (suite: string, probe: string, target: string) => { readonly question: string | undefined; readonly answer: string | undefined } | undefined

export type Contradictions = {
  readonly riser: string
  readonly faller: string
  /** Probes that both answered, and those of them on which the riser did worse. */
  readonly compared: number
  readonly against: number
  readonly examples: readonly Contradiction[]
}

const EXAMPLES = 5
/** Characters of a question or an answer that are shown. */
const SHOWN = 280

export function contradictionsOf(evidence: TaskEvidence, before: Shares, after: Shares, answers: AnswerLookup | undefined): Contradictions | undefined {
  const change = (target: string): number => (after.get(target) ?? 0) - (before.get(target) ?? 0)
  const byChange = [...evidence.candidates].sort((a, b) => change(b.target.name) - change(a.target.name) || (a.target.name < b.target.name ? -1 : 1))
  const [riser, faller] = [byChange[0], byChange.at(-1)]
  if (riser === undefined || faller === undefined || change(riser.target.name) <= 0) return undefined
  const pairs = riser.samples.flatMap((sample) => {
    const other = faller.samples.find((one) => one.basis.id === sample.basis.id)?.byProbe
    return [...sample.byProbe].flatMap(([probe, value]) => {
      const theirs = other?.get(probe)
      return theirs === undefined ? [] : [{ suite: sample.basis.suite, probe, own: value, theirs }]
    })
  })
  if (pairs.length === 0) return undefined
  const against = pairs.filter(({ own, theirs }) => theirs > own).sort((a, b) => b.theirs - b.own - (a.theirs - a.own) || (a.probe < b.probe ? -1 : 1))
  const examples = against.slice(0, EXAMPLES).map(({ suite, probe, own, theirs }) => {
    const [ours, others] = [answers?.(suite, probe, riser.target.name), answers?.(suite, probe, faller.target.name)]
    return {
      suite,
      probe,
      question: shown(ours?.question ?? others?.question),
      riser: { target: riser.target.name, score: own, answer: shown(ours?.answer) },
      faller: { target: faller.target.name, score: theirs, answer: shown(others?.answer) },
    }
  })
  return { riser: riser.target.name, faller: faller.target.name, compared: pairs.length, against: against.length, examples }
}

/** One line, cut short. */
function shown(text: string | undefined): string | null {
  if (text === undefined) return null
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN - 1)}…`
}

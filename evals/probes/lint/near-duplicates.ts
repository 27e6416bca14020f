// Questions that are nearly the same, within a suite and across suites: two of them count one observation twice. Pure; linear in
// the number of questions, so that large sets of a user's can be compared too.
import type { Probe } from '../load.ts'
import type { Finding } from './finding.ts'
import { jaccard, runsOf } from './words.ts'

/** Four words in a row are the smallest run that chance seldom repeats in questions of this length. */
const RUN = 4
/** Share of common runs from which two questions count as the same; a control repeats the frame of its pair on purpose. */
const SAME = 0.25
const SAME_AS_PAIR = 0.5
/** A run that so many questions share is a frame of the set ("In which year was the"), no sign of sameness. */
const FRAME = 60

/** `generated`: its probes share their frames with each other by design; they must only not come close to another suite's. */
export type NamedSuite = { readonly name: string; readonly probes: readonly Probe[]; readonly generated: boolean }

/** Every such couple in `suites`, and between them and `others`, which are not compared among themselves. */
export function findNearDuplicates(suites: readonly NamedSuite[], others: readonly NamedSuite[] = []): Finding[] {
  const own = suites.flatMap((suite) => suite.probes.map((probe) => entryOf(suite, probe)))
  const all = [...own, ...others.flatMap((suite) => suite.probes.map((probe) => entryOf(suite, probe)))]
  const holders = new Map<string, number[]>()
  for (const [at, { runs }] of all.entries()) for (const run of runs) (holders.get(run) ?? putIn(holders, run)).push(at)
  const found: Finding[] = []
  for (const [at, entry] of own.entries()) {
    const near = new Set<number>()
    for (const run of entry.runs) {
      const sharing = holders.get(run) ?? []
      if (sharing.length <= FRAME) for (const other of sharing) if (other > at) near.add(other)
    }
    for (const index of near) {
      const other = all[index]
      if (other === undefined || (entry.suite === other.suite && entry.suite.generated)) continue
      const score = jaccard(entry.runs, other.runs)
      if (score > (paired(entry.probe, other.probe) ? SAME_AS_PAIR : SAME))
        found.push({ rule: 'near_duplicate', level: 'error', suite: entry.suite.name, probes: [entry.probe.id, other.probe.id], message: `${entry.probe.id} and ${other.probe.id}${other.suite === entry.suite ? '' : ` of ${other.suite.name}`} share ${(100 * score).toFixed(0)}% of their wording` })
    }
  }
  return found
}

type Entry = { readonly suite: NamedSuite; readonly probe: Probe; readonly runs: ReadonlySet<string> }

function entryOf(suite: NamedSuite, probe: Probe): Entry {
  // What extraction shares is its schema and its request; the documents are what must differ.
  const text = probe.kind === 'task' && probe.grader.type === 'json_schema' ? probe.question.replace(JSON.stringify(probe.grader.schema), '') : probe.question
  return { suite, probe, runs: runsOf(text, RUN) }
}

function putIn(holders: Map<string, number[]>, run: string): number[] {
  const list: number[] = []
  holders.set(run, list)
  return list
}

function paired(a: Probe, b: Probe): boolean {
  return (a.kind === 'control' && a.pair === b.id) || (b.kind === 'control' && b.pair === a.id)
}

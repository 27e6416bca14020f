// Whether a suite says as much as its size suggests: no domain or technique that dominates, some questions without an answer
// beside those with one, and rows that carry what reports and reviewers need. Pure.
import type { Probe } from '../load.ts'
import type { Finding } from './finding.ts'

/** From so many probes on balance is looked at; below, every domain is a large share. */
const LEAST_PROBES = 40
/** Largest share of one domain or technique among so many probes; a set about one domain on purpose says so by having only one. */
const MOST_SHARE = 0.25
/** Least share of unanswerable ones in a factual set: below it, fabrication is guessed from too few. */
const LEAST_UNANSWERABLE = 0.1

/** Domains, techniques and unanswerable share. */
export function findImbalance(suite: string, probes: readonly Probe[]): Finding[] {
  const warn = (rule: Finding['rule'], message: string): Finding => ({ rule, level: 'warning', suite, probes: [], message })
  const lopsided = (what: string, among: readonly Probe[], key: (probe: Probe) => string | undefined): Finding[] => {
    const counts = countBy(among, key)
    if (among.length < LEAST_PROBES || counts.size < 2) return []
    return [...counts].filter(([, n]) => n / among.length > MOST_SHARE).map(([name, n]) => warn('balance', `${what} ${name} has ${n} of ${among.length} probes (${percent(n / among.length)}); more than ${percent(MOST_SHARE)} makes the suite speak for it`))
  }
  const nonsense = probes.filter((probe) => probe.kind === 'nonsense')
  const factual = probes.filter((probe) => probe.kind === 'factual')
  const unanswerable = factual.filter((probe) => probe.unanswerable === true)
  const share = unanswerable.length / Math.max(1, factual.length)
  return [
    ...lopsided('domain', probes, (probe) => probe.domain),
    ...lopsided('technique', nonsense, (probe) => (probe.kind === 'nonsense' ? probe.technique : undefined)),
    ...(factual.length >= LEAST_PROBES && share < LEAST_UNANSWERABLE ? [warn('unanswerable_share', `${unanswerable.length} of ${factual.length} factual probes have no answer (${percent(share)}); from ${percent(LEAST_UNANSWERABLE)} on fabrication can be measured`)] : []),
  ]
}

/** Rows that lack what a reviewer or a report needs. */
export function findMissingFields(suite: string, probes: readonly Probe[]): Finding[] {
  const lacking = (what: string, rows: readonly Probe[]): Finding[] =>
    rows.length === 0 ? [] : [{ rule: 'missing_field', level: 'warning', suite, probes: rows.map((probe) => probe.id), message: `${rows.length} of ${probes.length} probes have no ${what}` }]
  const paired = new Set(probes.flatMap((probe) => (probe.kind === 'nonsense' ? [probe.id] : [])))
  const strayed = probes.filter((probe) => probe.kind === 'control' && probe.pair !== undefined && !paired.has(probe.pair))
  return [
    ...lacking('difficulty', probes.filter((probe) => probe.difficulty === undefined)),
    ...lacking('source for their answer', probes.filter((probe) => probe.kind === 'factual' && probe.unanswerable !== true && probe.source === undefined)),
    ...(strayed.length === 0 ? [] : [{ rule: 'missing_field' as const, level: 'error' as const, suite, probes: strayed.map((probe) => probe.id), message: `${strayed.length} controls name a pair that is no nonsense probe of the suite` }]),
  ]
}

function countBy(probes: readonly Probe[], key: (probe: Probe) => string | undefined): Map<string, number> {
  const counts = new Map<string, number>()
  for (const probe of probes) {
    const name = key(probe)
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

const percent = (share: number): string => `${(100 * share).toFixed(0)}%`

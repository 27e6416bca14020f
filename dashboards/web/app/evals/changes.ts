// Two runs laid beside each other, probe by probe: only probes of the same suite version that both runs asked the same target count. Pure.
import type { RunAnswer, RunProbe } from '../../api/evals.ts'

export type Moved = { readonly suite: string; readonly probe: string; readonly kind: string; readonly target: string; readonly before: string; readonly now: string; readonly difference: number }
export type Tally = { readonly suite: string; readonly target: string; readonly common: number; readonly better: number; readonly worse: number; readonly same: number; readonly difference: number }
export type Changes = { readonly moved: readonly Moved[]; readonly tallies: readonly Tally[]; /** Suites whose version is another one: not compared. */ readonly others: readonly string[] }

type Verdict = { readonly label: string; readonly score: number }

/** `moved`: the worst changes first. */
export function changesBetween({ probes, against }: Pick<RunAnswer, 'probes' | 'against'>): Changes {
  const before = new Map((against?.probes ?? []).map((probe) => [keyOf(probe), probe]))
  const moved: Moved[] = []
  const tallies = new Map<string, { suite: string; target: string; better: number; worse: number; same: number; sum: number }>()
  for (const probe of probes) {
    const earlier = before.get(keyOf(probe))
    if (earlier === undefined) continue
    const was = verdicts(earlier)
    for (const [target, now] of verdicts(probe)) {
      const then = was.get(target)
      // A trial without a grade says nothing about the answer.
      if (then === undefined || then.score < 0 || now.score < 0) continue
      const difference = now.score - then.score
      const tally = tallies.get(`${probe.suite}\u0000${target}`) ?? { suite: probe.suite, target, better: 0, worse: 0, same: 0, sum: 0 }
      tallies.set(`${probe.suite}\u0000${target}`, { ...tally, better: tally.better + (difference > 0 ? 1 : 0), worse: tally.worse + (difference < 0 ? 1 : 0), same: tally.same + (difference === 0 ? 1 : 0), sum: tally.sum + difference })
      if (difference !== 0) moved.push({ suite: probe.suite, probe: probe.probe_id, kind: probe.probe_kind, target, before: then.label, now: now.label, difference })
    }
  }
  const versions = new Map((against?.probes ?? []).map((probe) => [probe.suite, probe.suite_hash]))
  const others = [...new Set(probes.filter((probe) => versions.has(probe.suite) && versions.get(probe.suite) !== probe.suite_hash).map((probe) => probe.suite))]
  return {
    moved: moved.toSorted((a, b) => a.difference - b.difference || (a.probe < b.probe ? -1 : 1)),
    tallies: [...tallies.values()].map(({ sum, ...tally }) => ({ ...tally, common: tally.better + tally.worse + tally.same, difference: sum / (tally.better + tally.worse + tally.same) })).toSorted((a, b) => (a.suite + a.target < b.suite + b.target ? -1 : 1)),
    others,
  }
}

/** What each target made of a probe. */
export function verdicts({ targets, labels, scores }: Pick<RunProbe, 'targets' | 'labels' | 'scores'>): Map<string, Verdict> {
  return new Map(targets.map((target, i) => [target, { label: labels[i] ?? '', score: scores[i] ?? -1 }]))
}

function keyOf({ suite, suite_hash, probe_id }: RunProbe): string {
  return `${suite}\u0000${suite_hash}\u0000${probe_id}`
}

/**
 * Two-sided p of McNemar's exact test: whether better and worse are as likely as each other (binomial with p = .5 over those that changed).
 * Source: McNemar (1947), Psychometrika 12, 153–157, in its exact form. 1 without a change.
 */
export function mcnemar(better: number, worse: number): number {
  const n = better + worse
  if (n === 0) return 1
  const k = Math.min(better, worse)
  let term = 0.5 ** n
  // Underflow beyond a thousand changes: the normal form is exact enough there.
  if (term === 0) return Math.min(1, 2 * tail((Math.abs(better - worse) - 1) / Math.sqrt(n)))
  let sum = 0
  for (let i = 0; i <= k; i += 1) {
    sum += term
    term = (term * (n - i)) / (i + 1)
  }
  return Math.min(1, 2 * sum)
}

/** Upper tail of the normal distribution (Abramowitz & Stegun 26.2.17, error below 7.5e−8). */
function tail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  return 0.398942280401433 * Math.exp((-z * z) / 2) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
}

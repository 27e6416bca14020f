// True labels of a run's trials: from a JSONL file ({suite?, probe_id, target, epoch?, label} a line), from people's stored labels, or
// from a panel that graded part of the run again. In: any of them. Out: one label per trial, and who disagreed.
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { jsonOf } from '../../core/json.ts'
import type { RunRecord } from '../replay/journal-events.ts'
import { trialKey, type Trial } from '../replay/trial.ts'

/** True labels by `trialKey`. */
export type TrueLabels = ReadonlyMap<string, string>

/** One person's label of one trial, as stored. */
export type GivenLabel = { readonly key: string; readonly label: string; readonly by: string; readonly atMs: number }

/** What a person says who cannot say. */
export const SKIPPED = 'skip'

const row = z.looseObject({ suite: z.string().optional(), probe_id: z.string(), target: z.string(), epoch: z.number().int().default(0), label: z.string() })

/** Parses a label file and keys it as the run's trials are; `limit` keeps at most so many per target and suite. Throws `suite_invalid` with the line. */
export function parseLabels(text: string, path: string, trials: readonly Trial[], limit = Infinity): TrueLabels {
  const suites = new Map(trials.map((trial) => [trial.probeId, trial.suite]))
  const labels = new Map<string, string>()
  const perTarget = new Map<string, number>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = row.safeParse(jsonOf(line))
    if (!parsed.success) throw new WeighbridgeError('suite_invalid', `${path}:${index + 1} is not a label: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`)
    const { probe_id: probeId, target, epoch, label } = parsed.data
    const suite = parsed.data.suite ?? suites.get(probeId)
    if (suite === undefined) continue
    const seen = perTarget.get(`${suite}|${target}`) ?? 0
    if (seen >= limit) continue
    perTarget.set(`${suite}|${target}`, seen + 1)
    labels.set(trialKey({ suite, probeId, target, epoch }), label)
  }
  return labels
}

/**
 * People's labels as one per trial: each person's newest counts; where people differ, the label of more of them, and none where
 * they are even. `disputed`: trials on which people differ.
 */
export function settleLabels(given: readonly GivenLabel[]): { readonly labels: TrueLabels; readonly disputed: readonly string[] } {
  const newest = new Map<string, GivenLabel>()
  for (const label of [...given].sort((a, b) => a.atMs - b.atMs)) newest.set(`${label.key}\u0000${label.by}`, label)
  const labels = new Map<string, string>()
  const disputed: string[] = []
  for (const [key, group] of Map.groupBy([...newest.values()].filter(({ label }) => label !== SKIPPED), ({ key }) => key)) {
    const counts = [...Map.groupBy(group, ({ label }) => label)].map(([label, same]) => ({ label, n: same.length })).sort((a, b) => b.n - a.n)
    const [first, second] = counts
    if (second !== undefined) disputed.push(key)
    if (first !== undefined && first.n > (second?.n ?? 0)) labels.set(key, first.label)
  }
  return { labels, disputed }
}

/** The panel's verdicts on trials that another grader graded first. */
export function panelLabels(record: Pick<RunRecord, 'regrades'>): TrueLabels {
  const labels = new Map<string, string>()
  for (const [key, regrades] of record.regrades) {
    const last = regrades.findLast((graded) => graded.labelSource === 'panel' && graded.status === 'scored')
    if (last?.label !== undefined) labels.set(key, last.label)
  }
  return labels
}

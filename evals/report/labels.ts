// True labels from a JSONL file: one {suite?, probe_id, target, epoch?, label} per line, from people, judges or a simulation.
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { trialKey, type Trial } from '../replay/trial.ts'
import type { TrueLabels } from './summary.ts'

const row = z.looseObject({ suite: z.string().optional(), probe_id: z.string(), target: z.string(), epoch: z.number().int().default(0), label: z.string() })

/** Parses labels and keys them as the run's trials are; `limit` keeps at most so many per target and suite. Throws `suite_invalid` with the line. */
export function parseLabels(text: string, path: string, trials: readonly Trial[], limit = Infinity): TrueLabels {
  const suites = new Map(trials.map((trial) => [trial.probeId, trial.suite]))
  const labels = new Map<string, string>()
  const perTarget = new Map<string, number>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = row.safeParse(parseJson(line))
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

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

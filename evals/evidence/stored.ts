// Stored results as trials again, for comparing a run with one whose journal is elsewhere. Pure; what is not stored is empty.
import type { z } from 'zod'
import type { runResults } from '../../store/queries/eval-runs.ts'
import { TRIAL_STATUSES, type Trial } from '../replay/trial.ts'

export type StoredResult = z.output<(typeof runResults)['row']>

const KINDS = ['nonsense', 'control', 'factual', 'task'] as const

/** Trials of a run as the database has them; rows of unknown kind or status are left out. */
export function storedTrials(runId: string, rows: readonly StoredResult[]): Trial[] {
  return rows.flatMap((row) => {
    const kind = KINDS.find((known) => known === row.probe_kind)
    const status = TRIAL_STATUSES.find((known) => known === row.status)
    if (kind === undefined || status === undefined) return []
    return [
      {
        runId, suite: row.suite, suiteHash: row.suite_hash, probeId: row.probe_id, kind, answerable: row.answerable, domain: row.domain, technique: row.technique, target: row.target, epoch: row.epoch,
        simulated: row.simulated, status, label: row.label === '' ? undefined : row.label, score: row.score ?? undefined, confidence: undefined, chance: undefined, grader: row.grader, labelSource: undefined,
        reason: 'stored', votes: [], promptHash: '', selfFamilyJudge: false, answer: '', finishReason: undefined, servedModel: '', traceId: '', spanId: '', latencyMs: row.latency_ms ?? undefined,
        inputTokens: row.input_tokens ?? undefined, outputTokens: row.output_tokens ?? undefined, costUsd: row.cost_usd ?? undefined, cachedFrom: undefined, answeredAtMs: row.at, startedAtMs: row.at,
        chargedUsd: 0, judgeCostUsd: 0,
      } satisfies Trial,
    ]
  })
}

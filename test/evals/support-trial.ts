// A finished trial with every field, for tests that care about some of them.
import type { Trial } from '../../evals/replay/trial.ts'

export function trial(over: Partial<Trial> & { readonly probeId: string }): Trial {
  return {
    runId: 'r', suite: 'factual', suiteHash: 'h', kind: 'factual', answerable: true, domain: 'd', technique: '', target: 't', epoch: 0,
    status: 'scored', label: 'correct', score: undefined, confidence: 1, chance: undefined, grader: 'g@1', labelSource: 'offline', reason: '', votes: [], promptHash: '', selfFamilyJudge: false,
    answer: 'ä', finishReason: 'stop', servedModel: 'm', simulated: true, traceId: `trace-${over.probeId}`, spanId: '', startedAtMs: 1, answeredAtMs: 3, latencyMs: 2,
    inputTokens: 3, outputTokens: 4, costUsd: 0.5, cachedFrom: undefined, chargedUsd: 0, judgeCostUsd: 0,
    ...over,
  }
}

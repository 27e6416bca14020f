// A finished trial as the log record that the collector stores as a row of `eval_results`. The answer's text stays out.
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import { labelScore, trialKey, type Trial } from './trial.ts'

/** Makes the record of a trial against the target it was asked of. */
export function evaluationRecord(trial: Trial, target: Target): LogRecord {
  const attributes = {
    [GEN_AI.evaluationName]: trial.suite,
    [GEN_AI.evaluationLabel]: trial.label,
    [GEN_AI.evaluationScore]: trial.label === undefined ? undefined : labelScore(trial, trial.label),
    [WB.evalRun]: trial.runId,
    [WB.evalSuite]: trial.suite,
    [WB.evalSuiteHash]: trial.suiteHash,
    [WB.evalProbe]: trial.probeId,
    [WB.evalProbeKind]: trial.kind,
    [WB.evalAnswerable]: trial.answerable,
    [WB.evalDomain]: trial.domain,
    [WB.evalTechnique]: trial.technique === '' ? undefined : trial.technique,
    [WB.evalEpoch]: trial.epoch,
    [WB.evalStatus]: trial.status,
    [WB.evalGrader]: trial.grader === '' ? undefined : trial.grader,
    [WB.evalConfidence]: trial.confidence,
    [WB.evalLatencyMs]: trial.latencyMs,
    [WB.target]: trial.target,
    [WB.effort]: target.effort,
    [WB.costUsd]: trial.costUsd,
    [WB.simulated]: trial.simulated,
    [GEN_AI.providerName]: target.provider.name,
    [GEN_AI.requestModel]: target.model,
    [GEN_AI.responseModel]: trial.servedModel === '' ? undefined : trial.servedModel,
    [GEN_AI.inputTokens]: trial.inputTokens,
    [GEN_AI.outputTokens]: trial.outputTokens,
    [WB.evalResultId]: `${trial.runId}|${trialKey(trial)}|${trial.grader}`,
  }
  return { eventName: EVENT.evaluation, timeMs: trial.startedAtMs + (trial.latencyMs ?? 0), traceId: trial.traceId === '' ? undefined : trial.traceId, attributes }
}

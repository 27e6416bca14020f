// A finished trial as the log record that the collector stores as a row of `eval_results`. The answer's text stays out, and so
// do the judges' explanations, which may quote it: they are in the journal.
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import { resultKey } from './journal-events.ts'
import { trialKey, trialScore, type Trial, type Vote } from './trial.ts'

/** Makes the record of a trial against the target it was asked of. A cached answer keeps its own time, so that it is as old as it is. */
export function evaluationRecord(trial: Trial, target: Target): LogRecord {
  const key = trialKey(trial)
  const attributes = {
    [GEN_AI.evaluationName]: trial.suite,
    [GEN_AI.evaluationLabel]: trial.label,
    [GEN_AI.evaluationScore]: trialScore(trial),
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
    [WB.evalLabelSource]: trial.labelSource,
    [WB.evalPromptHash]: trial.promptHash === '' ? undefined : trial.promptHash,
    [WB.evalVotes]: trial.votes.length === 0 ? undefined : JSON.stringify(trial.votes.map(withoutText)),
    [WB.evalSelfFamilyJudge]: trial.selfFamilyJudge ? true : undefined,
    [WB.evalJudgeCostUsd]: trial.votes.length === 0 ? undefined : trial.judgeCostUsd,
    [WB.evalCachedFrom]: trial.cachedFrom,
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
    [WB.evalResultId]: `${trial.runId}|${resultKey(key, trial.grader)}`,
  }
  return {
    eventName: EVENT.evaluation,
    timeMs: trial.answeredAtMs,
    traceId: trial.traceId === '' ? undefined : trial.traceId,
    spanId: trial.spanId === '' ? undefined : trial.spanId,
    attributes,
  }
}

function withoutText({ judge, label, score, questionValid, criteria, servedModel, traceId, costUsd }: Vote): Record<string, unknown> {
  return { judge, label: label ?? null, score, question_valid: questionValid, criteria, served_model: servedModel, trace_id: traceId, cost_usd: costUsd }
}

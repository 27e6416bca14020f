// A label as the log record that the collector stores as a row of `labels`. Pure; the answer's text stays out.
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { Trial } from '../replay/trial.ts'
import type { StoredLabel } from './label-store.ts'

/** Makes the record; `target` is undefined when the configuration no longer has it. */
export function labelRecord(label: StoredLabel, trial: Trial, target: Target | undefined): LogRecord {
  return {
    eventName: EVENT.label,
    timeMs: label.at_ms,
    traceId: trial.traceId === '' ? undefined : trial.traceId,
    spanId: trial.spanId === '' ? undefined : trial.spanId,
    attributes: {
      [WB.labelId]: label.id,
      [WB.labelValue]: label.label,
      [WB.labelledBy]: label.by,
      [WB.labelVia]: label.via,
      [WB.labelNote]: label.note === '' ? undefined : label.note,
      [WB.evalRun]: label.run,
      [WB.evalSuite]: trial.suite,
      [WB.evalSuiteHash]: trial.suiteHash,
      [WB.evalProbe]: trial.probeId,
      [WB.evalProbeKind]: trial.kind,
      [WB.evalAnswerable]: trial.answerable,
      [WB.evalEpoch]: trial.epoch,
      [WB.target]: trial.target,
      [WB.effort]: target?.effort,
      [GEN_AI.providerName]: target?.provider.name,
      [GEN_AI.requestModel]: target?.model,
      [WB.simulated]: trial.simulated,
    },
  }
}

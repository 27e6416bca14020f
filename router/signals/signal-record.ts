// Signals and fingerprints in the words they are stored in: log records for the collector, attributes for spans. Pure.
import { EVENT, WB } from '../../core/attributes.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { AnswerFingerprints, Fingerprints } from './fingerprints.ts'
import type { CallRef, Signal } from './signal.ts'

/** Attribute names of this room that core/attributes.ts does not spell yet. */
export const SIGNAL_ATTRIBUTES = {
  /** The later call's own span, beside its trace. */
  bySpan: 'weighbridge.signal.by_span_id',
  /** See SIGNAL_BASES. */
  basis: 'weighbridge.signal.basis',
  /** 0..1. */
  confidence: 'weighbridge.signal.confidence',
  /** Share of the answer's 4-word sequences that are still there, 0..1; of edits. */
  survival: 'weighbridge.signal.survival',
  /** Names the secret that all prints of the span were made under. */
  fingerprintKey: 'weighbridge.fingerprint.key',
  prefixFingerprint: 'weighbridge.prefix.fingerprint',
  questionSketch: 'weighbridge.question.sketch',
  answerFingerprint: 'weighbridge.answer.fingerprint',
  answerSketch: 'weighbridge.answer.sketch',
  sentBackPrompt: 'weighbridge.sent_back.prompt',
  sentBackAnswer: 'weighbridge.sent_back.answer',
  sentBackSketch: 'weighbridge.sent_back.sketch',
  sentBackTools: 'weighbridge.sent_back.tools',
  /** An SDK's own retry of an earlier call: 1, 2, …; absent otherwise. */
  sdkRetry: 'weighbridge.sdk.retry',
} as const

type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** The record that stores a signal. `simulated`: which side to put it on where the signal itself does not say. */
export function signalRecord(signal: Signal, simulated: boolean): LogRecord {
  return {
    eventName: EVENT.signal,
    timeMs: signal.atMs,
    traceId: signal.about.traceId,
    spanId: signal.about.spanId,
    attributes: {
      [WB.signalId]: signal.id,
      [WB.signalKind]: signal.kind,
      [WB.signalByTrace]: signal.by?.traceId,
      [WB.signalValue]: signal.value,
      [WB.simulated]: signal.simulated ?? simulated,
      [SIGNAL_ATTRIBUTES.bySpan]: signal.by?.spanId,
      [SIGNAL_ATTRIBUTES.basis]: signal.basis,
      [SIGNAL_ATTRIBUTES.confidence]: signal.confidence,
      [SIGNAL_ATTRIBUTES.survival]: signal.survival,
    },
  }
}

/** What a call's own span says of the earlier calls it is about. */
export function laterSpanAttributes(signals: readonly Signal[]): SpanAttributes {
  const again = signals.find(({ kind }) => kind === 'retry' || kind === 'rephrase')
  const edit = signals.find(({ kind }) => kind === 'edit')
  return {
    ...(again === undefined ? {} : { [WB.retryOf]: nameOf(again.about), [WB.retryKind]: again.kind === 'retry' ? 'regenerate' : 'rephrase' }),
    ...(edit?.value === undefined ? {} : { [WB.editOf]: nameOf(edit.about), [WB.editDistance]: edit.value }),
  }
}

/** What a call's span carries of its request, for finding the same signals in the database. */
export function fingerprintAttributes(prints: Fingerprints, retryCount: number | undefined): SpanAttributes {
  const { sentBack } = prints
  return present({
    [WB.promptFingerprint]: prints.prompt,
    [SIGNAL_ATTRIBUTES.fingerprintKey]: prints.key,
    [SIGNAL_ATTRIBUTES.prefixFingerprint]: prints.prefix,
    [SIGNAL_ATTRIBUTES.questionSketch]: prints.question,
    [SIGNAL_ATTRIBUTES.sentBackPrompt]: sentBack?.prompt,
    [SIGNAL_ATTRIBUTES.sentBackAnswer]: sentBack?.answer,
    [SIGNAL_ATTRIBUTES.sentBackSketch]: sentBack?.sketch,
    [SIGNAL_ATTRIBUTES.sentBackTools]: sentBack?.tools === true ? true : undefined,
    [SIGNAL_ATTRIBUTES.sdkRetry]: retryCount !== undefined && retryCount > 0 ? retryCount : undefined,
  })
}

/** The same of its answer. */
export function answerAttributes(prints: AnswerFingerprints): SpanAttributes {
  return present({ [SIGNAL_ATTRIBUTES.answerFingerprint]: prints.answer, [SIGNAL_ATTRIBUTES.answerSketch]: prints.sketch })
}

function present(attributes: Readonly<Record<string, string | number | boolean | undefined>>): SpanAttributes {
  const given: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) given[name] = value
  return given
}

/** A span by its trace, as `trace/span`. */
function nameOf({ traceId, spanId }: CallRef): string {
  return `${traceId}/${spanId}`
}

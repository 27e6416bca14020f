// Signals and fingerprints in the words they are stored in: log records for the collector, attributes for spans. Pure.
import { EVENT, WB } from '../../core/attributes.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { AnswerFingerprints, Fingerprints } from './fingerprints.ts'
import type { CallRef, Signal } from './signal.ts'

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
      [WB.signalBySpan]: signal.by?.spanId,
      [WB.signalBasis]: signal.basis,
      [WB.signalConfidence]: signal.confidence,
      [WB.signalSurvival]: signal.survival,
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
    [WB.fingerprintKey]: prints.key,
    [WB.prefixFingerprint]: prints.prefix,
    [WB.questionSketch]: prints.question,
    [WB.sentBackPrompt]: sentBack?.prompt,
    [WB.sentBackAnswer]: sentBack?.answer,
    [WB.sentBackSketch]: sentBack?.sketch,
    [WB.sentBackTools]: sentBack?.tools === true ? true : undefined,
    [WB.sdkRetry]: retryCount !== undefined && retryCount > 0 ? retryCount : undefined,
  })
}

/** The same of its answer. */
export function answerAttributes(prints: AnswerFingerprints): SpanAttributes {
  return present({ [WB.answerFingerprint]: prints.answer, [WB.answerSketch]: prints.sketch })
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

// Signals on their way into the database: the collector's own decoder must take every one of them.
import { describe, expect, it } from 'vitest'
import { decodeRequest } from '../../../collector/decode/decode-request.ts'
import { WB } from '../../../core/attributes.ts'
import { SIGNAL_BASES, SIGNAL_KINDS, type Signal } from '../../../router/signals/signal.ts'
import { answerAttributes, fingerprintAttributes, laterSpanAttributes, signalRecord } from '../../../router/signals/signal-record.ts'
import { encodeLogs } from '../../../store/otlp/logs.ts'

const about = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
const by = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }
const signal = (more: Partial<Signal>): Signal => ({ id: '0123456789abcdef', kind: 'edit', basis: 'changed', about, by, atMs: Date.UTC(2026, 10, 2), value: 0.25, survival: 0.5, confidence: 0.95, ...more })
const NOW_MS = Date.UTC(2026, 10, 2, 1)

describe('a signal as a log record', () => {
  it.each(SIGNAL_KINDS)('of kind %s becomes a row about the earlier call', (kind) => {
    const { items, rejected } = decodeRequest('logs', 'json', encodeLogs({ 'service.name': 'weighbridge' }, [signalRecord(signal({ kind }), true)]), NOW_MS)
    expect(rejected).toBe(0)
    expect(items).toMatchObject([{ table: 'signals', key: '0123456789abcdef', row: { kind, trace_id: about.traceId, span_id: about.spanId, by_trace_id: by.traceId, value: 0.25, is_simulated: true } }])
    expect(items[0]?.row['attributes']).toEqual({ [WB.signalBySpan]: by.spanId, [WB.signalBasis]: 'changed', [WB.signalConfidence]: '0.95', [WB.signalSurvival]: '0.5' })
  })

  it.each([0, 1])('keeps a whole number as its value: %d', (value) => {
    const { items } = decodeRequest('logs', 'json', encodeLogs({}, [signalRecord(signal({ value }), false)]), NOW_MS)
    expect(items[0]?.row['value']).toBe(value)
  })

  it('without a value or a later call has none, never 0 or a made-up one', () => {
    const { items } = decodeRequest('logs', 'json', encodeLogs({}, [signalRecord(signal({ kind: 'abandoned', basis: 'during_output', by: undefined, value: undefined, survival: undefined }), false)]), NOW_MS)
    expect(items[0]?.row).toMatchObject({ by_trace_id: '', value: null, is_simulated: false })
  })
})

describe('attributes of spans', () => {
  it('say on the later call which earlier one it repeats or edits', () => {
    expect(laterSpanAttributes([])).toEqual({})
    expect(laterSpanAttributes([signal({ kind: 'accepted', basis: 'sent_back', value: undefined }), signal({ kind: 'rephrase', basis: 'replaced' }), signal({})])).toEqual({
      [WB.retryOf]: `${about.traceId}/${about.spanId}`,
      [WB.retryKind]: 'rephrase',
      [WB.editOf]: `${about.traceId}/${about.spanId}`,
      [WB.editDistance]: 0.25,
    })
  })

  it('leave out what is not there', () => {
    expect(fingerprintAttributes({ key: 'k', prompt: 'p', prefix: 'x', question: undefined, sentBack: undefined }, 0)).toEqual({ [WB.promptFingerprint]: 'p', [WB.fingerprintKey]: 'k', [WB.prefixFingerprint]: 'x' })
    expect(answerAttributes({ answer: undefined, sketch: undefined })).toEqual({})
  })

  it('every basis has its meaning in words', () => {
    for (const meaning of Object.values(SIGNAL_BASES)) expect(meaning).toMatch(/^[a-z].*[a-z]$/)
  })
})

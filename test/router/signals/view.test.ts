// The view over fingerprints on a real ClickHouse: the corpus comes through two routers that share nothing but their secret, each call
// through one of them at random, and the database finds what neither of them saw.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WB } from '../../../core/attributes.ts'
import { seededRandom } from '../../../core/seams.ts'
import { createClickHouse, type ClickHouse, type RawRow } from '../../../store/clickhouse/clickhouse.ts'
import { createSignalBook, type SignalBook } from '../../../router/signals/signal-book.ts'
import { answerAttributes, fingerprintAttributes } from '../../../router/signals/signal-record.ts'
import type { AskedCall } from '../../../router/signals/signal.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { CORPUS_START_MS, dialoguesOf } from './corpus/corpus.ts'
import type { Dialogue, Label } from './corpus/dialogue.ts'
import { merged, ScriptedClock } from './corpus/play.ts'

type Span = { readonly call: AskedCall; readonly attributes: Record<string, string>; endMs: number; status: 'Ok' | 'Error'; error: string }

/** Below a process's own: sketches cannot be weighed, edits in rewritten histories are not joined, a key alone identifies too little. */
const LEAST_RECALL = { retry: 0.9, rephrase: 0.4, edit: 0.65, accepted: 0.95 } as const

const hex = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length)

/** The spans that two routers write of the dialogues; what they say themselves is thrown away. */
function spansOf(dialogues: readonly Dialogue[]): readonly Span[] {
  const clock = new ScriptedClock()
  const random = seededRandom('which router')
  const routers = [0, 1].map(() => createSignalBook({ maxBytes: 8 * 1024 * 1024, clock, secret: 'shared by two routers' }))
  const at = new Map<AskedCall, SignalBook>()
  const spans = new Map<AskedCall, Span>()
  for (const step of merged(dialogues)) {
    clock.atMs = step.atMs
    const { call } = step
    if (step.what === 'ask') {
      const router = routers[random.next() < 0.5 ? 0 : 1]
      if (router === undefined) continue
      router.asked(call)
      at.set(call, router)
      const prints = router.fingerprints(call)
      const attributes = prints === undefined ? {} : Object.fromEntries(Object.entries(fingerprintAttributes(prints, call.retryCount)).map(([name, value]) => [name, String(value)]))
      spans.set(call, { call, attributes, endMs: step.atMs, status: 'Ok', error: '' })
      continue
    }
    const span = spans.get(call)
    const router = at.get(call)
    if (span === undefined || router === undefined) continue
    span.endMs = step.atMs
    if (step.what === 'output') router.reading(call)?.text(step.text)
    else if (step.what === 'abandon') {
      // The text until then is known to the router; the span's end says that the client was gone.
      const prints = router.answered(call, {}, 'answered')
      if (prints !== undefined) Object.assign(span.attributes, answerAttributes(prints))
      span.error = 'client_closed'
    } else {
      const prints = router.answered(call, { text: step.text, toolCalls: Array.from({ length: step.tools }, () => ({ name: 'search', argumentsJson: '{}' })) }, step.ending)
      if (prints !== undefined) Object.assign(span.attributes, answerAttributes(prints))
      if (step.ending === 'failed') Object.assign(span, { status: 'Error', error: 'provider_unavailable' })
    }
  }
  return [...spans.values()]
}

/** Rows of `spans`, moved so that the corpus lies within the view's window. */
function rowsOf(spans: readonly Span[], nowMs: number): readonly RawRow[] {
  const shift = nowMs - 12 * 3_600_000 - CORPUS_START_MS
  const iso = (ms: number): string => new Date(ms + shift).toISOString().replace('Z', '')
  return spans.map(({ call, attributes, endMs, status, error }) => {
    const { [WB.promptFingerprint]: prompt = '', ...rest } = attributes
    return {
      trace_id: hex(call.traceId, 32),
      span_id: hex(call.spanId, 16),
      role: 'call',
      purpose: 'production',
      started_at: iso(call.atMs),
      duration_ns: String(Math.round((endMs - call.atMs) * 1e6)),
      status,
      error_code: error,
      session_id: call.sessionId ?? '',
      user_id: call.userId ?? '',
      key_id: call.keyId ?? '',
      prompt_fingerprint: prompt,
      attributes: rest,
      ingested_at: iso(endMs),
    }
  })
}

describe.skipIf(clickhouseMissing())('signals over several routers, in the database', () => {
  let database: TestDatabase
  let migrator: ClickHouse
  let reader: ClickHouse

  beforeAll(async () => {
    database = await createTestDatabase()
    migrator = createClickHouse(database.migrator)
    reader = createClickHouse(database.reader)
  })
  afterAll(async () => {
    await reader?.close()
    await migrator?.close()
    await database?.drop()
  })

  it.each(['dev', 'test'] as const)('finds what neither router saw, on the %s half', { timeout: 120_000 }, async (half) => {
    const dialogues = dialoguesOf(half)
    await migrator.command('TRUNCATE TABLE spans')
    await migrator.insert('spans', rowsOf(spansOf(dialogues), Date.now()).map((row) => JSON.stringify(row)).join('\n'), { token: `corpus ${half}` })
    const found = await reader.rows('SELECT kind, basis, span_id, by_span_id, value FROM fingerprint_signals')
    expect(found.filter((one) => one['by_span_id'] === one['span_id'] || one['by_span_id'] === '')).toEqual([])
    const figures = (['retry', 'rephrase', 'edit', 'accepted'] satisfies Label[]).map((label) => {
      const told = found.filter(({ kind, basis }) => kind === label && basis !== 'tool_results')
      const wanted = new Set(dialogues.flatMap(({ expected }) => expected.filter((one) => one.label === label).map(({ spanId }) => hex(spanId, 16))))
      const right = told.filter(({ span_id: spanId }) => wanted.has(String(spanId))).length
      return { label, told: told.length, wanted: wanted.size, precision: right / told.length, recall: right / wanted.size }
    })
    console.info(figures.map(({ label, told, wanted, precision, recall }) => `${half} ${label}: ${wanted} expected, ${told} told, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`).join('\n'))
    for (const { label, precision, recall } of figures) {
      expect(precision, `precision of ${label}`).toBeGreaterThanOrEqual(0.95)
      expect(recall, `recall of ${label}`).toBeGreaterThanOrEqual(LEAST_RECALL[label])
    }
  })

  it('leaves out what a router has told itself', async () => {
    const [first] = await reader.rows("SELECT trace_id, span_id FROM fingerprint_signals WHERE kind = 'retry' LIMIT 1")
    const row = { signal_id: 'told', at: new Date().toISOString().replace('Z', ''), kind: 'retry', trace_id: first?.['trace_id'], span_id: first?.['span_id'], ingested_at: new Date().toISOString().replace('Z', '') }
    await migrator.insert('signals', JSON.stringify(row), { token: 'told' })
    expect(await reader.rows("SELECT kind FROM fingerprint_signals WHERE kind = 'retry' AND span_id = {span:String}", { span: String(first?.['span_id']) })).toEqual([])
  })
})

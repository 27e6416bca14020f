// The span spool while the collector stays away: nothing is dropped short of the bound, then in order: optional attributes, the oldest
// spans without signals, the rest.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WB } from '../../core/attributes.ts'
import { boundSpool, type BoundedSpool, type DropClass } from '../../router/spans/bounded-spool.ts'
import { openSegmentedLog, type SegmentedLog } from '../../store/log/log.ts'
import { silent, spansOf, type SpanFacts } from './support/running.ts'

const BOUND = 2 * 1024 * 1024
let dir: string
let log: SegmentedLog
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weighbridge-spool-bound-'))
  log = await openSegmentedLog({ dir, maxBytes: BOUND, fsync: false, whenFull: 'drop_oldest', log: silent })
})
afterEach(async () => {
  await log.close()
  await rm(dir, { recursive: true, force: true })
})

const traceOf = (number: number): string => number.toString(16).padStart(32, '0')
/** A call's two spans as the router spools them: some 2.4 KB, of which `optional` bytes can be spared. */
function record(number: number, optional = 1_500): Buffer {
  const attribute = (key: string, value: string): unknown => ({ key, value: { stringValue: value } })
  const span = (n: number, more: unknown[]): unknown => ({ traceId: traceOf(number), spanId: (number * 2 + n).toString(16).padStart(16, '0'), name: 'x', kind: 3, startTimeUnixNano: '1', endTimeUnixNano: '2', attributes: [attribute(WB.role, n === 0 ? 'call' : 'attempt'), attribute(WB.task, 'qa'), attribute(WB.costUsd, '0.01'), ...more], status: { code: 1 } })
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 'weighbridge' }, spans: [span(0, [attribute(WB.decision, 'd'.repeat(optional))]), span(1, [attribute('app.own', 'o'.repeat(300))])] }] }] }))
}

function bounded(signals: ReadonlySet<string> = new Set()): { spool: BoundedSpool; dropped: Record<DropClass, number> } {
  const dropped: Record<DropClass, number> = { optional_attributes: 0, without_signals: 0, with_signals: 0, overrun: 0 }
  return { spool: boundSpool({ spool: log, maxBytes: BOUND, tracesWithSignals: async () => signals, onDropped: (kind, count) => (dropped[kind] += count), log: silent }), dropped }
}
async function waiting(): Promise<SpanFacts[]> {
  const spans: SpanFacts[] = []
  for await (const { record: bytes } of log.read()) spans.push(...spansOf(Buffer.from(bytes).toString()))
  return spans
}
async function fill(spool: BoundedSpool, from: number, to: number, optional?: number): Promise<void> {
  for (let number = from; number < to; number += 1) {
    await spool.append(record(number, optional))
    await spool.idle()
  }
}

describe('the spool at its bound', () => {
  it('drops nothing and changes nothing short of it', async () => {
    const { spool, dropped } = bounded()
    await fill(spool, 1, 500)
    expect(dropped).toEqual({ optional_attributes: 0, without_signals: 0, with_signals: 0, overrun: 0 })
    const spans = await waiting()
    expect(spans).toHaveLength(998)
    expect(spans.filter((span) => span.attributes[WB.decision] !== undefined)).toHaveLength(499)
    expect(spool.stats().dropped).toBe(0)
  })

  it('drops optional attributes first, and no span as long as that is enough', async () => {
    const { spool, dropped } = bounded()
    await fill(spool, 1, 1_300)
    expect(dropped).toMatchObject({ without_signals: 0, with_signals: 0, overrun: 0 })
    expect(dropped.optional_attributes).toBeGreaterThan(500)
    const spans = await waiting()
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(2_598)
    for (const span of spans) expect(span.attributes[WB.costUsd]).toBe('0.01')
    expect(log.end() - log.released()).toBeLessThan(BOUND)
    expect(spool.stats().dropped).toBe(0)
  })

  it('then drops the oldest spans of which no signal tells, and keeps those of which one does', async () => {
    const liked = new Set([5, 6, 7, 400, 900].map(traceOf))
    const { spool, dropped } = bounded(liked)
    await fill(spool, 1, 4_000, 200)
    const spans = await waiting()
    expect(dropped).toMatchObject({ with_signals: 0, overrun: 0 })
    expect(dropped.without_signals).toBeGreaterThan(1_000)
    expect([...liked].filter((trace) => spans.filter((span) => span.traceId === trace).length !== 2)).toEqual([])
    const others = spans.filter((span) => !liked.has(span.traceId)).map((span) => Number.parseInt(span.traceId, 16))
    // The newest are all there, without a gap.
    const oldest = Math.min(...others)
    expect(new Set(others).size).toBe(4_000 - oldest - [...liked].filter((trace) => Number.parseInt(trace, 16) >= oldest).length)
    expect(others.length + dropped.without_signals + liked.size * 2).toBe(3_999 * 2)
    expect(spool.stats().dropped).toBeGreaterThan(0)
    expect(log.end() - log.released()).toBeLessThan(BOUND)
  })

  it('drops spans with signals only when there are no others, the oldest first', async () => {
    const all = new Set(Array.from({ length: 5_000 }, (_, number) => traceOf(number)))
    const { spool, dropped } = bounded(all)
    await fill(spool, 1, 3_000, 0)
    expect(dropped).toMatchObject({ without_signals: 0, overrun: 0 })
    expect(dropped.with_signals).toBeGreaterThan(0)
    expect(log.end() - log.released()).toBeLessThan(BOUND)
    expect((await waiting()).some((span) => span.traceId === traceOf(2_999))).toBe(true)
  })

  it('is whole again when there is room again', async () => {
    const { spool, dropped } = bounded()
    await fill(spool, 1, 1_000)
    await log.release(log.end())
    const before = dropped.optional_attributes
    await fill(spool, 2_000, 2_010)
    expect(dropped.optional_attributes).toBe(before)
    expect((await waiting()).filter((span) => span.attributes[WB.decision] !== undefined)).toHaveLength(10)
  })
})

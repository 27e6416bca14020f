// Spoiled bodies in the short form: through the decoders and through a collector's door. The long form, with a million: bench/otlp-fuzz.ts.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { fuzzDecoders } from '../../bench/otlp-fuzz/decoders.ts'
import { fuzzDoor } from '../../bench/otlp-fuzz/door.ts'
import { startCollector } from '../../collector/start.ts'
import { decodeRequest } from '../../collector/decode/decode-request.ts'
import { seededRandom, systemClock } from '../../core/seams.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase } from '../support/database.ts'
import { attemptSpan, post, tracesBody } from './receive-bodies.ts'

describe('spoiled bodies', () => {
  it('are read or refused, and nothing else', () => {
    const result = fuzzDecoders({ bodies: 4_000, random: seededRandom('short form') })
    expect(result.faults).toEqual([])
    // Neither half of the answers is empty: bodies that are all refused, or all taken, would show nothing.
    expect(result.decoded).toBeGreaterThan(800)
    expect(result.undecodable).toBeGreaterThan(800)
    expect(result.rows).toBeGreaterThan(2_000)
  })

  it.skipIf(clickhouseMissing() !== undefined)('get an answer that their sender can use, and whatever of them is taken can be stored', async () => {
    const database = await createTestDatabase()
    const clickhouse = createClickHouse(database.writer)
    const dir = await mkdtemp(join(tmpdir(), 'weighbridge-hostile-'))
    const collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: dir, clickhouse, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024 * 1024, sumUpEveryMs: Infinity })
    try {
      const { faults, byStatus } = await fuzzDoor({ url: collector.url, requests: 300, random: seededRandom('short form') })
      expect(faults).toEqual([])
      expect(byStatus[200]).toBeGreaterThan(40)
      await collector.settled()
      const stats = collector.stats()
      expect(stats).toMatchObject({ deadLettered: 0, lost: 0, waiting: 0, failedInserts: 0 })
      expect(stats.received).toBe(stats.stored + stats.deduplicated)
      // Sound spans after all that are stored as ever.
      const span = attemptSpan()
      expect((await post(collector.url, '/v1/traces', tracesBody([span]))).status).toBe(200)
      await collector.settled()
      expect(await clickhouse.rows('SELECT target FROM spans WHERE span_id = {id:String}', { id: span.spanId })).toEqual([{ target: 'gpt-5.4' }])
    } finally {
      await collector.close({ deadlineMs: 5_000 })
      await clickhouse.close()
      await database.drop()
      await rm(dir, { recursive: true, force: true })
    }
  })
})

describe('hostile sizes', () => {
  const attributesOf = (count: number): unknown[] => Array.from({ length: count }, (_, n) => ({ key: `k${n}`, value: { stringValue: 'v' } }))
  const decode = (body: string): number => decodeRequest('traces', 'json', Buffer.from(body), Date.now()).items

  it.each<[string, () => string, number]>([
    ['a span with 50,000 attributes', () => tracesBody([attemptSpan({}, { attributes: attributesOf(50_000) })]), 1],
    ['a value of four megabytes', () => tracesBody([attemptSpan({ big: 'x'.repeat(4 * 1024 * 1024) })]), 1],
    ['twenty thousand spans', () => tracesBody(Array.from({ length: 20_000 }, () => ({ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }))), 20_000],
    ['ten thousand resources without spans', () => JSON.stringify({ resourceSpans: Array.from({ length: 10_000 }, () => ({ resource: { attributes: attributesOf(3) } })) }), 0],
    ['a hundred thousand events on a span', () => tracesBody([attemptSpan({}, { events: Array.from({ length: 100_000 }, () => ({ timeUnixNano: '1', name: 'e' })) })]), 1],
    ['ten thousand keys that differ by a byte', () => tracesBody([attemptSpan({}, { attributes: Array.from({ length: 10_000 }, (_, n) => ({ key: `weighbridge.${n}`, value: { intValue: n } })) })]), 1],
  ])('%s are read', (_what, body, items) => {
    expect(decode(body())).toBe(items)
  })

  it.each<[string, string]>([
    ['lists in lists', `{"resourceSpans":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    ['values in values', tracesBody([attemptSpan()]).replace('"stringValue":"attempt"', `"arrayValue":{"values":[${'{"arrayValue":{"values":['.repeat(20_000)}${']}}'.repeat(20_000)}]}`)],
  ])('%s beyond any depth end in an answer', (_what, body) => {
    try {
      expect(decode(body)).toBeLessThanOrEqual(1)
    } catch (error) {
      expect(error).toMatchObject({ code: 'otlp_undecodable' })
    }
  })
})

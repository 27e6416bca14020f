// Signals that only the database can see, from spans and feedback on a real ClickHouse to the records that are sent.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeRequest } from '../../../collector/decode/decode-request.ts'
import { tellFollowUps } from '../../../evals/learn/follow-ups.ts'
import { createClickHouse, type ClickHouse } from '../../../store/clickhouse/clickhouse.ts'
import { encodeLogs, type LogRecord } from '../../../store/otlp/logs.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../../support/database.ts'

const hex = (digit: string, length: number): string => digit.repeat(length)
const agoIso = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()

describe.skipIf(clickhouseMissing())('follow-ups that only the database can see', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let reader: ClickHouse
  let inserts = 0
  const insert = (table: string, rows: readonly object[]): Promise<void> => writer.insert(table, rows.map((row) => JSON.stringify(row)).join('\n'), { token: `t${(inserts += 1)}` })
  const tell = async (): Promise<LogRecord[]> => {
    const sent: LogRecord[] = []
    await tellFollowUps(reader, (records) => Promise.resolve(void sent.push(...records)))
    return sent
  }
  /** What the collector makes of them, stored. */
  const store = async (records: readonly LogRecord[]): Promise<void> => {
    const { items, rejected } = decodeRequest('logs', 'json', encodeLogs({}, records), Date.now())
    expect(rejected).toBe(0)
    await insert('signals', items.map(({ row }) => ({ ...row, batch: 'b' })))
  }
  const call = (trace: string, minutes: number, more: object): object => ({
    trace_id: hex(trace, 32), span_id: hex(trace, 16), role: 'call', purpose: 'production', status: 'Ok', started_at: agoIso(minutes), ingested_at: agoIso(minutes), duration_ns: '1000000000', session_id: 's', is_simulated: false, ...more,
  })

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
  })
  afterAll(async () => {
    await writer?.close()
    await reader?.close()
    await database?.drop()
  })

  it('are told once, as the router itself would tell them', async () => {
    const prints = { 'weighbridge.fingerprint.key': 'k', 'weighbridge.prefix.fingerprint': 'p0', 'weighbridge.answer.fingerprint': 'a1', 'weighbridge.answer.sketch': hex('ab', 32) }
    await insert('spans', [call('1', 20, { prompt_fingerprint: 'p1', attributes: prints }), call('2', 18, { prompt_fingerprint: 'p1', attributes: prints })])
    const first = await tell()
    expect(first).toMatchObject([{ eventName: 'weighbridge.signal', traceId: hex('1', 32), spanId: hex('1', 16), attributes: { 'weighbridge.signal.kind': 'retry', 'weighbridge.signal.basis': 'same_prefix', 'weighbridge.signal.by_trace_id': hex('2', 32), 'weighbridge.simulated': false } }])
    await store(first)
    expect(await tell()).toEqual([])
    expect(await reader.rows('SELECT trace_id, retried, accepted FROM calls WHERE retried')).toEqual([{ trace_id: hex('1', 32), retried: true, accepted: false }])
  })

  it('include feedback whose call another router served, but not a call of another key', async () => {
    const about = (id: string, key: string, rating: number): LogRecord => ({ eventName: 'weighbridge.signal', timeMs: Date.now(), attributes: { 'weighbridge.signal.id': `fb ${id} ${key}`, 'weighbridge.signal.kind': 'feedback', 'weighbridge.signal.value': rating, 'weighbridge.about': id, 'weighbridge.key': key, 'weighbridge.signal.basis': 'feedback' } })
    await insert('spans', [
      call('7', 9, { request_id: 'req_7', key_id: 'mine' }),
      { ...call('7', 9, { role: 'attempt', response_id: 'resp_7', key_id: 'mine', cost_source: 'unpriced' }), span_id: hex('8', 16) },
    ])
    await store([about('resp_7', 'mine', 0), about('req_7', 'mine', 1), about('resp_7', 'another', 1), about('resp_nobody', 'mine', 1)])
    const told = (await tell()).filter(({ traceId }) => traceId === hex('7', 32))
    expect(told.map(({ attributes }) => [attributes['weighbridge.signal.matches'], attributes['weighbridge.signal.value'], attributes['weighbridge.about']]).sort()).toEqual([['fb req_7 mine', 1, undefined], ['fb resp_7 mine', 0, undefined]])
    await store(told)
    expect(await tell()).toEqual([])
    const [seen] = await reader.rows(`SELECT observed, feedback FROM calls WHERE trace_id = '${hex('7', 32)}'`)
    expect(seen?.['observed']).toBe(true)
  })

  it('are none in an empty database, and what the collector does not take is told again', async () => {
    const empty = await createTestDatabase()
    const none = createClickHouse(empty.reader)
    expect(await tellFollowUps(none, () => Promise.resolve())).toBe(0)
    await none.close()
    await empty.drop()
    await insert('spans', [call('d', 30, { prompt_fingerprint: 'p9', attributes: { 'weighbridge.fingerprint.key': 'k' } }), call('e', 28, { prompt_fingerprint: 'p9', attributes: { 'weighbridge.fingerprint.key': 'k' } })])
    await expect(tellFollowUps(reader, () => Promise.reject(new Error('the collector is away')))).rejects.toThrow('away')
    const again = await tell()
    expect(again.map(({ traceId }) => traceId)).toEqual([hex('d', 32)])
    await store(again)
  })

  it('named scores are no follow-up, and how much of an edited answer survived is shown', async () => {
    await insert('spans', [call('a', 5, {}), call('b', 5, {})])
    await store([
      { eventName: 'weighbridge.signal', timeMs: Date.now(), traceId: hex('a', 32), spanId: hex('a', 16), attributes: { 'weighbridge.signal.id': 's1', 'weighbridge.signal.kind': 'score', 'weighbridge.signal.value': 0.1, 'weighbridge.score.name': 'tone' } },
      { eventName: 'weighbridge.signal', timeMs: Date.now(), traceId: hex('b', 32), spanId: hex('b', 16), attributes: { 'weighbridge.signal.id': 's2', 'weighbridge.signal.kind': 'edit', 'weighbridge.signal.value': 0.4, 'weighbridge.signal.survival': 0.25 } },
    ])
    expect(await reader.rows(`SELECT observed, accepted, edit_survival FROM calls WHERE trace_id IN ('${hex('a', 32)}', '${hex('b', 32)}') ORDER BY trace_id`)).toEqual([
      { observed: false, accepted: null, edit_survival: null },
      { observed: true, accepted: false, edit_survival: 0.25 },
    ])
  })
})
